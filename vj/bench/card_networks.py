"""The tasks of ``vj bench gpu`` that time networks: each way on a card, beside eager torch in half precision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, NamedTuple

import numpy as np

from vj.base.frame import Size
from vj.bench.device import BenchDevice, on_device, relative_error, seconds_of
from vj.bench.gpu_task import Order, Told, figure, line
from vj.bench.models import card_rates
from vj.bench.promises import CARD_LIMITS
from vj.bench.subjects import ON_CARD, built_once
from vj.bench.turns import reason
from vj.model.network import Network, Range
from vj.model.runtime.compiled_network import CompiledNetwork, Floats, Numbers
from vj.model.runtime.prepare import backends, prepare

COLUMNS: Final = (
    ("network", 23),
    ("size", 10),
    ("way", 16),
    ("on card", 10),
    ("whole", 9),
    ("x eager", 9),
    ("error", 8),
)
"""Headings and widths. "on card" is without copies (a star: the way has no such function, so with copies), "whole" with
them, both in ms; "error" is that of `relative_error`."""


def peaks(order: Order) -> Iterator[Told]:
    """Measures what the card reaches, and reports its name."""
    device = order.device()
    yield {"card": device.title}
    yield line(f"{device.title}: {card_rates(device.peaks())}")
    device.free()


@dataclass
class _Network:
    """A network under test, with what was found out about it."""

    name: str
    title: str
    network: Network
    size: Size
    device: BenchDevice
    eager: float = 0.0
    """Seconds of eager torch; 0 if it doesn't run."""
    exact: Floats | None = None
    """The result in 32-bit floats, as a picture in 0..1."""
    on_card: dict[str, float] = field(default_factory=dict)
    """Seconds by way."""

    def row(self, way: str, *figures: str) -> Told:
        """Returns the message that prints a row of the table."""
        cells = (self.title, self.size, way, *figures)
        return line("".join(f"{cell!s:<{width}}" for cell, (_, width) in zip(cells, COLUMNS, strict=False)).rstrip())


def network(order: Order) -> Iterator[Told]:
    """Times the network that ``order.task`` names (one of `ON_CARD`) in every way on the card, as long as there is
    time, and profiles the fastest if a limit isn't held."""
    device = order.device()
    subject = ON_CARD[order.task](order.size(order.task), order.rehearsal)
    tested = _Network(order.task, subject.title, built_once(subject.network), subject.size, device)
    if subject.note:
        yield line(f"{subject.title}: {subject.note}")
    yield from _peers(tested, order)
    for way in card_ways(tested.network, tested.size):
        if order.left <= 0 and tested.on_card:
            yield tested.row(way, "left out: no time")
            continue
        yield from _attempt(tested, way, partial(_timed, tested, way, order))
        device.free()
    yield from _shortfall(tested, order)
    device.free()


def card_ways(network: Network, size: Size) -> list[str]:
    """Returns the names of the backends on a card that torch uses as "cuda"; where there is none, as in a rehearsal,
    the one of torch on the processor."""
    names = backends(network, size)
    return [name for name in names if name.startswith("cuda")] or [name for name in names if name == "torch"]


def _attempt(tested: _Network, way: str, measure: Callable[[], Iterator[Told]]) -> Iterator[Told]:
    """Yields what ``measure`` reports; if it raises, a row with the reason."""
    try:
        yield from measure()
    except Exception as error:  # noqa: BLE001 - runtimes, drivers and compilers raise errors of every kind
        yield tested.row(way, f"doesn't run: {reason(error)}")


def _peers(tested: _Network, order: Order) -> Iterator[Told]:
    """Times eager torch, and computes the result in 32-bit floats. From then on the network's range is that of this
    result: an untrained network's pictures would else be almost of one colour, and hide errors."""

    def eager() -> Iterator[Told]:
        run = tested.device.eager(tested.network, tested.size)
        tested.eager = seconds_of(run, tested.device.synchronise, order.extent.timed)
        yield tested.row("eager torch", f"{tested.eager * 1e3:.2f}")

    def exact() -> Iterator[Told]:
        found = tested.device.exact(tested.network, tested.size, tested.network.sample(tested.size))
        low, high = float(found.min()), float(found.max())
        tested.exact = (found - low) / max(1e-6, high - low)
        tested.network = replace(tested.network, gives=Range.between(low, high))
        yield from ()

    yield from _attempt(tested, "eager torch", eager)
    tested.device.free()
    yield from _attempt(tested, "32-bit floats", exact)
    tested.device.free()


def _timed(tested: _Network, way: str, order: Order) -> Iterator[Told]:
    """Times one way: on the card alone, and with its copies."""
    found = times(tested.network, tested.size, way, tested.device, order.extent.timed, tested.exact)
    tested.on_card[way] = found.alone
    ratio = f"{tested.eager / found.alone:.2f}" if tested.eager else ""
    alone = f"{found.alone * 1e3:.2f}{'' if found.bare else '*'}"
    yield tested.row(way, alone, f"{found.whole * 1e3:.2f}", ratio, found.error)
    best = min(tested.on_card, key=lambda name: tested.on_card[name])
    yield figure(tested.name, tested.on_card[best] * 1e3, best, tested.eager * 1e3)


class WayTimes(NamedTuple):
    """The seconds of one run in one way: ``whole``, with copies from and to the processor's memory, and ``alone``, on
    the device. ``bare`` says whether these are really without copies, ``error`` is the relative error in words, empty
    if it wasn't asked for."""

    whole: float
    alone: float
    bare: bool
    error: str


def times(
    network: Network, size: Size, way: str, device: BenchDevice, seconds: float, exact: Floats | None = None
) -> WayTimes:
    """Compiles the network for ``size`` in the way, times it for about twice ``seconds``, and compares it with
    ``exact``, the result in 32-bit floats, if that is given. Raises what the way raises."""
    run, out, compiled = _prepared(network, size, way)
    alone, bare = on_device(compiled.runner, run)
    error = "" if exact is None else f"{relative_error(out, exact):.4f}"
    whole = seconds_of(run, device.synchronise, seconds)
    return WayTimes(whole, seconds_of(alone, device.synchronise, seconds) if bare else whole, bare, error)


def _prepared(network: Network, size: Size, way: str) -> tuple[Callable[[], object], Numbers, CompiledNetwork]:
    """Returns a function that runs the network once, on a picture of noise, the array for its result, and the
    network compiled."""
    picture = network.sample(size)
    controls = [np.full(control.shape, control.sample, np.float32) for control in network.controls]
    out = np.empty((size.height, size.width, 3), picture.dtype)
    compiled = prepare(network, size, way)
    return partial(compiled.run, picture, controls, out), out, compiled


def _shortfall(tested: _Network, order: Order) -> Iterator[Told]:
    """Yields the profile of the fastest way if it is slower than its limit or than eager torch."""
    if not tested.on_card:
        return
    best = min(tested.on_card, key=lambda name: tested.on_card[name])
    found, card = tested.on_card[best], tested.device.title
    missed = CARD_LIMITS[tested.name].verdict(found * 1e3, card) == "NOT held"
    if missed or (tested.eager and found > tested.eager):
        yield from _attempt(tested, f"{best}, profile", partial(_profile, tested, best, order))


def _profile(tested: _Network, way: str, order: Order) -> Iterator[Told]:
    """Yields the kernels on which the way spends most of its time."""
    run, _, _ = _prepared(tested.network, tested.size, way)
    yield line(f"  {tested.title}, {way}: where its time goes")
    yield from (line(f"  {kernel}") for kernel in tested.device.profile(run))
