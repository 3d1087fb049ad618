"""``vj bench loop``: times the whole loop against the bare network, and against the peer, in turns on the same
machine."""

import itertools
import json
import statistics
import subprocess
import tracemalloc
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vj.base.errors import VjError
from vj.base.frame import Size
from vj.base.paths import CLIP
from vj.bench.bare import MODEL
from vj.bench.promises import CARD_LIMITS
from vj.child.process import module as python_module
from vj.model.files import library, weights
from vj.model.runtime import libraries
from vj.model.runtime.cards import own_card
from vj.preset import preset as presets
from vj.preset.layer_plan import LayerPlan
from vj.show.controllers import UNLISTED
from vj.show.report import Report
from vj.show.show import Options, Show

SIZE = Size(640, 360)
DISPLAY = 30.0
"""The display's rate (pictures/s). With software GL, drawing every picture takes cores that the model needs."""
CARD_SIZE, CARD_DISPLAY = Size(1280, 720), 60.0
"""The same on a machine with a graphics card that runs models."""
_FIRST_PASS = 4.0
"""Seconds until the clip has played once; from then on it comes decoded out of memory."""
_WATCHED = 600
"""Frames whose allocations are measured."""
LEAST_OF_BARE, LEAST_OF_PEER = 0.9, 4.0
"""What we promise on a processor: the loop's rate as a multiple of the bare network's, and of the peer's."""


@dataclass
class _Rates:
    """Pictures a second, one entry for each round."""

    bare: list[float] = field(default_factory=list)
    loop: list[float] = field(default_factory=list)
    peer: list[float] = field(default_factory=list)


def measure(clip: Path | None, seconds: float, rounds: int, runtime: str = "auto") -> Iterator[str]:
    """Yields lines of text as they are known: rates, their ratios by round (the median counts) with whether what we
    promise held, and the parts of a frame's time. On a machine with a graphics card that runs models, pictures are
    larger and the display is faster; there the film is slower than the network, so what counts is what is promised of
    loops on cards.

    In each of ``rounds`` the bare network, a whole show and the peer run in turn, each for ``seconds``, on the film
    ``clip`` (None: the bundled one). ``runtime`` is the backend of the first two, or "auto". Raises VjError if one of
    the processes fails.
    """
    film = str(clip or CLIP)
    network = str(weights.fetch("multistyle26.onnx", lambda doing, part: None))
    rates, report, why = _Rates(), {}, ""
    if no_peer := libraries.why_not("onnxruntime"):
        yield f"{no_peer}: there is no peer to compare with"
    card = own_card()
    size, display = (CARD_SIZE, CARD_DISPLAY) if card else (SIZE, DISPLAY)
    yield (
        f"{Path(film).name} at {size}, {MODEL}, display at {display:g}; rounds of {seconds:g} s each, bare, whole loop "
        "and peer in turn"
    )
    for number in range(1, rounds + 1):
        bare = _child("vj.bench.bare", film, str(size), str(seconds), runtime)
        rates.bare.append(bare["fps"])
        why = bare["why"]
        report = _play(film, size, display, bare["fps"], seconds, runtime)
        rates.loop.append(report["layers"][0]["model"]["fps"])
        if not no_peer:
            rates.peer.append(_child("vj.bench.peer", network, film, str(size), str(seconds))["fps"])
        peer = f", peer {rates.peer[-1]:.1f}/s" if rates.peer else ""
        yield f"round {number}: bare {rates.bare[-1]:.1f}/s, loop {rates.loop[-1]:.1f}/s{peer}"
    yield f"runtime: {why}"
    if card:
        yield from loop_verdicts(report, "film", card.name)
    else:
        yield from _ratios(rates)
    yield from frame_parts(report)
    yield _allocation(film)


def _ratios(rates: _Rates) -> Iterator[str]:
    to_bare = statistics.median(loop / bare for loop, bare in zip(rates.loop, rates.bare, strict=True))
    yield f"loop / bare network: {to_bare:.2f} ({_verdict(to_bare, LEAST_OF_BARE)})"
    if not rates.peer:
        return
    to_peer = statistics.median(loop / peer for loop, peer in zip(rates.loop, rates.peer, strict=True))
    yield f"loop / peer (OpenCV + ONNX Runtime): {to_peer:.2f} ({_verdict(to_peer, LEAST_OF_PEER)})"


def _verdict(ratio: float, least: float) -> str:
    return f"at least {least:g}: {'held' if ratio >= least else 'NOT held'}"


