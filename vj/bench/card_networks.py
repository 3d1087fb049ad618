"""The tasks of ``vj bench gpu`` that time networks: each way on a card, beside eager torch in half precision."""

from __future__ import annotations

import math
import mmap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

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
    fastest: str = ""
    """The way that took the least of them."""
    run: Callable[[], object] | None = None
    """Runs it on the card; kept for its profile, as compiling it again would take long."""

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
    yield from _shortfall(tested)
    device.free()


def card_ways(network: Network, size: Size) -> list[str]:
    """Returns the names of the backends on a card that torch uses as "cuda", those in 32-bit floats last: time may be
    short, and they are seldom the fastest. Where there is no such card, as in a rehearsal, it is the one of torch on
    the processor."""
    names = backends(network, size)
    found = [name for name in names if name.startswith("cuda")] or [name for name in names if name == "torch"]
    return sorted(found, key=lambda name: name.endswith("-f32"))


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
    if found.alone <= min(tested.on_card.values()):
        tested.fastest, tested.run = way, found.run
    ratio = f"{tested.eager / found.alone:.2f}" if tested.eager else ""
    alone = f"{found.alone * 1e3:.2f}{'' if found.bare else '*'}"
    yield tested.row(way, alone, f"{found.whole * 1e3:.2f}", ratio, found.error)
    yield figure(tested.name, tested.on_card[tested.fastest] * 1e3, tested.fastest, tested.eager * 1e3)


class WayTimes(NamedTuple):
    """The seconds of one run in one way: ``whole``, with copies from and to the processor's memory, and ``alone``, on
    the device, which ``run`` does once. ``bare`` says whether these are really without copies, ``error`` is the
    relative error in words, empty if it wasn't asked for."""

    whole: float
    alone: float
    bare: bool
    error: str
    run: Callable[[], object]


def times(
    network: Network, size: Size, way: str, device: BenchDevice, seconds: float, exact: Floats | None = None
) -> WayTimes:
    """Compiles the network for ``size`` in the way, times it for about twice ``seconds``, and compares it with
    ``exact``, the result in 32-bit floats, if that is given. Raises what the way raises."""
    run, out, compiled = _prepared(network, size, way)
    alone, bare = on_device(compiled.runner, run)
    error = "" if exact is None else f"{relative_error(out, exact):.4f}"
    whole = seconds_of(run, device.synchronise, seconds)
    compiled.release()
    alone_seconds = seconds_of(alone, device.synchronise, seconds) if bare else whole
    return WayTimes(whole, alone_seconds, bare, error, alone)


def _prepared(network: Network, size: Size, way: str) -> tuple[Callable[[], object], Numbers, CompiledNetwork]:
    """Returns a function that runs the network once, on a picture of noise, the array for its result, and the
    network compiled."""
    sample = network.sample(size)
    picture, out = shared(sample.shape, sample.dtype), shared((size.height, size.width, 3), sample.dtype)
    picture[...] = sample
    controls = [np.full(control.shape, control.sample, np.float32) for control in network.controls]
    compiled = prepare(network, size, way)
    return partial(compiled.run, picture, controls, out), out, compiled


def shared(shape: tuple[int, ...], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Returns zeros in mapped memory, as the pictures of a show are: a card copies from and to it by itself."""
    return np.frombuffer(mmap.mmap(-1, math.prod(shape) * dtype.itemsize), dtype).reshape(shape)


def _shortfall(tested: _Network) -> Iterator[Told]:
    """Yields the profile of the fastest way if it is slower than its limit or than eager torch."""
    if tested.run is None:
        return
    found = tested.on_card[tested.fastest]
    missed = CARD_LIMITS[tested.name].verdict(found * 1e3, tested.device.title) == "NOT held"
    if missed or (tested.eager and found > tested.eager):
        yield from _attempt(tested, f"{tested.fastest}, profile", partial(_profile, tested, tested.run))


def _profile(tested: _Network, run: Callable[[], object]) -> Iterator[Told]:
    """Yields the kernels on which the fastest way spends most of its time."""
    yield line(f"  {tested.title}, {tested.fastest}: where its time goes")
    yield from (line(f"  {kernel}") for kernel in tested.device.profile(run))
