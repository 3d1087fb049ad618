"""Who comes first on a busy processor: the display's loop, then everybody else, then its children.

Where the system allows it (root, or limits for ``nice`` and ``rtprio``), the process with the display is nicer to
itself than to others by ten, and its loop has real-time priority. The loop sleeps most of every frame, so nobody
starves by that; what it draws with (a software renderer's threads) is not real-time, or it could. Where it isn't
allowed, the loop still comes before its own children, which step back.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

ABOVE = 10


def _nice() -> int:
    return os.getpriority(os.PRIO_PROCESS, 0) if hasattr(os, "getpriority") else 0


USUAL = _nice()
"""What we were started with."""


@contextlib.contextmanager
def outranking() -> Iterator[None]:
    """This thread, and those that it starts inside, before other processes."""
    _set(USUAL - ABOVE)
    try:
        yield
    finally:
        _set(USUAL)


@contextlib.contextmanager
def realtime() -> Iterator[bool]:
    """This thread alone before everything: it wakes within 0.2 ms on a busy machine. Gives whether it is allowed."""
    if not hasattr(os, "sched_setscheduler"):
        yield False
        return
    try:
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    except OSError:
        yield False
        return
    try:
        yield True
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def step_back(nice: int) -> None:
    """For a child in a session of its own: behind what is usual here, however its parent stands.

    Where Linux groups processes by session, being nice counts inside the group alone, and every group gets as much as
    any other: so the group steps back as well.
    """
    _set(min(19, nice))
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(min(19, nice)), encoding="ascii")


def _set(nice: int) -> None:
    if hasattr(os, "setpriority"):
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, nice)
