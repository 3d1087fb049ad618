"""Runs a quantised ONNX file, such as phones run, in torch, as ONNX defines its operators.

Every node between QuantizeLinear and DequantizeLinear is computed in 32-bit floats, so nothing is clipped on any
processor. Only the few operators of such files are supported; it is meant for a single picture now and then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vj.base.errors import BadInput

Attributes = Mapping[str, Any]


class QuantisedOnnx(nn.Module):
    """The network in the ONNX file at ``path``, as a torch module on the processor: one tensor in, in the file's
    layout, and one out, the file's first. No gradients are kept.

    Making it reads the file, and raises BadInput, naming the operators, if it has some that `OPERATIONS` lacks.
    """

    def __init__(self, path: Path) -> None:
        import onnx
        from onnx import numpy_helper

        super().__init__()
        graph = onnx.load(str(path)).graph
        unknown = {node.op_type for node in graph.node} - OPERATIONS.keys()
        if unknown:
            raise BadInput(f"{path} has operations that torch can't stand in for here: {', '.join(sorted(unknown))}")
        arrays = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
        self._constants = {name: torch.from_numpy(array.copy()) for name, array in arrays.items()}
        self._nodes = [(node.op_type, list(node.input), node.output[0], _attributes(node)) for node in graph.node]
        self._input = next(entry.name for entry in graph.input if entry.name not in self._constants)
        self._output = graph.output[0].name

    @torch.inference_mode()
    def forward(self, given: Tensor) -> Tensor:
        values = {**self._constants, self._input: given}
        for kind, inputs, output, attributes in self._nodes:
            values[output] = OPERATIONS[kind](attributes, *(values[name] for name in inputs if name))
        return values[self._output]


def _attributes(node: Any) -> dict[str, Any]:
    from onnx import helper

    return {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}


def _along(numbers: Tensor, like: Tensor, attributes: Attributes) -> Tensor:
    """Returns a scale or a zero point in a shape that fits its axis of ``like``."""
    if numbers.dim() == 0 or numbers.numel() == 1:
        return numbers.reshape(())
    shape = [1] * like.dim()
    shape[attributes.get("axis", 1)] = -1
    return numbers.reshape(shape)


def _quantise(attributes: Attributes, x: Tensor, scale: Tensor, zero: Tensor) -> Tensor:
    """Rounds half to even, and clamps to the integer type of ``zero``."""
    ends = torch.iinfo(zero.dtype)
    steps = torch.round(x / _along(scale, x, attributes)) + _along(zero, x, attributes).float()
    return steps.clamp(ends.min, ends.max).to(zero.dtype)


def _dequantise(attributes: Attributes, x: Tensor, scale: Tensor, zero: Tensor | None = None) -> Tensor:
    steps = x.float() if zero is None else x.float() - _along(zero, x, attributes).float()
    return steps * _along(scale, x, attributes)


def _convolve(attributes: Attributes, x: Tensor, kernel: Tensor, bias: Tensor | None = None) -> Tensor:
    """Convolves ``x``. Its zeros before and behind each axis may differ in number."""
    sides = kernel.dim() - 2
    pads = list(attributes.get("pads", [0] * 2 * sides))
    around = [number for axis in reversed(range(sides)) for number in (pads[axis], pads[axis + sides])]
    strides, dilations = (list(attributes.get(name, [1] * sides)) for name in ("strides", "dilations"))
    return F.conv2d(F.pad(x, around), kernel, bias, strides, 0, dilations, attributes.get("group", 1))


def _clip(attributes: Attributes, x: Tensor, low: Tensor | None = None, high: Tensor | None = None) -> Tensor:
    return x.clamp(
        attributes.get("min") if low is None else float(low), attributes.get("max") if high is None else float(high)
    )


def _reshape(attributes: Attributes, x: Tensor, shape: Tensor) -> Tensor:
    """Reshapes ``x``; a length of 0 keeps the axis as it is."""
    return x.reshape([x.shape[axis] if length == 0 else length for axis, length in enumerate(shape.tolist())])


OPERATIONS: Final[Mapping[str, Callable[..., Tensor]]] = {
    "Add": lambda attributes, a, b: a + b,
    "Clip": _clip,
    "Conv": _convolve,
    "DequantizeLinear": _dequantise,
    "GlobalAveragePool": lambda attributes, x: x.mean((2, 3), keepdim=True),
    "QuantizeLinear": _quantise,
    "Reshape": _reshape,
    "Transpose": lambda attributes, x: x.permute(*attributes["perm"]),
}
"""Functions by ONNX operator: each takes the operator's attributes, by name, and then its inputs, and returns its
result."""
