"""Checks, before anything runs it, that an ONNX file is only a network and holds all of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Final

from vj.base.errors import BadInput

LARGEST: Final = 2 * 2**30
"""The most bytes of a file; ONNX itself allows no more in one file."""
_MOST_NODES: Final = 50_000
_DOMAINS: Final = ("", "ai.onnx")
"""The operator sets that are ONNX's own."""
_ENDLESS: Final = ("Loop", "Scan")
"""Operators that may never end."""
_ITEMS: Final = {
    "FLOAT": 4, "DOUBLE": 8, "FLOAT16": 2, "BFLOAT16": 2, "INT64": 8, "INT32": 4, "INT16": 2, "INT8": 1,
    "UINT64": 8, "UINT32": 4, "UINT16": 2, "UINT8": 1, "BOOL": 1,
}  # fmt: skip
"""Bytes of an element, for each number type that weights may have."""

Proto = Any  # onnx comes without types


def load(path: Path) -> Proto:
    """Returns the file's ModelProto, of which nothing has been run.

    Raises BadInput for a file that can't be read, has more than `LARGEST` bytes or isn't ONNX, and for a network that
    has no nodes or more than 50,000, uses operators that aren't ONNX's own or may never end (Loop, Scan), or doesn't
    hold all its weights in this file, dense and as large as declared.
    """
    import onnx

    model = onnx.ModelProto()
    try:
        size = path.stat().st_size
        if not 0 < size <= LARGEST:
            raise BadInput(f"{path} is {size} bytes long; an ONNX file has 1 to {LARGEST}")
        content = path.read_bytes()
    except OSError as error:
        raise BadInput(f"can't read {path}: {error.strerror}") from error
    try:
        model.ParseFromString(content)
    except Exception as error:  # protobuf's own kinds of error differ between its builds
        raise BadInput(f"{path} is damaged or no ONNX file") from error
    if not model.graph.node:
        raise BadInput(f"{path} is no ONNX network: it has no nodes")
    _check_nodes(path, model)
    _check_weights(path, model)
    return model


def _graphs(graph: Proto) -> Iterator[Proto]:
    """Yields the graph and all graphs inside it."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in chain([attribute.g] if attribute.HasField("g") else [], attribute.graphs):
                yield from _graphs(inner)


def _check_nodes(path: Path, model: Proto) -> None:
    """Raises BadInput for too many nodes and for operators that aren't ONNX's own or may never end."""
    import onnx

    versions = {entry.domain: entry.version for entry in model.opset_import}
    version = versions.get("", versions.get("ai.onnx", 1))
    try:
        nodes = [node for graph in _graphs(model.graph) for node in graph.node]
    except RecursionError:
        raise BadInput(f"{path}: its graphs are nested too deeply") from None
    if len(nodes) > _MOST_NODES:
        raise BadInput(f"{path} has {len(nodes)} nodes; at most {_MOST_NODES} are run")
    for node in nodes:
        if node.domain not in _DOMAINS:
            raise BadInput(f"{path} uses {node.op_type} of {node.domain!r}, which isn't ONNX's own; export it without")
        if node.op_type in _ENDLESS:
            raise BadInput(f"{path} uses {node.op_type}, which may run for ever; export it unrolled")
        try:
            onnx.defs.get_schema(node.op_type, version)
        except onnx.defs.SchemaError:
            raise BadInput(f"{path} uses {node.op_type!r}, which ONNX {version} hasn't") from None


def _check_weights(path: Path, model: Proto) -> None:
    """Raises BadInput for weights, in any graph, that are not wholly in the file."""
    for graph in _graphs(model.graph):
        if graph.sparse_initializer:
            raise BadInput(f"{path} has sparse weights; export them dense")
        for tensor in graph.initializer:
            _check_tensor(path, tensor)
        for node in graph.node:
            for attribute in node.attribute:
                for tensor in chain([attribute.t] if attribute.HasField("t") else [], attribute.tensors):
                    _check_tensor(path, tensor)


def _check_tensor(path: Path, tensor: Proto) -> None:
    """Raises BadInput for a tensor that lies in another file, or holds other numbers than its shape declares."""
    import onnx

    if tensor.external_data or tensor.data_location == onnx.TensorProto.EXTERNAL:
        raise BadInput(f"{path} keeps {tensor.name!r} in another file; save it with all weights inside")
    kind = onnx.TensorProto.DataType.Name(tensor.data_type)
    if kind not in _ITEMS:
        raise BadInput(f"{path}: {tensor.name!r} is of type {kind}; choices: {', '.join(_ITEMS)}")
    elements = math.prod(tensor.dims)
    fields = ("float_data", "int32_data", "int64_data", "double_data", "uint64_data")
    held = (
        len(tensor.raw_data) // _ITEMS[kind] if tensor.raw_data else sum(len(getattr(tensor, name)) for name in fields)
    )
    if any(side < 0 for side in tensor.dims) or elements != held:
        raise BadInput(f"{path}: {tensor.name!r} declares the shape {list(tensor.dims)}, but holds {held} elements")
