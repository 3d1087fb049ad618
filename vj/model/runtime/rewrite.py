"""Rewrites a network's graph into one that gives the same numbers in less time.

Each rewrite looks for one pattern and replaces it by an equal one; what it doesn't recognise stays. All need static
shapes. The rewrites, in the order in which they make room for each other:

- `fold_batch_norm`: a batch norm after a convolution becomes a part of its kernel and a bias.
- `unflatten_norm`: a norm over a whole picture, all channels at once, leaves the picture in its layout.
- `transpose_upsampling`: nearest upsampling by 2 and a 3x3 convolution become one transposed convolution.
- `widen`: a large convolution to few channels works on runs of pixels, whose pixels are channels.
- `spread_biases`: a bias that is an input of the graph is repeated along a row before it is added.

Instance norms stay: OpenVINO's own is the fastest, and includes scale, shift, relu and rounding.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from vj.model.runtime.graph_ops import Node, channels_first, channels_last, floats, ints, op, ov, replace
from vj.model.runtime.phases import Array, doubling_kernel, wide_kernel

VERSION: Final = 2
"""Goes up when a rewrite changes, so that timings and ranges kept on disk are measured again."""

WIDE: Final = 4
"""Pixels of a row that a widened convolution takes as one."""
FEW: Final = 4
"""The most output channels of a convolution that is widened."""
LARGE: Final = 5
"""The smallest side of a kernel that is widened."""


def rewrite(model: ov.Model) -> None:
    """Applies `fold_constants` and then all rewrites to ``model``, in place; its shapes must be static. Inputs and
    outputs stay."""
    fold_constants(model)
    for change in (fold_batch_norm, unflatten_norm, transpose_upsampling, widen, spread_biases):
        change(model)
    model.validate_nodes_and_infer_types()


def fold_constants(model: ov.Model) -> None:
    """Replaces every part of ``model`` that depends on constants and shapes alone by its result, in place."""
    from openvino.passes import ConstantFolding, Manager

    manager = Manager()
    manager.register_pass(ConstantFolding())
    manager.run_passes(model)


# batch norm -----------------------------------------------------------------------------------------------------------


def fold_batch_norm(model: ov.Model) -> None:
    """Turns, in place, every convolution with a batch norm behind it into another convolution and a bias (Jacob et al.
    2018, section 3.2).

    Kernel and norm must be constants, and nothing else may read the convolution; other norms stay. Transposed
    convolutions count too.
    """
    for norm in _found(model, "BatchNormInference"):
        conv = norm.input_value(0).get_node()
        numbers = [constant(norm.input_value(place)) for place in range(1, 5)]
        if conv.get_type_name() not in CONVOLUTIONS or not _only_reader(conv) or any(n is None for n in numbers):
            continue
        kernel = constant(conv.input_value(1))
        if kernel is None:
            continue
        gamma, beta, mean, variance = (n for n in numbers if n is not None)
        scale = gamma / np.sqrt(variance + norm.get_attributes()["epsilon"])
        conv.input(1).replace_source_output(floats(kernel * by_output(conv, scale)).output(0))
        replace(norm.output(0), op.add(conv, floats((beta - mean * scale)[None, :, None, None])))


# norms of whole pictures ----------------------------------------------------------------------------------------------


def unflatten_norm(model: ov.Model) -> None:
    """Turns, in place, every norm of a flattened picture into one scale and one shift of the picture [1, c, h, w].

    The pattern is flattening to [1, 1, c * h * w], normalising and shaping back: a group norm of one group as ONNX
    writes it. Flattening changes the picture's layout to channels first and back, which takes as long as the
    convolutions around it. The shapes of ``model`` must be static. Norms that don't fit the pattern stay.
    """
    for norm in _found(model, "MVN"):
        flat, last = norm.input_value(0).get_node(), _end_of_norm(norm)
        if flat.get_type_name() != "Reshape" or last.get_type_name() != "Reshape":
            continue
        x = flat.input_value(0)
        shape = list(x.get_shape())
        if list(flat.output(0).get_shape()) != [1, 1, math.prod(shape)] or list(last.output(0).get_shape()) != shape:
            continue
        if len(shape) == 4 and norm.get_attributes()["normalize_variance"]:
            scale, shift = _whole_statistics(x, norm.get_attributes()["eps"])
            replace(last.output(0), op.add(op.multiply(x, scale), shift))


def _end_of_norm(norm: Node) -> Node:
    """Returns the node after ``norm``, and after the scale of one and shift of zero that the export puts behind it."""
    node, neutral = norm, {"Multiply": 1.0, "Add": 0.0}
    while (reader := _only_reader(node)) is not None:
        numbers = constant(reader.input_value(1)) if reader.get_type_name() in neutral else None
        if numbers is None or (numbers != neutral[reader.get_type_name()]).any():
            return reader
        node = reader
    return node


def _whole_statistics(x: Node, epsilon: float) -> tuple[Node, Node]:
    """Returns the scale and the shift, both [1, 1, 1, 1], that bring x [1, c, h, w] to mean 0 and variance 1."""
    count = math.prod(x.get_shape())
    mean = op.reduce_mean(op.reduce_mean(x, ints(2, 3), True), ints(1), True)
    lengths = op.reduce_l2(x, ints(2, 3), True)
    square = op.multiply(op.reduce_sum(op.multiply(lengths, lengths), ints(1), True), floats(1 / count))
    variance = op.maximum(op.subtract(square, op.multiply(mean, mean)), floats(0))
    scale = op.divide(floats(1), op.sqrt(op.add(variance, floats(epsilon))))
    return scale, op.negative(op.multiply(mean, scale))


# upsampling -----------------------------------------------------------------------------------------------------------


def transpose_upsampling(model: ov.Model) -> None:
    """Turns, in place, every nearest upsampling by 2 and the 3x3 convolution behind it, with a border of 1, into one
    transposed convolution that gives the same numbers. Others stay as they are.

    The shapes of ``model`` must be static: where one of these shapes isn't, OpenVINO raises RuntimeError. The kernel is
    a constant, without stride or dilation. A border of zeros is left to the new convolution. One of the large picture's
    own pixels, reflected or repeated, becomes a border of 1 that repeats the small one's. That is 2.25 times less to
    multiply, and the large picture is never written.
    """
    for conv in _found(model, "Convolution"):
        kernel = constant(conv.input_value(1))
        if kernel is None or kernel.shape[2:] != (3, 3) or not _plain(conv):
            continue
        zeros, border = _zeros(conv), conv.input_value(0).get_node()
        padded = _is_border(border, 1)
        source = border.input_value(0).get_node() if padded else border
        if not _doubles(source) or zeros != (0 if padded else 1):
            continue
        x = source.input_value(0)
        if padded:
            x = op.pad(x, ints(0, 0, 1, 1), ints(0, 0, 1, 1), "edge")
        cut = [3, 3] if padded else [1, 1]
        new = op.convolution_backprop_data(x, floats(doubling_kernel(kernel)), [2, 2], pads_begin=cut, pads_end=cut)
        new.set_friendly_name(conv.get_friendly_name())
        replace(conv.output(0), new)


def _doubles(node: Node) -> bool:
    """Returns whether ``node`` repeats every row and every column."""
    if node.get_type_name() != "Interpolate":
        return False
    before, after = (list(port.get_shape()) for port in (node.input_value(0), node.output(0)))
    if len(before) != 4 or after != [*before[:2], before[2] * 2, before[3] * 2]:
        return False
    told = {name: str(value).lower() for name, value in node.get_attributes().items()}
    mode, where, nearest = (told.get(name) for name in ("mode", "coordinate_transformation_mode", "nearest_mode"))
    return mode == "nearest" and (where, nearest) in REPEATING


REPEATING: Final = {
    ("asymmetric", "floor"),
    ("asymmetric", "simple"),
    ("asymmetric", "round_prefer_floor"),
    ("half_pixel", "round_prefer_floor"),
    ("half_pixel", "round_prefer_ceil"),
    ("pytorch_half_pixel", "round_prefer_floor"),
    ("pytorch_half_pixel", "round_prefer_ceil"),
}
"""Modes of nearest upsampling, by coordinates and rounding, in which a whole factor repeats pixels."""


# few channels ---------------------------------------------------------------------------------------------------------


def widen(model: ov.Model) -> None:
    """Turns, in place, every large convolution to few channels (a picture's three) into one on runs of `WIDE` pixels of
    a row.

    It is one without stride or dilation, whose square kernel has a side of `LARGE` or more and at most `FEW` outputs,
    and whose result's width is a multiple of `WIDE`. The shapes of ``model`` must be static. A vector
    unit computes sixteen output channels at a time, whether they are needed or not. Convolutions from few channels to
    many aren't changed: there it would cost more (in the norm's layout) than it saves.
    """
    for conv in _found(model, "Convolution"):
        kernel = constant(conv.input_value(1))
        if kernel is None or not _plain(conv) or kernel.shape[2] != kernel.shape[3] or kernel.shape[3] < LARGE:
            continue
        outputs, inputs = kernel.shape[:2]
        height, width = list(conv.output(0).get_shape())[2:]
        if outputs > FEW or width % WIDE:
            continue
        wide = wide_kernel(kernel, WIDE)
        runs = width // WIDE + wide.shape[3] - 1
        x = channels_last(_bordered(conv, runs * WIDE))
        x = channels_first(op.reshape(x, ints(1, height + kernel.shape[2] - 1, runs, inputs * WIDE), False))
        new = op.convolution(x, floats(wide), [1, 1], [0, 0], [0, 0], [1, 1])
        new.set_friendly_name(conv.get_friendly_name())
        y = op.reshape(channels_last(new), ints(1, height, width, outputs), False)
        replace(conv.output(0), channels_first(y))


def _bordered(conv: Node, width: int) -> Node:
    """Returns the input of ``conv`` with all its borders, filled up on the right to ``width``."""
    source = conv.input_value(0).get_node()
    zeros = _zeros(conv)
    if zeros or source.get_type_name() != "Pad":
        more = width - conv.input_value(0).get_shape()[3] - zeros
        return op.pad(conv.input_value(0), ints(0, 0, zeros, zeros), ints(0, 0, zeros, more), "constant", floats(0))
    more = width - source.output(0).get_shape()[3]
    begin, end = (constant(source.input_value(place)) for place in (1, 2))
    assert begin is not None
    assert end is not None
    last = [int(n) for n in end + np.asarray([0, 0, 0, more])]
    mode = source.get_attributes()["pad_mode"].lower()
    values = [source.input_value(3)] if mode == "constant" else []
    return op.pad(source.input_value(0), ints(*(int(n) for n in begin)), ints(*last), mode, *values)


# biases that are inputs -----------------------------------------------------------------------------------------------


def spread_biases(model: ov.Model) -> None:
    """Repeats, in place, every bias of a convolution that is no constant along a row: [1, c, 1, 1] to [1, c, 1, w].

    The shapes of ``model`` must be static. A bias that is a constant becomes a part of the convolution. Any other is
    added in a pass of its own, which goes through a picture pixel by pixel as long as the bias is that of a pixel, in
    vectors that its few channels don't fill; it goes row by row if the bias is that of a row. In a network of 24
    channels the sums then take a fifth of the time.
    """
    for conv in _found(model, "Convolution"):
        add = _only_reader(conv)
        if add is None or add.get_type_name() != "Add":
            continue
        places = [place for place in (0, 1) if add.input_value(place).get_node().get_type_name() != "Convolution"]
        if not places:  # the sum of two convolutions
            continue
        place, sums = places[0], add.output(0).get_shape()
        bias = add.input_value(place)
        if list(bias.get_shape()) == [1, sums[1], 1, 1] and constant(bias) is None:
            add.input(place).replace_source_output(op.tile(bias, ints(1, 1, 1, sums[3])).output(0))


# what they share ------------------------------------------------------------------------------------------------------

CONVOLUTIONS: Final = ("Convolution", "ConvolutionBackpropData")
"""OpenVINO's types of convolution, the second one transposed; in groups they are of other types, and not meant here."""


