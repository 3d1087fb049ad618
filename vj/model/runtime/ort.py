"""Runs an ONNX file with ONNX Runtime, from and into the caller's own arrays."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from vj.base.frame import Size
from vj.model.network import Network
from vj.model.runtime import libraries, processor
from vj.model.runtime.compiled_network import Floats, Numbers
from vj.model.runtime.onnx_picture import MEANS, PICTURE, RESULT, picture_model

_PROCESSOR: Final = "CPUExecutionProvider"
_FATAL_ONLY: Final = 4
"""The log's level. ONNX Runtime warns of shapes that are open on purpose, and it raises its errors too."""


class OrtRunner:
    """A runner: the network in ``file``, an ONNX file, on pictures of ``size``, by one of ONNX Runtime's providers.

    ``provider`` is ONNX Runtime's name for it, such as ``CUDAExecutionProvider``, and ``options`` are ONNX Runtime's
    for it. The processor is a little faster if the model leaves the size open; all other providers need to know the
    size. ``note`` is always empty.
    """

    note = ""

    def __init__(
        self,
        network: Network,
        file: Path,
        size: Size,
        provider: str = _PROCESSOR,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        """Compiles the network. Raises RuntimeError if ONNX Runtime can't run it so, BadInput if the file hasn't as
        many inputs as the network, Unavailable without ONNX Runtime."""
        model = picture_model(network, file, None if provider == _PROCESSOR else size)
        self._session = session(model, provider, options or {}, file.name)
        self._binding = self._session.io_binding()
        self._lock = threading.Lock()
        self._names = [port.name for port in self._session.get_inputs()]
        self._scale, self._shift = (np.asarray(term) for term in (network.gives.scale, network.gives.shift))
        self._floats = network.floats
        self._means = np.empty((1, 3), np.float32)
        self._bound: dict[str, int] = {}
        self._copies = provider != _PROCESSOR
        """Whether inputs are copied to a device when they are bound, and therefore must be bound for each pass."""
        self._bind_output(MEANS, self._means)

    def run(self, picture: Numbers, controls: Sequence[Floats], out: Numbers) -> float:
        """Runs one pass on ``picture`` and writes the result into ``out``; both are read and written in place.

        They are C-contiguous, uint8 [h, w, 3], or float32 [h, w, channels] and [h, w, 3] for a network between floats.
        ``controls`` are float32 arrays in the order of the network's controls. Returns the result's mean before
        clamping and rounding, where white is 1 (between floats: the mean of the numbers). Several threads may call it;
        it runs one pass at a time.
        """
        with self._lock:
            for name, array in zip(self._names, (picture, *controls), strict=True):
                self._bind_input(name, array)
            self._bind_output(RESULT, out)
            self._session.run_with_iobinding(self._binding)
            if self._floats:
                return float(self._means.mean())
            return float(((self._means[0] - self._shift) / self._scale).mean())

    def release(self) -> None:
        """Forgets every array of earlier runs, so that the shared memory below them can be closed; it can be run again.

        No other thread may run it meanwhile.
        """
        self._binding = self._session.io_binding()
        self._bound.clear()
        self._bind_output(MEANS, self._means)

    def _bind_input(self, name: str, array: Any) -> None:
        shape = (1, *array.shape) if name == PICTURE else array.shape
        if self._is_new(name, array) or self._copies:
            self._binding.bind_input(name, "cpu", 0, array.dtype.type, shape, self._bound[name])

    def _bind_output(self, name: str, array: Any) -> None:
        shape = (1, *array.shape) if name == RESULT else array.shape
        if self._is_new(name, array):
            self._binding.bind_output(name, "cpu", 0, array.dtype.type, shape, self._bound[name])

    def _is_new(self, name: str, array: Any) -> bool:
        """Returns whether another array than the last one is to be bound under ``name``, and notes it."""
        address = array.__array_interface__["data"][0]
        if self._bound.get(name) == address:
            return False
        self._bound[name] = address
        return True


def session(
    model: bytes | Path,
    provider: str = _PROCESSOR,
    options: Mapping[str, Any] | None = None,
    name: str = "model",
    threads: int = 0,
) -> Any:
    """Compiles ``model``, an ONNX file or its bytes, and returns an onnxruntime.InferenceSession.

    It runs by ``provider``, ONNX Runtime's name, and by the processor what that can't run of it. ``options`` are ONNX
    Runtime's for the provider; ``threads`` is the number of the processor's threads, 0 for all; ``name`` is what errors
    call a serialised model. On an x86 processor that clips sums of bytes, rounded models are computed in floats. Raises
    RuntimeError for a model that can't be run, and if all of it would fall back to the processor; Unavailable without
    ONNX Runtime.
    """
    onnxruntime = libraries.onnxruntime()
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = _FATAL_ONLY
    settings.intra_op_num_threads = threads
    if provider == _PROCESSOR and processor.clips_products():  # then rounded files are computed in floats
        settings.add_session_config_entry("session.disable_quant_qdq", "1")
    if provider == "DmlExecutionProvider":  # its documentation asks for both
        settings.enable_mem_pattern = False
        settings.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    asked = [(provider, dict(options or {})), *([_PROCESSOR] if provider != _PROCESSOR else [])]
    try:
        made = onnxruntime.InferenceSession(model, settings, providers=asked)
    except Exception as error:  # its errors have no class in common
        raise RuntimeError(f"{model.name if isinstance(model, Path) else name}: {error}") from error
    if made.get_providers()[0] != provider:
        raise RuntimeError(f"ONNX Runtime lists {provider} but can't use it here")
    return made
