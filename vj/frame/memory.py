"""Anonymous shared memory that a child inherits and that can't be left behind.

On POSIX systems it is an unlinked file (a memfd on Linux): when the last process that maps it is gone, by
whatever signal, so is the memory. It isn't in /dev/shm, so that file system's size doesn't bound it.
"""

import mmap
import os
import secrets
import sys
import tempfile
from typing import Any


class SharedMemory:
    """``size`` bytes, zeroed. ``describe`` is what `attach` needs in the child; ``fd`` is to be inherited."""

    def __init__(self, size: int, *, fd: int | None = None, tag: str | None = None) -> None:
        self.size, self.fd, self._tag = size, fd, tag
        if fd is None and sys.platform == "win32":
            self._tag = tag or f"vj-{secrets.token_hex(8)}"
            self._map = mmap.mmap(-1, size, tagname=self._tag)
        else:
            self.fd = _anonymous_file(size) if fd is None else fd
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


def _anonymous_file(size: int) -> int:
    if hasattr(os, "memfd_create"):
        fd = os.memfd_create("vj")
    else:
        with tempfile.TemporaryFile() as file:
            fd = os.dup(file.fileno())
    os.ftruncate(fd, size)
    return fd
