"""The 26-style network as one static OpenVINO graph: bytes in, bytes out, the blend of styles a live input.

The same network as `multistyle.MultiStyle` (Dumoulin et al. 2017), written so that a CPU's vector lanes are full and as
little memory as possible is moved:

- **Phases as channels.** Four neighbouring pixels of a row are the same bytes whether called four pixels of c channels
  or one of 4c, so the first 9x9 convolution runs on 12 channels instead of 3. Nearest upsampling followed by a
  convolution is a convolution at the low resolution with one output channel for each phase (sub-pixel convolution, Shi
  et al. 2016): the whole tail runs at a quarter of the size, on 32, 64 and 48 channels instead of 8, 4 and 3.
- **Statistics** of a norm are the mean and the root of the sum of squares, two reads and no write; scale and shift of
  the norm, blending of styles, relu and rounding to bytes are done in one sweep.
- **Centred picture.** Each channel's middle between darkest and brightest is subtracted from the picture's bytes. The
  first norm cancels that anyway; without it, a low-contrast picture would drown in rounding.
- **8-bit integers** (`int8`, `int8-reduced`): every convolution is followed by a norm, which cancels any scale, so an
  input is scaled to the 256 steps by a *live* factor, the blend of the styles' ranges (`multistyle_int8`).

Reflected borders are exact, except for the last two convolutions in 8-bit integers: there the outermost blocks repeat.
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
"""To be raised when the graph changes, so that timings kept on disk are taken again."""

WIDE: Final = 4
"""Neighbouring pixels of a row that the first convolution takes as one."""
STREAM_INPUTS: Final = (*(f"res.{block}.0" for block in range(1, RES_BLOCKS)), "expand.0")
"""The convolutions whose input has both signs: the residual sums, which no relu follows."""
RELU_MARGIN: Final = 1.1
"""The factor between the range that inputs behind a relu get and their measured range."""
SMALLEST_RANGE: Final = 1e-3
"""The least range of a blend, so that weights of 0 for all styles don't divide by 0."""
SMALLEST_SIDE: Final = 16
"""The least side of a picture in pixels."""


