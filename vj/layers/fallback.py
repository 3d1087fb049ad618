"""What to show when something is late or gone: never black, never frozen without saying so.

model   the model's newest result
hold    its last result, because the source has stopped
raw     the source itself, because the model has stopped
still   the last picture there was, or the built-in one when there was none
"""

from dataclasses import dataclass
from typing import Literal

Rung = Literal["model", "hold", "raw", "still"]

LOST_AFTER, LOST_FRAMES = 0.25, 5
"""A source is lost when nothing came for this many seconds and this many of its own frame times."""
LIVE_FOR, LIVE_RESULTS = 0.15, 3
"""A model's result is live for this many seconds and this many of its own intervals."""
HELD_FOR, HELD_RESULTS = 1.0, 6
"""It is held for these, before the source is shown in its place: an engine that died is back in 0.7 s, and a moment's
hold is seen by fewer than a flash of the bare camera."""


HELD_PASSES = 4.0
"""And for so many of its slowest passes, while its engine is at work: a model that takes seconds for a picture is slow,
and the bare source between two of its pictures would be a flash."""


@dataclass(slots=True)
class ArrivalTimer:
    """When something last came, and how far apart it usually comes (seconds)."""

    at: float = -1.0
    period: float = 0.0
    _paused: bool = False

    def came(self, now: float) -> None:
        """One long gap is an outage and teaches nothing about the usual distance; two in a row are a slower rate."""
        gap, first = now - self.at, self.at < 0.0
        self.at = now
        outage = bool(self.period) and gap > max(LOST_AFTER, LOST_FRAMES * self.period)
        if first or (outage and not self._paused):
            self._paused = outage
            return
        self.period = min(1.0, self.period + 0.1 * (gap - self.period) if self.period and not outage else gap)
        self._paused = False

    def fresh(self, now: float, seconds: float, periods: int) -> bool:
        """Whether the last one is no older than ``seconds``, or than so many periods."""
        return self.at >= 0.0 and now - self.at <= max(seconds, periods * self.period)


class Ladder:
    """Decides the rung from what has come when."""

    def __init__(self) -> None:
        self.source, self.model = ArrivalTimer(), ArrivalTimer()
        self.pass_time = 0.0
        """Seconds that the model's slowest pass took, while its engine is at work; 0 while it isn't."""

    def source_lost(self, now: float) -> bool:
        """Whether the source has gone quiet (or never spoke)."""
        return not self.source.fresh(now, LOST_AFTER, LOST_FRAMES)

    def rung(self, now: float) -> Rung:
        """Where we stand at ``now``."""
        lost = self.source_lost(now)
        if self.model.fresh(now, max(HELD_FOR, HELD_PASSES * self.pass_time), HELD_RESULTS):
            live = self.model.fresh(now, LIVE_FOR, LIVE_RESULTS) and not lost
            return "model" if live else "hold"
        if not lost:
            return "raw"
        return "hold" if self.model.at >= 0.0 and self.model.at >= self.source.at - HELD_FOR else "still"
