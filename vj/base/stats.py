"""Counting what a show does, in memory that doesn't grow: histograms over the whole run, rings of the last."""

import math
from array import array
from collections import deque
from collections.abc import Mapping, Sequence

_LATEST = 0.05
"""How much one frame counts in a mean of the last ones."""
_READINGS = 240
"""Readings that a rate is computed from, at most: two minutes of them at two a second."""
_ENOUGH = 3
"""Pictures that a rate is computed from, at least: with fewer it would jump."""
_BIN = 1e-4
_BINS = 20000


class Histogram:
    """Durations in seconds, kept in bins of 0.1 ms up to 2 s; the greatest is kept exactly."""

    def __init__(self) -> None:
        self._bins = array("q", bytes(8 * (_BINS + 1)))
        self.count = 0
        self.max = 0.0

    def add(self, seconds: float) -> None:
        self._bins[min(max(0, int(seconds / _BIN)), _BINS)] += 1
        self.count += 1
        if seconds > self.max:
            self.max = seconds

    def percentile(self, percent: float) -> float:
        """Seconds that ``percent`` % of the durations don't exceed (to half a bin); 0 when there are none."""
        wanted, seen = self.count * percent / 100.0, 0
        for place, many in enumerate(self._bins):
            seen += many
            if many and seen >= wanted:
                return min((place + 0.5) * _BIN, self.max)
        return 0.0

    def summary(self) -> dict[str, float]:
        """p50, p99 and max in milliseconds, as the statistics give them."""
        return {
            "p50": round(self.percentile(50) * 1e3, 2),
            "p99": round(self.percentile(99) * 1e3, 2),
            "max": round(self.max * 1e3, 2),
        }


class Parts:
    """Where time goes: how often and how long (s) each named part took."""

    def __init__(self) -> None:
        self.totals: dict[str, list[float]] = {}

    def add(self, part: str, seconds: float) -> None:
        """One more ``part`` that took ``seconds``."""
        total = self.totals.get(part)
        if total is None:
            total = self.totals[part] = [0, 0.0]
        total[0] += 1
        total[1] += seconds


def milliseconds(totals: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """The mean of each part in ms; ``totals`` as `Parts` keeps them."""
    return {part: round(seconds / count * 1e3, 3) for part, (count, seconds) in totals.items() if count}


class Rate:
    """How many pictures a second something gives, for the display: also where it gives one in several seconds.

    Counts are read now and then. The rate is that between two readings at which new pictures had come: the newest such
    reading, and the last one that is `_ENOUGH` pictures older.
    """

    def __init__(self, count: int = 0) -> None:
        """``count`` pictures are not of its time."""
        self._news = deque([(-math.inf, count)], _READINGS)

    def read(self, count: int, now: float) -> float:
        """Pictures a second, after ``count`` pictures in all at ``now`` (s)."""
        newest = self._news[-1]
        if count < newest[1]:
            self._news.clear()  # what counts them began anew
        if count != newest[1] or newest[0] == -math.inf:
            self._news.append((now, count))
        at, counted = self._news[-1]
        since, before = next(
            ((then, seen) for then, seen in reversed(self._news) if counted - seen >= _ENOUGH), self._news[0]
        )
        rate = (counted - before) / (at - since) if at > since else 0.0
        return min(rate, 1.0 / (now - at)) if now > at else rate


def per_second(rate: float) -> str:
    """``rate`` with two digits that say something: 24.9, 3.1, 0.40, 0.04."""
    return f"{rate:5.1f}/s" if rate >= 1.0 or not rate else f"{rate:5.2f}/s"


class Recent:
    """The last ``length`` durations, for the display."""

    def __init__(self, length: int = 256) -> None:
        self._ring = array("d", bytes(8 * length))
        self._count = 0

    def add(self, seconds: float) -> None:
        self._ring[self._count % len(self._ring)] = seconds
        self._count += 1

    def percentiles(self, *percents: float) -> list[float]:
        """Seconds; zeros when there are none."""
        held = sorted(self._ring[: min(self._count, len(self._ring))])
        return [held[min(len(held) - 1, int(len(held) * p / 100))] if held else 0.0 for p in percents]


class DisplayStats:
    """What the display did: frames presented, refreshes missed, how old the pictures were."""

    def __init__(self, period: float, first_shown: float | None = None) -> None:
        """``period`` is the display's, in seconds; a gap beyond 1.5 of it is a missed refresh.

        ``first_shown`` is when a first picture was presented, if that was before the show began.
        """
        self.period, self.first_shown = period, first_shown
        """The second is on the clock that all processes share (s); None before there was a picture."""
        self.start()

    def start(self) -> None:
        """Counting begins, afresh."""
        self._started = self._last = float("nan")
        self.intervals, self.latency = Histogram(), Histogram()
        self.recent_intervals, self.recent_latency = Recent(), Recent()
        self.presented = self.missed = 0
        self.to_show = 0.0
        """Seconds from the start of a frame to its being presented, on the average of the last."""
        self.parts = Parts()

    def present(self, now: float, captured: float | None = None) -> None:
        """A picture was presented at ``now``; ``captured`` is given when its source's frame is shown for the first
        time. The first picture starts the count."""
        if captured is not None:
            self.latency.add(now - captured)
            self.recent_latency.add(now - captured)
        self.presented += 1
        if self.presented == 1:
            self._started = self._last = now
            self.first_shown = now if self.first_shown is None else self.first_shown
            return
        interval = now - self._last
        self._last = now
        self.intervals.add(interval)
        self.recent_intervals.add(interval)
        if interval > 1.5 * self.period:
            self.missed += max(1, round(interval / self.period) - 1)

    def spent(self, upload: float, draw: float, sinks: float, present: float) -> None:
        """Where one frame's time went (s)."""
        self.to_show += _LATEST * (upload + draw + sinks + present - self.to_show)
        self.parts.add("upload", upload)
        self.parts.add("draw", draw)
        self.parts.add("sinks", sinks)
        self.parts.add("present", present)

    @property
    def fps(self) -> float:
        """Presented frames a second, over the whole run."""
        return (self.presented - 1) / self.elapsed() if self.presented > 1 else 0.0

    def elapsed(self) -> float:
        """Seconds from the first presented picture to the last."""
        return self._last - self._started if self.presented else 0.0
