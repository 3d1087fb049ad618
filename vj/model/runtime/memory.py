"""What running out of memory looks like, in any of the runtimes."""

_SAID = ("out of memory", "outofmemory", "bad_alloc", "can't allocate", "cannot allocate")


def out_of_memory(error: BaseException) -> bool:
    """Whether ``error`` says, in any of the runtimes' ways, that there was no room."""
    words = f"{type(error).__name__} {error}".lower()
    return isinstance(error, MemoryError) or any(said in words for said in _SAID)
