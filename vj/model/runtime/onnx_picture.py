"""Makes an ONNX file a model between pictures: the conversions of a picture become a part of its graph.

ONNX Runtime then converts on all cores, or on the device that it computes on, and copies nothing in between.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np

from vj.base.errors import BadInput
from vj.base.frame import Size
from vj.model.network import Network

PICTURE, RESULT, MEANS = "vj_picture", "vj_result", "vj_means"
"""The names of the input picture and of the two outputs; the controls keep their names."""
_BRIGHTEST: Final = 255.5
"""The largest number before it is truncated to a byte: 255, and the half that makes truncation round."""
_REDUCES_BY_INPUT: Final = 18
"""From this version of the operator set on, a reduction takes its axes as an input, not as an attribute."""
_CLIPS_BY_INPUT: Final = 11
"""From this version of the operator set on, Clip takes its ends as inputs, not as attributes."""

Proto = Any  # onnx comes without types


def picture_model(network: Network, file: Path, size: Size | None = None) -> bytes:
    """Returns the network in ``file``, an ONNX file that stays as it is, as a serialised ONNX model between pictures.

    Its pictures have ``size``; without one, the network's fixed size or, if it has none, any size. Inputs: `PICTURE`,
    uint8 [1, h, w, 3], and the controls by the file's names. Outputs: `RESULT`, uint8 [1, h, w, 3], clamped and
    rounded, and `MEANS`, float32 [1, 3], which are the channels' means in the network's own range before that. A
    network between floats takes float32 [1, h, w, channels] and gives float32 [1, h, w, 3]. Raises BadInput if the file
    hasn't as many inputs as the network.
    """
    import onnx

    model = onnx.load(str(file))
    return _Editor(network, file, size or network.fixed, model).edited().SerializeToString()  # type: ignore[no-any-return]


class _Editor:
    """Adds nodes before and after those of ``model``, in place."""

    def __init__(self, network: Network, file: Path, size: Size | None, model: Proto) -> None:
        self._network = network
        self._model = model
        self._graph = model.graph
        self._sides = [size.height, size.width] if size else ["height", "width"]
        self._opset = next(entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx"))
        self._nchw = network.layout == "nchw"
        self._image = self._graph.input[0]
        self._output = self._graph.output[0]
        wanted = 1 + len(network.controls)
        if len(self._graph.input) != wanted:
            names = ", ".join(entry.name for entry in self._graph.input) or "none"
            raise BadInput(f"{file.name} has the inputs {names}; {network.name} takes {wanted}")

    def edited(self) -> Proto:
        """Returns the model with the conversions added."""
        before, after = self._before(), self._after()
        nodes = [*before, *self._graph.node, *after]
        del self._graph.node[:]
        self._graph.node.extend(nodes)
        return self._model

    def _before(self) -> list[Proto]:
        """Returns the nodes from the picture to the network's image input."""
        from onnx import TensorProto, helper

        network, name = self._network, self._image.name
        kind = TensorProto.FLOAT if network.floats else TensorProto.UINT8
        shape = [1, *self._sides, network.channels if network.floats else 3]
        self._graph.input[0].CopyFrom(helper.make_tensor_value_info(PICTURE, kind, shape))
        del self._graph.value_info[:]
        steps = _Steps("vj_in", PICTURE)
        if self._nchw:
            steps.add("Transpose", perm=[0, 3, 1, 2])
        if not network.floats:
            steps.add("Cast", to=TensorProto.FLOAT)
            scale, shift = (np.asarray(term, np.float32) for term in (network.takes.scale, network.takes.shift))
            if (scale != 255).any():
                steps.add("Mul", self._by_channel(scale / 255, "scale_in"))
            if shift.any():
                steps.add("Add", self._by_channel(shift, "shift_in"))
        return steps.ending_in(name)

    def _after(self) -> list[Proto]:
        """Returns the nodes from the network's output to the picture and the means."""
        from onnx import TensorProto, helper

        network, given = self._network, self._output.name
        kind = TensorProto.FLOAT if network.floats else TensorProto.UINT8
        del self._graph.output[:]
        self._graph.output.append(helper.make_tensor_value_info(RESULT, kind, [1, *self._sides, 3]))
        self._graph.output.append(helper.make_tensor_value_info(MEANS, TensorProto.FLOAT, [1, 3]))
        steps = _Steps("vj_out", given)
        if not network.floats:
            scale, shift = (np.asarray(term, np.float64) for term in (network.gives.scale, network.gives.shift))
            steps.add("Mul", self._by_channel(255 / scale, "scale_out"))
            steps.add("Add", self._by_channel(0.5 - 255 * shift / scale, "shift_out"))
            self._clip(steps)
            steps.add("Cast", to=TensorProto.UINT8)  # truncates: with the half that was added, it rounds
        if self._nchw:
            steps.add("Transpose", perm=[0, 2, 3, 1])
        return [*steps.ending_in(RESULT), self._means(given)]

    def _clip(self, steps: _Steps) -> None:
        """Add the clamping to 0..``_BRIGHTEST``."""
        if self._opset < _CLIPS_BY_INPUT:
            steps.add("Clip", min=0.0, max=_BRIGHTEST)
        else:
            ends = (np.asarray(end, np.float32) for end in (0.0, _BRIGHTEST))
            steps.add("Clip", *(self._constant(end, name) for end, name in zip(ends, ("low", "high"), strict=True)))

    def _means(self, given: str) -> Proto:
        """Returns the node that computes the means of the network's output ``given``."""
        from onnx import helper

        axes = [2, 3] if self._nchw else [1, 2]
        if self._opset < _REDUCES_BY_INPUT:
            return helper.make_node("ReduceMean", [given], [MEANS], "vj_means_node", axes=axes, keepdims=0)
        named = self._constant(np.asarray(axes, np.int64), "axes")
        return helper.make_node("ReduceMean", [given, named], [MEANS], "vj_means_node", keepdims=0)

    def _by_channel(self, numbers: Any, name: str) -> str:
        """Add a constant with one number per channel, shaped for the network's layout. Returns its name."""
        array = np.asarray(numbers, np.float32)
        return self._constant(array.reshape(-1, 1, 1) if self._nchw else array, name)

    def _constant(self, array: Any, name: str) -> str:
        """Add a constant. Returns its name."""
        from onnx import numpy_helper

        self._graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(array), f"vj_{name}"))
        return f"vj_{name}"


class _Steps:
    """A chain of nodes. ``prefix`` begins their names; the first one reads ``source``."""

    def __init__(self, prefix: str, source: str) -> None:
        self._prefix = prefix
        self._source = source
        self._nodes: list[Proto] = []

    def add(self, kind: str, *constants: str, **attributes: object) -> None:
        """Append a node of that kind, which reads the one before it and ``constants``."""
        from onnx import helper

        name = f"{self._prefix}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, [self._source, *constants], [name], name, **attributes))
        self._source = name

    def ending_in(self, name: str) -> list[Proto]:
        """Returns all nodes, with the last one's output renamed to ``name``."""
        if not self._nodes:
            self.add("Identity")
        self._nodes[-1].output[0] = name
        return self._nodes
