"""What the tasks of ``vj bench gpu`` have in common: what they are asked for, how much they measure, what they tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from vj.base.clock import Clock, LiveClock
from vj.base.errors import Unavailable
from vj.base.frame import Size
from vj.bench.device import BenchDevice
from vj.bench.promises import CARD_LIMITS

Told = dict[str, Any]
"""A message of a task, JSON-able: `line`, `figure`, or ``{"card": name}``."""


@dataclass(frozen=True)
class Extent:
    """How much a task measures: ``timed``, the seconds for which a run is timed; ``shown`` and ``settling``, those of a
    show that count and those before them; ``switches``, the changes of a model."""

    timed: float
    shown: float
    settling: float
    switches: int


FULL: Final = Extent(timed=0.3, shown=60.0, settling=8.0, switches=200)
TINY: Final = Extent(timed=0.01, shown=0.8, settling=0.2, switches=8)
"""The extent of a rehearsal, which only shows that everything runs."""
TINY_SIZE: Final = Size(64, 64)
"""The size of a rehearsal's pictures."""


@dataclass(frozen=True)
class Order:
    """What one task is asked to do. ``task`` is its name, ``deadline`` when it should be over, by ``clock``;
    ``folder`` holds files that tasks make for each other."""

    task: str
    rehearsal: bool
    deadline: float
    folder: Path
    clock: Clock

    @classmethod
    def of(cls, asked: Told, clock: Clock | None = None) -> Order:
        """Returns the order in the message ``asked``, which has ``task``, ``rehearsal``, ``folder`` and ``seconds``,
        the time that the task may take from now on."""
        clock = clock or LiveClock()
        deadline = clock.now() + float(asked["seconds"])
        return cls(str(asked["task"]), bool(asked["rehearsal"]), deadline, Path(asked["folder"]), clock)

    @property
    def extent(self) -> Extent:
        """Returns how much is measured."""
        return TINY if self.rehearsal else FULL

    @property
    def left(self) -> float:
        """Returns the seconds that are left of the task's time; negative if it is over."""
        return self.deadline - self.clock.now()

    def size(self, name: str) -> Size:
        """Returns the size of the pictures of the limit ``name``; a tiny one in a rehearsal."""
        return TINY_SIZE if self.rehearsal else CARD_LIMITS[name].size

    def device(self) -> BenchDevice:
        """Returns what the task computes on. Raises Unavailable if torch finds no card."""
        try:
            found = BenchDevice.here(rehearsal=self.rehearsal)
        except ImportError as error:
            raise Unavailable(f"torch can't be imported: {error}") from None
        if found is None:
            raise Unavailable("torch finds no card that it can use as cuda")
        return found


Task = Callable[[Order], Iterator[Told]]
"""Measures something and yields messages as it goes on. It may raise any error."""


def line(text: str) -> Told:
    """Returns the message that prints a line."""
    return {"line": text}


def figure(name: str, value: float, how: str = "", eager: float = 0.0) -> Told:
    """Returns the message that something was measured: the ``value`` of the limit ``name`` (of `CARD_LIMITS`), ``how``
    (the way that was the fastest, say) and, for a network, the milliseconds of eager torch, 0 if unknown. A later one
    of the same name replaces it."""
    return {"figure": name, "value": value, "how": how, "eager": eager}
