"""Makes an ONNX file a static OpenVINO graph between pictures: the conversions of a picture are a part of the graph."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from vj.base.errors import BadInput
from vj.base.frame import Size
from vj.model.network import Network
from vj.model.runtime.graph_ops import (
    Node,
    brightest_and_darkest,
    channels_first,
    channels_last,
    floats,
    ints,
    named,
    op,
    ov,
    replace,
)

BRIGHTEST: Final = 255.5
"""The largest number before it is truncated to a byte: 255, and the half that makes truncation round."""


def build(network: Network, file: Path, size: Size) -> ov.Model:
    """Returns the network in ``file``, an ONNX file, as a new graph for pictures of ``size``; all its shapes are fixed.

    Inputs: ``picture``, uint8 [1, height, width, 3] in RGB, then the controls in the network's order. Outputs:
    ``result``, clamped and rounded to the same type and shape, and ``mean``, float32 [1], its mean before that, where
    white is 1. A network between floats takes float32 [1, height, width, channels] and gives float32 [1, height, width,
    3], neither scaled nor clamped; ``mean`` is then that of the numbers themselves.

    If the network enlarges, and none of its borders is of zeros, a picture of one colour gives a result of one colour.
    Raises BadInput if the file hasn't as many inputs as the network, RuntimeError if OpenVINO can't read it.
    """
    model = _static(network, file, size)
    image, *controls = model.get_parameters()
    result = model.get_results()[0].input_value(0)
    kind, channels = (np.float32, network.channels) if network.floats else (np.uint8, 3)
    picture = named(op.parameter([1, size.height, size.width, channels], kind), "picture")
    replace(image.output(0), _numbers(picture, network))
    contrast = _contrast(picture) if not network.floats and _keeps_flat(model) else None
    return ov.Model([*_outputs(result, network, contrast)], [picture, *controls], network.name)


def _keeps_flat(model: ov.Model) -> bool:
    """Returns whether the network enlarges, and must turn a picture of one colour into another of one colour.

    It must if no border is of zeros, as every place then sees the same. Once rewritten, such a network adds up
    neighbouring pixels in different orders, and a norm would turn the rounding errors into a bright pattern.
    """
    nodes = model.get_ordered_ops()
    kinds = {node.get_type_name() for node in nodes}
    if "Interpolate" not in kinds or any("Backprop" in kind for kind in kinds):
        return False
    zeros = any(any(node.get_attributes().get(end, ())) for node in nodes for end in ("pads_begin", "pads_end"))
    modes = {node.get_attributes()["pad_mode"].lower() for node in nodes if node.get_type_name() == "Pad"}
    return not zeros and modes <= {"reflect", "edge"}


def _contrast(picture: Node) -> Node:
    """Returns 0 for a picture of one colour, else 1."""
    bright, dark = brightest_and_darkest(picture)
    return op.minimum(op.reduce_max(op.subtract(bright, dark), ints(0)), floats(1))


def _static(network: Network, file: Path, size: Size) -> ov.Model:
    """Returns the graph as read, with every shape fixed. Raises BadInput."""
    model = _read(file)
    names = [port.any_name for port in model.inputs]
    wanted = 1 + len(network.controls)
    if len(names) != wanted:
        raise BadInput(f"{file.name} has the inputs {', '.join(names) or 'none'}; {network.name} takes {wanted}")
    nchw = [1, network.channels, size.height, size.width]
    image = nchw if network.layout == "nchw" else [1, size.height, size.width, 3]
    shapes = [image, *(list(control.shape) for control in network.controls)]
    model.reshape({port: ov.PartialShape(shape) for port, shape in zip(model.inputs, shapes, strict=True)})
    return model


def _read(file: Path) -> ov.Model:
    """Returns the graph as read. Raises RuntimeError if OpenVINO can't read it."""
    try:
        return ov.Core().read_model(str(file))
    except Exception as error:  # its errors have no class in common
        raise RuntimeError(f"{file.name}: {error}") from error


def _numbers(picture: Node, network: Network) -> Node:
    """Returns uint8 [1, h, w, 3] as the network's numbers, in its layout. Floats are these numbers already."""
    if network.floats:
        return channels_first(picture)
    scale, shift = (np.asarray(term, np.float32) for term in (network.takes.scale, network.takes.shift))
    x = op.convert(picture, np.float32)
    if (scale != 255).any():
        x = op.multiply(x, floats(scale / 255))
    if shift.any():
        x = op.add(x, floats(shift))
    return channels_first(x) if network.layout == "nchw" else x


def _outputs(result: Node, network: Network, contrast: Node | None) -> tuple[Node, Node]:
    """Returns the network's numbers as uint8 [1, h, w, 3], named ``result``, and their mean [1], named ``mean``.

    If ``contrast`` is given and 0, the picture is its mean everywhere.
    """
    if network.floats:
        return named(channels_last(result), "result"), named(_mean(result), "mean")
    scale, shift = (np.asarray(term, np.float64) for term in (network.gives.scale, network.gives.shift))
    nchw = network.layout == "nchw"
    x = channels_last(result) if nchw else result
    means = op.reduce_mean(result, ints(2, 3) if nchw else ints(1, 2))
    if contrast is not None:
        x = op.add(means, op.multiply(op.subtract(x, means), contrast))
    picture = to_bytes(op.add(op.multiply(x, floats(255 / scale)), floats(0.5 - 255 * shift / scale)))
    mean = op.reduce_mean(op.add(op.multiply(means, floats(1 / scale)), floats(-shift / scale)), ints(1))
    return named(picture, "result"), named(mean, "mean")


def _mean(result: Node) -> Node:
    return op.reshape(op.reduce_mean(result, ints(0, 1, 2, 3)), ints(1), False)


def to_bytes(x: Node) -> Node:
    """Returns a node that clamps the floats ``x`` to 0..255.5 and truncates them to uint8, in the same shape.

    A half that is added to ``x`` before makes it rounding.
    """
    return op.convert(op.floor(op.clamp(x, 0.0, BRIGHTEST)), np.uint8)
