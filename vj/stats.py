"""Counting what a show does, in memory that doesn't grow: histograms over the whole run, rings of the last."""

from array import array

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

    def __init__(self, period: float) -> None:
        """``period`` is the display's, in seconds; a gap beyond 1.5 of it is a missed refresh."""
        self._limit = 1.5 * period
        self._period = period
        self._started = self._last = float("nan")
        self.intervals, self.latency = Histogram(), Histogram()
        self.recent_intervals, self.recent_latency = Recent(), Recent()
        self.presented = self.missed = 0

    def present(self, now: float) -> None:
        """A picture was presented at ``now``; the first one starts the count."""
        self.presented += 1
        if self.presented == 1:
            self._started = self._last = now
            return
        interval = now - self._last
        self._last = now
        self.intervals.add(interval)
        self.recent_intervals.add(interval)
        if interval > self._limit:
            self.missed += max(1, round(interval / self._period) - 1)

    def shown(self, age: float) -> None:
        """A new picture was shown ``age`` seconds after it was captured."""
        self.latency.add(age)
        self.recent_latency.add(age)

    @property
    def fps(self) -> float:
        """Presented frames a second, over the whole run."""
        return (self.presented - 1) / self.elapsed() if self.presented > 1 else 0.0

    def elapsed(self) -> float:
        """Seconds from the first presented picture to the last."""
        return self._last - self._started if self.presented else 0.0
