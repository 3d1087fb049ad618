"""Makes faster runners of networks that play already, one after the other, in a thread that comes last."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from vj.base.clock import now
from vj.model.runtime.compiled_network import CompiledNetwork, Runner
from vj.model.runtime.memory import give_memory_back

QUIET: Final = 5.0
"""Seconds without anything urgent after which the next one is begun. What is prepared meanwhile may have to wait for
it, as a process traces one network at a time."""
_NICE: Final = 10
"""How much the thread lowers its priority, on Linux."""
_SWITCHES: Final = 0.0005
"""Seconds after which Python lets another thread run, while this one works: the usual 5 ms would hold up pictures."""


class Faster(NamedTuple):
    """A faster runner of a network, the name of its backend, and why it was taken, in one line."""

    runner: Runner
    runtime: str
    why: str


Improve = Callable[[], Faster | None]
"""Makes a faster runner; returns None if there is none. It may take long and raise anything."""


class Background:
    """Improves networks that play. The one that was used last comes first; those that nothing holds any more are left
    out."""

    def __init__(self, clock: Callable[[], float] = now) -> None:
        """``clock`` returns monotonic seconds. The thread starts with the first `improve`."""
        self._clock = clock
        self._changed = threading.Condition()
        self._waiting: list[tuple[weakref.ref[CompiledNetwork], Improve]] = []
        self._urgent = 0
        self._since = -QUIET
        """When the last urgent work ended (monotonic, s)."""
        self._thread: threading.Thread | None = None
        self.busy = False
        """Whether a runner is being made right now: pictures may take longer meanwhile, which says nothing of the
        networks."""

    def improve(self, compiled: CompiledNetwork, make: Improve) -> None:
        """Have ``make`` called later, and its runner take over in ``compiled``, which ``make`` mustn't hold. If it
        raises, what plays goes on."""
        with self._changed:
            self._waiting.append((weakref.ref(compiled), make))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work_for_ever, name="improving", daemon=True)
                self._thread.start()
            self._changed.notify()

    @contextlib.contextmanager
    def urgent(self) -> Iterator[None]:
        """While the ``with`` block runs, and for `QUIET` seconds after it, nothing is begun; what goes on, goes on."""
        with self._changed:
            self._urgent += 1
        try:
            yield
        finally:
            with self._changed:
                self._urgent -= 1
                self._since = self._clock()

    def work_once(self) -> bool:
        """Improve the next network in the caller's thread, if one waits and nothing is urgent. Returns whether one
        was tried."""
        found = self._next()
        if found is None:
            return False
        compiled, make = found
        self.busy = True
        try:
            faster = _made(make)
        finally:
            self.busy = False
        if faster:
            compiled.take_over(*faster)
        return True

    def _next(self) -> tuple[CompiledNetwork, Improve] | None:
        """Takes the network that was used last out of those that wait; None if none does, or may be begun."""
        with self._changed:
            there = [(compiled, make) for seen, make in self._waiting if (compiled := seen()) is not None]
            self._waiting = [(weakref.ref(compiled), make) for compiled, make in there]
            if not there or self._urgent or self._clock() - self._since < QUIET:
                return None
            place = max(range(len(there)), key=lambda number: there[number][0].used)
            del self._waiting[place]
            return there[place]

    def _work_for_ever(self) -> None:
        if sys.platform == "linux":
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), os.getpriority(os.PRIO_PROCESS, 0) + _NICE)
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
            with _quick_switches():
                done = self.work_once()
            if not done:
                with self._changed:
                    self._changed.wait(QUIET)


def _made(make: Improve) -> Faster | None:
    """Returns what ``make`` does; None if it raises, as compilers, drivers and cards do for many reasons."""
    try:
        return make()
    except Exception:  # noqa: BLE001 - what plays goes on; `autotune` keeps the reason for `vj models`
        pass
    give_memory_back()  # of what had been made by then
    return None


@contextlib.contextmanager
def _quick_switches() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCHES)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


BACKGROUND: Final = Background()
"""The one of this process."""
