"""Which way is taken where: cards, providers and devices that are made up, and those that fail in any way."""

import time
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.model.networks import KINDS, SIZE, picture
from vj.base import paths
from vj.base.errors import Unavailable
from vj.base.frame import Size
from vj.model.network import SIGNED, Network
from vj.model.runtime import (
    autotune,
    cards,
    choose,
    libraries,
    onnxruntime_backends,
    openvino_backends,
    openvino_graphs,
    torch_backends,
    trial,
)
from vj.model.runtime.backend import Backend, Backends
from vj.model.runtime.cards import Card
from vj.model.runtime.libraries import TorchBuild
from vj.model.runtime.onnxruntime_backends import PROVIDERS
from vj.model.runtime.prepare import backends, prepare

H200 = Card("cuda", "NVIDIA H200", "580.95.05")


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setattr(autotune, "_taken", {})


def fresh(kind: str = "zero_bordered") -> Network:
    """A network that no other test has timed."""
    return Network("made up", f"test-choose-{kind}", SIGNED, SIGNED, module=KINDS[kind].module)


def taken(at: Callable[[Size], Backends]) -> Any:
    return choose.pick(at, fresh(), SIZE, "auto", exact=False)


class Runner:
    """Takes as long as it is told to."""

    note = ""

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds = seconds

    def run(self, picture: Any, controls: Any, out: Any) -> float:
        time.sleep(self._seconds)
        return 0.5

    def release(self) -> None: ...


def failing(error: Exception) -> Callable[[], Any]:
    def make() -> Any:
        raise error

    return make


# groups ---------------------------------------------------------------------------------------------------------------


def test_a_card_is_taken_before_a_processor_is_even_timed() -> None:
    never = failing(AssertionError("a processor's way was made"))
    found = taken(
        lambda size: {"card": Backend(Runner, card=True), "fast": Backend(never), "plain": Backend(never, last=True)}
    )
    assert found.runtime == "card"


def test_where_the_card_fails_the_processor_plays_and_it_is_said() -> None:
    broken = Backend(failing(RuntimeError("no kernel image is available")), card=True)
    found = taken(lambda size: {"card": broken, "fast": Backend(Runner), "plain": Backend(Runner, last=True)})
    assert found.runtime == "fast"
    assert "card doesn't run here (no kernel image is available)" in found.why


def test_the_last_resort_is_taken_where_all_else_fails() -> None:
    broken = Backend(failing(RuntimeError("no such operation")))
    found = taken(lambda size: {"fast": broken, "plain": Backend(Runner, last=True)})
    assert found.runtime == "plain"
    assert "fast doesn't run here (no such operation)" in found.why


def test_where_nothing_runs_every_reason_is_told() -> None:
    reasons = {"card": "no driver", "fast": "no such operation", "plain": "no memory bank"}
    made = {name: failing(RuntimeError(reason)) for name, reason in reasons.items()}
    with pytest.raises(Unavailable, match=r"no driver.*no such operation.*no memory bank"):
        taken(lambda size: {n: Backend(m, card=n == "card", last=n == "plain") for n, m in made.items()})


def test_what_ran_when_it_was_timed_and_runs_no_more_gives_way_to_the_next() -> None:
    """A driver that was taken away since, or a size that one runtime can't do."""
    slow = Backend(partial(Runner, 0.01))
    small = {"first": Backend(Runner), "second": slow}
    large = {"first": Backend(failing(RuntimeError("no driver any more"))), "second": slow}
    found = taken(lambda size: large if size == SIZE else small)
    assert found.runtime == "second"
    assert "first doesn't run here (no driver any more)" in found.why


def test_the_only_way_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*arguments: object, **options: object) -> None:
        raise AssertionError("it was timed")

    monkeypatch.setattr(autotune, "choose", never)
    assert taken(lambda size: {"one": Backend(Runner), "plain": Backend(Runner, last=True)}).runtime == "one"


