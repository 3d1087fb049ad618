"""Anonymous shared memory that a child inherits and that can't be left behind.

On POSIX systems it is a file without a name: when the last process that maps it is gone, by whatever signal, so is
the memory. On Linux that is a memfd: it isn't in /dev/shm, so that file system's size doesn't bound it. Elsewhere
it is POSIX shared memory, whose name is removed at once. On Windows it is found by a random name, and is gone with the
last process that has it open.
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
    """``size`` bytes, zeroed. ``describe`` is what `attach` needs in the child; ``fds`` are to be inherited."""

    def __init__(self, size: int, *, fd: int | None = None, tag: str | None = None) -> None:
        """New memory, unless ``fd`` or, on Windows, ``tag`` is that of memory which is there: see `attach`.

        Raises OSError when the system has none to give.
        """
        self.size, self.fd, self._tag = size, fd, tag
        if sys.platform == "win32":
            self._tag = tag or f"vj-{secrets.token_hex(8)}"
            self._map = mmap.mmap(-1, size, tagname=self._tag)
        else:
            self.fd = _file_without_name(size) if fd is None else fd
            self._map = mmap.mmap(self.fd, size)
        self.buffer = memoryview(self._map)

    @property
    def fds(self) -> tuple[int, ...]:
        """The descriptors that a child must inherit to `attach`."""
        return () if self.fd is None else (self.fd,)

    def describe(self) -> dict[str, Any]:
        """JSON-able; see `attach`."""
        return {"size": self.size, "fd": self.fd, "tag": self._tag}

    @classmethod
    def attach(cls, description: dict[str, Any]) -> "SharedMemory":
        """The same memory, in a child that inherited the descriptor."""
        return cls(description["size"], fd=description["fd"], tag=description["tag"])

    def close(self) -> None:
        """Give the descriptor back. The mapping itself goes with its last view."""
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None


def _file_without_name(size: int) -> int:
    """A descriptor of ``size`` zeroed bytes of memory that only its inheritors can find."""
    fd = _opened()
    try:
        os.ftruncate(fd, size)
    except OSError:
        os.close(fd)
        raise
    return fd


def _opened() -> int:
    memfd_create = getattr(os, "memfd_create", None)
    if memfd_create:
        return int(memfd_create("vj"))
    with suppress(ImportError, OSError):
        return _posix_shared_memory()
    with tempfile.TemporaryFile() as file:  # the last resort: on a disk, which some systems keep writing it to
        return os.dup(file.fileno())


def _posix_shared_memory() -> int:
    """Opened as `multiprocessing.shared_memory` does it, but without its name from the first moment on."""
    library = import_module("_posixshmem")
    name = f"/vj-{secrets.token_hex(8)}"  # macOS takes no more than 31 letters
    fd: int = library.shm_open(name, os.O_CREAT | os.O_EXCL | os.O_RDWR, mode=0o600)
    library.shm_unlink(name)
    return fd
