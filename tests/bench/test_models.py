"""``vj bench models`` where something doesn't run: each is a line with its reason, and the others are timed."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.model.networks import KINDS
from vj.base.errors import Unavailable
from vj.base.frame import Size
from vj.bench import models
from vj.bench.device import BenchDevice
from vj.bench.models import MachinePeaks, measure
from vj.bench.subjects import Subject
from vj.model.runtime.cards import Card
from vj.model.runtime.compiled_network import CompiledNetwork, Floats, Numbers

SIZE = Size(64, 48)


class Quick:
    """A runner that does nothing, or fails from its second run on."""

    note = ""

    def __init__(self, fails: str = "") -> None:
        self._fails, self.runs, self.replays = fails, 0, 0

    def run(self, picture: Numbers, controls: Any, out: Numbers) -> float:
        self.runs += 1
        if self._fails and self.runs > 1:
            raise RuntimeError(self._fails)
        return 0.0

    def release(self) -> None:
        pass

    def replay(self) -> None:
        self.replays += 1


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Quick]]:
    """A machine on which one network is timed in the ways that a test names."""

    def has(**ways: Exception | Quick) -> dict[str, Quick]:
        def prepare(backend: str) -> CompiledNetwork:
            way = ways[backend.replace("-", "_")]
            if isinstance(way, Exception):
                raise way
            return CompiledNetwork(way, backend, "")

        network = KINDS["johnson"]
        monkeypatch.setattr(models, "SUBJECTS", (lambda: Subject("family", "title", network, SIZE, prepare),))
        monkeypatch.setattr(models, "backends", lambda network, size: tuple(name.replace("_", "-") for name in ways))
        monkeypatch.setattr(models, "_bare", lambda subject, controls: lambda: None)
        monkeypatch.setattr(models, "measured_peaks", MachinePeaks)
        return {name: way for name, way in ways.items() if isinstance(way, Quick)}

    return has


def rows(lines: list[str]) -> dict[str, str]:
    """The rows of the table by the runtime's name."""
    return {line[57:77].strip(): line for line in lines if line.startswith("family ") and str(SIZE) in line}


def test_a_way_that_does_not_run_is_a_line_and_the_others_are_timed(machine: Callable[..., dict[str, Quick]]) -> None:
    machine(
        cuda=Quick("CUDA out of memory"), cuda_f32=ImportError("No module named 'triton'"), openvino_f32=Quick(),
        openvino_bf16=MemoryError(),
    )  # fmt: skip
    lines = list(measure(None, 0.01))
    assert {"openvino-f32", "torch", "bare onnxruntime"} == rows(lines).keys()
    said = "\n".join(lines)
    assert "cuda doesn't run here: CUDA out of memory" in said
    assert "cuda-f32 doesn't run here: No module named 'triton'" in said
    assert "openvino-bf16 doesn't run here: MemoryError" in said


def test_a_network_that_can_not_be_had_is_a_line(
    machine: Callable[..., dict[str, Quick]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> Subject:
        raise Unavailable("could not fetch vintage.pth: no route to host")

    machine(openvino_f32=Quick())
    monkeypatch.setattr(models, "SUBJECTS", (missing, *models.SUBJECTS))
    lines = list(measure(None, 0.01))
    assert "a network is left out: could not fetch vintage.pth: no route to host" in lines
    assert "openvino-f32" in rows(lines)


def test_a_peer_that_can_not_be_made_is_a_line(
    machine: Callable[..., dict[str, Quick]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(subject: Subject, controls: list[Floats]) -> Callable[[], object]:
        raise ModuleNotFoundError("No module named 'onnx'")

    machine(openvino_f32=Quick())
    monkeypatch.setattr(models, "_bare", fails)
    lines = list(measure(None, 0.01))
    assert "bare onnxruntime doesn't run here: No module named 'onnx'" in "\n".join(lines)
    assert rows(lines).keys() == {"openvino-f32", "torch"}


def test_on_a_card_its_own_peak_and_eager_torch_stand_beside(
    machine: Callable[..., dict[str, Quick]], monkeypatch: pytest.MonkeyPatch
) -> None:
    runners = machine(cuda=Quick(), cuda_f32=Quick())
    device = BenchDevice("cpu", "NVIDIA H200")  # whose work the processor does
    rates = {"half": 7.5e14, "single": 5e13, "copies": 4.2e12}
    monkeypatch.setattr(models, "measured_peaks", lambda: MachinePeaks({"f32": 1e11}, rates, device))
    lines = list(measure(None, 0.01))
    assert "NVIDIA H200: half precision 750 TFLOP/s, 32-bit floats 50, copies 4200 GB/s" in lines
    assert next(line for line in lines if line.startswith("family  ")).split()[-5:] == [
        *("ms", "on", "card", "x", "eager"),
    ]
    assert runners["cuda"].replays > 0
    assert any("x eager torch there (at least 1: held)" in line for line in lines)
    assert rows(lines)["torch"].rstrip()[-1] == "%", "the processor has no column of the card's"


def test_peaks_are_those_of_the_device_and_format() -> None:
    found = MachinePeaks({"f32": 1.0, "int8": 4.0}, {"half": 100.0, "single": 10.0})
    wanted = {"torch": 1.0, "openvino-int8": 4.0, "cuda": 100.0, "cuda-fused": 100.0, "cuda-f32": 10.0, "xpu": None}
    assert {name: found.of(name) for name in wanted} == wanted


def test_a_card_that_torch_can_not_use_has_no_peak(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*, rehearsal: bool = False) -> BenchDevice:
        raise RuntimeError("no kernel image is available")

    monkeypatch.setattr(models, "own_card", lambda: Card("cuda", "old", "1"))
    monkeypatch.setattr(models.libraries, "why_not", lambda name: "openvino is not installed")
    monkeypatch.setattr(BenchDevice, "here", fails)
    found = models.measured_peaks()
    assert (found.processor, found.card, found.device) == ({}, {}, None)
