"""Tells errors that mean that memory ran out from all others, in any of the runtimes."""

import gc
import sys

from vj.base.errors import VjError

_SAID = (
    *("out of memory", "outofmemory", "out_of_memory", "bad_alloc", "bad allocation", "alloc_failed"),
    *("can't allocate", "cannot allocate", "could not allocate", "failed to allocate"),
    "unable to find an engine",  # cuDNN's, when there is no room for what any of its kernels needs beside the picture
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


def give_memory_back() -> bool:
    """Gives the memory that torch keeps for later on graphics cards back to the driver, of what nothing holds any more.
    Returns whether there is such a card in use; else it does nothing."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return False
    gc.collect()
    torch.cuda.empty_cache()
    return True
