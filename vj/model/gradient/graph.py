"""Reads a network as a list of operations, with batch norms folded: what it computes, step by step, without its
code."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import torch
from torch import Tensor, nn

from vj.base.errors import unknown
from vj.model.runtime import libraries
from vj.model.runtime.export import TRACING

SIDE: Final = 224
"""The side in pixels of the picture that a network is read with; the operations are the same at any size."""
IMAGE: Final = "image"
"""The name of the picture among the inputs of operations."""
_BATCH_NORM: Final = "_native_batch_norm_legit_no_training"
_SAME: Final = ("alias", "clone", "contiguous", "detach", "dropout", "lift_fresh_copy", "_to_copy")
"""Operations that leave the numbers as they are."""


@dataclass(frozen=True)
class Operation:
    """One step of a network, with a name of its own.

    ``kind`` is the ATen operator's name, such as "conv2d"; a batch norm that couldn't be folded is "affine". ``inputs``
    are the names of the operations whose results it works on, or `IMAGE` for the picture. ``settings`` are the
    operator's other arguments by name; weights are among them, as tensors. A "conv2d" also has its border in ``pads``:
    left, right, top, bottom.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class GradientGraph:
    """A network as a list of operations, and the places of its layers in that list."""

    operations: tuple[Operation, ...]
    """All operations in the order in which they are computed, batch norms folded."""
    layers: Mapping[str, str]
    """The name of the operation that ends each layer, by the layer's own name (torch's dotted one), in order. Only
    layers whose result is [1, c, h, w] or [1, n] are in it."""
    shapes: Mapping[str, tuple[int, ...]]
    """The shape of each layer's result for the picture that the network was read with: [1, c, h, w] or [1, n]."""
    side: int
    """The side in pixels of the picture that the network was read with."""

    def shrinks(self, layer: str) -> int:
        """Returns how many pixels of the picture's side become one in ``layer``, rounded; the side of the picture that
        the network was read with for a layer without places. Raises KeyError for an unknown layer."""
        shape = self.shapes[layer]
        return round(self.side / shape[2]) if len(shape) == 4 else self.side

    def operation_of(self, layer: str) -> str:
        """Returns the name of the operation that ends ``layer``, whose result is the layer's. Raises BadInput, naming
        the choices, for an unknown layer."""
        if layer not in self.layers:
            raise unknown("layer", layer, self.layers)
        return self.layers[layer]

    def until(self, wanted: Sequence[str]) -> tuple[Operation, ...]:
        """Returns, in order, the operations called ``wanted`` (names of operations, not of layers) and all that they
        need; unknown names are ignored."""
        needed = set(wanted)
        kept: list[Operation] = []
        for operation in reversed(self.operations):
            if operation.name in needed:
                needed.update(operation.inputs)
                kept.append(operation)
        return tuple(reversed(kept))


def read(net: nn.Module, side: int = SIDE) -> GradientGraph:
    """Returns the operations and layers of ``net``, which takes a picture [1, 3, h, w] in its own range, as
    torch.export finds them for a picture of zeros of ``side`` × ``side`` pixels.

    It takes seconds, puts ``net`` into eval mode and leaves its weights as they are. Other threads that trace networks
    wait meanwhile. Raises torch.export's own errors where it can't follow the network.
    """
    libraries.why_not("onnxruntime")  # torch.export looks for it, and would fail if it is broken
    with TRACING, warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore", FutureWarning)  # of torch's, about torch itself
        exported = torch.export.export(net.eval(), (torch.zeros(1, 3, side, side),)).run_decompositions({})
    reader = _GraphReader(exported)
    return reader.graph(side)