def test_want_of_memory_is_passed_on() -> None:
    make = failing(RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"))
    with pytest.raises(RuntimeError, match="out of memory"):
        taken(lambda size: {"cuda": Backend(make, card=True)})


def test_nothing_to_run_it_with_names_what_to_install() -> None:
    with pytest.raises(Unavailable, match=r"fix: .*pip install openvino onnxruntime torch"):
        taken(lambda size: {})


def test_the_key_holds_all_that_speed_depends_on() -> None:
    key = trial.verdict_key(
        {"a": Backend(Runner, version="x 1"), "b": Backend(Runner, version="y 2")}, fresh(), Size(640, 360)
    )
    assert key["versions"] == "x 1; y 2"
    assert {"cpu", "flags", "threads", "system", "graph", "size"} < set(key)


# cards ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes up what torch was built for, and which drivers there are."""

    def make(
        *,
        cuda: str = "",
        hip: str = "",
        xpu: str = "",
        nvidia: Card | None = None,
        amd: bool = False,
        intel: bool = False,
        platform: tuple[str, str] = ("linux", "x86_64"),
    ) -> None:
        monkeypatch.setattr(cards, "torch_build", lambda: TorchBuild("2.13.0", cuda, hip, xpu))
        monkeypatch.setattr(cards, "nvidia_card", lambda: nvidia)
        monkeypatch.setattr(cards, "_has_amd_driver", lambda: amd)
        monkeypatch.setattr(cards, "_has_level_zero", lambda: intel)
        monkeypatch.setattr(cards.sys, "platform", platform[0])
        monkeypatch.setattr(cards.platform, "machine", lambda: platform[1])

    return make


@pytest.mark.parametrize(
    ("machine", "devices"),
    [
        ({"cuda": "13.0", "nvidia": H200}, ["cuda"]),
        ({"cuda": "13.0"}, []),
        ({"nvidia": H200}, []),
        ({"hip": "7.0", "amd": True}, ["cuda"]),
        ({"hip": "7.0"}, []),
        ({"xpu": "20250301", "intel": True}, ["xpu"]),
        ({"xpu": "20250301"}, []),
        ({"cuda": "13.0", "xpu": "1", "nvidia": H200, "intel": True}, ["cuda", "xpu"]),
        ({"platform": ("darwin", "arm64")}, ["mps"]),
        ({"platform": ("darwin", "x86_64")}, []),
        ({"platform": ("win32", "AMD64"), "nvidia": H200}, []),
    ],
)
def test_cards_are_those_that_torch_was_built_for(
    build: Callable[..., None], machine: dict[str, Any], devices: list[str]
) -> None:
    build(**machine)
    assert [card.device for card in cards.cards()] == devices


def test_a_torch_that_cannot_use_the_card_is_known_without_importing_it(build: Callable[..., None]) -> None:
    build(nvidia=H200)
    assert cards.trouble() == "NVIDIA H200 is here, but torch 2.13.0 was built without CUDA"
    assert "--torch-backend=auto" in cards.remedy()
    build(cuda="13.0", nvidia=H200)
    assert not cards.trouble()


def test_torch_is_asked_without_being_imported() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from vj.model.runtime import cards, libraries; cards.cards(); cards.trouble();"
        "print(libraries.version('torch') != '', 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]


@pytest.mark.usefixtures("fake_card")
def test_on_a_card_the_graphs_for_processors_are_never_built(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*arguments: object) -> None:
        raise AssertionError("an OpenVINO graph was built")

    monkeypatch.setattr(openvino_graphs.NetworkGraphs, "build", never)
    found = prepare(fresh(), SIZE)
    assert found.runtime.startswith("cuda")
    assert found.run(picture(), (), np.empty_like(picture())) > 0


@pytest.mark.usefixtures("fake_card")
def test_exact_on_a_card_is_32_bits() -> None:
    assert prepare(fresh(), SIZE, exact=True).runtime == "cuda-f32"


def test_a_card_that_torch_fails_on_is_said_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_backends, "cards", lambda: [H200])  # and torch has no CUDA, or no such card
    monkeypatch.setattr(torch_backends, "_made", lambda *arguments: failing(AssertionError("no CUDA here"))())
    found = prepare(fresh(), SIZE)
    assert found.runtime not in ("cuda", "cuda-f32")
    assert "cuda-f32: no CUDA here; cuda: no CUDA here" in found.why
    assert not any("cuda" in name for _, verdict in autotune.kept(paths.cache("runtime")) for name in verdict.failed)


@pytest.mark.parametrize(("device", "own"), [("cuda", True), ("xpu", False), ("mps", False)])
def test_what_shares_memory_with_the_processor_is_timed_against_it(
    monkeypatch: pytest.MonkeyPatch, device: str, own: bool
) -> None:
    monkeypatch.setattr(torch_backends, "cards", lambda: [Card(device, "made up", "1")])
    monkeypatch.setattr(torch_backends.compiler, "trouble", lambda: "Triton is not installed")
    found = torch_backends.torch_backends(fresh(), SIZE)
    assert list(found) == [f"{device}-f32", device, *([f"{device}-last"] if own else []), "torch"]
    assert [backend.card for backend in found.values()] == [own] * (len(found) - 1) + [False]
    assert [name for name, backend in found.items() if backend.exact] == [f"{device}-f32", "torch"]
    assert "made up 1" in found[device].version


# ONNX Runtime's providers ---------------------------------------------------------------------------------------------


@pytest.fixture
def listed(no_card: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[list[str]], None]:
    """Makes up what ONNX Runtime lists; what it does is its own."""
    real = libraries.onnxruntime()

    def make(names: list[str]) -> None:
        fake = SimpleNamespace(**{**vars(real), "get_available_providers": lambda: names})
        monkeypatch.setattr(libraries, "onnxruntime", lambda: fake)

    return make


