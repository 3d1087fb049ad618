"""Chooses the processing size: large enough to look good, small enough to hold the rate, and seldom changed.

The rules take time as an argument and know nothing of pictures.
"""

from collections.abc import Mapping
from typing import Final

from vj.model.common_params import QUALITIES
from vj.params.param import Value

LADDER: Final = (1.0, 0.85, 0.75, 0.6, 0.5, 0.4)
"""Lengths of the processing size, as parts of the full one. Few, so that compiled graphs are used again."""
SMALLER_WITHOUT_ROOM: Final = (0.75, 0.5)
"""What is tried when memory runs out."""
STROKES: Final = (0.5, 0.7, 1.0, 1.4, 2.0)
"""The stroke sizes that there are, for the same reason."""
_OVER, _OVER_FOR = 1.1, 1.5
"""It steps down when a picture has taken this much of its time for so many seconds,"""
_UNDER, _UNDER_FOR = 0.75, 4.0
"""and up when the next larger size would take less than this much of it for so many."""
_AIM = 0.9
"""Part of a picture's time that a smaller size is chosen for."""
_REGRET = 60.0
"""Seconds for which a size that turned out too large isn't tried again at first: nothing pumps."""


class Governor:
    """For one model. ``scale`` is the length to process at, beside the full size."""

    def __init__(self) -> None:
        self._step, self._least = 0, 0
        self._seconds = 0.0
        self._since: float | None = None
        """Since when the rate has been out of its bounds, in one direction,"""
        self._over = False
        """which is this one."""
        self._until: dict[int, float] = {}
        """Until when a size isn't tried again,"""
        self._regrets: dict[int, int] = {}
        """which is twice as long each time that it was regretted."""
        self._grown = False
        """Whether the size is one that was tried as there seemed to be time for it."""
        self.reach = 1.0
        """The length, beside the full size, that the very first pictures' time allows: a size that an earlier show
        settled at may come from a busy hour, and says nothing of the machine."""

    def scale(self, values: Mapping[str, Value]) -> float:
        """What ``quality`` pins, else what holds the rate; larger strokes are drawn at a smaller size."""
        pinned = QUALITIES[str(values["quality"])]
        part = min(pinned or LADDER[self._step], LADDER[self._least])
        return part / min(STROKES, key=lambda stroke: abs(stroke - float(values["stroke"])))

    @property
    def part(self) -> float:
        """The length that holds the rate, beside the full size."""
        return LADDER[self._step]

    def resume(self, part: float) -> None:
        """Begin at ``part`` of the full size, where an earlier show settled."""
        self._go(min(range(len(LADDER)), key=lambda step: abs(LADDER[step] - part)))

    def begin(self, seconds: float, values: Mapping[str, Value]) -> None:
        """The very first pictures took ``seconds`` each at the size to begin with: smaller, if the rate won't hold."""
        if budget := _budget(values):
            fitting = self._fitting(seconds, budget)
            self.reach = LADDER[fitting]
            self._go(max(self._step, fitting))

    def note_pass(self, seconds: float, values: Mapping[str, Value], now: float) -> None:
        """A picture took ``seconds``; a step may follow."""
        self._seconds = self._seconds + 0.2 * (seconds - self._seconds) if self._seconds else seconds
        budget = _budget(values)
        if not is_free(values):
            return
        if self._seconds > budget * _OVER and self._step + 1 < len(LADDER):
            if self._lasting(now, _OVER_FOR, over=True):
                if self._grown:
                    self._regret(now)
                self._go(max(self._step + 1, self._fitting(self._seconds, budget)))
        elif self._may_grow(budget, now):
            if self._lasting(now, _UNDER_FOR, over=False):
                self._go(self._step - 1)
                self._grown = True
        else:
            self._since = None

    def shrink(self) -> bool:
        """There was no room: stay below three quarters, then half. False when nothing smaller is left."""
        smaller = [part for part in SMALLER_WITHOUT_ROOM if part < LADDER[self._least]]
        if not smaller:
            return False
        self._least = LADDER.index(smaller[0])
        self._step = max(self._step, self._least)
        return True

    @property
    def room(self) -> float:
        """The largest part of the full size that there is memory for."""
        return LADDER[self._least]

    def _regret(self, now: float) -> None:
        times = self._regrets.get(self._step, 0)
        self._until[self._step], self._regrets[self._step] = now + _REGRET * 2**times, times + 1

    def _fitting(self, seconds: float, budget: float) -> int:
        """The largest size that should hold, as the time goes with the area."""
        now = LADDER[self._step]
        holds = (step for step, part in enumerate(LADDER) if seconds * (part / now) ** 2 <= budget * _AIM)
        return max(self._least, next(holds, len(LADDER) - 1))

    def _may_grow(self, budget: float, now: float) -> bool:
        larger = self._step - 1
        if larger < self._least or now < self._until.get(larger, now):
            return False
        return self._seconds * (LADDER[larger] / LADDER[self._step]) ** 2 < budget * _UNDER

    def _lasting(self, now: float, seconds: float, over: bool) -> bool:
        if self._since is None or over != self._over:
            self._since, self._over = now, over
        return now - self._since >= seconds

    def _go(self, step: int) -> None:
        if step != self._step:
            self._step, self._seconds, self._since, self._grown = step, 0.0, None, False


def is_free(values: Mapping[str, Value]) -> bool:
    """Whether the size may change to hold a rate: one is asked for, and no size is pinned."""
    return bool(_budget(values)) and not QUALITIES[str(values["quality"])]


def _budget(values: Mapping[str, Value]) -> float:
    """Seconds that a picture may take; 0 where no rate is asked for."""
    rate = float(values["rate"])
    return 1.0 / rate if rate > 0.0 else 0.0
