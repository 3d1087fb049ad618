"""A sequence lock in shared memory: one writer, any number of readers, and neither ever waits.

A version word is odd while the writer is at work. A reader looks at it before and after it copies: where it moved
meanwhile, or is odd, the copy is a mixture and is thrown away. What a writer left half-way is never taken.
(Lameter 2005, "Effective synchronization on Linux/NUMA systems", calls it a seqlock.)
"""

from collections.abc import Callable
from typing import TypeVar

Copy = TypeVar("Copy")
_TRIES = 64
"""Looks of one read: a writer that dies at work leaves the version odd for ever."""


class SequenceLock:
    """``seen`` is the version that was read last; each reader has a lock of its own over the same word."""

    def __init__(self, word: memoryview) -> None:
        """``word`` is one signed 64-bit integer (format ``q``) of the shared memory."""
        self._word = word
        self.seen = -1

    @property
    def changed(self) -> bool:
        """Whether something was written since the last `read`."""
        return bool(self._word[0] != self.seen)

    def begin_write(self) -> None:
        """Readers take nothing until `end_write`."""
        self._word[0] |= 1  # odd already where a writer before us died at work

    def end_write(self) -> None:
        """What was written since `begin_write` may be read."""
        self._word[0] += 1

    def read(self, copy: Callable[[], Copy]) -> Copy | None:
        """What ``copy`` returns of a whole state that is newer than the last one read; None where there is none."""
        for _ in range(_TRIES):
            version = self._word[0]
            if version == self.seen:
                return None
            if version % 2 == 0:
                copied = copy()
                if self._word[0] == version:
                    self.seen = version
                    return copied
        return None
