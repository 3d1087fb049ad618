"""Parameter values on their way to a child: a few numbers in shared memory, newest wins.

One writer, any number of readers. A version word, odd while the writer is at work, tells a reader that it saw
a mixture and must look again (a sequence lock); the writer never waits.
"""

from collections.abc import Mapping
from typing import Any

from vj.frame.memory import SharedMemory
from vj.param import Param, Value


class Values:
    """The values of ``params`` (triggers left out), by name."""

    def __init__(self, params: Mapping[str, Param], memory: SharedMemory | None = None) -> None:
        self._params = {name: param for name, param in params.items() if param.kind != "trigger"}
        self.memory = memory or SharedMemory(8 * (1 + len(self._params)))
        self._version = self.memory.buffer.cast("q")
        self._numbers = self.memory.buffer.cast("d")
        self._seen = -1
        self._current: dict[str, Value] = {name: param.default for name, param in self._params.items()}
        if memory is None:
            self.write(self._current)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the values, in their order."""
        return tuple(self._params)

    def describe(self) -> dict[str, Any]:
        """JSON-able; the child calls ``Values(params, SharedMemory.attach(...))``."""
        return self.memory.describe()

    @property
    def fds(self) -> tuple[int, ...]:
        """What a child must inherit to read them."""
        return self.memory.fds

    def write(self, values: Mapping[str, Value]) -> None:
        """Publish ``values``; names not given keep theirs."""
        self._version[0] += 1
        for place, (name, param) in enumerate(self._params.items(), start=1):
            if name in values:
                self._numbers[place] = param.encode(values[name])
        self._version[0] += 1

    @property
    def changed(self) -> bool:
        """Whether there are values that `read` has not given yet."""
        return self._version[0] != self._seen

    def read(self) -> Mapping[str, Value]:
        """The newest whole set of values; the same object as before when nothing changed."""
        version = self._version[0]
        if version == self._seen:
            return self._current
        for _ in range(64):
            if version % 2 == 0:
                numbers: list[float] = list(self._numbers[1:])
                if self._version[0] == version:
                    return self._decode(version, numbers)
            version = self._version[0]
        return self._current  # the writer died half-way: its last whole set stays

    def _decode(self, version: int, numbers: list[float]) -> Mapping[str, Value]:
        decoded = zip(self._params.items(), numbers, strict=False)
        self._current = {name: param.decode(number) for (name, param), number in decoded}
        self._seen = version
        return self._current

    def close(self) -> None:
        self.memory.close()
