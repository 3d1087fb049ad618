"""Priorities on a busy processor: the display's loop comes first, then all other programs, then the show's children.

Where the system allows it (root, or limits for ``nice`` and ``rtprio``), the process with the display lowers its nice
value by `ABOVE`, and on Linux its loop gets real-time priority, and so do the threads of a software renderer that draw
for it. They wait for each other many times a frame, and on a busy machine each wait may cost them their turn: they
waited as long as they drew. Linux leaves a twentieth of the time to other programs whatever real-time threads do. Where
it isn't allowed, the loop still comes before its own children, because those raise their nice values. On Windows a nice
value below, at or above zero becomes the priority class above, at or below normal.
"""

import contextlib
import ctypes
import os
import sys
from collections.abc import Iterator
from pathlib import Path

ABOVE = 10
"""How far the process with the display lowers its nice value."""

_DRAWING = "llvmpipe-"
_ABOVE_NORMAL, _NORMAL, _BELOW_NORMAL = 0x8000, 0x20, 0x4000
"""Windows's priority classes."""


def own_nice() -> int:
    """Returns this process's nice value; 0 on Windows."""
    if sys.platform == "win32":
        return 0
    return os.getpriority(os.PRIO_PROCESS, 0)


USUAL = own_nice()
"""The nice value that this process was started with."""


@contextlib.contextmanager
def outranking() -> Iterator[None]:
    """Put this thread, and those that it starts in the ``with`` block, before other processes, if that is allowed.

    Their nice value is then `USUAL` less `ABOVE`; this thread gets `USUAL` again at the block's end. On Windows this
    holds for the whole process. Where the system doesn't allow it, nothing changes, and nothing is raised.
    """
    _set(USUAL - ABOVE)
    try:
        yield
    finally:
        _set(USUAL)


@contextlib.contextmanager
def realtime() -> Iterator[bool]:
    """Give this thread, and the process's `drawing_threads`, real-time priority in the ``with`` block: they then wake
    within 0.2 ms on a busy machine.

    The block gets whether the system has given it; only Linux does, and only to users who may. What the thread starts
    in the block, threads and processes, doesn't inherit it. Afterwards they have normal priority again.
    """
    if sys.platform != "linux":
        yield False
        return
    try:
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    except OSError:
        yield False
        return
    drawing = drawing_threads()
    try:
        for thread in drawing:
            with contextlib.suppress(OSError):
                os.sched_setscheduler(thread, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))
        yield True
    finally:
        for thread in (0, *drawing):
            with contextlib.suppress(OSError):  # a thread that has ended
                os.sched_setscheduler(thread, os.SCHED_OTHER, os.sched_param(0))


def drawing_threads() -> list[int]:
    """Returns the numbers of this process's threads in which Mesa's software renderer draws, on Linux; they are known
    by their names."""
    found = []
    for path in Path("/proc/self/task").glob("*/comm"):
        with contextlib.suppress(OSError):
            if path.read_text(encoding="ascii", errors="replace").startswith(_DRAWING):
                found.append(int(path.parent.name))
    return found


def step_back(nice: int) -> None:
    """Set this child's nice value to ``nice`` itself, at most 19, whatever its parent's is; a child calls this once.

    Where the system doesn't allow it, nothing changes. The group of its session steps back, too: see `step_group_back`.
    """
    _set(min(19, nice))
    step_group_back(nice)


def step_group_back(nice: int) -> bool:
    """Let the group of this child's session step back as a process with the nice value ``nice`` does. Returns false if
    that has to be tried again: Linux lets most users change it only ten times a second.

    Where Linux groups processes by session, nice values count only inside a group, and every group gets as much time as
    any other; so the group has a nice value of its own, which may be lowered to 0 again. Elsewhere nothing changes. The
    display's `ABOVE` is lost there, as its group is that of a terminal, and there are many children: so the groups of
    those that step back do so twice as far. What learns a look (10) stays as far behind what plays it (5) as can be: a
    step back by a fixed amount met the end of the range, and the two had nearly the same share. The group of another
    session, such as that terminal's, is left alone: everything that the user starts there later would be slow.
    """
    if sys.platform == "linux" and os.getsid(0) == os.getpid():
        group = min(19, 2 * nice) if nice > 0 else nice
        try:
            Path("/proc/self/autogroup").write_text(str(group), encoding="ascii")
        except BlockingIOError:
            return False
        except OSError:  # the kernel has no groups, or it isn't allowed
            pass
    return True


def _set(nice: int) -> None:
    """Set this thread's nice value, or this process's class on Windows. Does nothing where that isn't allowed."""
    if sys.platform == "win32":
        kernel = ctypes.WinDLL("kernel32")
        kernel.GetCurrentProcess.restype = ctypes.c_void_p
        kernel.SetPriorityClass.argtypes = (ctypes.c_void_p, ctypes.c_ulong)
        wanted = _ABOVE_NORMAL if nice < 0 else _BELOW_NORMAL if nice > 0 else _NORMAL
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), wanted)
    else:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, nice)
