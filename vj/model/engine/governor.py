"""Chooses the processing size: large enough to look good, small enough to hold the rate, and seldom changed.

Nothing here reads a clock or knows of pictures: times are arguments.
"""

from collections.abc import Mapping
from typing import Final

from vj.model.common_params import QUALITIES
from vj.params.param import Value

SIZES: Final = (1.0, 0.85, 0.75, 0.6, 0.5, 0.4)
"""The processing sizes to choose from, as parts of the full length: few, so that compiled graphs are reused."""
SMALLER_WITHOUT_ROOM: Final = (0.75, 0.5)
"""The largest sizes that are left after memory ran out once, and twice."""
STROKES: Final = (0.5, 0.7, 1.0, 1.4, 2.0)
"""The stroke sizes to choose from. They are few, so that compiled graphs are reused."""
_OVER, _OVER_FOR = 1.1, 1.5
"""The size is lowered when pictures have taken more than this part of their time for this many seconds."""
_UNDER, _UNDER_FOR = 0.75, 4.0
"""The size is raised when the next larger one would have taken less than this part for this many seconds."""
_AIM = 0.9
"""The part of a picture's time that a smaller size is chosen to fill."""
_REGRET = 60.0
"""Seconds for which a size that turned out too large isn't tried again. They double each time, so that the size doesn't
swing up and down."""


class Governor:
    """Chooses the processing size of one model, as a length (of each side) relative to the full size: `scale`. It
    begins with the full size. ``values`` in all methods are the engine's, by name; only ``rate`` (pictures/s),
    ``quality`` and, in `scale`, ``stroke`` are read."""

    def __init__(self) -> None:
        self._step = 0
        self._least = 0
        self._seconds = 0.0
        self._since: float | None = None
        """Since when (s) the size has been due for a change; None if it isn't."""
        self._over = False
        """Whether ``_since`` counts towards a smaller size, rather than a larger one."""
        self._until: dict[int, float] = {}
        """By step of `SIZES`, until when (s) the size isn't tried again."""
        self._regrets: dict[int, int] = {}
        """By step of `SIZES`, how often the size turned out too large."""
        self._grown = False
        """Whether the present size was tried because there seemed to be time for it."""
        self.reach = 1.0
        """The length relative to the full size, one of `SIZES`, for which the first passes were fast enough; 1 before
        `begin`. It shows what the machine can do; the size at which an earlier show settled may come from a busy
        hour."""

    def scale(self, values: Mapping[str, Value]) -> float:
        """Returns the length relative to the full size, 0.2..2: the part that the value ``quality`` pins, else `part`,
        but no more than `room`; then divided by the stroke size of `STROKES` that is nearest to the value
        ``stroke``."""
        pinned = QUALITIES[str(values["quality"])]
        part = min(pinned or SIZES[self._step], SIZES[self._least])
        return part / min(STROKES, key=lambda stroke: abs(stroke - float(values["stroke"])))

    @property
    def part(self) -> float:
        """The length relative to the full size that holds the rate, one of `SIZES`, as chosen so far. It doesn't regard
        ``quality`` and ``stroke``."""
        return SIZES[self._step]

    def resume(self, part: float) -> None:
        """Begin at the one of `SIZES` that is nearest to ``part`` of the full size, where an earlier show settled.
        `begin` may still lower it."""
        self._go(min(range(len(SIZES)), key=lambda step: abs(SIZES[step] - part)))

    def begin(self, seconds: float, values: Mapping[str, Value]) -> None:
        """Begin at a smaller size if the first passes, of ``seconds`` each at the present size, would fill more than 90
        % of the time that the value ``rate`` leaves for a picture: the largest that should fit, as time is proportional
        to area. Also set `reach` to the size that fits. It never makes the size larger, and does nothing if the rate is
        0."""
        if budget := _budget(values):
            fitting = self._fitting(seconds, budget)
            self.reach = SIZES[fitting]
            self._go(max(self._step, fitting))

    def note_pass(self, seconds: float, values: Mapping[str, Value], now: float) -> None:
        """Note that a picture at the present size took ``seconds`` in all, at the monotonic time ``now`` (s).

        Lower `part` by one or more steps of `SIZES` if the moving mean of these times has been above 110 % of a
        picture's time at the value ``rate`` for 1.5 s, or raise it by one step if the next size would have stayed below
        75 % for 4 s, unless that one was too large within the last minute or more. While `is_free` is false, `part`
        stays.
        """
        self._seconds = self._seconds + 0.2 * (seconds - self._seconds) if self._seconds else seconds
        budget = _budget(values)
        if not is_free(values):
            return
        if self._seconds > budget * _OVER and self._step + 1 < len(SIZES):
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
        """Limit the size after memory ran out, to 0.75 of the full length the first time and to 0.5 the second; this is
        never undone, and lowers `part` as well. Returns True if it limited the size. It returns False, and changes
        nothing, if it is limited to 0.5 already."""
        smaller = [part for part in SMALLER_WITHOUT_ROOM if part < SIZES[self._least]]
        if not smaller:
            return False
        self._least = SIZES.index(smaller[0])
        self._step = max(self._step, self._least)
        return True

    @property
    def room(self) -> float:
        """The largest length relative to the full size for which there is memory: 1, 0.75 or 0.5."""
        return SIZES[self._least]

    def _regret(self, now: float) -> None:
        """Don't try the present size again for a while, twice as long each time."""
        times = self._regrets.get(self._step, 0)
        self._until[self._step], self._regrets[self._step] = now + _REGRET * 2**times, times + 1

    def _fitting(self, seconds: float, budget: float) -> int:
        """Returns the step of the largest size that should hold the rate, as time is proportional to area."""
        now = SIZES[self._step]
        holds = (step for step, part in enumerate(SIZES) if seconds * (part / now) ** 2 <= budget * _AIM)
        return max(self._least, next(holds, len(SIZES) - 1))

    def _may_grow(self, budget: float, now: float) -> bool:
        """Returns whether the next larger size may be tried and should hold the rate."""
        larger = self._step - 1
        if larger < self._least or now < self._until.get(larger, now):
            return False
        return self._seconds * (SIZES[larger] / SIZES[self._step]) ** 2 < budget * _UNDER

    def _lasting(self, now: float, seconds: float, over: bool) -> bool:
        """Returns whether the size has been due for this change for ``seconds``."""
        if self._since is None or over != self._over:
            self._since, self._over = now, over
        return now - self._since >= seconds

    def _go(self, step: int) -> None:
        if step != self._step:
            self._step, self._seconds, self._since, self._grown = step, 0.0, None, False


def is_free(values: Mapping[str, Value]) -> bool:
    """Returns whether the size may change to hold a rate: the value ``rate`` is above 0, and ``quality`` is
    ``auto``."""
    return bool(_budget(values)) and not QUALITIES[str(values["quality"])]


def _budget(values: Mapping[str, Value]) -> float:
    """Returns the seconds that a picture may take; 0 if no rate is set."""
    rate = float(values["rate"])
    return 1.0 / rate if rate > 0.0 else 0.0