def loop_figures(report: Report, name: str) -> dict[str, float]:
    """Returns what is promised of loops on graphics cards, measured: figures by their names in `CARD_LIMITS`, which
    begin with ``name``, ``pattern`` or ``film``."""
    display = report["display"]
    return {
        name: float(report["layers"][0]["model"]["fps"]),
        f"{name}-latency": float(report["latency_ms"]["p50"]),
        f"{name}-missed": float(display["missed"]),
    }


def loop_verdicts(report: Report, name: str, card: str) -> Iterator[str]:
    """Yields a line for each of `loop_figures`, with whether what is promised on the card of that name held."""
    for figure, value in loop_figures(report, name).items():
        limit = CARD_LIMITS[figure]
        verdict = limit.verdict(value, card) or "no limit on this card"
        measured = f"{value:g} {limit.unit}".rstrip()
        yield f"{limit.title}: {measured} ({limit.words(card)}: {verdict})"


def frame_parts(report: Report) -> Iterator[str]:
    """Yields two lines on the parts of a frame's time, from the report of a show."""
    layer, display = report["layers"][0], report["display"]
    parts = {**layer["source"]["parts_ms"], **layer["model"]["parts_ms"], **display["parts_ms"]}
    yield "parts of a frame (mean ms): " + ", ".join(f"{part} {took:.2f}" for part, took in parts.items())
    frame, latency = display["frame_ms"], report["latency_ms"]
    yield (
        f"display {display['fps']} fps, frame p50 {frame['p50']} p99 {frame['p99']} max {frame['max']} ms, missed "
        f"{display['missed']}; latency p50 {latency['p50']} p99 {latency['p99']} ms"
    )


def _play(film: str, size: Size, display: float, bare: float, seconds: float, runtime: str) -> Report:
    """Returns the report of the show, whose clip plays so fast that the model never waits for a picture. ``bare`` is
    the bare network's rate."""
    wanted = clip_show(film)
    source_rate = 25.0
    speed = min(4.0, max(1.0, 1.15 * bare / source_rate))
    options = Options(
        headless=True,
        size=size,
        model_size=size,
        fps=display,
        seconds=seconds,
        network_options=UNLISTED,
        runtime=runtime,
    )
    options.values = {"/layer/1/source/speed": speed, "/layer/1/model/quality": "full"}  # the bare network's size
    with Show(wanted, options) as show:
        pass_over = show.clock.now() + _FIRST_PASS
        show.loop.run(lambda: show.clock.now() < pass_over)
        return show.run()


def _allocation(film: str) -> str:
    """Returns a line on what the loop allocates in a frame and frees again, and on what it keeps, as tracemalloc sees
    it."""
    levels, peaks = array("q", bytes(8 * _WATCHED)), array("q", bytes(8 * _WATCHED))
    frame = itertools.count()

    def watch() -> bool:
        """Notes the memory between two frames, without allocating any; returns whether to go on."""
        place = next(frame)
        if place < _WATCHED:
            levels[place], peaks[place] = tracemalloc.get_traced_memory()
            tracemalloc.reset_peak()
        return place < _WATCHED

    with Show(clip_show(film), Options(headless=True, size=SIZE, fps=DISPLAY * 2, network_options=UNLISTED)) as show:
        tracemalloc.start()
        show.loop.run(watch)
        tracemalloc.stop()
    settled = _WATCHED // 4
    passing = statistics.median(peaks[place] - levels[place - 1] for place in range(settled, _WATCHED))
    kept = (levels[-1] - levels[settled]) / (_WATCHED - settled)
    return f"allocated a frame by the loop's process: {passing:.0f} bytes in passing, {kept:.1f} bytes kept"


def clip_show(film: str) -> presets.Preset:
    """Returns a preset of one layer that plays `MODEL`, the 26-style network, on the film at the path ``film``, at
    `SIZE` and `DISPLAY` pictures a second. Nothing is started or downloaded."""
    plan = LayerPlan((f"movie:{film}",), (library.find(MODEL),), ())
    return presets.Preset("bench", "bench", SIZE, None, DISPLAY, (plan,))


def _child(module: str, *arguments: str) -> dict[str, Any]:
    """Runs ``module`` in a process of its own, and returns the JSON that it prints. Raises VjError."""
    command = python_module(module, *arguments)
    done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", check=False)
    if done.returncode:
        raise VjError(f"{module} failed: {done.stderr.strip().splitlines()[-1] if done.stderr else done.returncode}")
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured
