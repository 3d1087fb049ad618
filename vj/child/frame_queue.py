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
    """Pictures of H×W×``channels`` uint8, top row first, each with the time when it was shown (monotonic seconds).

    The writer calls `offer` and `push`, the reader `peek` and `pop`; all of them return at once.
    """

    def __init__(self, height: int, width: int, channels: int, depth: int, memory: SharedMemory | None = None) -> None:
        """Make room for ``depth`` pictures in new memory or, for `attach`, in ``memory`` that is such a queue already.

        ``channels`` is 3 for RGB or 4 for RGBA.
        """
        self._shape = (height, width, channels)
        self._depth = depth
        self._stride = -(-(height * width * channels + 8) // _PAGE) * _PAGE
        self.memory = memory or SharedMemory(_PAGE + depth * self._stride)
        self._words = self.memory.buffer[:_PAGE].cast("q")
        self._times = [self._view(i, 0, 8).view(np.float64) for i in range(depth)]
        self._pictures = [self._view(i, 8, height * width * channels).reshape(self._shape) for i in range(depth)]

    def describe(self) -> dict[str, Any]:
        """Returns a description for `attach` in a child, JSON-able, with three keys.

        ``shape`` is (height, width, channels), ``depth`` how many pictures have room, and ``memory`` the dict of
        `SharedMemory.describe`.
        """
        return {"shape": self._shape, "depth": self._depth, "memory": self.memory.describe()}

    @classmethod
    def attach(cls, description: dict[str, Any]) -> "FrameQueue":
        """Returns the same queue in a child that inherited ``fds``. ``description`` is what `describe` returned."""
        height, width, channels = description["shape"]
        return cls(height, width, channels, description["depth"], SharedMemory.attach(description["memory"]))

    @property
    def fds(self) -> tuple[int, ...]:
        """The descriptors that a child must inherit to `attach`; empty on Windows."""
        return self.memory.fds

    @property
    def dropped(self) -> int:
        """How many pictures were dropped because the queue was full."""
        return self._words[_DROPPED]

    @property
    def written(self) -> int:
        """How many pictures were ever put into the queue; dropped ones aren't among them."""
        return self._words[_HEAD]

    @property
    def taken(self) -> int:
        """How many pictures the reader has ever removed by `pop`."""
        return self._words[_TAIL]

    def offer(self) -> npt.NDArray[np.uint8] | None:
        """Returns a writable view (H×W×channels uint8) of shared memory, to be filled before `push`.

        Returns None, and counts a drop, if the queue is full. Until `push`, further calls return the same view.
        """
        if self._words[_HEAD] - self._words[_TAIL] >= self._depth:
            self._words[_DROPPED] += 1
            return None
        return self._pictures[self._words[_HEAD] % self._depth]

    def push(self, shown: float) -> None:
        """Hand the picture in the buffer of `offer` to the reader; it was shown at ``shown`` (monotonic seconds).

        Only after an `offer` that gave a buffer, and only once for it.
        """
        self._times[self._words[_HEAD] % self._depth][0] = shown
        self._words[_HEAD] += 1

    def peek(self) -> tuple[npt.NDArray[np.uint8], float] | None:
        """Returns the oldest picture and the time when it was shown (monotonic seconds), or None if there is none.

        The picture (H×W×channels uint8) is a view of the shared memory, valid until `pop`; it stays in the queue until
        then.
        """
        if self._words[_TAIL] >= self._words[_HEAD]:
            return None
        place = self._words[_TAIL] % self._depth
        return self._pictures[place], float(self._times[place][0])

    def pop(self) -> None:
        """Remove the oldest picture, whose buffer may then be filled again. Only after a `peek` that gave a picture."""
        self._words[_TAIL] += 1

    def close(self) -> None:
        """Close the memory's descriptor; counts and pictures can still be read. Harmless a second time."""
        self.memory.close()

    def _view(self, place: int, offset: int, size: int) -> npt.NDArray[np.uint8]:
        return np.frombuffer(self.memory.buffer, np.uint8, size, _PAGE + place * self._stride + offset)
