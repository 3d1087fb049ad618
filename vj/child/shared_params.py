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
    """The values of some parameters by name; triggers have none. One side calls `write`, all others `read`."""

    def __init__(self, params: Mapping[str, Param], memory: SharedMemory | None = None) -> None:
        """Make new memory with the default values, or use ``memory`` that another process has made.

        ``params`` are by name, such as ``rate``; triggers among them are left out. Both processes must give the same
        ones in the same order.
        """
        self._params = {name: param for name, param in params.items() if param.kind != "trigger" and not param.is_text}
        self._texts = {name: param for name, param in params.items() if param.is_text}
        self._places = {name: place for place, name in enumerate(self._params, start=1)}
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
        """The names of the values: numbers, bools and choices in the order of ``params``, then texts and pictures."""
        return tuple(self._current)

    def describe(self) -> dict[str, Any]:
        """Returns the description of the memory, JSON-able: ``size``, ``fd`` and ``tag``, as `SharedMemory.describe`.

        The parameters and their values are not in it.

        The child calls ``SharedParams(params, SharedMemory.attach(description))`` with it.
        """
        return self.memory.describe()

    @property
    def fds(self) -> tuple[int, ...]:
        """The descriptors that a child must inherit to read the values; empty on Windows."""
        return self.memory.fds

    def write(self, values: Mapping[str, Value]) -> None:
        """Publish ``values``, by name, all at once; names that aren't given keep theirs, unknown ones are ignored.

        They must be checked already. Only one process may write. Never waits.
        """
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
        """Whether something was written since the last `read`, be it the same values; true before the first one."""
        return self._lock.changed

    def number(self, name: str) -> float:
        """Returns the number that stands for the value ``name`` now, as `Param.encode` makes it, without counting as a
        `read`: for a single value that is needed before the others. Raises KeyError for a text or an unknown name.
        """
        return self._numbers[self._places[name]]

    def read(self) -> Mapping[str, Value]:
        """Returns the newest whole set of values, by name, each of its parameter's kind (a choice as its name).

        All of `names` are in it. It is the same object as before if nothing was written since, or no whole set could be
        read just now; else a new one. Before the first whole set it holds the defaults. Never waits; don't change it.
        """
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
        """Close the memory's descriptor; values can still be read. Harmless a second time."""
        self.memory.close()
