"""Runs a static graph with OpenVINO. It is compiled once, and reads and writes the caller's own arrays."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from vj.base.errors import unknown
from vj.model.runtime import libraries

if TYPE_CHECKING:
    import openvino as ov

    from vj.model.runtime.compiled_network import Floats, Numbers

Array = npt.NDArray[Any]

PRECISIONS: Final = ("f32", "bf16", "f16")
"""The formats of floating-point numbers that `OpenVinoGraph` knows."""
KEPT: Final = 64
"""The most arrays whose tensors are remembered. An engine has a handful; more means that each run brings new ones."""


class OpenVinoGraph:
    """A graph compiled, when the instance is made, for one of OpenVINO's devices. One thread at a time may use it.

    `model` is an openvino.Model or the path of an ONNX file, with static shapes. `device` is OpenVINO's name for the
    device, such as "CPU" or "GPU.1". `precision` is the format of the floating-point part: "f32", "bf16" or "f16"; one
    that the machine lacks falls back to f32. `integers` says whether convolutions of rounded numbers are computed in
    bytes or, as they are defined, in floats. With `threads` 0 OpenVINO chooses their number. The folder `cache`, if
    given, keeps compiled graphs. Raises BadInput for an unknown precision, Unavailable without OpenVINO.

    ``inputs`` and ``outputs`` are the graph's ports in order, each with its ``name``, ``shape`` and ``dtype``.
    """

    def __init__(
        self,
        model: ov.Model | str | Path,
        *,
        device: str = "CPU",
        precision: str = "f32",
        integers: bool = True,
        threads: int = 0,
        cache: str | Path | None = None,
    ) -> None:
        if precision not in PRECISIONS:
            raise unknown("precision", precision, PRECISIONS)
        self._ov = libraries.openvino()
        settings = _settings(precision, integers, threads, cache)
        given = str(model) if isinstance(model, (str, Path)) else model
        self._compiled = self._ov.Core().compile_model(given, device, settings)
        self._request = self._compiled.create_infer_request()
        self.inputs = tuple(_GraphPort(port) for port in self._compiled.inputs)
        self.outputs = tuple(_GraphPort(port) for port in self._compiled.outputs)
        self._tensors: dict[tuple[int, _GraphPort], tuple[Any, Array]] = {}
        self._bound: dict[_GraphPort, Any] = {}

    def run(self, *inputs: Array, out: Array | Sequence[Array]) -> None:
        """Runs one pass from `inputs` into `out`, which is complete on return; nothing is copied.

        There is an array for each input, and in `out` one for each output (or a sequence of them). They are
        C-contiguous and of the graph's types and shapes, though all leading axes of length 1 may be missing. Inputs may
        be read-only. Arrays are remembered by address, at most `KEPT` of them, and kept alive until `release`, so that
        a ring of buffers costs nothing after its first round. Raises ValueError for an array that doesn't fit, a
        read-only output, and another number of arrays.
        """
        outputs = (out,) if isinstance(out, np.ndarray) else out
        if len(inputs) != len(self.inputs) or len(outputs) != len(self.outputs):
            wanted = f"{len(self.inputs)} inputs and {len(self.outputs)} outputs"
            raise ValueError(f"the graph has {wanted}, not {len(inputs)} and {len(outputs)}")
        for index, array in enumerate(inputs):
            self._bind(self.inputs[index], array, index, self._request.set_input_tensor)
        for index, array in enumerate(outputs):
            if not array.flags.writeable:
                raise ValueError(f"output {index} is read-only")
            self._bind(self.outputs[index], array, index, self._request.set_output_tensor)
        self._request.start_async()
        self._request.wait()

    def release(self) -> None:
        """Forgets every array of earlier runs, so that the shared memory below them can be closed.

        The graph stays compiled: later runs bind their arrays anew. No other thread may run it meanwhile.
        """
        self._request = self._compiled.create_infer_request()
        self._tensors.clear()
        self._bound.clear()

    def _bind(self, port: _GraphPort, array: Array, index: int, bind: Any) -> None:
        tensor = self._tensor(port, array)
        if self._bound.get(port) is not tensor:
            bind(index, tensor)
            self._bound[port] = tensor

    def _tensor(self, port: _GraphPort, array: Array) -> Any:
        key = (array.__array_interface__["data"][0], port)
        found = self._tensors.get(key)
        if found is not None and port.fits(array):
            return found[0]
        if len(self._tensors) >= KEPT:
            self._tensors.pop(next(iter(self._tensors)))
        tensor = self._ov.Tensor(_writeable(port.shaped(array)), shared_memory=True)
        self._tensors[key] = (tensor, array)  # kept alive, so that no other array can get its address
        return tensor


class OpenVinoRunner:
    """A runner of a compiled graph that takes a picture and controls, and gives a result and, as float32 [1], its mean.

    `vj.model.runtime.picture_graph.build` makes such graphs. ``note`` is a remark for the performer, usually empty.
    """

    def __init__(self, graph: OpenVinoGraph, note: str = "") -> None:
        """``graph`` must not be run by others: the runner binds the arrays that it is given."""
        self.note = note
        self._graph = graph
        self._lock = threading.Lock()
        self._mean = np.empty(1, np.float32)

    def run(self, picture: Numbers, controls: Sequence[Floats], out: Numbers) -> float:
        """Runs one pass on ``picture`` and writes the result into ``out``; both are read and written in place.

        They are C-contiguous, of the graph's size: uint8 [h, w, 3], or float32 [h, w, channels] and [h, w, 3] for a
        network between floats. ``controls`` are float32 arrays in the order of the network's controls. Returns the
        result's mean before clamping and rounding, where white is 1 (between floats: the mean of the numbers). Several
        threads may call it; it runs one pass at a time. Raises ValueError for an array that doesn't fit.
        """
        with self._lock:
            self._graph.run(picture, *controls, out=(out, self._mean))
            return float(self._mean[0])

    def release(self) -> None:
        """Forgets every array of earlier runs, so that the shared memory below them can be closed; it can be run again.

        No other thread may run it meanwhile.
        """
        self._graph.release()


class _GraphPort:
    """One input or output of a graph: its name, shape and type."""

    def __init__(self, port: Any) -> None:
        self.name: str = port.any_name if port.names else ""
        self.shape: tuple[int, ...] = tuple(port.shape)
        self.dtype: np.dtype[Any] = np.dtype(port.element_type.to_dtype())
        self._short = self.shape[next((axis for axis, length in enumerate(self.shape) if length != 1), 0) :]

    def fits(self, array: Array) -> bool:
        """Returns whether ``array`` can be bound without copying."""
        return array.dtype == self.dtype and array.shape in (self.shape, self._short) and array.flags.c_contiguous

    def shaped(self, array: Array) -> Array:
        """Returns `array` in the port's full shape, in the same memory. Raises ValueError if it doesn't fit."""
        if not self.fits(array):
            kind = "" if array.flags.c_contiguous else ", not contiguous"
            given = f"{array.dtype} {list(array.shape)}{kind}"
            raise ValueError(f"{self.name or 'this port'} takes {self.dtype} {list(self.shape)}, not {given}")
        return array.reshape(self.shape)


def _writeable(array: Array) -> Array:
    """Returns the same memory without the read-only mark, which views of shared pictures have and OpenVINO refuses.

    A graph never writes to its inputs, so the promise is kept.
    """
    if array.flags.writeable:
        return array
    memory = (ctypes.c_byte * array.nbytes).from_address(array.__array_interface__["data"][0])
    return np.ndarray(array.shape, array.dtype, memoryview(memory))


def _settings(precision: str, integers: bool, threads: int, cache: str | Path | None) -> dict[str, Any]:
    settings: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": precision}
    if not integers:
        settings["LP_TRANSFORMS_MODE"] = "NO"
    if threads:
        settings["INFERENCE_NUM_THREADS"] = threads
    if cache is not None:
        settings["CACHE_DIR"] = str(cache)
    return settings
