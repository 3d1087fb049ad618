"""Follows a MIDI clock: 24 ticks a beat, each a little early or late. Times are arguments (monotonic seconds).

Ticks are counted, so the beat can't drift. Where the beat is between two ticks, and how fast it goes, is read from a
line through the ticks of the newest few beats (least squares whose memory grows and then fades). When several ticks
leave that line together, the tempo has changed, and the line begins anew with the last few.
"""

import math
from collections import deque

from vj.params.signals import Beat

TICKS = 24
"""The ticks of a beat."""

_MEMORY = 192
"""Ticks that the line is drawn through: eight beats hold the tempo steady within 0.1 bpm of 1 ms jitter."""
_RECENT = 9
"""Ticks whose median shows whether they have left the line."""
_FIRST = 6
"""Ticks after which the tempo is known."""
_LEFT, _LEFT_SPREADS = 0.002, 2.2
"""The tempo has changed when the median of the recent ticks is off by so many seconds, and by so many times the
jitter.
"""
_PAUSE = 0.5
"""Seconds without a tick after which the clock counts as stopped; after less, ticks were lost."""
_MOST_LOST = 4
"""After so many ticks running before each of which others seem to be lost, it is the tempo that has changed."""
_FORGIVEN = 6
"""After so many ticks running in time, lost ticks are no longer expected to come late."""


class TempoFollower:
    """Follows the clock of one port. Every method returns the beat to go by from now on, with a time in monotonic
    seconds, or None while there is no tempo.
    """

    def __init__(self) -> None:
        self._line = _Line()
        self._playing = True
        self._next = 0
        """The number of the next tick that counts."""
        self._seemed_lost = self._in_time = 0
        """How many ticks in a row came after others that seem to be lost, and how many ticks in a row came in time."""
        self._debt = 0
        """Ticks that were counted though they hadn't come. Those that come late after all are subtracted again."""

    @property
    def bpm(self) -> float:
        """The tempo in beats per minute; 0 until six ticks have come. It stays when the clock falls silent."""
        return 60.0 / (TICKS * self._line.period) if self._line.knows else 0.0

    def tick(self, at: float) -> Beat | None:
        """Take one of the 24 ticks of a beat, which came at ``at`` (monotonic seconds).

        Returns, at every tick, the count there: ``beat`` in steps of 1/24, ``at`` without the tick's jitter; None until
        six ticks have come. While stopped, the tick only gives the tempo: the count stands still, ``playing`` is false.
        """
        lost = self._lost(at)
        if self._seemed_lost < _MOST_LOST:
            self._line.add(at, lost)
        else:  # it is slower by far, and nothing was lost at all
            lost, self._debt, self._seemed_lost = lost - self._debt, 0, 0
            self._line.begin_anew(at)
        if not self._playing:
            return self._beat(self._line.last, self._next)
        number = self._next + lost
        self._next = number + 1
        return self._beat(self._line.last, number)

    def start(self, at: float) -> Beat | None:
        """Start from the beginning: the next tick is the first one of the piece. Returns beat 0 at the time when that
        tick is expected, or at ``at`` (monotonic seconds) if the clock was silent.
        """
        self._playing, self._next = True, 0
        return self._expected(at)

    def go_on(self, at: float) -> Beat | None:
        """Continue: the next tick is the one after that of the stop, or that of `position`. Returns its beat, for the
        time when it is expected; see `start`.
        """
        self._playing = True
        return self._expected(at)

    def stop(self, at: float) -> Beat | None:
        """Stop at ``at`` (monotonic seconds): the beat stands still, and ticks that come now only give the tempo.
        Returns the beat of the tick that would have been next, with ``playing`` false.
        """
        beat = self._expected(at)
        self._playing = False
        return beat._replace(playing=False) if beat else None

    def position(self, sixteenths: int) -> Beat | None:
        """Go to a place in the piece: the next tick that counts is that of so many ``sixteenths`` (a quarter of a beat)
        from the beginning. Returns its beat, at the time one tick after the last one, or None while there is no tempo.
        """
        self._next = sixteenths * TICKS // 4
        return self._beat(self._line.last + self._line.period, self._next)

    def _expected(self, at: float) -> Beat | None:
        """Returns the beat of the next tick, which comes when the line says or, if the clock is silent while stopped,
        at ``at``.
        """
        due = self._line.last + self._line.period
        return self._beat(due if abs(due - at) < _PAUSE else at, self._next)

    def _beat(self, at: float, number: int) -> Beat | None:
        return Beat(at, number / TICKS, self.bpm, self._playing) if self._line.knows else None

    def _lost(self, at: float) -> int:
        """Returns how many ticks were lost before this one; below 0 for those that were counted too many."""
        if not self._line.knows or at - self._line.last > _PAUSE:
            self._seemed_lost = self._debt = 0
            return 0
        late = round((at - self._line.last) / self._line.period) - 1
        self._seemed_lost = self._seemed_lost + 1 if late > 0 else 0
        self._in_time = 0 if late else self._in_time + 1
        if self._in_time >= _FORGIVEN:
            self._debt = 0
        lost = max(late, -self._debt)
        self._debt += lost
        return lost