def build(weights: Weights, height: int, width: int, number_format: NumberFormat = "float") -> ov.Model:
    """Returns the network as a new graph, not compiled yet, for pictures of ``height`` x ``width``.

    ``weights`` are the arrays from `weights_from_onnx`. Inputs: ``image``, uint8 [1, height, width, 3] in RGB, and
    ``style_weights``, float32 [26]. Outputs: ``stylized``, like the image, and ``mean``, float32 [1], the mean of the
    result before it is rounded, where white is 1. In the 8-bit formats the ranges are those of `multistyle_int8.load`.
    Raises BadInput for a number format that isn't one of `FORMATS`, and for sides that aren't multiples of 4 or are
    less than `SMALLEST_SIDE`.
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
    """Builds one graph. ``gamma`` and ``beta`` are the blended norms' by layer, [1, channels] each."""

    weights: Weights
    height: int
    width: int
    number_format: NumberFormat
    gamma: dict[str, Node] = field(default_factory=dict)
    beta: dict[str, Node] = field(default_factory=dict)
    steps: dict[str, Node] = field(default_factory=dict)
    """For each layer: the factors [1, channels] that its input [.., channels] is multiplied by before it is rounded."""
    ranges: multistyle_int8.Ranges = field(default_factory=multistyle_int8.load)

    @property
    def quantised(self) -> bool:
        """Returns whether the convolutions compute in integers."""
        return self.number_format != "float"

    # the path of the picture ----------------------------------------------------------------------------------------

    def picture(self, image: Node, style: Node) -> tuple[Node, Node]:
        """Returns the result, uint8 [1, h, w, 3], and its mean [1]; ``image`` and ``style`` are the graph's inputs."""
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
        """Applies contract.0 to uint8 [1, h, w, 3], and returns the input of contract.1: [1, 32, h + 1, w + 1],
        reflected at the top and the left. ``middle`` is subtracted from each channel."""
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
        """Returns bytes [1, h + 8, w + 8, 3] less each channel's middle, as [1, h + 8, (w + 8) * 3]."""
        x = op.reshape(padded, ints(1, self.height + 8, (self.width + 8) * 3), False)
        return op.subtract(op.convert(x, np.float32), op.tile(middle, ints(self.width + 8)))

    def _contract(self, x: Node) -> Node:
        """Applies contract.1 and contract.2, and returns [1, 32, h/4 + 2, w/4 + 2]."""
        x = self._convolve(x, "contract.1", stride=2)
        x = self._norm(x, "contract.1", "contract.2", border=(1, 0))
        x = self._convolve(x, "contract.2", stride=2)
        return op.relu(self._norm(x, "contract.2", border=(1, 1)))

    def _residual(self, x: Node, block: int) -> Node:
        """Applies residual block number ``block`` to [1, 32, h/4 + 2, w/4 + 2]. The borders stay, since the borders of
        a sum are the sum of the borders."""
        first, second = f"res.{block}.0", f"res.{block}.1"
        y = self._norm(self._convolve(self._stream(x, first), first), first, second, border=(1, 1))
        y = self._convolve(y, second)
        if block < RES_BLOCKS - 1:
            return op.add(x, self._norm(y, second, border=(1, 1)))
        inner = op.slice(x, ints(1, 1), ints(-1, -1), ints(1, 1), ints(2, 3))
        return bordered(op.add(inner, self._norm(y, second)), (1, 1), "edge")

    def _expand(self, x: Node) -> Node:
        """Applies the expanding layers to [1, 32, h/4 + 2, w/4 + 2], whose borders are repeated, and returns
        [1, 48, h/4, w/4]: 4 x 4 phases of 3 channels."""
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
        """Returns uint8 [1, h, w, 3] for [1, 48, h/4, w/4] in 0..1."""
        x = op.round(op.multiply(x, floats(255)), "half_to_even")
        x = channels_last(op.convert(x, np.uint8))
        x = op.reshape(x, ints(self.height // 4, self.width // 4, 4, 12), False)
        return op.reshape(op.transpose(x, ints(0, 2, 1, 3)), ints(1, self.height, self.width, 3), False)

    # styles ---------------------------------------------------------------------------------------------------------

    def _blend_styles(self, style: Node, contrast: Node) -> None:
        """Sets every norm's gamma and beta, each [1, channels], by one product [1, 26] x [26, all].

        ``contrast`` is 0 for a picture of one colour, else 1. It multiplies every gamma, so that a norm turns such a
        picture into its beta alone; otherwise norms would amplify rounding errors of that picture to a bright pattern.
        """
        gammas, betas = ([self.weights[f"{layer}.norm.{part}"] for layer in LAYERS] for part in ("gamma", "beta"))
        widths = ints(*(table.shape[1] for table in gammas))
        gamma = op.multiply(_blend(style, np.concatenate(gammas, axis=1)), contrast)
        beta = _blend(style, np.concatenate(betas, axis=1))
        self.gamma = dict(zip(LAYERS, op.variadic_split(gamma, ints(1), widths).outputs(), strict=True))
        self.beta = dict(zip(LAYERS, op.variadic_split(beta, ints(1), widths).outputs(), strict=True))

    def _blend_ranges(self, style: Node) -> None:
        """Sets every quantised layer's `steps`: how many of the 256 integers (or of 127, for inputs of both signs) make
        1.0."""
        table = np.stack([self.ranges.range[layer] / _full_scale(layer) for layer in LAYERS[1:]], axis=1)
        extent = op.maximum(_blend(op.abs(style), table), floats(SMALLEST_RANGE / 255))
        parts = op.variadic_split(op.divide(floats(1), extent), ints(1), ints(*[1] * table.shape[1])).outputs()
        for layer, part in zip(LAYERS[1:], parts, strict=True):
            self.steps[layer] = op.multiply(part, floats(1 / self.ranges.channel[layer][None]))

    # pieces ---------------------------------------------------------------------------------------------------------

    def _convolve(self, x: Node, layer: str, kernel: Array | None = None, stride: int = 1) -> Node:
        """Returns the convolution of ``x`` with ``layer``'s kernel, or with ``kernel``. Quantised kernels make up for
        what `multistyle_int8` divides the channels by."""
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
        """Applies ``layer``'s conditional instance norm with reflected borders; then a relu, if there is a layer
        ``following``."""
        scale, shift = self._scale_shift(x, layer, axes=(2, 3), phases=phases)
        if any(border):
            x = bordered(x, border, "reflect")
        shape = (1, phases * self.weights[f"{layer}.w"].shape[0], 1, 1)
        if following is None:
            return affine(x, scale, shift, shape, phases)
        return self._activation(x, scale, shift, following, shape, phases)

    def _blocks(self, x: Node, layer: str, following: str, size: int, mode: str) -> Node:
        """Applies norm and relu to blocks of ``size`` x ``size`` pixels, and adds a border of one block.

        Integers get a cheap border, because rounding hides the difference in the outermost pixels.
        """
        phases = size**2
        scale, shift = self._scale_shift(x, layer, axes=(2, 3), phases=phases)
        x = bordered(x, (1, 1), "edge") if self.quantised else block_bordered(x, size, mode)
        shape = (1, phases * self.weights[f"{layer}.w"].shape[0], 1, 1)
        return self._activation(x, scale, shift, following, shape, phases)

    def _scale_shift(self, x: Node, layer: str, axes: tuple[int, int], phases: int = 1) -> tuple[Node, Node]:
        """Returns the norm of ``layer`` as y = scale * x + shift, both [1, channels]; all phases of a channel share
        their statistics."""
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
        """Returns relu(scale * x + shift), as bytes if the network is quantised: rounding to 0-255 is the relu.
        ``following`` is the layer that reads the bytes."""
        if not self.quantised:
            return op.relu(affine(x, scale, shift, shape, phases))
        scale, shift = (op.multiply(term, self.steps[following]) for term in (scale, shift))
        return unsigned_bytes(affine(x, scale, shift, shape, phases))

    def _stream(self, x: Node, layer: str) -> Node:
        """Returns the residual sum [1, 32, h, w] in the form that ``layer`` takes."""
        if not self.quantised:
            return x
        x = op.multiply(x, op.reshape(self.steps[layer], ints(1, 32, 1, 1), False))
        return signed_bytes(x) if layer in STREAM_INPUTS else unsigned_bytes(x)


def _full_scale(layer: str) -> float:
    """Returns the largest integer that a layer's measured range is mapped to."""
    return 127 if layer in STREAM_INPUTS else 255 / RELU_MARGIN


def _blend(style: Node, table: Array) -> Node:
    """Returns [1, 26] x [26, n] as [1, n]. A matrix product would take 0.3 ms here, and be rounded under bf16."""
    weighted = op.multiply(op.reshape(style, ints(STYLES, 1), False), floats(table))
    return op.reduce_sum(weighted, ints(0), True)
