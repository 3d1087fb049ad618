"""Who comes first on a busy processor: the display's loop, then everybody else, then its children.

Where the system allows it (root, or limits for ``nice`` and ``rtprio``), the process with the display is nicer to
itself than to others by ten, and on Linux its loop has real-time priority. The loop sleeps most of every frame, so
nothing starves by that; what it draws with (a software renderer's threads) is not real-time, or it could. Where it
isn't allowed, the loop still comes before its own children, which step back. On Windows a nice value below, at or above
zero becomes the priority class above, at or below normal.
"""

import contextlib
import ctypes
import os
import sys
from collections.abc import Iterator
from pathlib import Path

ABOVE = 10

_ABOVE_NORMAL, _NORMAL, _BELOW_NORMAL = 0x8000, 0x20, 0x4000
"""Windows's priority classes."""


def _nice() -> int:
    if sys.platform == "win32":
        return 0
    return os.getpriority(os.PRIO_PROCESS, 0)


USUAL = _nice()
"""The nice value that this process was started with."""


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
    if sys.platform != "linux":
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
    any other: so the group steps back as well. In a session that isn't its own, such as a terminal's, the group
    stays: everything that the user starts there later would be slow.
    """
    _set(min(19, nice))
    if sys.platform == "linux" and os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(min(19, nice)), encoding="ascii")


def _set(nice: int) -> None:
    """Set this thread's nice value, or this process's class on Windows. Where that isn't allowed, nothing happens."""
    if sys.platform == "win32":
        kernel = ctypes.WinDLL("kernel32")
        kernel.GetCurrentProcess.restype = ctypes.c_void_p
        kernel.SetPriorityClass.argtypes = (ctypes.c_void_p, ctypes.c_ulong)
        wanted = _ABOVE_NORMAL if nice < 0 else _BELOW_NORMAL if nice > 0 else _NORMAL
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), wanted)
    else:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, nice)
