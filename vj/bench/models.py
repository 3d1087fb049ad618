"""``vj bench models``: times every family in this machine's backends, against plain torch and ONNX Runtime, in
turns."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from vj.base.errors import BadInput
from vj.bench.device import BenchDevice, on_device, seconds_of
from vj.bench.promises import Promises, here, limit
from vj.bench.subjects import SUBJECTS, Subject, operations
from vj.bench.turns import reason, take_turns
from vj.model.runtime import libraries, peak, processor
from vj.model.runtime.cards import own_card
from vj.model.runtime.compiled_network import CompiledNetwork
from vj.model.runtime.export import onnx_file
from vj.model.runtime.prepare import backends

PLAIN, PEER = "torch", "bare onnxruntime"
"""The peers of every backend: the network's module, eager, and its ONNX file in a plain session."""

COLUMNS = (
    *(("family", 17), ("network", 31), ("size", 9), ("runtime", 20), ("ms", 8), ("/s", 7)),
    *(("x torch", 9), ("x ORT", 7), ("of peak", 9)),
)
"""Headings and widths. "of peak" compares with matrix products in the same number format, measured in the same run."""
ON_CARD = (("ms on card", 12), ("x eager", 9))
"""More columns where there is a card that torch uses as "cuda": the time without copies from and to the processor's
memory, and how many times as fast that is as eager torch in half precision on the same card."""
_EAGER_SECONDS = 0.5
"""Seconds for which a network is timed on the card alone."""


@dataclass
class MachinePeaks:
    """What the machine reaches, operations a second by number format: its processor, and its card if there is one that
    torch uses as "cuda"."""

    processor: Mapping[str, float] = field(default_factory=dict)
    card: Mapping[str, float] = field(default_factory=dict)
    device: BenchDevice | None = None

    def of(self, backend: str) -> float | None:
        """Returns the peak of the device and in the number format of ``backend``; None if it is unknown."""
        if peak.is_of_processor(backend):
            return self.processor.get(peak.kind(backend))
        if backend.startswith("cuda"):
            return self.card.get("single" if backend.endswith("f32") else "half")
        return None

    def lines(self) -> Iterator[str]:
        """Yields a line for the processor and one for the card, where they were measured."""
        if self.processor:
            rates = ", ".join(f"{name} {rate / 1e9:.0f} Gop/s" for name, rate in self.processor.items())
            yield f"matrix products: {rates}"
        if self.device and self.card:
            yield f"{self.device.title}: {card_rates(self.card)}"


@dataclass
class Timed:
    """A network with what was measured: the seconds of each run by backend or peer, the seconds of a run on the card
    alone by backend, those of the eager peer there (0 if there is none), and lines on what doesn't run."""

    subject: Subject
    seconds: Mapping[str, list[float]] = field(default_factory=dict)
    on_card: dict[str, float] = field(default_factory=dict)
    eager: float = 0.0
    left_out: list[str] = field(default_factory=list)

    def median(self, backend: str) -> float:
        """Returns the median of the seconds that a run in ``backend`` (a backend's or a peer's name) took. Raises
        KeyError for one that wasn't timed."""
        return statistics.median(self.seconds[backend])


def measure(only: str | None, seconds: float) -> Iterator[str]:
    """Yields lines of text as they are known: a table row for every backend and peer of every network, then whether we
    hold what we promise on this kind of processor.

    ``only`` names one family (None: all; an unknown one gives no rows); each backend of each network runs for about
    ``seconds``. Missing weights are downloaded. What doesn't run is a line with its reason.
    """
    promises = here()
    yield f"{processor.name()}, {processor.threads()} threads: {promises.title}"
    yield from (f"{why}: its ways, or its ratios, are left out" for why in missing())
    peaks = measured_peaks()
    yield from peaks.lines()
    columns = (*COLUMNS, *(ON_CARD if peaks.device else ()))
    yield "".join(f"{heading:<{width}}" for heading, width in columns)
    held: list[str] = []
    on_card: list[str] = []
    for make in SUBJECTS:
        try:
            subject = make()
        except Exception as error:  # noqa: BLE001 - weights that can't be fetched, a library that is missing
            yield f"a network is left out: {reason(error)}"
            continue
        if only in (None, subject.family):
            timed = _timed(subject, seconds, peaks.device)
            yield from _rows(timed, peaks)
            held += _promises(timed, promises)
            on_card += _card_promise(timed)
    yield from [f"{limited}: no ratio to peers counts, as they aren't limited"] if (limited := limit()) else held
    yield from on_card


