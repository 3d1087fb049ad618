"""Runs an ONNX model a few times, as it stands, in a library that is here: to inspect it, not to play it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vj.base.errors import Unavailable
from vj.base.packages import install_command
from vj.model.runtime import libraries

Array = npt.NDArray[Any]
Once = Callable[[Mapping[str, Array]], list[Array]]
"""Takes the inputs by the model's names and returns new arrays, the outputs in the model's order; raises RuntimeError
if it can't run."""


def opened(model: Path | bytes) -> Once:
    """Compiles ``model``, an ONNX file or its bytes, and returns a function that runs it on one thread.

    The function takes a mapping from input names to arrays and returns the outputs, as a list in the model's order. It
    runs in ONNX Runtime on the processor; in OpenVINO, in 32-bit floats, if ONNX Runtime isn't here. Raises
    RuntimeError for a model that can't be run, Unavailable if neither library is here.
    """
    if not libraries.why_not("onnxruntime"):
        return _by_onnxruntime(model)
    if not libraries.why_not("openvino"):
        return _by_openvino(model)
    fix = install_command("onnxruntime")
    raise Unavailable(f"an ONNX file takes onnxruntime or openvino, and neither is here; fix: {fix}")


def _by_onnxruntime(model: Path | bytes) -> Once:
    from vj.model.runtime.ort import session

    made = session(model, threads=1)

    def once(given: Mapping[str, Array]) -> list[Array]:
        try:
            return [np.asarray(result) for result in made.run(None, dict(given))]
        except Exception as error:  # its errors have no class in common
            raise RuntimeError(str(error)) from error

    return once


def _by_openvino(model: Path | bytes) -> Once:
    core = libraries.openvino().Core()
    read = core.read_model(str(model)) if isinstance(model, Path) else core.read_model(model=model)
    settings = {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32", "LP_TRANSFORMS_MODE": "NO"}
    compiled = core.compile_model(read, "CPU", settings)
    return lambda given: [np.array(result) for result in compiled(dict(given)).values()]
