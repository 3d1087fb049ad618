"""Tells errors that mean that memory ran out from all others, in any of the runtimes."""

from vj.base.errors import VjError

_SAID = (
    *("out of memory", "outofmemory", "out_of_memory", "bad_alloc", "bad allocation", "alloc_failed"),
    *("can't allocate", "cannot allocate", "could not allocate", "failed to allocate"),
)
"""Words in the runtimes' errors that mean it, in lower case."""


def out_of_memory(error: BaseException) -> bool:
    """Returns whether ``error`` means that memory ran out, the processor's or a graphics card's.

    MemoryError does, and any error whose class or text contains such words of one of the runtimes; never a VjError,
    which is our own message and may quote them.
    """
    if isinstance(error, VjError):  # our own message, which may quote such words
        return False
    words = f"{type(error).__name__} {error}".lower()
    return isinstance(error, MemoryError) or any(said in words for said in _SAID)
