"""The ways to run a torch module: what they compute, what they share, which is chosen, and what takes over later."""

import gc
import importlib.util
import shutil
import weakref
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tests.model.networks import KINDS, SIZE, picture
from vj.base import paths
from vj.base.errors import BadInput
from vj.base.frame import Size
from vj.model.network import SIGNED, UNIT, Network, NetworkControl
from vj.model.runtime import autotune, card_module, choose, compiler, take_over, torch_backends
from vj.model.runtime.backend import Backend, Backends
from vj.model.runtime.background import Background
from vj.model.runtime.card_module import card_module as module_of
from vj.model.runtime.torch_graph import WAYS, TorchGraph, Way

PROCESSOR = torch.device("cpu")
TROUBLE = compiler.trouble
"""The function itself, which a made-up card's stand-in may replace later."""


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setattr(autotune, "_taken", {})


@pytest.fixture
def as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has what is compiled be the module itself."""
    monkeypatch.setattr(compiler, "compiled", lambda module: module)


@pytest.fixture
def background(monkeypatch: pytest.MonkeyPatch) -> Background:
    """Works only when it is told to."""
    made = Background(lambda: 1000.0)
    made.improve = lambda compiled, make: made._waiting.append((weakref.ref(compiled), make))  # type: ignore[method-assign]
    for module in (choose, take_over):
        monkeypatch.setattr(module, "BACKGROUND", made)
    return made


class Tinted(nn.Module):
    """Takes 4 channels and a control; gives 3."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.conv = nn.Conv2d(4, 3, 3, padding=1)

    def forward(self, image: torch.Tensor, tint: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.conv(image) * tint
        return result


def tinted() -> Network:
    control = NetworkControl("tint", (1, 3, 1, 1), 1.0)
    made = lambda: Tinted().eval().requires_grad_(False)  # noqa: E731
    return Network("tinted", "ways-tinted", UNIT, UNIT, 4, 4, (control,), made, floats=True, channels=4)


@pytest.mark.usefixtures("as_it_is")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", WAYS)
def test_every_way_gives_the_same_picture(kind: str, way: Way) -> None:
    network, controls = KINDS[kind], [np.full(each.shape, 0.7, np.float32) for each in KINDS[kind].controls]
    run = partial(TorchGraph, network, SIZE, device="cpu", dtype=torch.float32)
    wanted, found = np.empty_like(picture()), np.empty_like(picture())
    mean = run(way="first").run(picture(), controls, wanted)
    assert run(way=way).run(picture(), controls, found) == pytest.approx(mean, abs=1e-4)
    assert np.abs(found.astype(int) - wanted).max() <= 1


@pytest.mark.usefixtures("as_it_is")
@pytest.mark.parametrize("way", WAYS)
def test_every_way_goes_between_floats(way: Way) -> None:
    network, size = tinted(), Size(16, 12)
    given, tint = network.sample(size), np.full((1, 3, 1, 1), 0.5, np.float32)
    out = np.empty((12, 16, 3), np.float32)
    mean = TorchGraph(network, size, device="cpu", dtype=torch.float32, way=way).run(given, (tint,), out)
    with torch.inference_mode():
        wanted = Tinted()(torch.from_numpy(given).permute(2, 0, 1)[None], torch.from_numpy(tint))
    assert np.allclose(out, wanted[0].permute(1, 2, 0).numpy(), atol=1e-5)
    assert mean == pytest.approx(float(wanted.mean()), abs=1e-5)


def test_a_pass_can_be_repeated_before_and_after_a_picture() -> None:
    network = Network("made up", "ways-repeated", SIGNED, SIGNED, module=KINDS["zero_bordered"].module)
    graph, out = TorchGraph(network, SIZE, device="cpu", dtype=torch.float32), np.empty_like(picture())
    graph.repeat()
    graph.run(picture(), (), out)
    before = graph._result.there.clone()
    graph.repeat()
    graph.replay()
    assert torch.equal(graph._result.there, before)


def test_weights_are_there_once_whatever_sizes_are_played() -> None:
    network = Network("made up", "ways-once", SIGNED, SIGNED, module=KINDS["zero_bordered"].module)
    graphs = [TorchGraph(network, size, device="cpu", dtype=torch.float16) for size in (SIZE, Size(32, 16))]
    one, other = (next(iter(graph.module.parameters())) for graph in graphs)  # type: ignore[attr-defined]
    assert one.data_ptr() == other.data_ptr()
    assert module_of(network, PROCESSOR, torch.float16, True) is not module_of(network, PROCESSOR, torch.float32, True)
    del graphs, one, other
    gc.collect()
    assert not [key for key in card_module._loaded if key[0] == "ways-once"], "gone with the last that plays it"


def test_a_runner_is_freed_at_once() -> None:
    network = Network("made up", "ways-freed", SIGNED, SIGNED, module=KINDS["zero_bordered"].module)
    gc.disable()
    try:
        graph = TorchGraph(network, SIZE, device="cpu", dtype=torch.float32)
        seen = weakref.ref(graph)
        del graph
        assert seen() is None, "its weights would stay on the card until Python looks for cycles"
    finally:
        gc.enable()


def test_a_network_that_keeps_something_while_it_runs_is_not_shared() -> None:
    network = Network("own", "ways-own", SIGNED, SIGNED, module=KINDS["zero_bordered"].module, recordable=False)
    assert module_of(network, PROCESSOR, torch.float32, True) is not module_of(network, PROCESSOR, torch.float32, True)


class Normed(nn.Module):
    """A batch norm whose variance is beyond half precision, which a convolution of loud pictures leaves."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.conv, self.norm = nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3)
        nn.init.constant_(self.norm.running_var, 1e5)  # type: ignore[arg-type]
        nn.init.constant_(self.norm.weight, 100.0)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = torch.relu(self.norm(self.conv(image)))
        return result


@pytest.mark.parametrize("way", ["first", "last", "fused"])
def test_a_large_variance_stays_finite_in_half_precision(way: Way) -> None:
    network = Network("loud", "ways-loud", UNIT, UNIT, module=lambda: Normed().eval().requires_grad_(False))
    exact, half = np.empty_like(picture()), np.empty_like(picture())
    wanted = TorchGraph(network, SIZE, device="cpu", dtype=torch.float32).run(picture(), (), exact)
    found = TorchGraph(network, SIZE, device="cpu", dtype=torch.float16, way=way).run(picture(), (), half)
    assert found == pytest.approx(wanted, rel=0.01)
    assert np.abs(exact.astype(int) - half).max() <= 1


def test_controls_beyond_half_precision_reach_a_network_between_floats() -> None:
    network, size, out = tinted(), Size(16, 12), np.empty((12, 16, 3), np.float32)
    tint = np.full((1, 3, 1, 1), 1e5, np.float32)
    graph = TorchGraph(network, size, device="cpu", dtype=torch.float16)
    assert np.isfinite(graph.run(network.sample(size), (tint,), out))


def test_a_file_alone_is_refused() -> None:
    with pytest.raises(BadInput, match="ONNX file only"):
        TorchGraph(Network("file", "ways-file", SIGNED, SIGNED), SIZE, device="cpu")


def test_a_card_too_small_for_the_trial_is_tried_at_a_smaller_size(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Size] = []

    def at(size: Size) -> Backends:
        def make(name: str) -> Timed:
            seen.append(size)
            if size.width > 1000:
                raise RuntimeError("CUDA out of memory")
            return Timed(name, {"one": 1.0, "two": 2.0}[name])

        return {name: Backend(partial(make, name), card=True) for name in ("one", "two")}

    assert choose.pick(at, network(), SIZE, "auto", exact=False).runtime == "one"
    assert list(dict.fromkeys(seen)) == [Size(1280, 720), Size(640, 360), SIZE]


# what takes over later ------------------------------------------------------------------------------------------------


class Timed:
    """A runner on a made-up card whose passes take as long as it is told to."""

    note = ""
    made = 0

    def __init__(self, name: str, milliseconds: float) -> None:
        type(self).made += 1
        self.name, self.milliseconds = name, milliseconds

    def run(self, picture: Any, controls: Any, out: Any) -> float:
        return self.milliseconds

    def repeat(self) -> None:
        """Is only looked at: `timer` knows."""

    def release(self) -> None:
        pass


@pytest.fixture(autouse=True)
def timer(monkeypatch: pytest.MonkeyPatch) -> None:
    Timed.made = 0
    monkeypatch.setattr(autotune, "milliseconds", lambda candidate, best=0.0: candidate.prepare().__self__.milliseconds)


def on_a_card(**milliseconds: float) -> Backends:
    return {
        name: Backend(partial(Timed, name, took), exact=name == "f32", card=True, later=name == "compiled")
        for name, took in milliseconds.items()
    }


def network() -> Network:
    return Network("made up", "ways-later", SIGNED, SIGNED, module=KINDS["zero_bordered"].module)


def picked(backends: Backends, exact: bool = False) -> Any:
    return choose.pick(lambda size: backends, network(), SIZE, "auto", exact)


@pytest.mark.usefixtures("background")
def test_the_quickest_plain_way_plays_at_once() -> None:
    assert picked(on_a_card(f32=9.0, first=6.0, last=5.0, fused=2.0, compiled=1.0)).runtime == "fused"
    assert picked(on_a_card(f32=9.0, first=6.0, last=5.9)).runtime == "first", "as fast, and named first"
    assert picked(on_a_card(f32=9.0, first=6.0, compiled=1.0), exact=True).runtime == "f32"


def test_what_was_compiled_takes_over_if_it_is_faster(background: Background) -> None:
    compiled = picked(on_a_card(first=6.0, fused=2.0, compiled=1.0))
    assert compiled.runtime == "fused"
    assert background.work_once()
    assert compiled.runtime == "compiled"
    assert compiled.runner.milliseconds == 1.0
    assert "compiled 1.0 ms" in compiled.why
    assert "made while fused played" in compiled.why


def test_what_was_compiled_is_compiled_once_in_two_rounds_of_timing(background: Background) -> None:
    compiled = picked(on_a_card(fused=2.0, compiled=1.0))
    before = Timed.made
    assert background.work_once()
    assert Timed.made == before + 1
    assert compiled.runtime == "compiled"


def test_what_is_no_faster_is_not_compiled_again(background: Background, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = picked(on_a_card(fused=2.0, compiled=1.99))
    assert background.work_once()
    assert compiled.runtime == "fused", "not worth a change"
    monkeypatch.setattr(autotune, "_taken", {})  # the next start
    compiled = picked(on_a_card(fused=2.0, compiled=1.99))
    before = Timed.made
    assert background.work_once()
    assert Timed.made == before
    assert compiled.runtime == "fused"


def test_at_the_next_start_it_takes_over_without_being_timed(
    background: Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    picked(on_a_card(fused=2.0, compiled=1.0))
    kept = picked(on_a_card(fused=2.0, compiled=1.0))
    assert background.work_once()
    monkeypatch.setattr(autotune, "_taken", {})
    monkeypatch.setattr(autotune, "milliseconds", lambda *arguments: pytest.fail("it was timed again"))
    later = picked(on_a_card(fused=2.0, compiled=1.0))
    assert background.work_once()
    assert later.runtime == "compiled"
    assert kept.runtime == "compiled"


def test_what_cannot_be_compiled_leaves_what_plays_and_says_why(background: Background) -> None:
    def broken() -> Timed:
        raise RuntimeError("ptxas fatal: unknown card")

    backends = {**on_a_card(fused=2.0), "compiled": Backend(broken, exact=False, card=True, later=True)}
    compiled = picked(backends)
    assert background.work_once()
    assert compiled.runtime == "fused"
    (verdict,) = (verdict for _, verdict in autotune.kept(paths.cache("runtime")) if verdict.failed)
    assert verdict.failed == {"compiled": "ptxas fatal: unknown card"}


def test_what_would_wait_for_another_networks_compiling_takes_over_later(background: Background) -> None:
    def backends() -> Backends:
        made = dict(on_a_card(first=6.0, last=5.0, fused=2.0, compiled=1.0))
        made["fused"] = Backend(partial(Timed, "fused", 2.0), exact=False, card=True, traces=True)
        return made

    assert picked(backends()).runtime == "fused"
    background._waiting.clear()
    background.busy = True
    compiled = picked(backends())
    assert compiled.runtime == "last", "the quickest of those that are made at once"
    assert "until there is time for fused" in compiled.why
    assert background.work_once()
    assert compiled.runtime == "fused"
    assert background.work_once()
    assert compiled.runtime == "compiled"
    background.busy = False
    assert picked(backends()).runtime == "fused"


def test_nothing_is_compiled_for_what_is_not_held_any_more(background: Background) -> None:
    picked(on_a_card(fused=2.0, compiled=1.0))
    gc.collect()
    assert not background.work_once()


# what it takes --------------------------------------------------------------------------------------------------------


def test_without_triton_or_a_compiler_the_plain_ways_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    there = {"triton"}
    monkeypatch.setattr(torch_backends, "cards", lambda: [choose_card()])
    find = importlib.util.find_spec
    own = lambda name: find("json") if name in there else None  # noqa: E731
    monkeypatch.setattr(
        compiler.importlib.util, "find_spec", lambda name: own(name) if name == "triton" else find(name)
    )
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}" if name in there else None)
    monkeypatch.setattr(compiler, "trouble", TROUBLE)
    monkeypatch.delenv("CC", raising=False)
    assert "no C compiler" in compiler.trouble()
    there.add("gcc")
    assert compiler.trouble() == ""
    monkeypatch.setenv("CC", "icc")
    assert "icc" in compiler.trouble()
    there.add("icc")
    assert [name for name in torch_backends.torch_backends(network(), SIZE) if name.endswith(("fused", "compiled"))]
    there.remove("triton")
    assert compiler.trouble() == "Triton is not installed"
    assert list(torch_backends.torch_backends(network(), SIZE)) == ["cuda-f32", "cuda", "cuda-last", "torch"]


def choose_card() -> Any:
    from vj.model.runtime.cards import Card

    return Card("cuda", "made up", "1.0")


def test_what_is_compiled_is_kept_in_the_users_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in compiler.FOLDERS:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("TRITON_CACHE_DIR", "/elsewhere")
    compiler.keep_kernels()
    assert compiler.os.environ["TORCHINDUCTOR_CACHE_DIR"] == str(paths.cache("inductor"))
    assert compiler.os.environ["TRITON_CACHE_DIR"] == "/elsewhere"
    monkeypatch.delenv("TORCHINDUCTOR_CACHE_DIR")
