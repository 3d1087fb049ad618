"""A queue of pictures in shared memory for a reader that wants every frame, in order: the recorder.

It has one writer and one reader, in two processes. If it is full, the new picture is dropped and counted; the writer
never waits.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from vj.base.shared_memory import SharedMemory

_HEAD, _TAIL, _DROPPED = 0, 1, 2
"""Words of the header: how many pictures were written, how many the reader has taken, how many were dropped."""
_PAGE = 4096


class FrameQueue:
    """Up to ``depth`` pictures of H×W×``channels`` bytes, each with the time (s) when it was shown."""

    def __init__(self, height: int, width: int, channels: int, depth: int, memory: SharedMemory | None = None) -> None:
        self._shape = (height, width, channels)
        self._depth = depth
        self._stride = -(-(height * width * channels + 8) // _PAGE) * _PAGE
        self.memory = memory or SharedMemory(_PAGE + depth * self._stride)
        self._words = self.memory.buffer[:_PAGE].cast("q")
        self._times = [self._view(i, 0, 8).view(np.float64) for i in range(depth)]
        self._pictures = [self._view(i, 8, height * width * channels).reshape(self._shape) for i in range(depth)]

    def describe(self) -> dict[str, Any]:
        """Returns what a child needs for `attach`, JSON-able."""
        return {"shape": self._shape, "depth": self._depth, "memory": self.memory.describe()}

    @classmethod
    def attach(cls, description: dict[str, Any]) -> "FrameQueue":
        """Returns the queue that `describe` described, in a child that inherited ``fds``."""
        height, width, channels = description["shape"]
        return cls(height, width, channels, description["depth"], SharedMemory.attach(description["memory"]))

    @property
    def fds(self) -> tuple[int, ...]:
        """The descriptors that a child must inherit to `attach`."""
        return self.memory.fds

    @property
    def dropped(self) -> int:
        """How many pictures were dropped because the queue was full."""
        return self._words[_DROPPED]

    @property
    def written(self) -> int:
        """How many pictures were put into the queue."""
        return self._words[_HEAD]

    @property
    def taken(self) -> int:
        """How many pictures the reader is done with."""
        return self._words[_TAIL]

    def offer(self) -> npt.NDArray[np.uint8] | None:
        """Returns a buffer (H×W×channels) to fill before `push`.

        Returns None, and counts a drop, if the queue is full.
        """
        if self._words[_HEAD] - self._words[_TAIL] >= self._depth:
            self._words[_DROPPED] += 1
            return None
        return self._pictures[self._words[_HEAD] % self._depth]

    def push(self, shown: float) -> None:
        """Hand over the picture in the buffer of `offer`; it was shown at ``shown`` (monotonic seconds)."""
        self._times[self._words[_HEAD] % self._depth][0] = shown
        self._words[_HEAD] += 1

    def peek(self) -> tuple[npt.NDArray[np.uint8], float] | None:
        """Returns the oldest picture and the time when it was shown, or None. It stays in the queue until `pop`."""
        if self._words[_TAIL] >= self._words[_HEAD]:
            return None
        place = self._words[_TAIL] % self._depth
        return self._pictures[place], float(self._times[place][0])

    def pop(self) -> None:
        """Remove the oldest picture, whose buffer may then be filled again."""
        self._words[_TAIL] += 1

    def close(self) -> None:
        """Close the memory's descriptor."""
        self.memory.close()

    def _view(self, place: int, offset: int, size: int) -> npt.NDArray[np.uint8]:
        return np.frombuffer(self.memory.buffer, np.uint8, size, _PAGE + place * self._stride + offset)
