"""On a CUDA card, in every way that runs there: networks and dreams beside 32-bit floats on the processor.

``make test-gpu`` runs only these and prints what each measures. With ``TEST_ON_A_CARD`` they are rehearsed: the
processor does a made-up card's work (`tests.card`), on smaller pictures, in bfloat16, whose numbers have three bits
less than those in half precision.
"""

import gc
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import pytest
import torch

from tests.model import bank_of_four, whole
from tests.running import film_frames, vj
from vj.base.frame import Pixels, Size
from vj.model import DREAMS
from vj.model.dreams.scores import Scores
from vj.model.engine.bank import PatientBank, PreparedKey
from vj.model.files.library import Entry, catalogue, find
from vj.model.gradient.gram import chosen, described, parts
from vj.model.gradient.objective import Guide, Objective, Towards, Units
from vj.model.gradient.step import CLASSES, Steps
from vj.model.gradient.written import Written
from vj.model.network import UNIT, Network
from vj.model.runtime.compiled_network import Floats
from vj.model.runtime.prepare import backends, prepare
from vj.params.param import Value

REHEARSED: Final = bool(os.environ.get("TEST_ON_A_CARD"))
CARD: Final = torch.cuda.is_available() and not REHEARSED
if not (CARD or REHEARSED):
    pytest.skip("no graphics card that torch computes on", allow_module_level=True)
pytestmark = [pytest.mark.gpu, pytest.mark.timeout(600)]

SIZE: Final = Size(1280, 720) if CARD else Size(320, 192)
DEVICE: Final = torch.device("cuda" if CARD else "cpu")
EXACT: Final = 0.002
"""The relative error (L2) of a picture in 32-bit floats: a grey level here and there."""
HALF: Final = 0.02 if CARD else 0.04
"""That of a picture in half precision, which is 0.0004 to 0.005."""
STEP: Final = 0.5 if CARD else 1.2
"""That of a gradient. Where a rounding switches a unit on or off, everything behind it comes or goes: rounding the
weights alone, an EfficientNet's gradient is off by 0.12 to 0.25, and behind a small window 0.4."""
SWITCHED: Final = 0.7 if CARD else 1.5
"""The same behind random weights, where many numbers are close to a switch: 0.2 to 0.55."""
SWITCHED_EXACT: Final = 0.1
"""The same between two ways in 32-bit floats: up to 0.022."""
BACK: Final = 0.02
"""That of the way back alone, from the same activations: 0.001."""
DREAM: Final = 0.5 if CARD else 1.2
"""That of what a dream has changed after a few pictures, for the same reason."""
CHANGES: Final = 20 if CARD else 6
GROWTH: Final = 64 << 20
"""Bytes by which the memory in use may differ: the driver's own."""


@pytest.fixture(autouse=True)
def emptied() -> Iterator[None]:
    """Nothing of one test lies in the card's memory in the next."""
    yield
    gc.collect()
    if CARD:
        torch.cuda.empty_cache()


def tell(*words: object) -> None:
    print(*words)  # noqa: T201


def photo(size: Size) -> Pixels:
    image = whole.picture(UNIT, size.height, size.width)[0].permute(1, 2, 0) * 255
    return np.ascontiguousarray(image.round().clamp(0, 255).numpy().astype(np.uint8))


def on_the_card(network: Network, size: Size) -> list[str]:
    """Every way to run it there."""
    found = [name for name in backends(network, size) if name.startswith("cuda")]
    assert len(found) >= 2
    return found


def off(found: np.ndarray, wanted: np.ndarray, start: float | np.ndarray = 0.0) -> float:
    """The relative error (L2) of what differs from ``start``."""
    found, wanted = found.astype(np.float64), wanted.astype(np.float64)
    assert np.isfinite(found).all()
    return float(np.linalg.norm(found - wanted) / np.linalg.norm(wanted - start))


