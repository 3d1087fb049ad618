"""Rounds a graph's convolutions to 8-bit integers, by the ranges that its numbers were measured to have.

Rounding is placed before each convolution, and OpenVINO makes integers of it. The input is rounded to steps that all
its channels share, the kernel to steps of each output channel's own (Jacob et al. 2018). Two things preserve the
picture:

- A channel that is narrow beside the others is widened before rounding, and its weights are narrowed to match
  (SmoothQuant, Xiao et al. 2023, with its exponent of one half). That costs nothing, because rounding scales in any
  case.
- Nothing measured is clipped, and there is room beyond. A few lights in the dark, which an instance norm makes huge,
  are what a picture is about: with the range of least squared error on other pictures, a night scene was 49 % off in a
  CycleGAN; with this one it is 3 %.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from vj.model.runtime.graph_ops import Node, floats, op, ov, rounded_kernel
from vj.model.runtime.number_format import NumberFormat
from vj.model.runtime.phases import Array
from vj.model.runtime.rewrite import CONVOLUTIONS, constant

VERSION: Final = 2
"""Goes up when measuring or rounding changes."""

NARROWEST: Final = 0.05
"""A channel that is nearly silent counts as this part of the widest, or its noise would set the scale."""
ROOM: Final = 1.75
"""The range in units of the largest number measured: photographs went 1.8 times beyond the calibration's pictures."""
SIGNED: Final = 1e-3
"""Negative numbers within this part of the largest positive one don't get a bit for the sign."""
WIDENED: Final = ("Transpose", "Reshape", "Transpose")
"""What `rewrite.widen` puts before a convolution. Rounding goes before these nodes, and before borders, so that they
move bytes."""


class Span(NamedTuple):
    """The range of a convolution's input. Channel i goes from -high (0 if not ``signed``) to ``high``, times
    ``channel[i]``, a number in 0..1 that is smaller for narrow channels."""

    high: float
    signed: bool
    channel: list[float]


Ranges = Sequence[Span]
"""In the order of the graph's convolutions, which doesn't depend on the picture's size."""


def quantise(model: ov.Model, ranges: Ranges, number_format: NumberFormat) -> None:
    """Rounds the inputs and the kernels of the convolutions of ``model``, in place, so that OpenVINO computes in
    integers.

    ``ranges`` has one for each convolution whose kernel is a constant, in the graph's order; another number of them
    raises ValueError, after some are rounded already. ``number_format`` is one of the 8-bit ones. With "int8-reduced",
    transposed convolutions of inputs with both signs stay in floats, which are faster there.
    """
    for conv, span in zip(_convolutions(model), ranges, strict=True):
        if _stays_float(conv, span, number_format):
            continue
        _round_input(conv, span)
        _round_kernel(conv, span, number_format)
    model.validate_nodes_and_infer_types()


def watched(model: ov.Model) -> ov.Model:
    """Returns a new graph, of the same nodes as ``model``, that has further outputs after its own: the inputs of its
    convolutions, [1, c, h, w] each, in the order of `Ranges`, before borders and widening."""
    inputs = [op.result(_source(conv)[1]) for conv in _convolutions(model)]
    return ov.Model([*model.get_results(), *inputs], model.get_parameters(), "watched")


def measure(seen: Iterable[Sequence[Array]]) -> list[Span]:
    """Returns the ranges of all convolutions, a `Span` each, in order, with `ROOM` times as much as was measured.

    ``seen`` yields, for every picture, the inputs of all convolutions, [1, c, h, w] each, as `watched` graphs give
    them; it is read to its end, and the arrays may be reused for the next picture. The list is empty for no pictures.
    """
    ends = [[(x.min(axis=(0, 2, 3)), x.max(axis=(0, 2, 3))) for x in inputs] for inputs in seen]
    return [_span(*(np.stack(end) for end in zip(*of_one, strict=True))) for of_one in zip(*ends, strict=True)]


def _span(low: Array, high: Array) -> Span:
    """Returns the range of channels that went from ``low`` to ``high``, both [pictures, c]."""
    signed = bool(low.min() < -SIGNED * high.max())
    width = np.maximum(np.abs(low), high).max(axis=0) if signed else high.max(axis=0)
    channel = np.sqrt(np.maximum(width / max(float(width.max()), 1e-9), NARROWEST))
    return Span(ROOM * max(float((width / channel).max()), 1e-9), signed, [round(float(c), 5) for c in channel])


# rounding -------------------------------------------------------------------------------------------------------------


def _stays_float(conv: Node, span: Span, number_format: NumberFormat) -> bool:
    """Returns whether integers would be slower: without VNNI and AVX-512, oneDNN's transposed convolution of signed
    bytes takes twice as long as that of floats (46 ms against 22 in Johnson's network at 640x360)."""
    transposed = conv.get_type_name() == "ConvolutionBackpropData"
    return number_format == "int8-reduced" and transposed and span.signed


def _round_input(conv: Node, span: Span) -> None:
    """Round the input of ``conv``, its narrow channels widened by ``span``."""
    reader, source = _source(conv)
    channel = np.asarray(span.channel, np.float32)[None, :, None, None]
    low = -span.high * 128 / 127 if span.signed else 0.0
    ends = (floats(low * channel), floats(span.high * channel), floats(low), floats(span.high))
    reader.replace_source_output(op.fake_quantize(source, *ends, 256).output(0))


def _round_kernel(conv: Node, span: Span, number_format: NumberFormat) -> None:
    """Round the kernel of ``conv``, which brings its input's channels back to their own widths."""
    kernel = constant(conv.input_value(1))
    assert kernel is not None
    straight = conv.get_type_name() == "Convolution"
    inputs = kernel.shape[1 if straight else 0]
    row = np.tile(np.asarray(span.channel, np.float32), inputs // len(span.channel))
    kernel = kernel * (row[None, :, None, None] if straight else row[:, None, None, None])
    rounded = rounded_kernel(kernel, number_format, output_axis=0 if straight else 1)
    conv.input(1).replace_source_output(rounded.output(0))


def _convolutions(model: ov.Model) -> list[Node]:
    """Returns the convolutions of pictures whose kernel is a constant."""
    found = [node for node in model.get_ordered_ops() if node.get_type_name() in CONVOLUTIONS]
    kernels = [constant(node.input_value(1)) for node in found]
    return [node for node, kernel in zip(found, kernels, strict=True) if kernel is not None and kernel.ndim == 4]


def _source(conv: Node) -> tuple[Any, Node]:
    """Returns the port that reads the numbers of ``conv`` where they are made, and these numbers, [1, c, h, w]."""
    reader = _behind(conv.input(0), WIDENED)
    while (node := _node(reader)).get_type_name() == "Pad" and node.get_input_shape(0)[:2] == node.get_output_shape(0)[
        :2
    ]:
        reader = node.input(0)
    return reader, reader.get_source_output()


def _behind(reader: Any, kinds: tuple[str, ...]) -> Any:
    """Returns the port before nodes of just these ``kinds`` in front of ``reader``; else ``reader``."""
    port = reader
    for kind in kinds:
        if _node(port).get_type_name() != kind:
            return reader
        port = _node(port).input(0)
    return port


def _node(reader: Any) -> Node:
    return reader.get_source_output().get_node()
