"""The tasks of ``vj bench gpu`` that time dreams: a step beside autograd, and the live dreams, on a card."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from vj.base.convert import resize
from vj.base.errors import Unavailable
from vj.base.frame import Pixels, Size
from vj.bench.card_networks import card_ways, shared, times
from vj.bench.device import seconds_of
from vj.bench.dream_step import autograd, step_network, steps_of_model
from vj.bench.gpu_task import Order, Told, figure, line
from vj.bench.subjects import stand_in
from vj.bench.turns import reason
from vj.model.files.library import Entry
from vj.params.param import Value
from vj.source.sample import pictures

_PLACES: Final = (0.0, 0.01, 0.02, 0.03)
"""Where in the bundled film the live dreams' pictures are from: near each other, as those of a camera are."""
_MOST: Final = 300
"""The most pictures of a live dream."""


@dataclass
class _Found:
    """What the steps' tasks found out for the live dreams' in the same process: the fastest way at the last size."""

    way: str = ""


_found = _Found()


def step(order: Order) -> Iterator[Told]:
    """Times a step of the dream in every way on the card, without copies, beside autograd there. ``order.task`` is
    ``step-small`` or ``step-large``, which says the size."""
    device, size = order.device(), order.size(order.task)
    entry, note = stand_in("dream-zoom", order.folder)
    if note:
        yield line(note)
    steps = steps_of_model(entry)
    by_autograd = seconds_of(autograd(steps, size, device.device), device.synchronise, order.extent.timed)
    yield line(f"a step at {size}: autograd {by_autograd * 1e3:.2f} ms")
    device.free()
    network = step_network(steps, size)
    found: dict[str, float] = {}
    for way in card_ways(network, size):
        if order.left <= 0 and found:
            yield line(f"a step at {size}: {way} is left out: no time")
            continue
        try:
            timed = times(network, size, way, device, order.extent.timed)
        except Exception as error:  # noqa: BLE001 - runtimes, drivers and compilers raise errors of every kind
            yield line(f"a step at {size}: {way} doesn't run: {reason(error)}")
            continue
        found[way] = timed.alone
        ratio = f"{by_autograd / timed.alone:.2f} x autograd"
        alone = f"{timed.alone * 1e3:.2f} ms on the card, " if timed.bare else ""
        yield line(f"a step at {size}: {way} {alone}{timed.whole * 1e3:.2f} ms with copies, {ratio}")
        _found.way = min(found, key=lambda name: found[name])
        yield figure(order.task, by_autograd / found[_found.way], _found.way)
        device.free()


def live(order: Order) -> Iterator[Told]:
    """Times whole pictures of the live dream that ``order.task`` names, ``dream-zoom`` or ``dream-mirror``, with its
    defaults, in the way that was the fastest for a step."""
    device, size = order.device(), order.size(order.task)
    entry, note = stand_in(order.task, order.folder)
    if note:
        yield line(note)
    way = _found.way or ("cuda" if device.is_card else "torch")
    model = Entry.from_job(entry.to_job()).make_model(way)
    values: dict[str, Value] = {param.name: param.default for param in model.params}
    dream = model.prepare(size, model.variant(values))
    seen, out = _film(size), shared((size.height, size.width, 3), np.dtype(np.uint8))
    taken: list[float] = []
    for picture in itertools.islice(itertools.cycle(seen), _MOST):
        began = order.clock.now()
        if not np.isfinite(dream.run(picture, out, values, began)):
            raise Unavailable(f"{order.task} gives numbers that are no picture")
        taken.append(order.clock.now() - began)
        if len(taken) > len(seen) and (order.left <= 0 or sum(taken) > 5 * order.extent.timed):
            break
    found = statistics.median(taken[len(seen) :]) * 1e3
    yield line(f"{order.task} at {size}: {found:.2f} ms a picture, with {int(values['steps'])} step(s) each, {way}")
    yield figure(order.task, found, way)
    del dream, model
    device.free()


def _film(size: Size) -> list[Pixels]:
    """Returns some pictures of the bundled film at ``size``, in mapped memory as those of a show."""
    found = []
    for picture in pictures(size, _PLACES):
        found.append(shared((size.height, size.width, 3), picture.dtype))
        resize(picture, size, found[-1])
    return found