def test_every_provider_that_is_listed_and_known_is_a_way(listed: Callable[[list[str]], None]) -> None:
    listed(["AzureExecutionProvider", *reversed(PROVIDERS)])
    found = onnxruntime_backends.onnxruntime_backends(fresh(), SIZE)
    assert list(found) == [provider.backend for provider in PROVIDERS.values()]
    assert {name for name, backend in found.items() if backend.card} == {
        "onnxruntime-cuda",
        "onnxruntime-tensorrt",
        "onnxruntime-migraphx",
    }
    assert all("CoreMLExecutionProvider" in backend.version for backend in found.values())


@pytest.mark.parametrize("name", [name for name in PROVIDERS if name != onnxruntime_backends.PROCESSOR])
def test_a_provider_that_is_listed_and_does_not_work_is_named(listed: Callable[[list[str]], None], name: str) -> None:
    """ONNX Runtime itself falls back to the processor without a word in Python."""
    listed([name, onnxruntime_backends.PROCESSOR])
    found = prepare(fresh(), SIZE)
    backend = PROVIDERS[name].backend
    assert found.runtime != backend
    assert backend in found.why
    assert name in found.why


# OpenVINO's devices ---------------------------------------------------------------------------------------------------


class Core:
    """OpenVINO's, with graphics that are made up: the processor does their work, or nothing does."""

    def __init__(self, real: Any, devices: list[str], error: str = "") -> None:
        self._real, self.available_devices, self._error = real, devices, error

    def get_property(self, device: str, key: str) -> Any:
        if not device.startswith("GPU"):
            return self._real.get_property(device, key)
        if key != "FULL_DEVICE_NAME":
            raise RuntimeError("no such property")
        return f"Intel Iris Xe ({device})"

    def compile_model(self, model: Any, device: str, settings: dict[str, Any]) -> Any:
        if not device.startswith("GPU"):
            return self._real.compile_model(model, device, settings)
        if self._error:
            raise RuntimeError(self._error)
        assert settings["INFERENCE_PRECISION_HINT"] == "f16"
        assert "LP_TRANSFORMS_MODE" not in settings
        return self._real.compile_model(model, "CPU", {**settings, "INFERENCE_PRECISION_HINT": "f32"})

    def read_model(self, file: str) -> Any:
        return self._real.read_model(file)


@pytest.fixture
def devices(no_card: None, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    real = libraries.openvino()

    def make(names: list[str], error: str = "") -> None:
        fake = SimpleNamespace(**{**vars(real), "Core": lambda: Core(real.Core(), names, error)})
        monkeypatch.setattr(libraries, "openvino", lambda: fake)

    return make


def test_intels_graphics_are_ways(devices: Callable[..., None]) -> None:
    devices(["CPU", "GPU.0", "GPU.1", "NPU"])
    found = openvino_backends.openvino_backends(fresh(), SIZE)
    assert [name for name in found if "gpu" in name] == ["openvino-gpu", "openvino-gpu1"]
    assert "Intel Iris Xe (GPU.1)" in found["openvino-gpu1"].version
    assert not found["openvino-gpu"].card, "it shares the processor's memory, and is timed against it"


def test_intels_graphics_run_the_plain_graph(devices: Callable[..., None]) -> None:
    devices(["CPU", "GPU"])
    out, truth = np.empty_like(picture()), np.empty_like(picture())
    prepare(fresh(), SIZE, "openvino-gpu").run(picture(), (), out)
    prepare(fresh(), SIZE, "torch").run(picture(), (), truth)
    assert np.abs(out.astype(int) - truth).max() <= 1


def test_a_broken_graphics_driver_is_named(devices: Callable[..., None]) -> None:
    devices(["CPU", "GPU"], error="[GPU] clCreateContext failed")
    found = prepare(fresh(), SIZE)
    assert found.runtime != "openvino-gpu"
    assert "openvino-gpu ([GPU] clCreateContext failed)" in found.why


# nothing there --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("missing", "left"),
    [
        ({"openvino"}, {"onnxruntime", "torch"}),
        ({"onnxruntime"}, {"openvino", "torch"}),
        ({"openvino", "onnxruntime"}, {"torch"}),
        ({"openvino", "onnxruntime", "torch"}, set()),
    ],
)
def test_what_is_missing_is_no_way(monkeypatch: pytest.MonkeyPatch, missing: set[str], left: set[str]) -> None:
    monkeypatch.setattr(libraries, "why_not", lambda name: f"{name} is not installed" if name in missing else "")
    if "torch" in missing:
        monkeypatch.setattr(torch_backends, "torch_build", lambda: None)
    assert {name.partition("-")[0] for name in backends(fresh(), SIZE)} - {"cuda", "mps", "xpu"} == left
