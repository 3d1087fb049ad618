"""``vj bench dream``: times a written-out step of deep dream against autograd, and the whole live zoom."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from vj.base.frame import Size
from vj.base.paths import CLIP
from vj.bench.card_networks import card_ways, times
from vj.bench.device import seconds_of
from vj.bench.dream_step import LAYER, autograd, step_network, step_operations, steps_of_model
from vj.bench.models import MachinePeaks, measured_peaks, missing
from vj.bench.promises import CARD_LIMITS
from vj.bench.turns import reason, take_turns
from vj.model.files.library import find
from vj.model.runtime import peak
from vj.model.runtime.compiled_network import CompiledNetwork
from vj.model.runtime.prepare import backends, prepare
from vj.params.param import Value
from vj.preset import preset as presets
from vj.preset.layer_plan import LayerPlan
from vj.show.controllers import UNLISTED
from vj.show.show import Options, Show

if TYPE_CHECKING:
    from vj.model.gradient.step import Steps

MODEL = "dream-zoom"
SIZE = Size(512, 288)
LEAST_OF_AUTOGRAD, LEAST_ZOOM = 3.0, 30.0
"""What we promise on a processor: the speed as a multiple of autograd's; pictures a second of the whole loop."""
ON_CARD = ("step-small", "step-large")
"""The limits of a step on a graphics card, whose sizes are measured there."""
DISPLAY = 30.0
"""The display's rate (pictures/s)."""
_AUTOGRAD = "autograd"
_FIRST_PASS = 6.0
"""Seconds until the clip has played once, and the layers that are kept ready are prepared."""
_COLUMNS = (("way", 22), ("size", 10), ("ms", 8), ("steps/s", 9), ("x autograd", 12), ("of peak", 7))


def measure(seconds: float, rounds: int) -> Iterator[str]:
    """Yields lines of text as they are known: a table row for every backend, with one step's time, and then the rate of
    the live zoom in each of ``rounds`` shows; both with whether what we promise held. Each backend, and each round of
    the zoom, runs for ``seconds``. A missing model is downloaded. On a graphics card there are more tables, of the
    steps there, without copies from and to the processor's memory."""
    entry = find(MODEL)
    entry.fetch(lambda doing, part: None)
    steps = steps_of_model(entry)
    yield from (f"{why}: its ways are left out" for why in missing())
    peaks = measured_peaks()
    yield from peaks.lines()
    yield f"one step towards {steps.layer(LAYER)} of {steps.classifier.name}"
    yield "".join(f"{heading:<{width}}" for heading, width in _COLUMNS)
    yield from _table(steps, SIZE, peaks, seconds)
    for name in ON_CARD if peaks.device else ():
        yield from _card_table(steps, name, peaks, seconds)
    rates = []
    for number in range(1, rounds + 1):
        rates.append(_zoom(seconds))
        yield f"round {number}: the live zoom makes {rates[-1]:.1f} pictures/s at {SIZE}, display at {DISPLAY:g}"
    zoom = statistics.median(rates)
    yield f"live zoom: {zoom:.1f}/s (at least {LEAST_ZOOM:g}: {_verdict(zoom >= LEAST_ZOOM)})"


def _verdict(held: bool) -> str:
    return "held" if held else "NOT held"


def _table(steps: Steps, size: Size, peaks: MachinePeaks, seconds: float) -> Iterator[str]:
    """Yields a row for each backend, with its copies, then whether we hold what we promise of a processor."""
    compiled, left_out = _compiled(steps, size)
    runs: dict[str, Callable[[], object]] = {_AUTOGRAD: autograd(steps, size, "cpu")}
    runs |= {name: _whole(steps, size, found) for name, found in compiled.items()}
    quiet = [name for name in compiled if not peak.is_of_processor(name)]
    turns = take_turns(runs, seconds, quiet)
    yield from left_out
    yield from (f"{name} doesn't run here: {why}" for name, why in turns.failed.items())
    medians = {name: statistics.median(times) for name, times in turns.seconds.items()}
    yield from _rows(medians, size, step_operations(steps, size), peaks)
    if _AUTOGRAD not in medians or len(medians) < 2:
        return
    best = min(medians, key=lambda name: medians[name])
    ratio = medians[_AUTOGRAD] / medians[best]
    held = _verdict(ratio >= LEAST_OF_AUTOGRAD)
    yield f"{best} is {ratio:.1f} x autograd (at least {LEAST_OF_AUTOGRAD:g}: {held})"


def _card_table(steps: Steps, name: str, peaks: MachinePeaks, seconds: float) -> Iterator[str]:
    """Yields a row for each backend on the card, without its copies, beside autograd there, then whether the limit
    ``name`` (of `CARD_LIMITS`) holds."""
    assert peaks.device
    limit, device = CARD_LIMITS[name], peaks.device
    yield f"on {device.title}, without copies"
    try:
        medians = {_AUTOGRAD: seconds_of(autograd(steps, limit.size, device.device), device.synchronise, seconds)}
    except Exception as error:  # noqa: BLE001 - a card without room
        yield f"autograd doesn't run here: {reason(error)}"
        return
    network = step_network(steps, limit.size)
    for backend in card_ways(network, limit.size):
        try:
            medians[backend] = times(network, limit.size, backend, device, seconds).alone
        except Exception as error:  # noqa: BLE001 - runtimes and drivers raise errors of every kind
            yield f"{backend} doesn't run here: {reason(error)}"
        device.free()
    yield from _rows(medians, limit.size, step_operations(steps, limit.size), peaks)
    best = min(medians, key=lambda way: medians[way])
    ratio = medians[_AUTOGRAD] / medians[best]
    yield f"{best} is {ratio:.1f} x autograd ({limit.words(device.title)}: {limit.verdict(ratio, device.title)})"


def _rows(medians: dict[str, float], size: Size, work: float, peaks: MachinePeaks) -> Iterator[str]:
    """Yields a table row for each way, the fastest first."""
    for way, took in sorted(medians.items(), key=lambda row: row[1]):
        top = peaks.of(way)
        part = f"{work / took / top:.0%}" if top else ""
        ratio = f"{medians[_AUTOGRAD] / took:.2f}" if _AUTOGRAD in medians else ""
        cells = (way, size, f"{took * 1e3:.2f}", f"{1 / took:.1f}", ratio, part)
        yield "".join(f"{cell!s:<{width}}" for cell, (_, width) in zip(cells, _COLUMNS, strict=True))


def _compiled(steps: Steps, size: Size) -> tuple[dict[str, CompiledNetwork], list[str]]:
    """Returns the step in every backend that can be prepared here, by name, and a line for each that can't."""
    network, found, left_out = step_network(steps, size), {}, []
    for backend in backends(network, size):
        try:
            found[backend] = prepare(network, size, backend)
        except Exception as error:  # noqa: BLE001 - runtimes, drivers and their bindings raise errors of every kind
            left_out.append(f"{backend} doesn't run here: {reason(error)}")
    return found, left_out


def _whole(steps: Steps, size: Size, compiled: CompiledNetwork) -> Callable[[], object]:
    """Returns a function that runs one step with its copies, on a picture of noise."""
    network = step_network(steps, size)
    picture, out = network.sample(size), np.empty((size.height, size.width, 3), np.float32)
    controls = [np.full(control.shape, control.sample, np.float32) for control in network.controls]
    return partial(compiled.run, picture, controls, out)


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