def constant(value: Node) -> Array | None:
    """Returns the numbers of the OpenVINO Constant behind ``value``, an output of a node, in the Constant's own shape
    and type. It looks through any chain of Convert and FakeQuantize, without applying them. Returns None if anything
    else stands there."""
    node = value.get_node()
    while node.get_type_name() in ("Convert", "FakeQuantize"):
        node = node.input_value(0).get_node()
    return np.asarray(node.data) if node.get_type_name() == "Constant" else None


def by_output(conv: Node, row: Array) -> Array:
    """Returns ``row``, a number for each output channel, shaped to be multiplied with the kernel of ``conv``.

    That is [outputs, 1, 1, 1], or [1, outputs, 1, 1] if ``conv`` is a transposed convolution.
    """
    return row[:, None, None, None] if conv.get_type_name() == "Convolution" else row[None, :, None, None]


def _found(model: ov.Model, kind: str) -> Iterator[Node]:
    return iter([node for node in model.get_ordered_ops() if node.get_type_name() == kind])


def _only_reader(node: Node) -> Node | None:
    """Returns the node that reads the output of ``node``; None if there isn't just one."""
    readers = list(node.output(0).get_target_inputs())
    return readers[0].get_node() if len(readers) == 1 else None


def _plain(conv: Node) -> bool:
    """Returns whether ``conv`` is neither strided nor dilated, and has the same border of zeros on all sides."""
    told = conv.get_attributes()
    sides = {*told["pads_begin"], *told["pads_end"]}
    return set(told["strides"]) == {1} and set(told["dilations"]) == {1} and len(sides) == 1


def _zeros(conv: Node) -> int:
    """Returns the width of the border of zeros of ``conv``."""
    return int(conv.get_attributes()["pads_begin"][0])


def _is_border(node: Node, size: int) -> bool:
    """Returns whether ``node`` adds a border of ``size`` of the picture's own pixels on each side."""
    if node.get_type_name() != "Pad" or node.get_attributes()["pad_mode"].lower() not in ("reflect", "edge"):
        return False
    ends = [constant(node.input_value(place)) for place in (1, 2)]
    return all(end is not None and [int(n) for n in end] == [0, 0, size, size] for end in ends)
