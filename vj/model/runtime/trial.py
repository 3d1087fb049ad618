"""How backends are tried and timed: at which sizes, on what, and under which key their verdict is kept."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

import numpy as np

from vj.base.frame import Size
from vj.model.network import Network
from vj.model.runtime import autotune, processor
from vj.model.runtime.backend import Backend, Backends
from vj.model.runtime.compiled_network import Repeating, Runner

TRIAL, CARD_TRIAL = Size(640, 360), Size(1280, 720)
"""The sizes of the pictures with which backends are timed: processors', and those of cards with memory of their own,
which smaller pictures wouldn't fill."""
NEAR_ON_CARD: Final = 1.02
"""As `autotune.NEAR`, on a card: times vary less there, and all but the 32-bit floats are equally faithful."""


def trial_sizes(network: Network, card: bool = False) -> list[Size]:
    """Returns the sizes at which backends are timed, the first of which is taken unless memory runs out. It is the
    network's fixed size if it has one, else 640x360, each side rounded to the nearest multiple that the network takes
    and raised to its least side; for those on a ``card`` with memory of its own, 1280x720 comes before it.

    They are the same whatever size is played, so that a change of size needs no timing.
    """
    return list(dict.fromkeys(map(network.nearest, (CARD_TRIAL, TRIAL) if card else (TRIAL,))))


def near(card: bool) -> float:
    """Returns the factor within which a backend counts as just as fast as another: on a ``card`` or on a processor."""
    return NEAR_ON_CARD if card else autotune.NEAR


def verdict_key(backends: Backends, network: Network, size: Size) -> dict[str, str]:
    """Returns all that the speed of ``backends`` at ``size`` depends on: processor, system, libraries, devices,
    drivers, graph."""
    return {
        **processor.described(),
        "system": f"{platform.system()} {platform.machine()}",
        "name": network.name,
        "size": str(size),
        "graph": network.timed_as or network.key,
        "versions": "; ".join(sorted({backend.version for backend in backends.values()} - {""})),
    }


def candidates(there: Backends, names: Iterable[str], network: Network, size: Size) -> list[autotune.Candidate]:
    """Returns the backends called ``names`` among ``there``, which are for ``size``, as candidates."""
    return [autotune.Candidate(name, partial(_trial, there[name], network, size)) for name in names]


def _trial(backend: Backend, network: Network, size: Size) -> Callable[[], object]:
    """Compile the network for a trial. Returns a function that runs it once; raises `Unsuitable`."""
    if backend.check:
        backend.check()
    return run_of(backend.make(), network, size)


def run_of(runner: Runner, network: Network, size: Size) -> Callable[[], object]:
    """Returns a function that runs the network once by ``runner``, made for ``size``; without copying the picture where
    the runner can do that, as those on a card do: the copies are the same for all."""
    if isinstance(runner, Repeating):
        return runner.repeat
    picture = network.sample(size)
    controls = [np.full(control.shape, control.sample, np.float32) for control in network.controls]
    out = np.empty((*picture.shape[:2], 3), picture.dtype)
    return lambda: runner.run(picture, controls, out)