def missing() -> list[str]:
    """Returns the reasons why libraries that run models can't be used here, a line for each such library; an empty list
    if all can."""
    return [why for name in ("openvino", "onnxruntime", "torch") if (why := libraries.why_not(name))]


def measured_peaks() -> MachinePeaks:
    """Measures what this machine reaches. A device whose measuring fails is left out."""
    found = MachinePeaks()
    if not libraries.why_not("openvino"):
        found.processor = peak.measure()
    if own_card():
        try:
            found.device = BenchDevice.here()
            found.card = found.device.peaks() if found.device else {}
        except Exception:  # noqa: BLE001 - a card without room; its ways then say so themselves
            found.card = {}
    return found


def card_rates(rates: Mapping[str, float]) -> str:
    """Returns in words what `BenchDevice.peaks` measured."""
    return (
        f"half precision {rates['half'] / 1e12:.4g} TFLOP/s, 32-bit floats {rates['single'] / 1e12:.4g}, "
        f"copies {rates['copies'] / 1e9:.4g} GB/s"
    )


def _timed(subject: Subject, seconds: float, device: BenchDevice | None) -> Timed:
    """Returns the network's times: of all that runs here, in turns, then on the card alone."""
    timed = Timed(subject)
    compiled = _compiled(timed)
    picture, controls = subject.network.sample(subject.size), _samples(subject)
    out = np.empty_like(picture)
    runs: dict[str, Callable[[], object]] = dict(_peers(timed, controls))
    runs |= {name: partial(found.run, picture, controls, out) for name, found in compiled.items()}
    turns = take_turns(runs, seconds, quiet=[name for name in runs if not peak.is_of_processor(name)])
    timed.seconds = turns.seconds
    timed.left_out += [f"{name} doesn't run here: {why}" for name, why in turns.failed.items()]
    if device:
        _time_on_card(timed, device, compiled, runs)
        device.free()
    return timed


def _compiled(timed: Timed) -> dict[str, CompiledNetwork]:
    """Returns the network in every backend that can be prepared here, by name; why the others can't is noted."""
    subject, found = timed.subject, {}
    try:
        names = backends(subject.network, subject.size)
    except BadInput as error:
        timed.left_out.append(str(error))
        return {}
    for name in names:
        if name == PLAIN:
            continue
        try:
            found[name] = subject.prepare(name)
        except Exception as error:  # noqa: BLE001 - runtimes, drivers and their bindings raise errors of every kind
            timed.left_out.append(f"{name} doesn't run here: {reason(error)}")
    return found


def _time_on_card(
    timed: Timed, device: BenchDevice, compiled: Mapping[str, CompiledNetwork], runs: Mapping[str, Callable[[], object]]
) -> None:
    """Times eager torch on the card, and what runs there, without copies."""
    names = [name for name in timed.seconds if name.startswith("cuda")]
    if not names:
        return
    try:
        eager = device.eager(timed.subject.network, timed.subject.size)
        timed.eager = seconds_of(eager, device.synchronise, _EAGER_SECONDS)
        for name in names:
            run, bare = on_device(compiled[name].runner, runs[name])
            if bare:
                timed.on_card[name] = seconds_of(run, device.synchronise, _EAGER_SECONDS)
    except Exception as error:  # noqa: BLE001 - a card without room
        timed.left_out.append(f"on the card alone: {reason(error)}")


def _rows(timed: Timed, peaks: MachinePeaks) -> Iterator[str]:
    """Yields a network's table rows, the fastest first."""
    subject = timed.subject
    yield from (f"{subject.family:<17}{subject.title:<31}{why}" for why in timed.left_out)
    if not timed.seconds:
        return
    try:
        work = operations(subject.network, subject.size)
    except Exception:  # noqa: BLE001 - only a column goes without it
        work = 0.0
    columns = (*COLUMNS, *(ON_CARD if peaks.device else ()))
    for backend in sorted(timed.seconds, key=timed.median):
        cells = (subject.family, subject.title, subject.size, backend, *_figures(timed, backend, work, peaks))
        yield "".join(f"{cell!s:<{width}}" for cell, (_, width) in zip(cells, columns, strict=False))


