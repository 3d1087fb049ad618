"""``vj bench train``, its first part: a step of a training beside the same step bare, for each method at ``tiny``.

A training's step also takes its pictures from the data set (which a thread reads ahead), averages the weights, looks at
the losses and notes them; bare are only the networks' forward and backward passes and their optimisers, on pictures
that are in memory already. Both are timed as they are after the first time round, of hundreds: files are decoded then.

By the processor's clock, only the time of the thread that takes the steps counts, on one core: what is read ahead
beside it is hidden where a core is free for it, which a busy machine doesn't show.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Final

import torch

from vj.base.clock import Clock, LiveClock
from vj.base.paths import PRESETS
from vj.bench.turns import take_turns
from vj.model.files import weights
from vj.train.method import StepRandom
from vj.train.process_group import ProcessGroup
from vj.train.settings import METHODS
from vj.train.start import TrainingWish, make_method, prepared
from vj.train.training import Training, TrainingLimits

LEAST: Final = 0.95
"""The least part of the bare step's speed that is promised."""
_PAINTING: Final = PRESETS / "paintings" / "swirling_night.jpg"
_TURN: Final = 1.0
"""Seconds that a turn takes at least: far more than what is read ahead in the rest before it."""
_LEAST_STEPS: Final = 4
_WARM: Final = 2
"""Steps before the first that is timed."""


class ThreadClock:
    """A clock of the processor time of the thread that asks; a sleep takes none."""

    now = staticmethod(time.thread_time)

    def sleep(self, seconds: float) -> None:
        """Put the calling thread to sleep for ``seconds``."""
        time.sleep(seconds)


def measure(data: Path, seconds: float, clock: str) -> Iterator[str]:
    """Yields lines of text as they are known: a table row for each method, with whether what is promised was held.

    ``data`` is a data set of pairs; ``seconds`` of ``clock`` (``processor`` or ``wall``) is how long each candidate has
    its turns. What is written goes into the library. A style is left out where the catalogue's classifier isn't here.
    """
    ticks: Clock = ThreadClock() if clock == "processor" else LiveClock()
    yield f"{'method':<10}{'bare ms':>10}{'training ms':>13}{'ratio':>8}"
    for method in METHODS:
        if method == "style" and not weights.ASSETS[weights.CLASSIFIER["model"]].present:
            yield f"{method:<10}left out: no classifier is here; fix: vj models fetch gatys"
            continue
        with _training(method, data) as training:
            yield _row(method, training, seconds, ticks)


@contextmanager
def _training(method: str, data: Path) -> Iterator[Training]:
    painting = _PAINTING if method == "style" else None
    wish = TrainingWish(method, data, f"bench-{method}", TrainingLimits(), size="tiny", painting=painting)
    training = prepared(wish)
    try:
        yield training
    finally:
        training.close()


def _row(method: str, training: Training, seconds: float, clock: Clock) -> str:
    bare = bare_step(training)
    training.batches.read_all()
    for _ in range(_WARM):
        bare()
        training.take_step()
    began = clock.now()
    bare()
    steps = max(_LEAST_STEPS, round(_TURN / max(1e-3, clock.now() - began)))
    runs = {"bare": _repeated(bare, steps), "training": _repeated(training.take_step, steps)}
    turns = take_turns(runs, seconds, clock=clock)
    if turns.failed:
        return f"{method:<10}failed: {'; '.join(turns.failed.values())}"
    first, other = (median(turns.seconds[name]) / steps for name in runs)
    held = "held" if first / other >= LEAST else "NOT held"
    return f"{method:<10}{first * 1e3:>10.1f}{other * 1e3:>13.1f}{first / other:>8.2f}  (at least {LEAST:g}: {held})"


def bare_step(training: Training) -> Callable[[], object]:
    """Returns a function that takes the bare step of another training like ``training``, on the same pictures each
    time, and waits for a card."""
    settings, device = training.method.settings, training.method.device
    method = make_method(settings, device, ProcessGroup(), lambda doing, part: None)
    random = torch.Generator().manual_seed(0)
    shape = (settings.batch, 3, settings.side, settings.side)
    a, b = ((torch.rand(shape, generator=random) * 2 - 1).to(device) for _ in range(2))
    count = 0

    def step() -> object:
        nonlocal count
        count += 1
        return torch.stack(list(method.step(a, b, StepRandom(settings.seed, count)).values())).tolist()

    return step


def _repeated(step: Callable[[], object], times: int) -> Callable[[], object]:
    def run() -> None:
        for _ in range(times):
            step()

    return run
