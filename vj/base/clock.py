"""Clocks that are passed as arguments (a live one, and a fake one for tests), and the pacing of the display loop."""

import time
from typing import Protocol

SLOWEST, FASTEST = 1.0, 240.0
"""The lowest and the highest rate, in pictures a second, that is accepted for a display or a source."""


now = time.perf_counter
"""Returns the monotonic time in seconds, the same in every process of this machine: processes send each other times.

All code of the instrument reads this clock. On Linux and macOS it equals `time.monotonic`. On Windows, before Python
3.13, `time.monotonic` moves in steps of 15.6 ms, which is as long as a whole refresh of the display.
"""


class Clock(Protocol):
    """What code asks for the time and sleeps on; `LiveClock` and `FakeClock` define both methods.

    Times are monotonic seconds; those of a `LiveClock` are the same in every process of the machine.
    """

    def now(self) -> float:
        """Returns the current time in seconds, monotonic, from no particular start: only differences mean something."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait for ``seconds`` in the calling thread; returns at once if they are not positive."""
        ...


class LiveClock:
    """The machine's monotonic clock: its ``now`` is the function `now` of this module."""

    now = staticmethod(now)

    def sleep(self, seconds: float) -> None:
        """Put the calling thread to sleep for ``seconds``; returns at once if they are not positive."""
        if seconds > 0:
            time.sleep(seconds)


class FakeClock:
    """A clock that moves only when a test sets ``time`` (s) or sleeps on it; no call ever waits."""

    def __init__(self, start: float = 100.0) -> None:
        """``start`` is the time (s) at which it stands first."""
        self.time = start

    def now(self) -> float:
        """Returns ``time``."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Move ``time`` on by ``seconds`` at once; not if they are negative."""
        self.time += max(0.0, seconds)


class Pace(Protocol):
    """Holds a loop at its rate: one frame in ``period`` seconds, which may be changed at any time.

    The loop calls `wait` once a frame; `Refresh` and `Pacer` define it.
    """

    period: float

    def wait(self) -> float:
        """Wait until the next frame is due.

        Returns the time (monotonic seconds) at which that frame begins: in `Pacer` the deadline, which may be a little
        earlier than the present; in `Refresh` the present.
        """
        ...


class Refresh:
    """Paces a loop whose buffer swap waits for the display's refresh: usually there is nothing left to wait for.

    A minimised window, an unplugged monitor or a driver's setting can end the waiting of the swap; then `wait` sleeps
    instead, so that the loop doesn't spin.
    """

    def __init__(self, clock: Clock, fps: float) -> None:
        """``fps`` is the display's refresh rate in frames a second. The first frame counts from now."""
        self.clock = clock
        self.period = 1.0 / fps
        self._last = clock.now()

    def wait(self) -> float:
        """Sleep only if less than half a period has passed since the last call: then until a whole one has passed.

        Returns the present time (s).
        """
        now = self.clock.now()
        if now - self._last < self.period / 2:
            self.clock.sleep(self._last + self.period - now)
        self._last = self.clock.now()
        return self._last


class Pacer:
    """Holds a steady rate on a fixed grid of deadlines.

    A loop that is late by more than a period doesn't catch up: the grid starts afresh at the present, so that a stall
    never turns into a burst of frames. The display and the players of films share this rule. A new ``period`` (s)
    counts from the next `wait` on.
    """

    def __init__(self, clock: Clock, fps: float) -> None:
        """``fps`` is the rate in frames a second. The first deadline is one period after the first `wait`."""
        self.clock = clock
        self.period = 1.0 / fps
        self._due: float | None = None

    def wait(self) -> float:
        """Sleep until the next deadline, one period after the last; return at once if it has passed.

        Returns the deadline (s), which lies up to a period before the present if the loop was late, or the present time
        where the grid started afresh. The first call sleeps a whole period.
        """
        now = self.clock.now()
        due = now + self.period if self._due is None else self._due + self.period
        if due < now - self.period:
            due = now
        self.clock.sleep(due - now)
        self._due = due
        return due
