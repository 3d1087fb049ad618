"""A JSON object that is passed to a child in shared memory, of which the newest counts: for values whose names change.

One process writes and any number read. A sequence lock keeps readers from taking a mixture; the writer never waits.
"""

import json
from collections.abc import Mapping
from typing import Any

from vj.base.shared_memory import SharedMemory
from vj.child.sequence_lock import SequenceLock

_SIZE = 1 << 21
"""Bytes of the memory. What is never written takes none."""
_HEADER = 16
"""Bytes before the text: the lock's version, then the text's length."""


class SharedJson:
    """The newest object in shared memory, for both sides: one calls `write`, all others `read`."""

    def __init__(self, memory: SharedMemory | None = None) -> None:
        """Make new memory that holds an empty object, or use ``memory`` that another process has made."""
        self.memory = memory or SharedMemory(_SIZE)
        self._words = self.memory.buffer[:_HEADER].cast("q")
        self._text = self.memory.buffer[_HEADER:]
        self._lock = SequenceLock(self._words[:1])
        self._current: dict[str, Any] = {}
        if memory is None:
            self.write({})

    def describe(self) -> dict[str, Any]:
        """Returns the description of the memory, JSON-able. The child calls ``SharedJson(SharedMemory.attach(...))``
        with it."""
        return self.memory.describe()

    @property
    def fds(self) -> tuple[int, ...]:
        """The descriptors that a child must inherit; empty on Windows."""
        return self.memory.fds

    def write(self, document: Mapping[str, Any]) -> bool:
        """Replace the object by ``document``, which must be JSON-able; numbers of any kind are. Only one process may
        write. Never waits.

        Returns whether there was room: if not, the object before stays.
        """
        text = json.dumps(document, default=float).encode()
        if len(text) > len(self._text):
            return False
        self._lock.begin_write()
        self._text[: len(text)] = text
        self._words[1] = len(text)
        self._lock.end_write()
        return True

    def read(self) -> dict[str, Any]:
        """Returns the newest object. It is the same one as before if nothing was written since; don't change it.

        Before the first one that is whole, it is empty. Never waits.
        """
        text = self._lock.read(self._copied)
        if text:
            self._current = json.loads(text)
        return self._current

    def close(self) -> None:
        """Close the memory's descriptor; the object can still be read. Harmless a second time."""
        self.memory.close()

    def _copied(self) -> bytes:
        return bytes(self._text[: max(0, self._words[1])])