class _GraphReader:
    """Reads one exported program."""

    def __init__(self, exported: Any) -> None:
        self._nodes = list(exported.graph.nodes)
        self._constants = _constants(exported)
        self._names: dict[str, str] = {}
        """The operation that has each node's result; a node that changes nothing has its input's."""
        self._operations: dict[str, Operation] = {}

    def graph(self, side: int) -> GradientGraph:
        """Returns the program as a graph; ``side`` is that of the picture it was exported with."""
        ends: dict[str, str] = {}
        shapes: dict[str, tuple[int, ...]] = {}
        for node in self._nodes:
            if node.op == "placeholder" and node.name not in self._constants:
                self._names[node.name] = IMAGE
            elif node.op == "call_function":
                self._add(node)
                name = self._names[node.name]
                if isinstance(node.meta.get("val"), Tensor):
                    shapes[name] = tuple(node.meta["val"].shape)
                ends.update(dict.fromkeys(_layers(node), name))
        ends = {layer: name for layer, name in ends.items() if len(shapes.get(name, ())) in (2, 4)}
        operations = _with_pads(_folded(list(self._operations.values())))
        order = {operation.name: place for place, operation in enumerate(operations)}
        ends = {layer: name for layer, name in ends.items() if name in order}
        ends = dict(sorted(ends.items(), key=lambda end: order[end[1]]))
        return GradientGraph(tuple(operations), ends, {layer: shapes[name] for layer, name in ends.items()}, side)

    def _add(self, node: Any) -> None:
        """Adds the node's operation, unless the node changes nothing."""
        if node.target is operator.getitem and node.args[1] == 0:
            self._names[node.name] = self._names[node.args[0].name]
            return
        kind = _kind(node)
        inputs, settings = self._arguments(node)
        if kind in _SAME:
            self._names[node.name] = inputs[0]
            return
        self._names[node.name] = node.name
        self._operations[node.name] = Operation(node.name, kind, inputs, settings)

    def _arguments(self, node: Any) -> tuple[tuple[str, ...], dict[str, Any]]:
        """Returns the names of the node's inputs, and its settings by their names in the operator's schema."""
        schema = node.target._schema.arguments if hasattr(node.target, "_schema") else ()
        given = {argument.name: value for argument, value in zip(schema, node.args, strict=False)} | dict(node.kwargs)
        if not schema:
            given = {str(place): value for place, value in enumerate(node.args)}
        inputs: list[str] = []
        settings: dict[str, Any] = {}
        for name, value in given.items():
            found = list(self._found(value))
            if found:
                inputs += found
            else:
                settings[name] = self._constant(value)
        return tuple(inputs), settings

    def _found(self, value: Any) -> Iterator[str]:
        """Yields the names of the operations that an argument refers to."""
        for one in value if isinstance(value, list | tuple) else (value,):
            if getattr(one, "name", None) in self._names:
                yield self._names[one.name]

    def _constant(self, value: Any) -> Any:
        """Returns the tensor that an argument refers to, or the argument itself."""
        return self._constants.get(getattr(value, "name", ""), value)


def _constants(exported: Any) -> dict[str, Tensor]:
    """Returns weights and buffers, by the names of the nodes that stand for them."""
    signature = exported.graph_signature
    places = {**signature.inputs_to_parameters, **signature.inputs_to_buffers}
    named = {**exported.state_dict, **exported.constants}
    constants = {node: named[place].detach() for node, place in places.items()}
    lifted = getattr(signature, "inputs_to_lifted_tensor_constants", {})
    return constants | {node: exported.constants[place] for node, place in lifted.items()}


def _kind(node: Any) -> str:
    """Returns the name of the node's operator."""
    return str(getattr(node.target, "_opname", None) or getattr(node.target, "__name__", node.target))


def _layers(node: Any) -> Iterator[str]:
    """Yields the names of all modules that the node is in; the last node in a module gives the module's result."""
    for name, _ in (node.meta.get("nn_module_stack") or {}).values():
        if name:
            yield name.split("@")[0]