class _Line:
    """A line through the ticks: ``last`` is when the newest should have come, ``period`` the seconds from one to the
    next.
    """

    def __init__(self) -> None:
        self.last = -math.inf
        self.period = 0.0
        self._count = 0
        self._knows = False
        self._spread = 0.001
        """The recent jitter in seconds (a standard deviation)."""
        self._off = 0.0
        self._offs: deque[float] = deque(maxlen=_RECENT)
        self._times: deque[float] = deque(maxlen=_RECENT)

    @property
    def knows(self) -> bool:
        """Whether there is a tempo. Once there is one, it stays."""
        return self._knows

    def begin_anew(self, at: float) -> None:
        """Take a tick at ``at``, and draw the line through the newest few only."""
        self._times.append(at)
        self._draw(list(self._times)[-_MOST_LOST:])

    def add(self, at: float, lost: int) -> None:
        """Take the next tick, which came at ``at`` after ``lost`` others that didn't come."""
        if not self._count or at - self._last_heard > _PAUSE:
            self._pause(at)
            return
        self._times.append(at)
        if self._count == 1:
            self._draw(list(self._times))
            return
        due = self.last + self.period * (1 + lost)
        off = at - due
        n = self._count = min(self._count + 1, _MEMORY)
        self._knows = self._knows or n >= _FIRST
        self.last = due + off * 2.0 * (2.0 * n - 1.0) / (n * (n + 1.0))
        self.period = max(self.period + off * 6.0 / (n * (n + 1.0)), 1e-3)
        self._watch(off, bool(lost))

    @property
    def _last_heard(self) -> float:
        return self._times[-1] if self._times else -math.inf

    def _pause(self, at: float) -> None:
        """Go on from a tick at ``at`` after a pause, at the same tempo."""
        self.last = at
        self._count = min(self._count, 3 * TICKS) or 1
        self._times.clear()
        self._offs.clear()
        self._times.append(at)

    def _watch(self, off: float, lost: bool) -> None:
        """Draw the line anew if the recent ticks have left it together. ``off`` is how late the newest was, in
        seconds.
        """
        step, self._off = abs(off - self._off), off
        self._spread += 0.02 * (min(step * 0.886, 3.0 * self._spread + 1e-4) - self._spread)
        if lost:
            self._offs.clear()
            return
        self._offs.append(off)
        if len(self._offs) < _RECENT:
            return
        middle = sorted(self._offs)[_RECENT // 2]
        if abs(middle) > max(_LEFT, _LEFT_SPREADS * self._spread):
            self._draw(list(self._times))

    def _draw(self, times: list[float]) -> None:
        """Draw the line through ``times``, one tick each."""
        count = len(times)
        middle, mean = (count - 1) / 2.0, sum(times) / count
        slope = sum((place - middle) * (at - mean) for place, at in enumerate(times))
        self.period = max(slope / sum((place - middle) ** 2 for place in range(count)), 1e-3)
        self.last = mean + middle * self.period
        self._count = count
        self._offs.clear()
