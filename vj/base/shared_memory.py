"""Shared memory that child processes inherit, and that the system frees with the last process that uses it.

On POSIX systems it is a file without a name, so it is gone when the last process that maps it ends, for whatever
reason. On Linux it is a memfd: it isn't in /dev/shm, so that file system's size doesn't limit it. Elsewhere it is POSIX
shared memory, whose name is removed at once. On Windows it has a random name, and is gone with the last process that
has it open.
"""

import mmap
import os
import secrets
import sys
import tempfile
from contextlib import suppress
from importlib import import_module
from typing import Any


class SharedMemory:
    """``size`` bytes of memory in ``buffer``, a writable view of bytes. A child that inherits ``fds`` can `attach` it.

    New memory is all zeros. Nothing in here keeps two processes from writing at once. ``fd`` is the descriptor; None on
    Windows and after `close`.
    """

    def __init__(self, size: int, *, fd: int | None = None, tag: str | None = None) -> None:
        """Make new memory or, if ``fd`` or (on Windows) ``tag`` is given, map memory that exists: see `attach`.

        ``fd`` is a descriptor of that memory, which this object closes in `close`; ``tag`` is its name on Windows.
        Raises OSError when the system has no memory to give.
        """
        self.size = size
        self.fd = fd
        self._tag = tag
        if sys.platform == "win32":
            self._tag = tag or f"vj-{secrets.token_hex(8)}"
            self._map = mmap.mmap(-1, size, tagname=self._tag)
        else:
            self.fd = _file_without_name(size) if fd is None else fd
            self._map = mmap.mmap(self.fd, size)
        self.buffer = memoryview(self._map)

    @property
    def fds(self) -> tuple[int, ...]:
        """The descriptor that a child must inherit to `attach`, in a tuple; empty on Windows, and after `close`."""
        return () if self.fd is None else (self.fd,)

    def describe(self) -> dict[str, Any]:
        """Returns what a child needs for `attach`, JSON-able: ``size`` (bytes), ``fd`` (a number) and ``tag`` (a text).

        ``fd`` is None on Windows, ``tag`` elsewhere.
        """
        return {"size": self.size, "fd": self.fd, "tag": self._tag}

    @classmethod
    def attach(cls, description: dict[str, Any]) -> "SharedMemory":
        """Returns the same memory, mapped in a child that inherited the descriptor under its number.

        ``description`` is what `describe` returned in the process that made the memory. Raises OSError when it can't be
        mapped.
        """
        return cls(description["size"], fd=description["fd"], tag=description["tag"])

    def close(self) -> None:
        """Close the descriptor, so that no more children can inherit it. Harmless a second time.

        ``buffer`` and views of it stay usable; the mapping is freed with the last of them.
        """
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None


def _file_without_name(size: int) -> int:
    """Returns a descriptor of ``size`` zeroed bytes of memory that only processes which inherit it can reach."""
    fd = _opened()
    try:
        os.ftruncate(fd, size)
    except OSError:
        os.close(fd)
        raise
    return fd


def _opened() -> int:
    """Returns a descriptor of an empty file in memory, by the best means that this system has."""
    memfd_create = getattr(os, "memfd_create", None)
    if memfd_create:
        return int(memfd_create("vj"))
    with suppress(ImportError, OSError):
        return _posix_shared_memory()
    with tempfile.TemporaryFile() as file:  # last resort: a file on a disk, where some systems keep writing it
        return os.dup(file.fileno())


def _posix_shared_memory() -> int:
    """Returns a descriptor of POSIX shared memory.

    It is made as `multiprocessing.shared_memory` does it, but its name is removed at once.
    """
    library = import_module("_posixshmem")
    name = f"/vj-{secrets.token_hex(8)}"  # macOS takes no more than 31 letters
    fd: int = library.shm_open(name, os.O_CREAT | os.O_EXCL | os.O_RDWR, mode=0o600)
    library.shm_unlink(name)
    return fd