def compare(
    network: Network, size: Size, given: np.ndarray, controls: Sequence[Floats], half: float, exact: float
) -> None:
    """Have the network run in every way on the card, and on the processor."""

    def made(runtime: str) -> tuple[np.ndarray, float]:
        compiled, out = prepare(network, size, runtime), np.empty((*given.shape[:2], 3), given.dtype)
        compiled.run(given, controls, out)
        began = time.perf_counter()
        mean = compiled.run(given, controls, out)
        assert math.isfinite(mean)
        return out, time.perf_counter() - began

    wanted, _ = made("torch")
    assert wanted.std() > 0.05 * np.abs(wanted.astype(np.float64)).mean(), "there is nothing to see"
    for runtime in on_the_card(network, size):
        found, seconds = made(runtime)
        error = off(found, wanted)
        tell(f"{network.name} {size} {runtime}: {1000 * seconds:.1f} ms, error {error:.5f}")
        assert error < (exact if "f32" in runtime else half), runtime


@pytest.mark.parametrize("name", whole.KINDS)
def test_a_network_shows_the_same_picture(name: str) -> None:
    network = whole.network(name, wide=CARD)
    size = network.nearest(SIZE)
    controls = [np.full(control.shape, control.sample, np.float32) for control in network.controls]
    compare(network, size, photo(size), controls, HALF, EXACT)


@pytest.mark.parametrize("name", [entry.name for entry in catalogue().values() if entry.family not in DREAMS])
def test_a_model_of_the_catalogue_shows_the_same_picture(name: str) -> None:
    wanted, found = (played(name, runtime, 2) for runtime in ("torch", "cuda"))
    tell(f"{name}: error {off(found, wanted):.5f}")
    assert off(found, wanted) < HALF


def played(name: str, runtime: str, count: int, **wanted: Value) -> Pixels:
    """The last of several pictures of a model of the catalogue."""
    entry = find(name)
    entry.fetch(lambda doing, part: None)
    model = Entry.from_job(entry.to_job()).make_model("auto" if name == "identity" else runtime)
    values: dict[str, Value] = {param.name: param.default for param in model.params if param.kind != "trigger"}
    values |= {key: value for key, value in wanted.items() if key in values}
    size = model.size(SIZE, SIZE.width, SIZE.height)
    prepared, seen = model.prepare(size, model.variant(values)), photo(size)
    prepared.warm()
    out = np.zeros_like(seen)
    for turn in range(count):
        assert math.isfinite(prepared.run(seen, out, values, turn / 25))
    return out


@cache
def lite() -> Steps:
    """Those of the catalogue's classifier."""
    entry = find("dream-zoom")
    entry.fetch(lambda doing, part: None)
    steps = Entry.from_job(entry.to_job()).make_model().steps  # type: ignore[attr-defined]
    assert isinstance(steps, Steps)
    return steps


def wished(words: Sequence[str]) -> Callable[[Steps], Objective]:
    return lambda steps: Units([steps.layer(word) for word in words])


