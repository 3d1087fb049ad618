"""Time is an argument: a live clock, a fake one for tests, and the pacing of the display."""

import time
from typing import Protocol

SLOWEST, FASTEST = 1.0, 240.0
"""Pictures a second that a display or a source is believed to have."""


now = time.perf_counter
"""The monotonic time in seconds, the same in every process of this machine: processes send each other times.

All code of the instrument reads this clock. On Linux and macOS it equals `time.monotonic`. On Windows, before Python
3.13, `time.monotonic` moves in steps of 15.6 ms, which is as long as a whole refresh of the display.
"""


class Clock(Protocol):
    """Monotonic seconds, the same in every process of the machine."""

    def now(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class LiveClock:
    """The machine's monotonic clock."""

    now = staticmethod(now)

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            time.sleep(seconds)


class FakeClock:
    """A clock that moves only when a test sets it or sleeps on it."""

    def __init__(self, start: float = 100.0) -> None:
        self.time = start

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += max(0.0, seconds)


class Pace(Protocol):
    """What holds the loop at its rate: one frame in ``period`` seconds, which may be changed at any time."""

    period: float

    def wait(self) -> float: ...


class Refresh:
    """For a display whose buffer swap waits for the refresh: nothing to do, unless it suddenly doesn't.

    A minimised window, a monitor that went, or a driver's setting can end that waiting; then we sleep ourselves,
    rather than spin.
    """

    def __init__(self, clock: Clock, fps: float) -> None:
        self.clock, self.period = clock, 1.0 / fps
        self._last = clock.now()

    def wait(self) -> float:
        now = self.clock.now()
        if now - self._last < self.period / 2:
            self.clock.sleep(self._last + self.period - now)
        self._last = self.clock.now()
        return self._last


class Pacer:
    """Holds a steady rate on a fixed grid of deadlines.

    A deadline that has passed is skipped, not caught up with: after a stall the next picture comes at the
    next grid point, so a hiccup never turns into a burst. The same rule serves the display and the players.
    """

    def __init__(self, clock: Clock, fps: float) -> None:
        """The grid starts with the first `wait`."""
        self.clock = clock
        self.period = 1.0 / fps
        self._due: float | None = None

    def wait(self) -> float:
        """Sleep until the next deadline; return the time it was due at."""
        now = self.clock.now()
        due = now + self.period if self._due is None else self._due + self.period
        if due < now - self.period:
            due = now
        self.clock.sleep(due - now)
        self._due = due
        return due
