"""Statistics of a show in memory that doesn't grow: histograms of the whole run, and rings of the newest values."""

import math
from array import array
from collections import deque
from collections.abc import Mapping, Sequence

_LATEST = 0.05
"""The weight of the newest frame in a running mean."""
_READINGS = 240
"""The most readings that a rate is computed from: two minutes of them at two a second."""
_ENOUGH = 3
"""The fewest pictures that a rate is computed from: with fewer it would jump."""
_BIN = 1e-4
"""The width of a histogram's bin, in seconds."""
_BINS = 20000


class Histogram:
    """A histogram of durations (s) in bins of 0.1 ms up to 2 s; longer ones share one bin, negative ones count as 0.

    ``count`` is how many there are. ``max`` (s) is the greatest one exactly; 0 when there are none.
    """

    def __init__(self) -> None:
        self._bins = array("q", bytes(8 * (_BINS + 1)))
        self.count = 0
        self.max = 0.0

    def add(self, seconds: float) -> None:
        """Count one duration."""
        self._bins[min(max(0, int(seconds / _BIN)), _BINS)] += 1
        self.count += 1
        if seconds > self.max:
            self.max = seconds

    def percentile(self, percent: float) -> float:
        """Returns the duration (s) that ``percent`` % (0..100) of all don't exceed, to half a bin; 0 if there are none.

        It is never above about 2 s: longer ones are only in ``max``.
        """
        wanted, seen = self.count * percent / 100.0, 0
        for place, many in enumerate(self._bins):
            seen += many
            if many and seen >= wanted:
                return min((place + 0.5) * _BIN, self.max)
        return 0.0

    def summary(self) -> dict[str, float]:
        """Returns ``p50``, ``p99`` and ``max`` in milliseconds, rounded to two decimals; zeros when there are none."""
        return {
            "p50": round(self.percentile(50) * 1e3, 2),
            "p99": round(self.percentile(99) * 1e3, 2),
            "max": round(self.max * 1e3, 2),
        }


class Parts:
    """Adds up where time goes. ``totals`` holds ``[count, seconds]`` by the name of a part: how often, how long in all.

    The lists are changed in place, and never start afresh.
    """

    def __init__(self) -> None:
        self.totals: dict[str, list[float]] = {}

    def add(self, part: str, seconds: float) -> None:
        """Count ``part``, any name, once more; it took ``seconds``. Unknown names are added."""
        total = self.totals.get(part)
        if total is None:
            total = self.totals[part] = [0, 0.0]
        total[0] += 1
        total[1] += seconds


