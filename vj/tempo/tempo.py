"""The musical clock: converts between times and beats.

Times are arguments (monotonic seconds). A beat is a number whose fraction is the phase.
"""

import math
from collections import deque

from vj.params.signals import Beat

SLOWEST, FASTEST = 20.0, 300.0
"""The range of tempi, in beats per minute."""

_TAPS = 8
"""The newest taps that a tempo is computed from."""
_LONGEST_GAP = 60.0 / SLOWEST
"""Seconds without a tap after which a tap begins a new series."""
_SHORTEST_GAP = 30.0 / FASTEST
"""Seconds after a tap in which a second one is ignored, as a key that bounced."""
_LEAP = 0.25
"""Beats by which an external clock must differ for its position to be taken over at once, rather than gradually."""
_PULL = 0.3
"""The part of a smaller difference that is made up for at once; later counts make up for the rest."""


class Tempo:
    """A tempo and a position in beats. All times are monotonic seconds, and it reads no clock itself.

    It keeps running when the external clock that it follows stops; only that clock's corrections end.

    Launches wait for a beat's number. The beat therefore decreases only when the performer moves it, or when the
    followed clock jumps.
    """

    def __init__(self, bpm: float = 120.0, now: float = 0.0) -> None:
        """``bpm`` is the tempo in beats per minute, and ``now`` the time of beat 0."""
        self.bar = 4.0
        """Beats in a bar."""
        self.phrase = 16.0
        """Beats in a phrase."""
        self._bpm = bpm
        self._time = now
        self._beat = 0.0
        self._taps: deque[float] = deque(maxlen=_TAPS)

    @property
    def bpm(self) -> float:
        """The tempo in beats per minute, not rounded; `set_bpm`, `tap`, `scale` and `follow` change it."""
        return self._bpm

    def beat(self, at: float) -> float:
        """Returns the beat at the time ``at`` (monotonic seconds, past or future) at the present tempo, as a float: a
        whole number on a beat, with its fraction in between, and below 0 before beat 0.

        It counts from the constructor's ``now`` or the last `begin`, moved by nudges, taps, `scale`, `resync` and the
        followed clock.
        """
        return self._beat + (at - self._time) * self._bpm / 60.0

    def at(self, beat: float) -> float:
        """Returns the time (monotonic seconds, past or future) of ``beat`` at the present tempo, as a float.

        A later change of tempo moves it.
        """
        return self._time + (beat - self._beat) * 60.0 / self._bpm

    def next(self, every: float, after: float) -> float:
        """Returns the time of the first multiple of ``every`` beats (above 0) after the time ``after``, both in
        monotonic seconds, if nothing changes. If ``after`` is on such a beat itself, it is the one after it.
        """
        return self.at((math.floor(self.beat(after) / every + 1e-9) + 1.0) * every)

    def begin(self, now: float) -> None:
        """Make ``now`` beat 0. The tempo stays."""
        self._time, self._beat = now, 0.0

    def set_bpm(self, bpm: float, now: float) -> None:
        """Change the tempo from ``now`` on, clamped to `SLOWEST`..`FASTEST`. The beat doesn't jump."""
        self._beat, self._time = self.beat(now), now
        self._bpm = min(max(bpm, SLOWEST), FASTEST)

    def tap(self, at: float) -> None:
        """Take a tap at the time ``at``.

        From the second tap on, the tempo is that of the last eight taps (least squares), clamped to `SLOWEST`..
        `FASTEST`, and the nearest beat moves to where that line has the tap. After a pause of more than 3 s a new
        series begins; a single tap changes nothing. A tap less than 0.1 s after the last one is ignored.
        """
        gap = at - self._taps[-1] if self._taps else _LONGEST_GAP
        if gap < _SHORTEST_GAP:
            return
        if gap > _LONGEST_GAP:
            self._taps.clear()
        self._taps.append(at)
        if len(self._taps) > 1:
            first, period = _line(self._taps)
            self.set_bpm(60.0 / period, at)
            tapped = self.beat(first + (len(self._taps) - 1) * period)
            self._beat += round(tapped) - tapped

    def nudge(self, beats: float) -> None:
        """Make all beats come earlier by ``beats`` (a part of a beat) or, below 0, later. The tempo stays."""
        self._beat += beats

    def scale(self, factor: float, now: float) -> bool:
        """Multiply the tempo by ``factor`` (2 or 0.5) from ``now`` on. At twice the tempo all present beats stay beats,
        at half of it every other one does. The number of the beat stays the same to half a beat.

        Returns True when it is done; False, and changes nothing, if the new tempo would be outside
        `SLOWEST`..`FASTEST`.
        """
        if not SLOWEST <= self._bpm * factor <= FASTEST:
            return False
        self.set_bpm(self._bpm * factor, now)
        self._beat = beside(self._beat * factor, self._beat)
        return True

    def resync(self, at: float) -> None:
        """Move the beats so that the nearest beginning of a phrase is at the time ``at``. The tempo stays."""
        self._beat = math.ceil(self.beat(at) / self.phrase - 0.5) * self.phrase
        self._time = at

    def follow(self, counted: Beat, now: float) -> None:
        """Follow the external count ``counted``, from ``now`` (monotonic seconds) on, whether it is ``playing`` or not.

        Its tempo is taken over at once, clamped to `SLOWEST`..`FASTEST`; its position at once if it is more than a
        quarter of a beat from ours, else gradually over several calls, so that no beat comes twice.
        """
        ours = self.beat(now)
        theirs = counted.beat + (now - counted.at) * counted.bpm / 60.0
        gone = max(0.0, ours - self._beat)
        off = theirs - ours
        pull = off if abs(off) > _LEAP else max(off * _PULL, -0.5 * gone)
        self._beat, self._time = ours + pull, now
        self._bpm = min(max(counted.bpm, SLOWEST), FASTEST)


def beside(beat: float, ours: float) -> float:
    """Returns the beat nearest to ``ours`` that has the same fraction as ``beat``: at most half a beat away."""
    return beat + round(ours - beat)


def _line(taps: deque[float]) -> tuple[float, float]:
    """Fit a straight line through the times of taps 0, 1, 2 ...

    Returns the line's time of the first tap, and the seconds from one tap to the next.
    """
    count = len(taps)
    middle, mean = (count - 1) / 2.0, sum(taps) / count
    slope = sum((place - middle) * (at - mean) for place, at in enumerate(taps))
    slope /= sum((place - middle) ** 2 for place in range(count))
    return mean - middle * slope, slope
