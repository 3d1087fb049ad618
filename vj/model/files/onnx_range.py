"""Finds the number ranges of an ONNX file's pictures, from its first and last nodes or by a trial."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vj.model.files.onnx_ends import LUMA_NAME
from vj.model.files.recognised import RANGES_BY_NAME, RangeName

Proto = Any  # onnx comes without types
Run = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]
"""Runs the network on a picture [h, w, 3] in its own range, and returns the result."""

_TRANSPARENT: Final = ("Transpose", "Cast", "Identity", "Squeeze", "Unsqueeze", "Reshape", "Pad", "Slice", "Concat")
"""Operators that move numbers without changing them."""
_ENDS: Final[Mapping[str, RangeName]] = {"Tanh": "-1..1", "Sigmoid": "0..1"}
"""Operators that squash numbers, and the range that they squash to."""
_ZOO: Final = ("input1", "output1")
"""The names of the input and the output in the ONNX zoo's fast neural style files."""
_BRIGHTEST: Final = 255.0
_LOUD: Final = 12.0
"""A result with a larger spread than this can only be in 0..255."""


@dataclass(frozen=True)
class Guess:
    """The ranges that were found for the picture that goes in (``takes``) and the one that comes out (``gives``);
    ``how`` says in words how they were found, as in "by a trial"."""

    takes: RangeName
    gives: RangeName
    how: str


def guess(graph: Proto, image: str, result: str, picture: npt.NDArray[np.float32], run: Run) -> Guess:
    """Returns the ranges of the numbers in the input named ``image`` and in the output named ``result`` of ``graph``, a
    GraphProto: "0..1", "-1..1" or "0..255", never others such as "imagenet". It is always a guess; where the nodes show
    nothing of the input, it is taken to be as the result.

    If the nodes don't show the range of the result, ``run`` is called once, with ``picture`` (float32 [h, w, 3] in
    0..1) scaled to the range of the input, or as it is if the nodes don't show that either. Raises what ``run`` raises.
    """
    if (image, result) == _ZOO:
        return Guess("0..255", "0..255", "by its names, those of the ONNX zoo's fast neural style")
    constants = _constants(graph)
    gives, takes = _given(graph, result, constants), _taken(graph, image, constants)
    if takes and gives:
        return Guess(takes, gives, "by its first and last nodes")
    if gives:
        return Guess(gives, gives, "by its last node, and taken to be the same on both sides")
    return _tried(takes, picture, run)


def _tried(takes: RangeName | None, picture: npt.NDArray[np.float32], run: Run) -> Guess:
    """Guesses the ranges from a trial. The norms of most networks lead to numbers of the range that they were trained
    for, even if the input is in another range."""
    low, high = np.percentile(run(_fed(picture, takes or "0..1")), (1, 99))
    gives: RangeName = "0..255" if high - low > _LOUD else "-1..1" if low < -0.2 else "0..1"
    return Guess(takes or gives, gives, f"by a trial, whose results lay in {low:.1f}..{high:.1f}")


def _fed(picture: npt.NDArray[np.float32], name: RangeName) -> npt.NDArray[np.float32]:
    """Returns ``picture`` in 0..1 converted to the range ``name``."""
    numbers = RANGES_BY_NAME[name]
    scale, shift = np.array(numbers.scale, np.float32), np.array(numbers.shift, np.float32)
    return picture * scale + shift


def _constants(graph: Proto) -> dict[str, float]:
    """Returns the graph's constants that are one number or one number a channel, as their mean, by name."""
    from onnx import numpy_helper

    tensors = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute and node.attribute[0].HasField("t"):
            tensors[node.output[0]] = node.attribute[0].t
    small = {name: numpy_helper.to_array(tensor) for name, tensor in tensors.items() if np.prod(tensor.dims) <= 3}
    return {name: float(value.mean()) for name, value in small.items() if value.size and value.dtype.kind in "fiu"}


def _given(graph: Proto, result: str, constants: Mapping[str, float]) -> RangeName | None:
    """Returns the range of the result, or None. Follows the graph back from the result to the operator that squashes
    it, and notes how the numbers are stretched afterwards."""
    makers = {name: node for node in graph.node for name in node.output}
    stretch = 1.0
    name = result
    while node := makers.get(name):
        if node.op_type in _ENDS:
            return "0..255" if stretch > 1.5 else "0..1" if stretch < 1.0 else _ENDS[node.op_type]
        if node.op_type == "Clip" and (found := _clipped(node, constants)):
            return found
        factors = [constants[other] for other in node.input if other in constants]
        if node.op_type == "Min" and _BRIGHTEST in factors:
            return "0..255"
        if node.op_type in ("Mul", "Div") and factors:
            stretch *= factors[0] if node.op_type == "Mul" else 1.0 / (factors[0] or 1.0)
        elif node.op_type not in ("Add", "Sub", "Clip", "Min", "Max", *_TRANSPARENT):
            break
        name = next((other for other in node.input if other not in constants), "")
    return "0..255" if stretch > 100.0 else None


def _clipped(node: Proto, constants: Mapping[str, float]) -> RangeName | None:
    """Returns the range that a Clip node cuts to, or None. In old files its bounds are attributes."""
    bounds = [constants[name] for name in node.input[1:] if name in constants]
    bounds = bounds or sorted(attribute.f for attribute in node.attribute)
    return {(0.0, 1.0): "0..1", (-1.0, 1.0): "-1..1", (0.0, 255.0): "0..255"}.get(tuple(bounds))  # type: ignore[return-value, arg-type]


def _taken(graph: Proto, image: str, constants: Mapping[str, float]) -> RangeName | None:
    """Returns the range of the picture that goes in, or None. Follows the graph from the picture to what is done to its
    numbers before the first layer."""
    name = image
    while len(users := [node for node in graph.node if name in node.input]) == 1:
        node = users[0]
        factors = [abs(constants[other]) for other in node.input if other in constants]
        if node.op_type == "Min" and _BRIGHTEST in factors:
            return "0..255"
        if node.op_type in ("Div", "Mul") and factors:
            scale = factors[0] if node.op_type == "Div" else 1.0 / (factors[0] or 1.0)
            return "0..255" if scale > 30.0 else "0..1"
        if node.op_type in ("Sub", "Add") and factors:
            return "0..255" if factors[0] > 2.0 else "0..1"
        if node.op_type not in _TRANSPARENT and LUMA_NAME not in node.input:
            return None
        name = node.output[0]
    return None
