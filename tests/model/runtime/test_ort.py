"""ONNX Runtime's runner on a device that copies its inputs: CUDA and DirectML do so when an input is bound."""

import ctypes
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from vj.base.frame import Size
from vj.model.network import UNIT, Network
from vj.model.runtime import ort
from vj.model.runtime.onnx_picture import MEANS, PICTURE, RESULT


class Device:
    """A session and its binding: it passes on the bytes that an input had when it was bound."""

    def __init__(self) -> None:
        self.copied = np.zeros(0, np.uint8)
        self.places: dict[str, tuple[int, int]] = {}
        self.inputs = 0

    def io_binding(self) -> "Device":
        return self

    def get_inputs(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name=PICTURE)]

    def bind_input(self, name: str, device: str, number: int, kind: type, shape: tuple[int, ...], at: int) -> None:
        self.inputs += 1
        self.copied = np.frombuffer(ctypes.string_at(at, int(np.prod(shape))), np.uint8)

    def bind_output(self, name: str, device: str, number: int, kind: type, shape: tuple[int, ...], at: int) -> None:
        self.places[name] = at, int(np.prod(shape)) * np.dtype(kind).itemsize

    def run_with_iobinding(self, binding: "Device") -> None:
        ctypes.memmove(self.places[RESULT][0], self.copied.tobytes(), len(self.copied))
        ctypes.memset(*((self.places[MEANS][0], 0, self.places[MEANS][1])))


@pytest.mark.parametrize(
    ("provider", "bound"), [("CUDAExecutionProvider", 3), ("DmlExecutionProvider", 3), ("CPUExecutionProvider", 1)]
)
def test_a_device_gets_what_is_in_the_picture_now(
    provider: str, bound: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The array stays the same from pass to pass, and its content doesn't. On the processor nothing is bound anew."""
    device = Device()
    monkeypatch.setattr(ort, "session", lambda *_: device)
    monkeypatch.setattr(ort, "picture_model", lambda *_: b"")
    runner = ort.OrtRunner(Network("copy", "copy", UNIT, UNIT), tmp_path / "copy.onnx", Size(4, 4), provider)
    picture, out = np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4, 3), np.uint8)
    for number in (1, 2, 3):
        picture[:] = number
        runner.run(picture, (), out)
        if bound > 1:
            assert (out == number).all()
    assert device.inputs == bound
