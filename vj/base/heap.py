"""The C library's heap, in a process that starts threads for as long as it runs."""

import ctypes
import sys

_ARENA_MAX = -8
"""``M_ARENA_MAX`` of glibc's malloc.h."""


def limit_arenas(most: int = 2) -> bool:
    """Have all threads of this process share ``most`` arenas of the heap, and return whether that was possible.

    glibc gives every thread an arena of its own, up to eight for each core, and each arena keeps what was freed in it:
    so a process grows whenever more of its threads are at work than ever before, in a show for hours. Call it before
    threads are started. Other C libraries have nothing alike, and are left as they are.
    """
    if sys.platform != "linux":
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and bool(mallopt(_ARENA_MAX, most))