def _folded(operations: list[Operation]) -> list[Operation]:
    """Returns the operations without batch norms: one behind a convolution with no other reader changes that
    convolution's kernel and bias (Jacob et al. 2018, 3.2), any other one becomes an ``affine`` operation."""
    readers: dict[str, int] = {}
    for operation in operations:
        for name in operation.inputs:
            readers[name] = readers.get(name, 0) + 1
    found: dict[str, Operation] = {}
    for operation in operations:
        before = found.get(operation.inputs[0]) if operation.inputs else None
        if operation.kind != _BATCH_NORM:
            found[operation.name] = operation
            continue
        scale, shift = _scale_and_shift(operation)
        if before and before.kind == "conv2d" and readers[before.name] == 1:
            del found[before.name]
            weight, bias = before.settings["weight"], before.settings.get("bias")
            shift = shift if bias is None else shift + scale * bias
            kernel = (weight * scale[:, None, None, None]).to(weight.dtype)
            settings = {**before.settings, "weight": kernel, "bias": shift.to(weight.dtype)}
            found[operation.name] = Operation(operation.name, "conv2d", before.inputs, settings)
        else:
            settings = {"scale": scale.float(), "shift": shift.float()}
            found[operation.name] = Operation(operation.name, "affine", operation.inputs, settings)
    return list(found.values())


def _scale_and_shift(norm: Operation) -> tuple[Tensor, Tensor]:
    """Returns a batch norm's scale and shift by channel, in 64-bit floats: another rounding would change which numbers
    the masks behind it keep."""
    said = {name: value.double() if isinstance(value, Tensor) else value for name, value in norm.settings.items()}
    scale = (said["running_var"] + said["eps"]).rsqrt()
    scale = scale if said["weight"] is None else scale * said["weight"]
    shift = -said["running_mean"] * scale
    return scale, shift if said["bias"] is None else shift + said["bias"]


def _with_pads(operations: list[Operation]) -> list[Operation]:
    """Returns the operations with each convolution's border in its ``pads`` (left, right, top, bottom); a border of
    zeros before a convolution is added to these."""
    padded = {operation.name: operation for operation in operations if operation.kind in ("constant_pad_nd", "pad")}
    found: list[Operation] = []
    for operation in operations:
        if operation.kind == "conv2d":
            pads = _own_pads(operation.settings)
            border = padded.get(operation.inputs[0])
            if border and _is_zeros(border):
                pads = [own + around for own, around in zip(pads, border.settings["pad"], strict=True)]
                operation = Operation(operation.name, "conv2d", border.inputs, operation.settings)
            operation = Operation(operation.name, "conv2d", operation.inputs, {**operation.settings, "pads": pads})
        found.append(operation)
    read_by = {name for operation in found for name in operation.inputs} | {found[-1].name}
    return [operation for operation in found if operation.name in read_by or operation.name not in padded]


def _own_pads(said: Mapping[str, Any]) -> list[int]:
    """Returns the border that a convolution adds itself: left, right, top, bottom."""
    padding = said.get("padding", 0)
    if padding == "valid":
        return [0, 0, 0, 0]
    if padding == "same":  # the odd one goes to the end
        spare = [
            step * (side - 1) for step, side in zip(two(said.get("dilation", 1)), said["weight"].shape[2:], strict=True)
        ]
        return [spare[1] // 2, spare[1] - spare[1] // 2, spare[0] // 2, spare[0] - spare[0] // 2]
    down, across = two(padding)
    return [across, across, down, down]


def _is_zeros(pad: Operation) -> bool:
    """Returns whether the operation adds a border of zeros, and cuts nothing."""
    said = pad.settings
    grows = len(said["pad"]) == 4 and min(said["pad"]) >= 0
    return grows and said.get("mode", "constant") == "constant" and not said.get("value")


def two(value: Any) -> tuple[int, int]:
    """Returns (height, width) from a pair of these, or from one number for both."""
    pair = [value] if isinstance(value, int) else list(value)
    return int(pair[0]), int(pair[-1])
