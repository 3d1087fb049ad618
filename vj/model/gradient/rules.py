"""The operations that can be written out: what each computes, and its gradient in ordinary forward operations.

A rule is made from an operation's settings. ``forward`` takes the operation's inputs; ``backward`` takes the gradient
by its result, the result and the inputs, and returns a gradient for each input. Both work at any size of picture.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import product
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vj.model.gradient.graph import Operation, two
from vj.model.gradient.half_precision import fitting, is_half


class Inexpressible(Exception):
    """Raised for an operation whose gradient can't be written out here; its message says which and why."""


class Rule(nn.Module):
    """One operation and its gradient, as a torch module. Subclasses define `forward` and `backward`.

    A subclass is made from an `Operation`, and raises Inexpressible if the operation's settings go beyond it. Weights
    are constants: there is a gradient by the inputs only.
    """

    sized = False
    """Whether the rule has constants that depend on the picture's size, so that each size needs a network of its
    own."""

    def forward(self, *inputs: Tensor) -> Tensor:
        """Returns the operation's result for its inputs. Each subclass defines it; here it raises
        NotImplementedError."""
        raise NotImplementedError

    def backward(self, gradient: Tensor, result: Tensor, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Returns, for each input, the gradient by that input, in the input's shape.

        ``gradient`` is the gradient by ``result``, in its shape; ``result`` is what `forward` gave for ``inputs``. Each
        subclass defines it, in ordinary forward operations; here it raises NotImplementedError.
        """
        raise NotImplementedError


def rule(operation: Operation) -> Rule:
    """Returns a new rule for ``operation``, by its ``kind``. Raises Inexpressible, saying what can't be written out,
    for a kind that isn't in `RULES` and for settings that its rule doesn't know."""
    if operation.kind not in RULES:
        raise Inexpressible(f"there is no written-out gradient of {operation.kind}")
    return RULES[operation.kind](operation)


# convolutions ---------------------------------------------------------------------------------------------------------


class Convolution(Rule):
    """Any 2-D convolution by a constant kernel, with a border of zeros. Without a stride, its gradient is a convolution
    with the kernel turned by 180°; with one, a transposed convolution (Dumoulin & Visin 2016)."""

    kernel: Tensor
    bias: Tensor | None
    turned: Tensor

    def __init__(self, operation: Operation) -> None:
        super().__init__()
        said = operation.settings
        if len(operation.inputs) != 1 or "pads" not in said:
            raise Inexpressible("a convolution whose kernel isn't known beforehand")
        self.register_buffer("kernel", said["weight"])
        self.register_buffer("bias", said.get("bias"))
        self._stride = two(said.get("stride", 1))
        self._dilation = two(said.get("dilation", 1))
        self._groups = int(said.get("groups", 1))
        self._left, self._right, self._top, self._bottom = said["pads"]
        if self._stride == (1, 1):
            self.register_buffer("turned", _turned(self.kernel, self._groups))

    def forward(self, *inputs: Tensor) -> Tensor:
        (x,) = inputs
        around = (self._top, self._left)
        if around != (self._bottom, self._right):
            around, x = (0, 0), F.pad(x, (self._left, self._right, self._top, self._bottom))
        return F.conv2d(x, self.kernel, self.bias, self._stride, around, self._dilation, self._groups)

    def backward(self, gradient: Tensor, result: Tensor, *inputs: Tensor) -> tuple[Tensor, ...]:
        return (self._by_turned(gradient) if self._stride == (1, 1) else self._transposed(gradient, inputs[0]),)

    def _by_turned(self, gradient: Tensor) -> Tensor:
        """Returns the gradient without a stride."""
        high, wide = (step * (side - 1) for step, side in zip(self._dilation, self.kernel.shape[2:], strict=True))
        left, right, top, bottom = wide - self._left, wide - self._right, high - self._top, high - self._bottom
        around = (top, left)
        if around != (bottom, right) or min(around) < 0:
            around, gradient = (0, 0), F.pad(gradient, (left, right, top, bottom))
        turned = fitting(self.turned, gradient)
        return F.conv2d(gradient, turned, None, 1, around, self._dilation, self._groups)

    def _transposed(self, gradient: Tensor, x: Tensor) -> Tensor:
        """Returns the gradient with a stride: as large as it can be at this stride, then cut to the picture, whose size
        needn't be known beforehand."""
        more = [step - 1 for step in self._stride]
        around = min(self._top, self._bottom), min(self._left, self._right)
        kernel = fitting(self.kernel, gradient)
        wide = F.conv_transpose2d(gradient, kernel, None, self._stride, around, more, self._groups, self._dilation)
        top, left = self._top - around[0], self._left - around[1]
        return wide[..., top : top + x.shape[2], left : left + x.shape[3]]


def _turned(kernel: Tensor, groups: int) -> Tensor:
    """Returns the kernel turned by 180°, with inputs and outputs exchanged within each group."""
    outputs, inputs, high, wide = kernel.shape
    grouped = kernel.reshape(groups, outputs // groups, inputs, high, wide)
    return grouped.transpose(1, 2).reshape(-1, outputs // groups, high, wide).flip(2, 3).contiguous()


class Linear(Rule):
    """A fully connected layer with constant weights: [1, inputs] -> [1, outputs]."""

    kernel: Tensor
    bias: Tensor | None

    def __init__(self, operation: Operation) -> None:
        super().__init__()
        if len(operation.inputs) != 1 or "weight" not in operation.settings:
            raise Inexpressible("a product of two matrices that both depend on the picture")
        self.register_buffer("kernel", operation.settings["weight"])
        self.register_buffer("bias", operation.settings.get("bias"))

    def forward(self, *inputs: Tensor) -> Tensor:
        return F.linear(inputs[0], self.kernel, self.bias)

    def backward(self, gradient: Tensor, result: Tensor, *inputs: Tensor) -> tuple[Tensor, ...]:
        return (gradient @ fitting(self.kernel, gradient),)


class Affine(Rule):
    """A batch norm that couldn't be folded: every channel of [1, c, h, w] or [1, c] times a scale, plus a shift."""

    scale: Tensor
    shift: Tensor

    def __init__(self, operation: Operation) -> None:
        super().__init__()
        self.register_buffer("scale", operation.settings["scale"])
        self.register_buffer("shift", operation.settings["shift"])

    def forward(self, *inputs: Tensor) -> Tensor:
        return inputs[0] * self._by_channel(self.scale, inputs[0]) + self._by_channel(self.shift, inputs[0])

    def backward(self, gradient: Tensor, result: Tensor, *inputs: Tensor) -> tuple[Tensor, ...]:
        return (gradient * self._by_channel(self.scale, gradient),)

    def _by_channel(self, row: Tensor, like: Tensor) -> Tensor:
        return row.reshape(1, -1, *(1 for _ in range(like.dim() - 2)))


# activations ----------------------------------------------------------------------------------------------------------


class Curve(Rule):
    """A function of each number by itself, such as relu; the result has the input's shape."""

    def __init__(self, curve: Callable[[Tensor], Tensor], slope: Callable[[Tensor, Tensor], Tensor]) -> None:
        """``curve`` is the function; ``slope(result, input)`` returns its derivative at each number. Both are made of
        torch's operations."""
        super().__init__()
        self._curve = curve
        self._slope = slope

    def forward(self, *inputs: Tensor) -> Tensor:
        return self._curve(inputs[0])

    def backward(self, gradient: Tensor, result: Tensor, *inputs: Tensor) -> tuple[Tensor, ...]:
        return (gradient * self._slope(result, inputs[0]),)


def _relu(operation: Operation) -> Rule:
    return Curve(F.relu, lambda y, x: (y > 0).to(y.dtype))


def _clamped(low: float | None, high: float | None) -> Rule:
    """Returns the rule of a clamp. Its slope is computed from the result, which is kept anyway: a result at a bound has
    slope 0."""

    def slope(y: Tensor, x: Tensor) -> Tensor:
        inside = (y > low) if low is not None else torch.ones_like(y, dtype=torch.bool)
        inside = inside & (y < high) if high is not None else inside
        return inside.to(y.dtype)

    return Curve(lambda x: x.clamp(low, high), slope)


def _hardtanh(operation: Operation) -> Rule:
    said = operation.settings
    return _clamped(float(said.get("min_val", -1.0)), float(said.get("max_val", 1.0)))


def _clamp(operation: Operation) -> Rule:
    low, high = operation.settings.get("min"), operation.settings.get("max")
    return _clamped(None if low is None else float(low), None if high is None else float(high))


def _leaky_relu(operation: Operation) -> Rule:
    low = float(operation.settings.get("negative_slope", 0.01))
    return Curve(lambda x: F.leaky_relu(x, low), lambda y, x: torch.where(x > 0, 1.0, low).to(x.dtype))


def _elu(operation: Operation) -> Rule:
    alpha = float(operation.settings.get("alpha", 1.0))
    return Curve(lambda x: F.elu(x, alpha), lambda y, x: torch.where(x > 0, torch.ones_like(x), y + alpha))


def _silu(operation: Operation) -> Rule:
    def slope(y: Tensor, x: Tensor) -> Tensor:
        part = torch.sigmoid(x)
        return part + y * (1.0 - part)

    return Curve(lambda x: x * torch.sigmoid(x), slope)


def _sigmoid(operation: Operation) -> Rule:
    return Curve(torch.sigmoid, lambda y, x: y * (1.0 - y))


def _tanh(operation: Operation) -> Rule:
    return Curve(torch.tanh, lambda y, x: 1.0 - y * y)


def _hardsigmoid(operation: Operation) -> Rule:
    return Curve(lambda x: (x / 6.0 + 0.5).clamp(0.0, 1.0), lambda y, x: ((y > 0) & (y < 1)).to(y.dtype) * (1.0 / 6.0))


def _hardswish(operation: Operation) -> Rule:
    def slope(y: Tensor, x: Tensor) -> Tensor:
        return ((x > -3) & (x < 3)).to(x.dtype) * (x / 3.0 + 0.5) + (x >= 3).to(x.dtype)

    return Curve(lambda x: x * (x / 6.0 + 0.5).clamp(0.0, 1.0), slope)


def _gelu(operation: Operation) -> Rule:
    if operation.settings.get("approximate", "none") != "none":
        raise Inexpressible("there is no written-out gradient of gelu's approximation")

    def slope(y: Tensor, x: Tensor) -> Tensor:
        return 0.5 * (1.0 + torch.erf(x / math.sqrt(2.0))) + x * torch.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi)

    return Curve(lambda x: 0.5 * x * (1.0 + torch.erf(x / math.sqrt(2.0))), slope)


# several inputs -------------------------------------------------------------------------------------------------------


class Sum(Rule):
    """Adds or subtracts two inputs, or an input and a constant (a number or tensor); the smaller one is repeated to the
    size of the larger."""

    other: Tensor | None

    def __init__(self, operation: Operation) -> None:
        super().__init__()
        said = operation.settings
        self._sign = float(said.get("alpha", 1)) * (-1.0 if operation.kind == "sub" else 1.0)
        self._from_other = "self" in said
        self._both = len(operation.inputs) == 2
        other = said.get("self", said.get("other", 0.0))
        self.register_buffer("other", other if isinstance(other, Tensor) else torch.tensor(float(other or 0.0)))

    def forward(self, *inputs: Tensor) -> Tensor:
        if self._both:
            return inputs[0] + self._sign * inputs[1] if self._sign != 1.0 else inputs[0] + inputs[1]
        assert self.other is not None
        if self._from_other:
            return self.other + self._sign * inputs[0]
        return inputs[0] + self._sign * self.other

    def backward(self, gradient: Tensor, result: Tensor, *inputs: Tensor) -> tuple[Tensor, ...]:
        if not self._both:
            sign = self._sign if self._from_other else 1.0
            return (summed_to(gradient if sign == 1.0 else gradient * sign, inputs[0]),)
        second = gradient if self._sign == 1.0 else gradient * self._sign
        return summed_to(gradient, inputs[0]), summed_to(second, inputs[1])


class Product(Rule):
    """Multiplies two inputs, or an input and a constant (a number or tensor), or divides an input by a constant; the
    smaller one is repeated to the size of the larger. Squeeze-and-excitation scales channels so."""

    other: Tensor | None

    def __init__(self, operation: Operation) -> None:
        super().__init__()
        self._both = len(operation.inputs) == 2
        other = operation.settings.get("self", operation.settings.get("other", 1.0))
        if operation.kind == "div":
            if self._both or "self" in operation.settings or operation.settings.get("rounding_mode"):
                raise Inexpressible("there is no written-out gradient of a division by what depends on the picture")
            other = 1.0 / other
        self.register_buffer("other", other if isinstance(other, Tensor) else torch.tensor(float(other)))

    def forward(self, *inputs: Tensor) -> Tensor:
        assert self.other is not None
        return inputs[0] * (inputs[1] if self._both else self.other)

    def backward(self, gradient: Tensor, result: Tensor, *inputs: Tensor) -> tuple[Tensor, ...]:
        assert self.other is not None
        if not self._both:
            return (summed_to(gradient * self.other, inputs[0]),)
        one, other = inputs
        return summed_to(gradient * other, one), summed_to(gradient * one, other)


def summed_to(gradient: Tensor, like: Tensor) -> Tensor:
    """Returns ``gradient``, that by a result, summed over the axes along which the input ``like`` was repeated to the
    result's size, so that it has the shape of ``like``. Sums of numbers in half precision are 32-bit floats.

    It is ``gradient`` itself if nothing was repeated; the first axis is never summed. Raises Inexpressible if the two
    have different numbers of axes.
    """
    if gradient.dim() != like.dim():
        raise Inexpressible("there is no written-out gradient of a sum or product of different dimensions")
    axes = [axis for axis in range(1, like.dim()) if int(like.shape[axis]) == 1 != int(gradient.shape[axis])]
    return gradient.sum(axes, keepdim=True, dtype=torch.float32 if is_half(gradient) else None) if axes else gradient


class Concatenation(Rule):
    """Joins inputs [1, c, h, w] along the channels; joining along any other axis is Inexpressible."""

    def __init__(self, operation: Operation) -> None:
        super().__init__()
        if operation.settings.get("dim", 0) not in (1, -3):
            raise Inexpressible("there is no written-out gradient of joining along anything but channels")

    def forward(self, *inputs: Tensor) -> Tensor:
        return torch.cat(inputs, 1)

    def backward(self, gradient: Tensor, result: Tensor, *inputs: Tensor) -> tuple[Tensor, ...]:
        return torch.split(gradient, [int(x.shape[1]) for x in inputs], 1)


# pooling --------------------------------------------------------------------------------------------------------------


class MaxPool(Rule):
    """Max pooling of [1, c, h, w] without dilation. Its gradient goes to the first of the largest numbers in each
    window, as in autograd.

    For the gradient, the picture is cut into stride² phases; in these, each place of a window is a shift of a whole
    phase.
    """

    def __init__(self, operation: Operation) -> None:
        super().__init__()
        said = operation.settings
        self._kernel = two(said["kernel_size"])
        self._stride = two(said.get("stride") or said["kernel_size"])
        self._pad = two(said.get("padding", 0))
        self._ceil = bool(said.get("ceil_mode", False))
        if two(said.get("dilation", 1)) != (1, 1):
            raise Inexpressible("there is no written-out gradient of a dilated pooling")

    def forward(self, *inputs: Tensor) -> Tensor:
        return F.max_pool2d(inputs[0], self._kernel, self._stride, self._pad, 1, self._ceil)

    def backward(self, gradient: Tensor, result: Tensor, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        phases = self._phases(x, result)
        taken: Tensor | None = None
        parts: dict[tuple[int, int], Tensor] = {}
        for row, column in product(range(self._kernel[0]), range(self._kernel[1])):
            (down, high), (across, wide) = divmod(row, self._stride[0]), divmod(column, self._stride[1])
            seen = phases[:, :, down : down + result.shape[2], high, across : across + result.shape[3], wide]
            hit = seen == result
            hit, taken = (hit, hit) if taken is None else (hit & ~taken, hit | taken)
            part = F.pad(gradient * hit.to(gradient.dtype), self._shift(down, across))
            parts[high, wide] = parts[high, wide] + part if (high, wide) in parts else part
        return (self._joined(parts, x),)

    @property
    def _spare(self) -> tuple[int, int]:
        """Returns the rows and columns that a phase has beyond those of the result."""
        return (self._kernel[0] - 1) // self._stride[0], (self._kernel[1] - 1) // self._stride[1]

    def _shift(self, down: int, across: int) -> list[int]:
        """Returns the padding that moves a part of the result's size to its place in a phase."""
        return [across, self._spare[1] - across, down, self._spare[0] - down]

    def _phases(self, x: Tensor, result: Tensor) -> Tensor:
        """Returns ``x``, padded, as [1, c, h, stride, w, stride]."""
        rows, columns = result.shape[2] + self._spare[0], result.shape[3] + self._spare[1]
        right = columns * self._stride[1] - x.shape[3] - self._pad[1]
        bottom = rows * self._stride[0] - x.shape[2] - self._pad[0]
        wide = F.pad(x, [self._pad[1], right, self._pad[0], bottom], value=float("-inf"))
        return wide.reshape(1, x.shape[1], rows, self._stride[0], columns, self._stride[1])

    def _joined(self, parts: Mapping[tuple[int, int], Tensor], x: Tensor) -> Tensor:
        """Returns the phases' gradients, put together again, in the shape of ``x``."""
        nothing = torch.zeros_like(next(iter(parts.values())))
        grid = [
            torch.stack([parts.get((high, wide), nothing) for wide in range(self._stride[1])], -1)
            for high in range(self._stride[0])
        ]
        fine = torch.stack(grid, 3)  # [1, c, h, stride, w, stride]
        rows, columns = fine.shape[2] * self._stride[0], fine.shape[4] * self._stride[1]
        whole = fine.reshape(1, x.shape[1], rows, columns)
        right, bottom = x.shape[3] + self._pad[1] - columns, x.shape[2] + self._pad[0] - rows
        return F.pad(whole, [-self._pad[1], right, -self._pad[0], bottom])


class AveragePool(Rule):
    """Average pooling of [1, c, h, w], neither in ``ceil_mode`` nor with a divisor of its own. Its gradient is spread
    over each window, by a transposed convolution."""

    def __init__(self, operation: Operation) -> None:
        super().__init__()
        said = operation.settings
        self._kernel = two(said["kernel_size"])
        self._stride = two(said.get("stride") or said["kernel_size"])
        self._pad = two(said.get("padding", 0))
        self._counts_pad = bool(said.get("count_include_pad", True))
        if said.get("ceil_mode") or said.get("divisor_override"):
            raise Inexpressible("there is no written-out gradient of an average over cut windows")

    def forward(self, *inputs: Tensor) -> Tensor:
        return F.avg_pool2d(inputs[0], self._kernel, self._stride, self._pad, False, self._counts_pad)

    def backward(self, gradient: Tensor, result: Tensor, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        if not self._counts_pad:
            ones = torch.ones_like(x[:, :1])
            gradient = gradient / F.avg_pool2d(ones, self._kernel, self._stride, self._pad, False, True)
        channels, area = int(x.shape[1]), self._kernel[0] * self._kernel[1]
        even = torch.full((channels, 1, *self._kernel), 1.0 / area, dtype=gradient.dtype, device=x.device)
        more = [step - 1 for step in self._stride]
        wide = F.conv_transpose2d(gradient, even, None, self._stride, self._pad, more, channels)
        return (wide[..., : x.shape[2], : x.shape[3]],)


class Mean(Rule):
    """The mean over all pixels: [1, c, h, w] -> [1, c, 1, 1], or [1, c] where the operation doesn't keep the axes."""

    def __init__(self, operation: Operation) -> None:
        super().__init__()
        said = operation.settings
        if operation.kind == "mean" and {axis % 4 for axis in said.get("dim") or ()} != {2, 3}:
            raise Inexpressible("there is no written-out gradient of a mean over anything but pixels")
        self._keep = operation.kind != "mean" or bool(said.get("keepdim", False))

    def forward(self, *inputs: Tensor) -> Tensor:
        return inputs[0].mean((2, 3), keepdim=self._keep)

    def backward(self, gradient: Tensor, result: Tensor, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        gradient = gradient if self._keep else gradient[:, :, None, None]
        return ((gradient / (x.shape[2] * x.shape[3])).expand_as(x),)


class AdaptivePool(Rule):
    """Averages [1, c, h, w] to a fixed grid [1, c, rows, columns], as VGG does, by two products with matrices that
    depend on the picture's size."""

    sized = True

    def __init__(self, operation: Operation) -> None:
        super().__init__()
        self._grid = two(operation.settings["output_size"])

    def forward(self, *inputs: Tensor) -> Tensor:
        down, across = self._matrices(inputs[0])
        return down @ inputs[0] @ across.T

    def backward(self, gradient: Tensor, result: Tensor, *inputs: Tensor) -> tuple[Tensor, ...]:
        down, across = self._matrices(inputs[0])
        return (fitting(down, gradient).T @ gradient @ fitting(across, gradient),)

    def _matrices(self, x: Tensor) -> tuple[Tensor, Tensor]:
        down, across = (_means(cells, int(side), x) for cells, side in zip(self._grid, x.shape[2:], strict=True))
        return down, across


def _means(cells: int, side: int, like: Tensor) -> Tensor:
    """Returns [cells, side]: each row averages the pixels of one cell. The cells overlap if ``side`` is no multiple of
    ``cells``. The format and the device are those of ``like``; all of it is computed there, because a pass that is
    recorded may copy nothing from the processor."""
    cell = torch.arange(cells, device=like.device)[:, None]
    pixel = torch.arange(side, device=like.device)
    begin, end = cell * side // cells, ((cell + 1) * side + cells - 1) // cells
    inside = (pixel >= begin) & (pixel < end)
    return inside.to(like.dtype) / (end - begin).to(like.dtype)


def _adaptive_pool(operation: Operation) -> Rule:
    return Mean(operation) if two(operation.settings["output_size"]) == (1, 1) else AdaptivePool(operation)


# shape ----------------------------------------------------------------------------------------------------------------


class Flatten(Rule):
    """Flattens [1, c, h, w] to [1, c·h·w]; views and reshapes to another number of axes are Inexpressible."""

    def __init__(self, operation: Operation) -> None:
        super().__init__()
        size = operation.settings.get("size", operation.settings.get("shape"))
        if size is not None and len(size) != 2:
            raise Inexpressible(f"there is no written-out gradient of a {operation.kind} to {list(size)}")

    def forward(self, *inputs: Tensor) -> Tensor:
        return inputs[0].flatten(1)

    def backward(self, gradient: Tensor, result: Tensor, *inputs: Tensor) -> tuple[Tensor, ...]:
        return (gradient.reshape(inputs[0].shape),)


class Pad(Rule):
    """Adds to the last two axes a border of one number, or cuts one off where the operation's ``pad`` is negative."""

    def __init__(self, operation: Operation) -> None:
        super().__init__()
        said: Mapping[str, Any] = operation.settings
        if len(said["pad"]) != 4 or said.get("mode", "constant") != "constant":
            raise Inexpressible("there is no written-out gradient of a border that repeats the picture")
        self._pad = [int(side) for side in said["pad"]]
        self._value = float(said.get("value") or 0.0)

    def forward(self, *inputs: Tensor) -> Tensor:
        return F.pad(inputs[0], self._pad, value=self._value)

    def backward(self, gradient: Tensor, result: Tensor, *inputs: Tensor) -> tuple[Tensor, ...]:
        return (F.pad(gradient, [-side for side in self._pad]),)


RULES: Final[Mapping[str, Callable[[Operation], Rule]]] = {
    "conv2d": Convolution,
    "linear": Linear,
    "affine": Affine,
    "relu": _relu,
    "relu6": lambda operation: _clamped(0.0, 6.0),
    "hardtanh": _hardtanh,
    "clamp": _clamp,
    "leaky_relu": _leaky_relu,
    "elu": _elu,
    "silu": _silu,
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "hardsigmoid": _hardsigmoid,
    "hardswish": _hardswish,
    "gelu": _gelu,
    "add": Sum,
    "sub": Sum,
    "mul": Product,
    "div": Product,
    "cat": Concatenation,
    "max_pool2d": MaxPool,
    "max_pool2d_with_indices": MaxPool,
    "avg_pool2d": AveragePool,
    "adaptive_avg_pool2d": _adaptive_pool,
    "mean": Mean,
    "view": Flatten,
    "_unsafe_view": Flatten,
    "reshape": Flatten,
    "flatten": Flatten,
    "constant_pad_nd": Pad,
    "pad": Pad,
}
"""Functions that make a rule from an operation, by the ATen operator's name; they may raise Inexpressible."""