def milliseconds(totals: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Returns the mean of each part in milliseconds, rounded to three decimals; ``totals`` are those of a `Parts`.

    Parts that were never counted are left out.
    """
    return {part: round(seconds / count * 1e3, 3) for part, (count, seconds) in totals.items() if count}


class Rate:
    """Measures how many pictures a second something gives, also if it is one in several seconds; for the display.

    `read` gets a count now and then. The rate is taken between two readings at which the count had grown: the newest of
    these, and the last one that is at least `_ENOUGH` pictures older.
    """

    def __init__(self, count: int = 0) -> None:
        """``count`` is how many pictures there were before measuring began, on the counter that `read` is given."""
        self._news = deque([(-math.inf, count)], _READINGS)

    def read(self, count: int, now: float) -> float:
        """Returns the rate in pictures a second, now that there have been ``count`` pictures in all at ``now`` (s).

        ``now`` is monotonic. The rate is 0 until the count has grown in two readings. While no picture comes, it falls
        with the time since the last one. A count that is lower than before is that of a restarted counter: measuring
        begins afresh.
        """
        newest = self._news[-1]
        if count < newest[1]:
            self._news.clear()  # the counter was restarted
        if count != newest[1] or newest[0] == -math.inf:
            self._news.append((now, count))
        at, counted = self._news[-1]
        since, before = next(
            ((then, seen) for then, seen in reversed(self._news) if counted - seen >= _ENOUGH), self._news[0]
        )
        rate = (counted - before) / (at - since) if at > since else 0.0
        return min(rate, 1.0 / (now - at)) if now > at else rate


def per_second(rate: float) -> str:
    """Returns ``rate`` as text such as `` 24.9/s`` or `` 0.40/s``, padded on the left to seven characters.

    It has one decimal, or two below 1 (but ``  0.0/s``).
    """
    return f"{rate:5.1f}/s" if rate >= 1.0 or not rate else f"{rate:5.2f}/s"


class Recent:
    """The newest durations (s), for the heads-up display."""

    def __init__(self, length: int = 256) -> None:
        """``length`` is how many durations are kept."""
        self._ring = array("d", bytes(8 * length))
        self._count = 0

    def add(self, seconds: float) -> None:
        """Add one duration, in place of the oldest once ``length`` are kept."""
        self._ring[self._count % len(self._ring)] = seconds
        self._count += 1

    def percentiles(self, *percents: float) -> list[float]:
        """Returns for each of ``percents`` (0..100) the duration (s) that so many % of those kept don't exceed.

        They come in the order of ``percents``; they are zeros when there are none.
        """
        held = sorted(self._ring[: min(self._count, len(self._ring))])
        return [held[min(len(held) - 1, int(len(held) * p / 100))] if held else 0.0 for p in percents]


class DisplayStats:
    """Statistics of the display: frames presented, refreshes missed, and how old pictures were when they were shown.

    ``intervals`` is the histogram of the seconds between two presented frames, ``latency`` that of the seconds from a
    picture's capture until it was shown; ``recent_intervals`` and ``recent_latency`` hold the newest of each.
    ``presented`` and ``missed`` count frames and missed refreshes; ``parts`` sums up what `spent` is given.
    """

    def __init__(self, period: float, first_shown: float | None = None) -> None:
        """``period`` (s) is that of the display; a gap of more than 1.5 periods between two frames is a missed refresh.

        ``first_shown`` is when the first picture was presented (monotonic seconds), if that was before the show began.
        """
        self.period = period
        self.first_shown = first_shown
        """``first_shown`` is a time (s) on the clock that all processes share; None before the first picture."""
        self.start()

    def start(self) -> None:
        """Set all counts and histograms to zero; ``period`` and ``first_shown`` stay."""
        self._started = self._last = float("nan")
        self.intervals, self.latency = Histogram(), Histogram()
        self.recent_intervals, self.recent_latency = Recent(), Recent()
        self.presented = self.missed = 0
        self.to_show = 0.0
        """Seconds from the start of a frame until it is presented: a running mean."""
        self.parts = Parts()

    def present(self, now: float, captured: float | None = None) -> None:
        """Count a picture that was presented at ``now`` (s). The first one starts the measured time.

        ``captured`` is the capture time (s) of a source's frame that is shown for the first time in this picture: that
        makes a latency. A gap of more than 1.5 periods since the picture before counts as missed refreshes: the periods
        in it, rounded, less one. The first picture ever sets ``first_shown``, unless it is known already.
        """
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
        """Add up where one frame's time went: seconds for taking and uploading pictures, drawing, sinks, presenting.

        Each goes to ``parts`` under the argument's name, and their sum into ``to_show``.
        """
        self.to_show += _LATEST * (upload + draw + sinks + present - self.to_show)
        self.parts.add("upload", upload)
        self.parts.add("draw", draw)
        self.parts.add("sinks", sinks)
        self.parts.add("present", present)

    @property
    def fps(self) -> float:
        """Presented frames a second, from the first frame since `start` to the last; 0 before the second frame."""
        return (self.presented - 1) / self.elapsed() if self.presented > 1 else 0.0

    def elapsed(self) -> float:
        """Returns the seconds from the first presented picture since `start` to the last; 0 before the first."""
        return self._last - self._started if self.presented else 0.0
