"""The one clock of beats. Time is given (monotonic seconds); a beat is a number, and its fraction is the phase."""

import math
from collections import deque

from vj.params.signals import Beat

SLOWEST, FASTEST = 20.0, 300.0
"""Beats a minute."""

_TAPS = 8
_LONGEST_GAP = 60.0 / SLOWEST
"""Seconds after which a tap begins a new row of taps."""
_SHORTEST_GAP = 30.0 / FASTEST
"""Seconds within which a second tap is a key that bounced."""
_LEAP = 0.25
"""Beats by which an external count may differ before it is a jump rather than a correction."""
_PULL = 0.3
"""The part of a smaller difference that is made up for at once: the rest comes with what they count next."""


class Tempo:
    """The tempo keeps running when its source stops; only that source's corrections end.

    Launches wait for a beat's number. So numbers go backwards only where the performer moves them, or the followed
    clock jumps.
    """

    def __init__(self, bpm: float = 120.0, now: float = 0.0) -> None:
        self.bar, self.phrase = 4.0, 16.0
        """Beats."""
        self._bpm, self._time, self._beat = bpm, now, 0.0
        self._taps: deque[float] = deque(maxlen=_TAPS)

    @property
    def bpm(self) -> float:
        """Beats a minute."""
        return self._bpm

    def beat(self, at: float) -> float:
        """Beats since the start, at the time ``at``."""
        return self._beat + (at - self._time) * self._bpm / 60.0

    def at(self, beat: float) -> float:
        """The time of ``beat``, if nothing changes until then."""
        return self._time + (beat - self._beat) * 60.0 / self._bpm

    def next(self, every: float, after: float) -> float:
        """The time of the first multiple of ``every`` beats that comes after the time ``after``."""
        return self.at((math.floor(self.beat(after) / every + 1e-9) + 1.0) * every)

    def begin(self, now: float) -> None:
        """``now`` is beat 0."""
        self._time, self._beat = now, 0.0

    def set_bpm(self, bpm: float, now: float) -> None:
        """From ``now`` on at another speed, without a leap."""
        self._beat, self._time = self.beat(now), now
        self._bpm = min(max(bpm, SLOWEST), FASTEST)

    def tap(self, at: float) -> None:
        """Tapped in time: from the second tap on the speed is theirs (least squares over the last eight), and the beat
        falls on the tap. A pause begins anew; a single tap changes nothing.
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
        """Everything earlier (above 0) or later by so many beats."""
        self._beat += beats

    def scale(self, factor: float, now: float) -> bool:
        """Twice or half as fast: the beats that there were stay beats, or every other one does. Whether it can be."""
        if not SLOWEST <= self._bpm * factor <= FASTEST:
            return False
        self.set_bpm(self._bpm * factor, now)
        self._beat = beside(self._beat * factor, self._beat)
        return True

    def resync(self, at: float) -> None:
        """``at`` is the first beat of a phrase."""
        self._beat = math.ceil(self.beat(at) / self.phrase - 0.5) * self.phrase
        self._time = at

    def follow(self, counted: Beat, now: float) -> None:
        """Follow an external count: take its speed at once, its place at once if it is far from ours, else
        gently, so that no beat is heard twice.
        """
        ours = self.beat(now)
        theirs = counted.beat + (now - counted.at) * counted.bpm / 60.0
        gone = max(0.0, ours - self._beat)
        off = theirs - ours
        pull = off if abs(off) > _LEAP else max(off * _PULL, -0.5 * gone)
        self._beat, self._time = ours + pull, now
        self._bpm = min(max(counted.bpm, SLOWEST), FASTEST)


def beside(beat: float, ours: float) -> float:
    """The beat with the place of ``beat`` between two that is next to ``ours``."""
    return beat + round(ours - beat)


def _line(taps: deque[float]) -> tuple[float, float]:
    """The straight line through taps 0, 1, 2 ...: the time of the first, and the seconds from one to the next."""
    count = len(taps)
    middle, mean = (count - 1) / 2.0, sum(taps) / count
    slope = sum((place - middle) * (at - mean) for place, at in enumerate(taps))
    slope /= sum((place - middle) ** 2 for place in range(count))
    return mean - middle * slope, slope
