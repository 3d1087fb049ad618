"""What running out of memory looks like, in any of the runtimes."""

from vj.base.errors import VjError

_SAID = (
    *("out of memory", "outofmemory", "out_of_memory", "bad_alloc", "bad allocation", "alloc_failed"),
    *("can't allocate", "cannot allocate", "could not allocate", "failed to allocate"),
)


def out_of_memory(error: BaseException) -> bool:
    """Whether ``error`` says, in any of the runtimes' ways, that there was no room."""
    if isinstance(error, VjError):  # our own words to the performer
        return False
    words = f"{type(error).__name__} {error}".lower()
    return isinstance(error, MemoryError) or any(said in words for said in _SAID)