OBJECTIVES: Final[Mapping[str, Callable[[Steps], Objective]]] = {
    **{word: wished([word]) for word in ("edges", "patterns", "objects", CLASSES)},
    "two layers": wished(["textures", CLASSES]),
    "guide": lambda steps: Guide(steps.layer("patterns")),
    "towards": lambda steps: Towards(steps.layer(CLASSES)),
    "gram": chosen,
}
DREAMT: Final = Size(*(side // 32 * 32 for side in SIZE))


def controls_of(objective: Objective, steps: Steps) -> list[Floats]:
    """Those of a performer: a layer around a place, one class, strokes of another picture."""
    random, found = np.random.default_rng(1), []
    for control in objective.controls([steps.layers[layer].shape for layer in objective.layers]):
        values = np.full(control.shape, control.sample, np.float32)
        if control.name.startswith("where"):
            values[:] = (0.4, 0.6, 0.3)
        elif control.name == "wanted":
            values[:] = 0.0
            values[0, 1] = 1.0
        elif control.name == "guide":
            values[:] = random.normal(size=control.shape)
        found.append(values)
    return found if not objective.beside else [*found[:2], *_strokes(objective, steps)]


def _strokes(objective: Objective, steps: Steps) -> list[Floats]:
    other = torch.from_numpy(photo(Size(256, 256))[::-1].copy()).permute(2, 0, 1)[None] / 255
    written = steps.written(objective)
    with torch.inference_mode():
        layers = written.activations(other * written.scale + written.shift, objective.layers[:-1])
    found: list[Floats] = []
    for row in parts(described(layers), [one.shape[1] for one in layers]):
        found += [np.ones(1, np.float32), *(np.ascontiguousarray(one) for one in row)]
    return found


@pytest.mark.parametrize("name", OBJECTIVES)
def test_a_step_has_the_same_gradient(name: str) -> None:
    steps = lite()
    objective = OBJECTIVES[name](steps)
    given = photo(DREAMT).astype(np.float32) / 255
    given = np.concatenate([given, given[:, ::-1]], 2) if objective.beside else given
    controls = controls_of(objective, steps)
    compare(steps.network(objective, DREAMT), DREAMT, given, controls, STEP, SWITCHED_EXACT)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_a_step_goes_back_from_the_same_activations(name: str) -> None:
    """What a rounding on the way forward switches is left out: so that the rest has to be right."""
    steps = lite()
    objective = OBJECTIVES[name](steps)
    narrow, wide = (steps.written(objective) for _ in range(2))
    assert isinstance(narrow, Written)
    assert isinstance(wide, Written)
    narrow.to(DEVICE, torch.float16)
    wide.half().float()
    image = torch.from_numpy(photo(DREAMT)).permute(2, 0, 1)[None] / 255
    controls = [torch.from_numpy(one) for one in controls_of(objective, steps)]
    with torch.inference_mode():
        given = image.to(DEVICE, torch.float16) * narrow.scale + narrow.shift
        values = narrow._run(given, narrow._operations)
        beside = [values[steps._graph.operation_of(layer)].flip(3) for layer in objective.beside]  # type: ignore[union-attr]
        there = [one.to(DEVICE) for one in controls]
        found = narrow._back(values, _seeds(narrow, objective, values, beside, there))
        values = {key: one.float().cpu() for key, one in values.items()}
        beside = [one.float().cpu() for one in beside]
        wanted = wide._back(values, _seeds(wide, objective, values, beside, controls))
    here = found.float().cpu()
    error = float((here / here.norm() - wanted / wanted.norm()).norm())
    tell(f"{name} {DREAMT} back: error {error:.5f}")
    assert error < BACK


def _seeds(
    step: Written,
    objective: Objective,
    values: Mapping[str, torch.Tensor],
    beside: Sequence[torch.Tensor],
    controls: Sequence[torch.Tensor],
) -> list[tuple[str, torch.Tensor]]:
    seeds = objective.seeds([values[end] for end in step._ends], beside, controls)
    return list(zip(step._ends, seeds, strict=True))


@pytest.mark.parametrize("name", whole.CLASSIFIERS)
def test_a_classifier_gives_the_same_scores_and_gradient(name: str) -> None:
    """A VGG's grid of means depends on the size: its pass has to be recorded all the same."""
    steps = Steps(whole.classifier(name, wide=CARD))
    objective = Towards(steps.layer(CLASSES))
    wanted = np.zeros((1, steps.classifier.classes), np.float32)
    wanted[0, 1] = 1.0
    canvas = photo(DREAMT).astype(np.float32) / 255
    compare(steps.network(objective, DREAMT), DREAMT, canvas, [wanted], SWITCHED, SWITCHED_EXACT)
    assert steps.notice == ""
    sure, found = (Scores(steps, DREAMT, runtime).of(canvas) for runtime in ("torch", "cuda"))
    tell(f"{name} scores: {np.abs(found - sure).max():.5f} of {sure.max():.3f}")
    assert np.abs(found - sure).max() < (0.05 if CARD else 0.2)


@pytest.mark.parametrize("name", [entry.name for entry in catalogue().values() if entry.family in DREAMS])
def test_a_dream_changes_the_picture_alike(name: str) -> None:
    """Beside what it is before it has dreamt at all; the gradient of each picture is another's than the last."""
    wish: dict[str, Value] = {"toward": "goldfish"} if name == "adversarial" else {"layer": "textures"}
    still: dict[str, Value] = {"jitter": 0, "turning": 0.0, "zooming": 0.0, **wish}
    wanted, found = (played(name, runtime, 3, **still) for runtime in ("torch", "cuda"))
    start: float | Pixels = float(wanted.mean()) if name == "from-noise" else photo(Size(*wanted.shape[1::-1]))
    error = off(found, wanted, start)
    tell(f"{name} {SIZE}: error of the change {error:.3f}, of all {off(found, wanted):.4f}")
    assert np.abs(wanted - np.asarray(start, np.float64)).mean() > 1.0
    assert error < DREAM


def used() -> int:
    """Bytes of the card's memory in use, by whatever means."""
    if not CARD:
        return 0
    torch.cuda.synchronize()
    free, total = torch.cuda.mem_get_info()
    return total - free


def test_changes_of_size_take_no_more_memory() -> None:
    """Beyond those sizes that the bank keeps."""
    name = "style26"
    entry = find(name)
    entry.fetch(lambda doing, part: None)
    bank = PatientBank([Entry.from_job(entry.to_job())], "cuda")
    sizes = [Size(*(10 * side // part // 4 * 4 for side in SIZE)) for part in (10, 12, 15, 20, 24, 30)]
    values: dict[str, Value] = {param.name: param.default for param in bank[name].model.params}
    held: list[int] = []
    for change in range(CHANGES + len(sizes)):
        size = sizes[change % len(sizes)]
        key = PreparedKey(name, size, bank[name].model.variant(values), exact=False)
        ready = bank.ready(key) or bank.ask(key, first=True)
        assert ready, bank.failure(key)
        out = np.zeros((size.height, size.width, 3), np.uint8)
        assert math.isfinite(ready.prepared.run(photo(size), out, values, change / 25))
        held.append(used())
    tell(f"memory in use (MiB): {[number >> 20 for number in held]}")
    assert max(held[len(sizes) :]) <= max(held[: len(sizes)]) + GROWTH


def test_a_bank_of_four_plays_in_six_gigabytes() -> None:
    command = [sys.executable, "-m", "tests.model.bank_of_four", *map(str, SIZE), "auto" if CARD else "cuda"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=580)
    assert done.returncode == 0, done.stderr[-4000:]
    found = json.loads(done.stdout.splitlines()[-1])
    tell(f"a bank of four: {found['held'] / 1e9:.2f} GB held, contrasts {found['contrasts']}")
    assert found["contrasts"].keys() == set(bank_of_four.NAMES)
    assert min(found["contrasts"].values()) > 5.0
    assert found["held"] <= bank_of_four.GIGABYTES * 1e9


@pytest.mark.show
@pytest.mark.parametrize("show", ["default", "dream-zoom"])
def test_a_whole_show_plays_on_it(show: str, tmp_path: Path) -> None:
    film, stats = tmp_path / "out.mp4", tmp_path / "s.json"
    sizes = () if CARD else ("--size", "320x180", "--model-size", "256x144", "--runtime", "cuda")
    recording = ("--frames", "20", "--record", str(film), "--stats", str(stats), "--osc-port", "0")
    vj("run", show, "--headless", *sizes, *recording)
    (layer,) = json.loads(stats.read_text())["layers"]
    assert layer["model"]["runtime"].startswith("cuda"), layer
    assert layer["model"]["fault"] == ""
    assert layer["refreshes"]["model"] + layer["refreshes"]["hold"] == 20
    assert film_frames(film)[-1].std() > 10
