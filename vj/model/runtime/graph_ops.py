"""Building blocks of OpenVINO graphs. Take ``ov`` and ``op`` from here: importing this file checks OpenVINO first, and
raises Unavailable where it can't be used."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from vj.model.runtime import libraries
from vj.model.runtime.number_format import KERNEL_ROOM, NumberFormat
from vj.model.runtime.phases import Array, border_sources

libraries.openvino()
import openvino as ov  # noqa: E402
from openvino import opset13 as op  # noqa: E402

__all__ = [
    "Node",
    "affine",
    "block_bordered",
    "bordered",
    "brightest_and_darkest",
    "channels_first",
    "channels_last",
    "floats",
    "ints",
    "named",
    "op",
    "ov",
    "replace",
    "rounded_kernel",
    "signed_bytes",
    "unsigned_bytes",
]

Node = Any  # openvino.Node or openvino.Output: the operators take both alike


def floats(value: npt.ArrayLike) -> Node:
    """Returns a constant node, float32, with the numbers and the shape of ``value``."""
    return op.constant(np.asarray(value, np.float32))


def ints(*values: int) -> Node:
    """Returns a constant node, int64 [len(values)], even for a single value: axes, shapes or indices."""
    return op.constant(np.asarray(values, np.int64))


def named(node: Node, name: str) -> Node:
    """Gives ``node`` and its first output the name ``name``, in place of earlier names. Returns the same node."""
    node.set_friendly_name(name)
    node.output(0).get_tensor().set_names({name})
    return node


def replace(old: Node, new: Node) -> None:
    """Makes all nodes that read ``old``, an openvino.Output, read the first output of the node ``new`` instead.

    ``new`` must not be computed from ``old``, since it would then read itself. The old node stays; nothing is returned.
    """
    for reader in old.get_target_inputs():
        reader.replace_source_output(new.output(0))


def channels_first(x: Node) -> Node:
    """Returns a node that transposes ``x`` [n, h, w, c] to [n, c, h, w]."""
    return op.transpose(x, ints(0, 3, 1, 2))


def channels_last(x: Node) -> Node:
    """Returns a node that transposes ``x`` [n, c, h, w] to [n, h, w, c]."""
    return op.transpose(x, ints(0, 2, 3, 1))


def brightest_and_darkest(picture: Node) -> tuple[Node, Node]:
    """Returns two nodes, float32 [3] each: every channel's largest number in ``picture``, and its smallest (0..255).

    ``picture`` is a node of uint8 [1, h, w, 3] whose shape is fixed.

    Whole rows are reduced first: a reduction over three interleaved channels leaves most lanes idle (1 ms instead of
    0.04).
    """
    _, height, width, channels = list(picture.output(0).get_shape())
    rows = op.reshape(picture, ints(height, width * channels), False)
    ends = (op.reduce_max(rows, ints(0)), op.reduce_min(rows, ints(0)))
    bright, dark = (op.reshape(op.convert(end, np.float32), ints(width, channels), False) for end in ends)
    return op.reduce_max(bright, ints(0)), op.reduce_min(dark, ints(0))


def affine(x: Node, scale: Node, shift: Node, shape: tuple[int, ...], phases: int = 1) -> Node:
    """Returns the node scale * x + shift.

    `scale` and `shift` are [1, c]; each is repeated `phases` times to [1, phases * c], and reshaped to `shape`, which
    broadcasts to that of `x`: (1, phases * c, 1, 1) for `x` [1, phases * c, h, w].
    """
    scale, shift = (op.reshape(_repeated(term, phases), ints(*shape), False) for term in (scale, shift))
    return op.add(op.multiply(x, scale), shift)


def bordered(x: Node, border: tuple[int, int], mode: str) -> Node:
    """Returns `x` [n, c, h, w] with a border made of its own pixels.

    ``border`` is (before, after): so many rows more above and columns more on the left, and so many below and on the
    right. `mode` is "reflect" (pixel -1 is pixel 1) or "edge" (pixel -1 is pixel 0).
    """
    before, after = border
    return op.pad(x, ints(0, 0, before, before), ints(0, 0, after, after), mode)


def block_bordered(x: Node, size: int, mode: str) -> Node:
    """Returns `x` with one block more on each side, which holds the pixels' border: [1, size * size * c, h + 2, w + 2].

    `x` is a picture as h×w blocks of `size`×`size` pixels, whose pixels are channels: [1, size * size * c, h, w].
    Its shape must be static. Channels are ordered by the pixel's row in the block, its column, then its own channels.
    `mode` is "reflect" (pixel -1 is pixel 1) or "edge" (pixel -1 is pixel 0). The picture is at least two blocks high
    and wide.
    """
    for axis in (2, 3):
        count = x.output(0).get_partial_shape()[axis].get_length()
        outer = [
            _border_block(x, axis, (place, next_in), size, mode) for place, next_in in ((0, 1), (count - 1, count - 2))
        ]
        x = op.concat([outer[0], x, outer[1]], axis)
    return x


def _border_block(x: Node, axis: int, places: tuple[int, int], size: int, mode: str) -> Node:
    """Returns the border outside the block at `places[0]`, made of it and of the next block inwards, at `places[1]`."""
    near, next_in = (op.slice(x, ints(place), ints(place + 1), ints(1), ints(axis)) for place in places)
    channels = x.output(0).get_partial_shape()[1].get_length() // size**2
    sources = border_sources(size, channels, axis - 2, after=places[0] > 0, mode=mode)
    return op.gather(op.concat([near, next_in], 1), ints(*sources), ints(1))


def rounded_kernel(kernel: Array, number_format: NumberFormat, output_axis: int = 0) -> Node:
    """Returns a convolution's kernel as a float32 node of the same shape, rounded to 255 steps around 0.

    Each output channel has steps of its own; ``output_axis`` is the axis of these: 0 for a kernel [o, c, k, k], 1 for
    that of a transposed convolution, [c, o, k, k]. ``number_format`` is one of the 8-bit ones: "int8" spreads a
    channel's weights over -127..127, "int8-reduced" over half of that. OpenVINO computes such a kernel in signed bytes.
    """
    others = tuple(axis for axis in range(4) if axis != output_axis)
    extent = KERNEL_ROOM[number_format] * np.maximum(np.abs(kernel).max(axis=others, keepdims=True), 1e-9)
    low, high = floats(-extent), floats(extent)
    return op.fake_quantize(floats(kernel), low, high, low, high, 255)


def unsigned_bytes(x: Node) -> Node:
    """Returns a node that clamps and rounds `x` to whole numbers 0..255, still float32 and of the same shape.

    OpenVINO computes a convolution after it in integers if its kernel is rounded too.
    """
    low, high = floats(0), floats(255)
    return op.fake_quantize(x, low, high, low, high, 256)


def signed_bytes(x: Node) -> Node:
    """Returns a node that clamps and rounds `x` to whole numbers -128..127, still float32 and of the same shape."""
    low, high = floats(-128), floats(127)
    return op.fake_quantize(x, low, high, low, high, 256)


def _repeated(row: Node, phases: int) -> Node:
    return op.tile(row, ints(1, phases)) if phases > 1 else row
