"""Parameter values that are passed to a child: numbers and texts in shared memory, of which the newest count.

One process writes and any number read. A sequence lock keeps readers from taking a mixture; the writer never waits.
"""

from collections.abc import Mapping
from typing import Any

from vj.base.shared_memory import SharedMemory
from vj.child.sequence_lock import SequenceLock
from vj.params.param import LONGEST_TEXT, Param, Value

_TEXT = 1024
"""Bytes for a text: 8 for its length, then UTF-8."""
assert LONGEST_TEXT + 8 <= _TEXT


class SharedParams:
    """The values of ``params`` by name; triggers have none."""

    def __init__(self, params: Mapping[str, Param], memory: SharedMemory | None = None) -> None:
        """Make new memory with the default values, or use ``memory`` that another process has made."""
        self._params = {name: param for name, param in params.items() if param.kind != "trigger" and not param.is_text}
        self._texts = {name: param for name, param in params.items() if param.is_text}
        start = 8 * (1 + len(self._params))
        self.memory = memory or SharedMemory(start + _TEXT * len(self._texts))
        self._lock = SequenceLock(self.memory.buffer[:8].cast("q"))
        self._numbers = self.memory.buffer[:start].cast("d")
        self._letters = self.memory.buffer[start:]
        known = {**self._params, **self._texts}
        self._current: dict[str, Value] = {name: param.default for name, param in known.items()}
        if memory is None:
            self.write(self._current)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the values, in their order."""
        return tuple(self._current)

    def describe(self) -> dict[str, Any]:
        """Returns what a child needs, JSON-able.

        The child calls ``SharedParams(params, SharedMemory.attach(...))`` with it.
        """
        return self.memory.describe()

    @property
    def fds(self) -> tuple[int, ...]:
        """The descriptors that a child must inherit to read the values."""
        return self.memory.fds

    def write(self, values: Mapping[str, Value]) -> None:
        """Publish ``values``, by name; names that aren't given keep theirs."""
        self._lock.begin_write()
        for place, (name, param) in enumerate(self._params.items(), start=1):
            if name in values:
                self._numbers[place] = param.encode(values[name])
        for place, name in enumerate(self._texts):
            if name in values:
                self._write_text(place, str(values[name]).encode())
        self._lock.end_write()

    @property
    def changed(self) -> bool:
        """Whether there are values that `read` has not returned yet."""
        return self._lock.changed

    def read(self) -> Mapping[str, Value]:
        """Returns the newest whole set of values; the same object as before if nothing has changed."""
        if copied := self._lock.read(self._copied):
            self._current = self._decoded(*copied)
        return self._current

    def _copied(self) -> tuple[list[float], list[bytes]]:
        return list(self._numbers[1:]), [self._read_text(place) for place in range(len(self._texts))]

    def _write_text(self, place: int, letters: bytes) -> None:
        start = place * _TEXT
        self._letters[start : start + 8] = len(letters).to_bytes(8, "little")
        self._letters[start + 8 : start + 8 + len(letters)] = letters

    def _read_text(self, place: int) -> bytes:
        start = place * _TEXT
        length = int.from_bytes(self._letters[start : start + 8], "little")
        return bytes(self._letters[start + 8 : start + 8 + min(length, LONGEST_TEXT)])

    def _decoded(self, numbers: list[float], texts: list[bytes]) -> dict[str, Value]:
        decoded = zip(self._params.items(), numbers, strict=False)
        values: dict[str, Value] = {name: param.decode(number) for (name, param), number in decoded}
        values.update(zip(self._texts, (letters.decode(errors="replace") for letters in texts), strict=True))
        return values

    def close(self) -> None:
        """Close the memory's descriptor."""
        self.memory.close()
