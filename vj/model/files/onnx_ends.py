"""Adapts ONNX networks whose pictures aren't three channels of 32-bit floats: grey, 16-bit floats, bytes, results of
unknown shape.

Added nodes in front and behind convert, so that all other code sees three channels of 32-bit floats at both ends.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np

from vj.base.errors import BadInput
from vj.model.nets.luma import LUMA
from vj.model.runtime import onnx_once

Proto = Any  # onnx comes without types
LUMA_NAME: Final = "vj_luma"
"""The name of the added weights that turn a picture grey."""
_TRIAL: Final = (1, 3, 128, 192)
"""The shape of a trial picture for a network that declares none, with sides that most networks take."""
_NUMBERS: Final = ("FLOAT", "FLOAT16", "BFLOAT16", "DOUBLE", "UINT8")
"""The ONNX number types that a picture may have."""


def standard(path: Path, model: Proto) -> Proto:
    """Returns a copy of ``model`` (a ModelProto) that takes and gives float32 under the same names. Added nodes turn a
    grey picture into three channels or back, and cast other numbers. With several inputs or outputs it is ``model``
    itself.

    Layout (NCHW or NHWC), sides and range of the numbers stay: bytes become floats in 0..255. A shape that doesn't show
    one channel stays, too. A network that declares no shape of its result is run once to find it. Errors name ``path``.
    Raises BadInput for numbers that are no picture's, such as texts and 64-bit integers, and for a network that doesn't
    run then; Unavailable if nothing here runs it.
    """
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [entry for entry in model.graph.input if entry.name not in weights]
    if len(inputs) != 1 or len(model.graph.output) != 1:
        return model
    copy = type(model)()
    copy.CopyFrom(model)
    image = next(entry for entry in copy.graph.input if entry.name == inputs[0].name)
    result = copy.graph.output[0]
    _check_numbers(path, image, "takes")
    _check_numbers(path, result, "gives")
    if not result.type.tensor_type.shape.dim:
        _ask_shape(path, copy, image, result)
    _before(copy.graph, image)
    _behind(copy.graph, result)
    return copy


def _check_numbers(path: Path, entry: Proto, way: str) -> None:
    """Raises BadInput for a number type that no picture has. ``way`` is the verb in the error: takes or gives."""
    name = _type(entry)
    if name not in _NUMBERS:
        raise BadInput(f"{path} {way} numbers of type {name}; choices: {', '.join(_NUMBERS)}")


def _ask_shape(path: Path, model: Proto, image: Proto, result: Proto) -> None:
    """Runs the network once to find the shape of its result, and declares its channels and that its sides are open."""
    import onnx

    dims = [dim.dim_value for dim in image.type.tensor_type.shape.dim]
    if len(dims) != len(_TRIAL):
        return
    trial = [told or usual for told, usual in zip(dims, _nhwc(_TRIAL) if dims[3] in (1, 3) else _TRIAL, strict=True)]
    numbers = onnx.helper.tensor_dtype_to_np_dtype(image.type.tensor_type.elem_type)
    try:
        (found,) = onnx_once.opened(model.SerializeToString())({image.name: np.zeros(trial, numbers)})
    except RuntimeError as error:
        raise BadInput(f"{path} tells no shape of its result, and doesn't run at {trial}: {error}") from error
    for length, given in zip(found.shape, trial, strict=False):
        dim = result.type.tensor_type.shape.dim.add()
        if length in (1, 3):
            dim.dim_value = length
        else:
            dim.dim_param = f"side_{given}"


def _nhwc(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Returns an NCHW shape in the order NHWC."""
    return shape[0], shape[2], shape[3], shape[1]


def _type(entry: Proto) -> str:
    """Returns the name of the number type."""
    import onnx

    return str(onnx.TensorProto.DataType.Name(entry.type.tensor_type.elem_type))


def _channel_axis(entry: Proto) -> int | None:
    """Returns the axis that is one channel; None if there are three channels or the shape doesn't show them."""
    dims = [dim.dim_value for dim in entry.type.tensor_type.shape.dim]
    if len(dims) != 4 or 3 in (dims[1], dims[3]):
        return None
    return next((axis for axis in (1, 3) if dims[axis] == 1), None)