def _figures(timed: Timed, backend: str, work: float, peaks: MachinePeaks) -> list[str]:
    """Returns the cells of a row that hold figures."""
    took, alone = timed.median(backend), timed.on_card.get(backend, 0.0)
    top, counted = peaks.of(backend), alone or took
    ratios = [_ratio(timed, peer, backend) for peer in (PLAIN, PEER)]
    of_peak = f"{work / counted / top:.0%}" if work and top else ""
    eager = f"{timed.eager / alone:.2f}" if timed.eager and alone else ""
    return [f"{took * 1e3:.1f}", f"{1 / took:.1f}", *ratios, of_peak, f"{alone * 1e3:.2f}" if alone else "", eager]


def _samples(subject: Subject) -> list[Any]:
    return [np.full(control.shape, control.sample, np.float32) for control in subject.network.controls]


def _peers(timed: Timed, controls: list[Any]) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yields the peers that run here, by name; why one doesn't is noted."""
    subject = timed.subject
    made: list[tuple[str, Callable[[], Callable[[], object]]]] = []
    if not libraries.why_not("onnxruntime"):
        made.append((PEER, partial(_bare, subject, controls)))
    if subject.network.module and not libraries.why_not("torch"):
        made.append((PLAIN, partial(_plain, subject, controls)))
    for name, make in made:
        try:
            yield name, make()
        except Exception as error:  # noqa: BLE001 - onnx may be missing, and exporting raises errors of every kind
            timed.left_out.append(f"{name} doesn't run here: {reason(error)}")


def _bare(subject: Subject, controls: list[Any]) -> Callable[[], object]:
    """Returns a function that runs the network's ONNX file in its own range, in a session as in ONNX Runtime's
    examples, and does nothing else."""
    session = libraries.onnxruntime().InferenceSession(onnx_file(subject.network), providers=["CPUExecutionProvider"])
    shape = (1, 3, subject.size.height, subject.size.width)
    image = np.random.default_rng(0).random(shape, np.float32)
    given = dict(zip((port.name for port in session.get_inputs()), (image, *controls), strict=True))
    return lambda: session.run(None, given)


def _plain(subject: Subject, controls: list[Any]) -> Callable[[], object]:
    """Returns a function that runs the network's module, eager, in 32-bit floats."""
    import torch

    assert subject.network.module
    net = subject.network.module()
    given = (torch.rand(1, 3, subject.size.height, subject.size.width), *map(torch.from_numpy, controls))

    def run() -> object:
        with torch.inference_mode():
            return net(*given)

    return run


def _ratio(timed: Timed, peer: str, backend: str) -> str:
    """Returns how many times as fast as ``peer`` the backend is, in words; empty without a peer."""
    return f"{timed.median(peer) / timed.median(backend):.2f}" if peer in timed.seconds else ""


def _promises(timed: Timed, promises: Promises) -> Iterator[str]:
    """Yields, for each peer that must be beaten, whether the best backend holds what we promise."""
    subject = timed.subject
    ours = [backend for backend in timed.seconds if backend != PEER]
    if not ours:
        return
    best = min(ours, key=timed.median)
    for peer, ratios in ((PLAIN, promises.of_torch), (PEER, promises.of_onnxruntime)):
        least = ratios.get(subject.family)
        if least and peer in timed.seconds:
            ratio = timed.median(peer) / timed.median(best)
            verdict = "held" if ratio >= least else "NOT held"
            yield f"{subject.family} {subject.size}: {best} is {ratio:.1f} x {peer} (at least {least:g}: {verdict})"


def _card_promise(timed: Timed) -> Iterator[str]:
    """Yields whether the best backend on the card is as fast as eager torch there; nothing without a card. A limit that
    is set to the processor doesn't matter to it."""
    subject = timed.subject
    if timed.on_card and timed.eager:
        best = min(timed.on_card, key=lambda name: timed.on_card[name])
        ratio = timed.eager / timed.on_card[best]
        verdict = "held" if ratio >= 1.0 else "NOT held"
        yield f"{subject.family} {subject.size}: {best} is {ratio:.1f} x eager torch there (at least 1: {verdict})"
