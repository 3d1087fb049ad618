"""Running an ONNX file with ONNX Runtime, numpy around it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vj.frame.frame import Size
from vj.model.network import Network
from vj.model.runtime.running import Floats, Numbers

PROVIDERS = ("CUDAExecutionProvider", "CPUExecutionProvider")


class OrtRunner:
    """The network in ``file`` for pictures of ``size``."""

    note = ""

    def __init__(self, network: Network, file: Path, size: Size) -> None:
        self._session = session(file)
        self._names = [port.name for port in self._session.get_inputs()]
        self._nchw = network.layout == "nchw"
        self._takes = [np.asarray(term, np.float32) for term in (network.takes.scale, network.takes.shift)]
        self._gives = [np.asarray(term, np.float32) for term in (network.gives.scale, network.gives.shift)]
        self._floats = network.floats
        self._numbers = np.empty((size.height, size.width, network.channels), np.float32)

    def run(self, picture: Numbers, controls: Sequence[Floats], out: Numbers) -> float:
        self._take(picture)
        given = dict(zip(self._names, (self._image(), *controls), strict=True))
        (result,) = self._session.run(None, given)
        shown = result[0].transpose(1, 2, 0) if self._nchw else result[0]
        if self._floats:
            out[...] = shown
            return float(shown.mean())
        return self._show(shown, out)

    def _take(self, picture: Numbers) -> None:
        """Into the network's range, which floats are in already."""
        if self._floats:
            self._numbers[...] = picture
            return
        scale, shift = self._takes
        np.multiply(picture, scale / 255, out=self._numbers)
        self._numbers += shift

    def release(self) -> None:
        """It keeps no array."""

    def _image(self) -> Floats:
        image = self._numbers[None]
        return np.ascontiguousarray(image.transpose(0, 3, 1, 2)) if self._nchw else image

    def _show(self, result: Floats, out: Numbers) -> float:
        """Float32 [h, w, 3] in the network's range -> bytes, and the mean in units of white."""
        scale, shift = self._gives
        unit = np.divide(np.subtract(result, shift, out=self._numbers), scale, out=self._numbers)
        mean = float(unit.mean())
        unit *= 255
        np.clip(np.nan_to_num(np.rint(unit, out=unit), copy=False), 0, 255, out=unit)
        out[...] = unit.astype(np.uint8)
        return mean


def session(file: Path) -> Any:
    """``file``, loaded for whatever ONNX Runtime can use here. Raises RuntimeError on one that it can't run."""
    import onnxruntime

    available = onnxruntime.get_available_providers()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # its warnings are about shapes that are open on purpose
    providers = [name for name in PROVIDERS if name in available]
    try:
        return onnxruntime.InferenceSession(file, options, providers=providers)
    except Exception as error:  # its own are of no common kind
        raise RuntimeError(f"{file.name}: {error}") from error
