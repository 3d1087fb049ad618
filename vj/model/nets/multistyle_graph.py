"""The 26-style network as one static OpenVINO graph: bytes in, bytes out, the blend of styles a live input.

The same network as `multistyle.MultiStyle` (Dumoulin et al. 2017), written so that a CPU's vector lanes are full and as
little memory as possible is moved:

- **Phases as channels.** Four neighbouring pixels of a row are the same bytes whether called four pixels of c channels
  or one of 4c, so the first 9x9 convolution runs on 12 channels instead of 3. Nearest upsampling followed by a
  convolution is a convolution at the low resolution with one output channel for each phase (sub-pixel convolution, Shi
  et al. 2016): the whole tail runs at a quarter of the size, on 32, 64 and 48 channels instead of 8, 4 and 3.
- **Statistics** of a norm are the mean and the root of the sum of squares, two reads and no write; scale and shift of
  the norm, blending of styles, relu and rounding to bytes are one pass.
- **Centred picture.** What the picture's bytes are centred about (each channel's middle between darkest and brightest)
  cancels in the first norm; without it, a low-contrast picture would drown in rounding.
- **8-bit integers** (`int8`, `int8-reduced`): every convolution is followed by a norm, which cancels any scale, so an
  input is scaled to the 256 steps by a *live* factor, the blend of the styles' ranges (`multistyle_int8`).

Reflected borders are exact, but for the last two convolutions of 8-bit integers: there the outermost blocks repeat.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from vj.base.errors import BadInput, unknown
from vj.model.nets import multistyle_int8
from vj.model.nets.multistyle_weights import EPSILON, LAYERS, RES_BLOCKS, STYLES, Array, Weights
from vj.model.runtime.graph_ops import (
    Node,
    affine,
    block_bordered,
    bordered,
    brightest_and_darkest,
    channels_first,
    channels_last,
    floats,
    ints,
    named,
    op,
    ov,
    rounded_kernel,
    signed_bytes,
    unsigned_bytes,
)
from vj.model.runtime.number_format import FORMATS, NumberFormat
from vj.model.runtime.phases import phase_kernel, wide_kernel

VERSION: Final = 3
"""Goes up when the graph changes, so that timings kept on disk are taken anew."""

WIDE: Final = 4
"""Pixels of a row that the first convolution takes as one."""
STREAM_INPUTS: Final = (*(f"res.{block}.0" for block in range(1, RES_BLOCKS)), "expand.0")
"""The convolutions whose input has both signs: the residual sums, which no relu follows."""
RELU_MARGIN: Final = 1.1
SMALLEST_RANGE: Final = 1e-3
SMALLEST_SIDE: Final = 16


def build(weights: Weights, height: int, width: int, number_format: NumberFormat = "float") -> ov.Model:
    """The network for pictures of `height` x `width`.

    Inputs: `image` uint8 [1, height, width, 3] and `style_weights` float32 [26]; outputs: `stylized`, like the image,
    and `mean`, float32 [1], of the result before it is rounded. `weights` as from `weights_from_onnx`. Raises BadInput
    on a size or a number format that cannot be.
    """
    if number_format not in FORMATS:
        raise unknown("number format", number_format, FORMATS)
    if height % 4 or width % 4 or min(height, width) < SMALLEST_SIDE:
        raise BadInput(f"{width}x{height}: the sides must be multiples of 4, and at least {SMALLEST_SIDE}")
    image = named(op.parameter([1, height, width, 3], np.uint8), "image")
    style = named(op.parameter([STYLES], np.float32), "style_weights")
    result, mean = _Builder(weights, height, width, number_format).picture(image, style)
    return ov.Model([named(result, "stylized"), named(mean, "mean")], [image, style], f"multistyle26-{number_format}")


@dataclass
class _Builder:
    weights: Weights
    height: int
    width: int
    number_format: NumberFormat
    gamma: dict[str, Node] = field(default_factory=dict)
    beta: dict[str, Node] = field(default_factory=dict)
    steps: dict[str, Node] = field(default_factory=dict)
    """By layer: what its input [.., channels] is multiplied by before it is rounded, [1, channels]."""
    ranges: multistyle_int8.Ranges = field(default_factory=multistyle_int8.load)

    @property
    def quantised(self) -> bool:
        """Whether the convolutions are of integers."""
        return self.number_format != "float"

    # the way of the picture -----------------------------------------------------------------------------------------

    def picture(self, image: Node, style: Node) -> tuple[Node, Node]:
        row = op.reshape(style, ints(1, STYLES), False)
        bright, dark = brightest_and_darkest(image)
        self._blend_styles(row, op.minimum(op.reduce_max(op.subtract(bright, dark), ints(0)), floats(1)))
        if self.quantised:
            self._blend_ranges(row)
        middle = op.round(op.multiply(op.add(bright, dark), floats(0.5)), "half_to_even")
        x = self._contract(self._first(image, middle))
        for block in range(RES_BLOCKS):
            x = self._residual(x, block)
        unit = op.sigmoid(self._expand(x))
        mean = op.reduce_mean(op.reduce_mean(unit, ints(2, 3)), ints(1))
        return self._bytes(unit), mean

    def _first(self, image: Node, middle: Node) -> Node:
        """uint8 [1, h, w, 3] -> the input of contract.1, [1, 32, h + 1, w + 1], reflected at the top and the left."""
        x = self._centred(op.pad(image, ints(0, 4, 4, 0), ints(0, 4, 4, 0), "reflect"), middle)
        x = op.reshape(x, ints(1, self.height + 8, (self.width + 8) // WIDE, 3 * WIDE), False)
        if self.quantised:
            x = signed_bytes(x)
        kernel = wide_kernel(self.weights["contract.0.w"] / np.float32(255), WIDE)
        x = channels_last(self._convolution(channels_first(x), kernel))
        x = op.reshape(x, ints(1, self.height, self.width, 32), False)
        scale, shift = self._scale_shift(x, "contract.0", axes=(1, 2))
        x = self._activation(x, scale, shift, "contract.1", (1, 1, 1, 32))
        return channels_first(op.pad(x, ints(0, 1, 1, 0), ints(0, 0, 0, 0), "reflect"))

    def _centred(self, padded: Node, middle: Node) -> Node:
        """Bytes [1, h + 8, w + 8, 3] -> the same numbers less each channel's middle, [1, h + 8, (w + 8) * 3]."""
        x = op.reshape(padded, ints(1, self.height + 8, (self.width + 8) * 3), False)
        return op.subtract(op.convert(x, np.float32), op.tile(middle, ints(self.width + 8)))

    def _contract(self, x: Node) -> Node:
        x = self._convolve(x, "contract.1", stride=2)
        x = self._norm(x, "contract.1", "contract.2", border=(1, 0))
        x = self._convolve(x, "contract.2", stride=2)
        return op.relu(self._norm(x, "contract.2", border=(1, 1)))

    def _residual(self, x: Node, block: int) -> Node:
        """[1, 32, h/4 + 2, w/4 + 2] -> the same. The borders stay: those of a sum are the sum of the borders."""
        first, second = f"res.{block}.0", f"res.{block}.1"
        y = self._norm(self._convolve(self._stream(x, first), first), first, second, border=(1, 1))
        y = self._convolve(y, second)
        if block < RES_BLOCKS - 1:
            return op.add(x, self._norm(y, second, border=(1, 1)))
        inner = op.slice(x, ints(1, 1), ints(-1, -1), ints(1, 1), ints(2, 3))
        return bordered(op.add(inner, self._norm(y, second)), (1, 1), "edge")

    def _expand(self, x: Node) -> Node:
        """[1, 32, h/4 + 2, w/4 + 2], borders repeated -> [1, 48, h/4, w/4]: 4 x 4 phases of 3 channels."""
        kernels = {
            "expand.0": phase_kernel(self.weights["expand.0.w"], inputs=1, outputs=2, up=2, pad=1),
            "expand.1": phase_kernel(self.weights["expand.1.w"], inputs=2, outputs=4, up=2, pad=1),
            "expand.2": phase_kernel(self.weights["expand.2.w"], inputs=4, outputs=4, up=1, pad=4),
        }
        x = self._convolve(self._stream(x, "expand.0"), "expand.0", kernels["expand.0"])
        x = self._blocks(x, "expand.0", "expand.1", size=2, mode="edge")
        x = self._convolve(x, "expand.1", kernels["expand.1"])
        x = self._blocks(x, "expand.1", "expand.2", size=4, mode="reflect")
        return self._norm(self._convolve(x, "expand.2", kernels["expand.2"]), "expand.2", phases=16)

    def _bytes(self, x: Node) -> Node:
        """[1, 48, h/4, w/4] of 0..1 -> uint8 [1, h, w, 3]."""
        x = op.round(op.multiply(x, floats(255)), "half_to_even")
        x = channels_last(op.convert(x, np.uint8))
        x = op.reshape(x, ints(self.height // 4, self.width // 4, 4, 12), False)
        return op.reshape(op.transpose(x, ints(0, 2, 1, 3)), ints(1, self.height, self.width, 3), False)

    # styles ---------------------------------------------------------------------------------------------------------

    def _blend_styles(self, style: Node, contrast: Node) -> None:
        """One product [1, 26] x [26, all] gives every norm's gamma and beta, each [1, channels].

        ``contrast`` is 0 for a picture of one colour, else 1, and goes with every gamma: a norm takes such a picture to
        its beta alone. Without it, the norms would make a bright pattern of what rounding leaves of such a picture.
        """
        gammas, betas = ([self.weights[f"{layer}.norm.{part}"] for layer in LAYERS] for part in ("gamma", "beta"))
        widths = ints(*(table.shape[1] for table in gammas))
        gamma = op.multiply(_blend(style, np.concatenate(gammas, axis=1)), contrast)
        beta = _blend(style, np.concatenate(betas, axis=1))
        self.gamma = dict(zip(LAYERS, op.variadic_split(gamma, ints(1), widths).outputs(), strict=True))
        self.beta = dict(zip(LAYERS, op.variadic_split(beta, ints(1), widths).outputs(), strict=True))

    def _blend_ranges(self, style: Node) -> None:
        """Every quantised layer's steps: how many of the 256 (or of 127, where there are two signs) make 1.0."""
        table = np.stack([self.ranges.range[layer] / _full_scale(layer) for layer in LAYERS[1:]], axis=1)
        extent = op.maximum(_blend(op.abs(style), table), floats(SMALLEST_RANGE / 255))
        parts = op.variadic_split(op.divide(floats(1), extent), ints(1), ints(*[1] * table.shape[1])).outputs()
        for layer, part in zip(LAYERS[1:], parts, strict=True):
            self.steps[layer] = op.multiply(part, floats(1 / self.ranges.channel[layer][None]))

    # pieces ---------------------------------------------------------------------------------------------------------

    def _convolve(self, x: Node, layer: str, kernel: Array | None = None, stride: int = 1) -> Node:
        kernel = self.weights[f"{layer}.w"] if kernel is None else kernel
        if self.quantised:
            channel = self.ranges.channel[layer]
            kernel = kernel * np.tile(channel, kernel.shape[1] // len(channel))[None, :, None, None]
        return self._convolution(x, kernel, stride)

    def _convolution(self, x: Node, kernel: Array, stride: int = 1) -> Node:
        node = rounded_kernel(kernel, self.number_format) if self.quantised else floats(kernel)
        return op.convolution(x, node, [stride, stride], [0, 0], [0, 0], [1, 1])

    def _norm(
        self, x: Node, layer: str, following: str | None = None, border: tuple[int, int] = (0, 0), phases: int = 1
    ) -> Node:
        """Conditional instance norm of `layer`'s result, borders reflected; then, if a layer is `following`, relu."""
        scale, shift = self._scale_shift(x, layer, axes=(2, 3), phases=phases)
        if any(border):
            x = bordered(x, border, "reflect")
        shape = (1, phases * self.weights[f"{layer}.w"].shape[0], 1, 1)
        if following is None:
            return affine(x, scale, shift, shape, phases)
        return self._activation(x, scale, shift, following, shape, phases)

    def _blocks(self, x: Node, layer: str, following: str, size: int, mode: str) -> Node:
        """Norm and relu of blocks of `size` x `size` pixels, with a border of one block.

        Its rounding drowns what the outermost pixels are made of, so integers take the cheap border.
        """
        phases = size**2
        scale, shift = self._scale_shift(x, layer, axes=(2, 3), phases=phases)
        x = bordered(x, (1, 1), "edge") if self.quantised else block_bordered(x, size, mode)
        shape = (1, phases * self.weights[f"{layer}.w"].shape[0], 1, 1)
        return self._activation(x, scale, shift, following, shape, phases)

    def _scale_shift(self, x: Node, layer: str, axes: tuple[int, int], phases: int = 1) -> tuple[Node, Node]:
        """The norm of `layer` as y = scale * x + shift, both [1, channels]; phases of a channel share statistics."""
        shape = x.output(0).get_partial_shape()
        count = phases * shape[axes[0]].get_length() * shape[axes[1]].get_length()
        table = ints(phases, self.weights[f"{layer}.w"].shape[0])
        means = op.reshape(op.reduce_mean(x, ints(*axes), True), table, False)
        lengths = op.reshape(op.reduce_l2(x, ints(*axes), True), table, False)
        mean = op.reduce_mean(means, ints(0), True)
        square = op.multiply(op.reduce_sum(op.multiply(lengths, lengths), ints(0), True), floats(1 / count))
        variance = op.maximum(op.subtract(square, op.multiply(mean, mean)), floats(0))
        scale = op.divide(self.gamma[layer], op.sqrt(op.add(variance, floats(EPSILON))))
        return scale, op.subtract(self.beta[layer], op.multiply(mean, scale))

    def _activation(
        self, x: Node, scale: Node, shift: Node, following: str, shape: tuple[int, ...], phases: int = 1
    ) -> Node:
        """relu(scale * x + shift), as bytes if the layer `following` is quantised: rounding to 0-255 is the relu."""
        if not self.quantised:
            return op.relu(affine(x, scale, shift, shape, phases))
        scale, shift = (op.multiply(term, self.steps[following]) for term in (scale, shift))
        return unsigned_bytes(affine(x, scale, shift, shape, phases))

    def _stream(self, x: Node, layer: str) -> Node:
        """The residual sum [1, 32, h, w] as `layer` takes it in."""
        if not self.quantised:
            return x
        x = op.multiply(x, op.reshape(self.steps[layer], ints(1, 32, 1, 1), False))
        return signed_bytes(x) if layer in STREAM_INPUTS else unsigned_bytes(x)


def _full_scale(layer: str) -> float:
    return 127 if layer in STREAM_INPUTS else 255 / RELU_MARGIN


def _blend(style: Node, table: Array) -> Node:
    """[1, 26] x [26, n] -> [1, n]. Not a matrix product: that takes 0.3 ms here, and is rounded under bf16."""
    weighted = op.multiply(op.reshape(style, ints(STYLES, 1), False), floats(table))
    return op.reduce_sum(weighted, ints(0), True)
