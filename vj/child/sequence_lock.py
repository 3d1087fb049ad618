"""A sequence lock in shared memory: one writer, any number of readers, and neither ever waits.

A version word is odd while the writer writes. A reader looks at it before and after it copies: if it has changed
meanwhile, or is odd, the copy may be a mixture and is thrown away. A state that was left half-written is never
returned. (Lameter 2005, "Effective synchronization on Linux/NUMA systems", calls it a seqlock.)
"""

from collections.abc import Callable
from typing import TypeVar

Copy = TypeVar("Copy")
_TRIES = 64
"""The most tries of one read: a writer that dies while it writes leaves the version odd for ever."""


class SequenceLock:
    """One side's lock: the writer and each reader make one over the same word. It protects whatever lies beside it.

    ``seen`` is the version that this object's `read` took last; -1 before the first.
    """

    def __init__(self, word: memoryview) -> None:
        """``word`` is one signed 64-bit integer (format ``q``) of the shared memory."""
        self._word = word
        self.seen = -1

    @property
    def changed(self) -> bool:
        """Whether something was written, or is being written, since the last `read` that took a state.

        True before the first one, even if nothing was ever written.
        """
        return bool(self._word[0] != self.seen)

    def begin_write(self) -> None:
        """Begin to write: readers take nothing until `end_write`. The writer then changes the state itself."""
        self._word[0] |= 1  # odd already if an earlier writer died while it wrote

    def end_write(self) -> None:
        """End what `begin_write` began: readers may take what was written."""
        self._word[0] += 1

    def read(self, copy: Callable[[], Copy]) -> Copy | None:
        """Returns what ``copy`` returns of a whole state newer than the last one read, or None where there is none.

        ``copy`` copies the state out of the shared memory. It may be called several times, and see a mixture, whose
        copy is thrown away. None is also returned if no whole state was found in 64 tries, as while the writer writes;
        then ask again later.
        """
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