def _before(graph: Proto, image: Proto) -> None:
    """Adds nodes that turn three float channels into what the network takes."""
    from onnx import TensorProto, numpy_helper

    axis, kind = _channel_axis(image), image.type.tensor_type.elem_type
    steps: list[tuple[str, list[str], dict[str, Any]]] = []
    if axis is not None:
        shape = (1, 3, 1, 1) if axis == 1 else (3, 1)
        graph.initializer.append(numpy_helper.from_array(np.array(LUMA, np.float32).reshape(shape), LUMA_NAME))
        steps.append(("Conv" if axis == 1 else "MatMul", [LUMA_NAME], {}))
        image.type.tensor_type.shape.dim[axis].dim_value = 3
    if kind == TensorProto.UINT8:
        graph.initializer.extend(_number(name, value) for name, value in (*_BYTES, ("vj_half", 0.5)))
        steps += [("Min", ["vj_high"], {}), ("Max", ["vj_low"], {}), ("Add", ["vj_half"], {})]  # a cast cuts
    if kind != TensorProto.FLOAT:
        steps.append(("Cast", [], {"to": kind}))
        image.type.tensor_type.elem_type = TensorProto.FLOAT
    if not steps:
        return
    own = f"{image.name}_as_it_is"
    _rename(graph, image.name, own)
    nodes = _chain(image.name, own, steps, "vj_in")
    for place, node in enumerate(nodes):
        graph.node.insert(place, node)


def _behind(graph: Proto, result: Proto) -> None:
    """Adds nodes that turn what the network gives into three float channels."""
    from onnx import TensorProto

    axis, kind = _channel_axis(result), result.type.tensor_type.elem_type
    steps: list[tuple[str, list[str], dict[str, Any]]] = []
    if kind != TensorProto.FLOAT:
        steps.append(("Cast", [], {"to": TensorProto.FLOAT}))
        result.type.tensor_type.elem_type = TensorProto.FLOAT
    if kind == TensorProto.UINT8:
        known = {tensor.name for tensor in graph.initializer}
        graph.initializer.extend(_number(name, value) for name, value in _BYTES if name not in known)
        steps += [("Min", ["vj_high"], {}), ("Max", ["vj_low"], {})]
    if axis is not None:
        steps.append(("Concat", ["", ""], {"axis": axis}))
        result.type.tensor_type.shape.dim[axis].dim_value = 3
    if not steps:
        return
    own = f"{result.name}_as_it_is"
    _rename(graph, result.name, own)
    graph.node.extend(_chain(own, result.name, steps, "vj_out"))


_BYTES: Final = (("vj_high", 255.0), ("vj_low", 0.0))
"""Names and values of the bounds to which bytes are clamped."""


def _number(name: str, value: float) -> Proto:
    from onnx import numpy_helper

    return numpy_helper.from_array(np.array(value, np.float32), name)


def _chain(first: str, last: str, steps: list[tuple[str, list[str], dict[str, Any]]], name: str) -> list[Proto]:
    """Returns a row of nodes, from the value ``first`` to the value ``last``. A step is an operator, its further inputs
    and its attributes; an input without a name is the value of the step before."""
    from onnx import helper

    nodes, value = [], first
    for place, (kind, others, attributes) in enumerate(steps):
        given = last if place == len(steps) - 1 else f"{name}_{place}"
        nodes.append(helper.make_node(kind, [value, *(other or value for other in others)], [given], **attributes))
        value = given
    return nodes


def _rename(graph: Proto, name: str, other: str) -> None:
    """Renames the value ``name`` to ``other`` in all nodes of ``graph``, also inside branches."""
    for node in graph.node:
        for values in (node.input, node.output):
            for place, value in enumerate(values):
                if value == name:
                    values[place] = other
        for attribute in node.attribute:
            for inner in [attribute.g] if attribute.HasField("g") else list(attribute.graphs):
                _rename(inner, name, other)
