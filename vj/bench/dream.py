"""``vj bench dream``: times a written-out step of deep dream against autograd, and the whole live zoom."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from vj.base.errors import VjError
from vj.base.frame import Size
from vj.base.paths import CLIP
from vj.bench.models import missing
from vj.bench.turns import take_turns
from vj.model.dreams.dream_model import DreamModel
from vj.model.files.library import Entry, find
from vj.model.runtime import libraries, peak
from vj.model.runtime.cards import cards
from vj.model.runtime.prepare import backends, prepare
from vj.params.param import Value
from vj.preset import preset as presets
from vj.preset.layer_plan import LayerPlan
from vj.show.controllers import UNLISTED
from vj.show.show import Options, Show

if TYPE_CHECKING:
    from vj.model.gradient.step import Steps

MODEL, LAYER = "dream-zoom", "patterns"
SIZE, CUDA_SIZE = Size(512, 288), Size(1280, 720)
LEAST_OF_AUTOGRAD, LEAST_ZOOM, LEAST_CUDA = 3.0, 30.0, 60.0
"""What we promise: the speed as a multiple of autograd's; pictures a second of the whole loop; steps a second on a
graphics card."""
DISPLAY = 30.0
"""The display's rate (pictures/s)."""
_AUTOGRAD = "autograd"
_FIRST_PASS = 6.0
"""Seconds until the clip has played once, and the layers that are kept ready are prepared."""
_COLUMNS = (("way", 22), ("size", 10), ("ms", 8), ("steps/s", 9), ("x autograd", 12), ("of peak", 7))


def measure(seconds: float, rounds: int) -> Iterator[str]:
    """Yields lines of text as they are known: a table row for every backend, with one step's time, and then the rate of
    the live zoom in each of ``rounds`` shows; both with whether what we promise held. Each backend, and each round of
    the zoom, runs for ``seconds``. A missing model is downloaded."""
    steps = _steps()
    peaks = {} if libraries.why_not("openvino") else peak.measure()
    yield from (f"{why}: its ways are left out" for why in missing())
    if peaks:
        yield "matrix products: " + ", ".join(f"{name} {rate / 1e9:.0f} Gop/s" for name, rate in peaks.items())
    yield f"one step towards {steps.layer(LAYER)} of {steps.classifier.name}"
    yield "".join(f"{heading:<{width}}" for heading, width in _COLUMNS)
    for size in (SIZE, *([CUDA_SIZE] if any(card.device == "cuda" for card in cards()) else [])):
        yield from _table(steps, size, peaks, seconds)
    rates = []
    for number in range(1, rounds + 1):
        rates.append(_zoom(seconds))
        yield f"round {number}: the live zoom makes {rates[-1]:.1f} pictures/s at {SIZE}, display at {DISPLAY:g}"
    zoom = statistics.median(rates)
    yield f"live zoom: {zoom:.1f}/s (at least {LEAST_ZOOM:g}: {_verdict(zoom >= LEAST_ZOOM)})"


def _verdict(held: bool) -> str:
    return "held" if held else "NOT held"


def _steps() -> Steps:
    """Returns the steps of the classifier that `MODEL` plays."""
    entry = find(MODEL)
    entry.fetch(lambda doing, part: None)
    model = Entry.from_job(entry.to_job()).make_model()
    assert isinstance(model, DreamModel)
    return model.steps


def _table(steps: Steps, size: Size, peaks: Mapping[str, float], seconds: float) -> Iterator[str]:
    """Yields a row for each backend, then whether we hold what we promise."""
    work = _operations(steps, size)
    runs = dict(_runs(steps, size))
    medians = {backend: statistics.median(times) for backend, times in take_turns(runs, seconds).items()}
    for backend, took in sorted(medians.items(), key=lambda row: row[1]):
        top = peaks.get(peak.kind(backend)) if peak.is_of_processor(backend) else None
        part = work / took / top if top else 0.0
        ratio = medians[_AUTOGRAD] / took
        cells = (backend, size, f"{took * 1e3:.1f}", f"{1 / took:.1f}", f"{ratio:.2f}", f"{part:.0%}" if part else "")
        yield "".join(f"{cell!s:<{width}}" for cell, (_, width) in zip(cells, _COLUMNS, strict=True))
    best = min(medians, key=lambda backend: medians[backend])
    ratio = medians[_AUTOGRAD] / medians[best]
    held = _verdict(ratio >= LEAST_OF_AUTOGRAD)
    yield f"{best} is {ratio:.1f} x autograd (at least {LEAST_OF_AUTOGRAD:g}: {held})"
    if size == CUDA_SIZE:
        held = _verdict(1 / medians[best] >= LEAST_CUDA)
        yield f"{best} makes {1 / medians[best]:.0f} steps/s at {size} (at least {LEAST_CUDA:g}: {held})"


def _runs(steps: Steps, size: Size) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yields what is timed, by name: autograd over the same folded operations, eager and only as far as the layer, then
    every backend that runs here."""
    from vj.model.gradient.objective import Units

    objective = Units([steps.layer(LAYER)])
    network = steps.network(objective, size)
    picture, out = network.sample(size), np.empty((size.height, size.width, 3), np.float32)
    controls = [np.full(control.shape, control.sample, np.float32) for control in network.controls]
    yield _AUTOGRAD, _autograd(steps, size)
    for backend in backends(network, size):
        try:
            yield backend, partial(prepare(network, size, backend).run, picture, controls, out)
        except (RuntimeError, VjError):  # a driver without a card, a card without room
            continue


def _autograd(steps: Steps, size: Size) -> Callable[[], object]:
    """Returns a function that computes the step by autograd."""
    import torch

    from vj.model.gradient.objective import Units

    layer = steps.layer(LAYER)
    device = "cuda" if size == CUDA_SIZE else "cpu"
    built = steps.written(Units([layer])).to(device)
    image = torch.rand(1, 3, size.height, size.width, device=device, requires_grad=True)

    def run() -> None:
        (activations,) = built.activations(image, [layer])
        torch.autograd.grad(activations, image, activations.detach())
        if device == "cuda":
            torch.cuda.synchronize()

    return run


def _operations(steps: Steps, size: Size) -> float:
    """Returns the multiplications and additions of one written-out step, as torch counts them."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from vj.model.gradient.objective import Units

    objective = Units([steps.layer(LAYER)])
    network = steps.network(objective, size)
    controls = [torch.full(control.shape, control.sample) for control in network.controls]
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        steps.written(objective)(torch.rand(1, 3, size.height, size.width), *controls)
    return float(counter.get_total_flops())


def _zoom(seconds: float) -> float:
    """Returns how many pictures a second the model makes in the whole show, with one step for each."""
    plan = LayerPlan((f"movie:{CLIP}",), (find(MODEL),), ())
    wanted = presets.Preset("bench", "bench", SIZE, SIZE, DISPLAY, (plan,))
    options = Options(
        headless=True,
        size=SIZE,
        model_size=SIZE,
        fps=DISPLAY,
        seconds=seconds,
        network_options=UNLISTED,
    )
    settings: dict[str, Value] = {"layer": LAYER, "pace": 120.0, "quality": "full"}
    options.values = {f"/layer/1/model/{name}": value for name, value in settings.items()}
    with Show(wanted, options) as show:
        settled = show.clock.now() + _FIRST_PASS
        show.loop.run(lambda: show.clock.now() < settled)
        rate: float = show.run()["layers"][0]["model"]["fps"]
        return rate
