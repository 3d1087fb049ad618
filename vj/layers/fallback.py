"""The ladder: which picture a layer shows when something is late or gone. It is never black. The rungs are:

model   the model's newest result
hold    the model's last result, because the next one is late or the source has stopped
raw     the source's picture, because the model has stopped
still   the source's last picture, or the built-in one if there was none
"""

from dataclasses import dataclass
from typing import Literal

Rung = Literal["model", "hold", "raw", "still"]
"""What a layer shows: the model's newest result, its last one, the source's picture, or the source's last one."""

LOST_AFTER, LOST_FRAMES = 0.25, 5
"""A source is lost when it has sent nothing for this many seconds and for this many of its own periods."""
LIVE_FOR, LIVE_RESULTS = 0.15, 3
"""A model's result is live for this many seconds, or for this many of its own periods if they are longer."""
HELD_FOR, HELD_RESULTS = 1.0, 6
"""A result is held for this many seconds, or for this many of its own periods if they are longer.

Then the source is shown in its place. An engine that died is back in 0.7 s, and fewer people notice a picture that is
held for a moment than a flash of the bare source.
"""


HELD_PASSES = 4.0
"""A result is also held for this many of the model's slowest passes, while its engine is at work.

A model that takes seconds for a picture is slow, and the bare source between two of its pictures would be a flash.
"""


@dataclass(slots=True)
class ArrivalTimer:
    """Measures when something last came and the usual time between two arrivals.

    ``at`` is the monotonic time (s) of the last arrival, negative before the first. ``period`` is a moving mean of the
    gaps in seconds, at most 1; it is 0 until the second arrival.
    """

    at: float = -1.0
    period: float = 0.0
    _paused: bool = False

    def came(self, now: float) -> None:
        """Note an arrival at ``now`` (monotonic s): ``period`` moves a tenth of the way to the new gap.

        A single gap longer than `LOST_AFTER` seconds and `LOST_FRAMES` periods is an outage and doesn't change the
        period; a second one in a row becomes the period itself.
        """
        gap, first = now - self.at, self.at < 0.0
        self.at = now
        outage = bool(self.period) and gap > max(LOST_AFTER, LOST_FRAMES * self.period)
        if first or (outage and not self._paused):
            self._paused = outage
            return
        self.period = min(1.0, self.period + 0.1 * (gap - self.period) if self.period and not outage else gap)
        self._paused = False

    def fresh(self, now: float, seconds: float, periods: int) -> bool:
        """Returns whether the last arrival is no older than ``seconds``, or than that many ``periods`` if longer.

        False if nothing has come yet.
        """
        return self.at >= 0.0 and now - self.at <= max(seconds, periods * self.period)


class Ladder:
    """Chooses the rung from the times at which the source's and the model's pictures came.

    The layer notes them by ``source.came`` and ``model.came``, and sets ``pass_time``; the ladder itself only reads
    these. Its methods change nothing.
    """

    def __init__(self) -> None:
        self.source = ArrivalTimer()
        self.model = ArrivalTimer()
        self.pass_time = 0.0
        """Seconds that the model's slowest pass took, while its engine is at work; 0 otherwise."""

    def source_lost(self, now: float) -> bool:
        """Returns whether, at ``now`` (monotonic s), the source has sent nothing for `LOST_AFTER` (0.25) seconds and
        for `LOST_FRAMES` (5) of its periods, or never sent a picture."""
        return not self.source.fresh(now, LOST_AFTER, LOST_FRAMES)

    def rung(self, now: float) -> Rung:
        """Returns the rung at ``now`` (monotonic s).

        ``model`` while the last result is no older than 0.15 s, or 3 of the model's periods if longer, and the source
        isn't lost; else ``hold`` while it is no older than 1 s, 6 periods or 4 times ``pass_time``, whichever is
        longest. After that it is ``raw`` while the source sends. Where the source is lost, too, it is ``hold`` if the
        last result came after the source's last picture or at most `HELD_FOR` before it, else ``still``.
        """
        lost = self.source_lost(now)
        if self.model.fresh(now, max(HELD_FOR, HELD_PASSES * self.pass_time), HELD_RESULTS):
            live = self.model.fresh(now, LIVE_FOR, LIVE_RESULTS) and not lost
            return "model" if live else "hold"
        if not lost:
            return "raw"
        return "hold" if self.model.at >= 0.0 and self.model.at >= self.source.at - HELD_FOR else "still"
