"""A memory: the newest frame wins, drops are counted, no side waits. One writer, a few numbered readers.

Layout: a header of 64-bit words, then ``readers + 2`` buffers. The writer fills a buffer that is neither the
latest nor held by a reader, so there is always a free one and neither side ever waits or copies twice.

Who may touch what is settled by hazard cells. A reader announces the buffer it takes *before* it checks that
this is still the latest; a writer publishes *before* it looks at the announcements. With a memory fence
between the two steps on both sides, at least one of them sees the other. An uncontended lock is a full fence on x86
and nearly one on ARM; for the rest the frame's number is checked once more when the reader lets go, and a difference
is counted as torn.
"""

import threading
from typing import Any

import numpy as np

from vj.base.frame import Frame, Pixels
from vj.base.shared_memory import SharedMemory

_LATEST, _PUBLISHED, _BEAT, _READERS = 0, 1, 2, 8  # words of the header
_HELD, _TAKEN, _LAST, _READER_WORDS = 0, 1, 2, 3
_SEQ, _HEIGHT, _WIDTH, _CAPTURED, _ORIGIN, _MAKER, _FRAME_WORDS = 0, 1, 2, 3, 4, 5, 8
_NONE = -1
_PAGE = 4096


class LatestFrame:
    """Shared by the writer and the readers; the process that makes it hands ``describe()`` to its children."""

    def __init__(self, memory: SharedMemory, capacity: int, readers: int) -> None:
        self.memory, self.capacity, self.readers = memory, capacity, readers
        self.buffers = readers + 2
        words = memory.buffer[: _header_bytes(readers)]
        self._ints = words.cast("q")
        self._floats = words.cast("d")
        self._fence = threading.Lock()

    @classmethod
    def create(cls, width: int, height: int, readers: int) -> "LatestFrame":
        """A memory for pictures of up to ``width``×``height`` RGB pixels."""
        capacity = -(-width * height * 3 // _PAGE) * _PAGE
        shared = cls(SharedMemory(_header_bytes(readers) + (readers + 2) * capacity), capacity, readers)
        shared._ints[_LATEST] = _NONE
        for reader in range(readers):
            shared._ints[_READERS + reader * _READER_WORDS + _HELD] = _NONE
        return shared

    def describe(self) -> dict[str, Any]:
        """JSON-able; see `attach`."""
        return {"memory": self.memory.describe(), "capacity": self.capacity, "readers": self.readers}

    @classmethod
    def attach(cls, description: dict[str, Any]) -> "LatestFrame":
        """The same memory in a child."""
        return cls(SharedMemory.attach(description["memory"]), description["capacity"], description["readers"])

    @property
    def fds(self) -> tuple[int, ...]:
        """What a child must inherit to `attach`."""
        return self.memory.fds

    @property
    def published(self) -> int:
        """How many frames were ever written."""
        return self._ints[_PUBLISHED]

    @property
    def beats(self) -> int:
        """Moves whenever the writer's process shows that it is alive, with or without a frame."""
        return self._ints[_BEAT]

    def beat(self) -> None:
        """The writer's sign of life."""
        self._ints[_BEAT] += 1

    def dropped(self, reader: int) -> int:
        """How many frames ``reader`` never saw, up to the last one it took."""
        cell = _READERS + reader * _READER_WORDS
        return max(0, self._ints[cell + _LAST] - self._ints[cell + _TAKEN])

    def untaken(self, reader: int) -> int:
        """How many of all the frames so far ``reader`` did not take (yet)."""
        return self.published - self._ints[_READERS + reader * _READER_WORDS + _TAKEN]

    def writer(self) -> "Writer":
        """The writing end; at most one process uses it at a time."""
        return Writer(self)

    def reader(self, index: int) -> "Reader":
        """Reading end number ``index``; a process that comes back after a crash takes its old number."""
        return Reader(self, index)

    def close(self) -> None:
        self.memory.close()

    def _frame_words(self, buffer: int) -> int:
        return _READERS + self.readers * _READER_WORDS + buffer * _FRAME_WORDS

    def _pixels(self, buffer: int, height: int, width: int) -> Pixels:
        start = _header_bytes(self.readers) + buffer * self.capacity
        return np.frombuffer(self.memory.buffer, np.uint8, height * width * 3, start).reshape(height, width, 3)

    def _full_fence(self) -> None:
        self._fence.acquire()
        self._fence.release()


class Writer:
    """``begin`` a picture, fill it, ``publish`` it."""

    def __init__(self, shared: LatestFrame) -> None:
        self._shared = shared
        self._buffer = _NONE
        self._views: list[Pixels | None] = [None] * shared.buffers

    def begin(self, height: int, width: int) -> Pixels:
        """A writable H×W×3 view into a free buffer. Raises ValueError if the picture doesn't fit the memory."""
        shared = self._shared
        if height * width * 3 > shared.capacity:
            raise ValueError(f"a picture of {width}x{height} exceeds the slot's {shared.capacity} bytes")
        self._buffer = buffer = self._free()
        words = shared._frame_words(buffer)
        shared._ints[words + _SEQ], shared._ints[words + _HEIGHT], shared._ints[words + _WIDTH] = 0, height, width
        view = self._views[buffer]
        if view is None or view.shape[0] != height or view.shape[1] != width:
            view = self._views[buffer] = shared._pixels(buffer, height, width)
        return view

    def publish(self, captured: float, origin: int = 0, maker: int = 0) -> int:
        """Make the begun picture the latest; return its number. The rest is as `Frame` tells it."""
        shared, words = self._shared, self._shared._frame_words(self._buffer)
        seq = shared._ints[_PUBLISHED] + 1
        shared._floats[words + _CAPTURED] = captured
        shared._ints[words + _ORIGIN] = origin or seq
        shared._ints[words + _MAKER] = maker
        shared._ints[words + _SEQ] = seq
        shared._full_fence()
        shared._ints[_LATEST] = self._buffer
        shared._ints[_PUBLISHED] = seq
        shared.beat()
        return seq

    def _free(self) -> int:
        shared = self._shared
        shared._full_fence()
        latest = shared._ints[_LATEST]
        for buffer in range(shared.buffers):
            if buffer != latest and not self._held(buffer):
                return buffer
        raise RuntimeError("no free buffer: more readers than the slot was made for")

    def _held(self, buffer: int) -> bool:
        ints = self._shared._ints
        return any(ints[_READERS + reader * _READER_WORDS + _HELD] == buffer for reader in range(self._shared.readers))


class Reader:
    """Takes the newest frame, without copying and without waiting."""

    def __init__(self, shared: LatestFrame, index: int) -> None:
        if not 0 <= index < shared.readers:
            raise ValueError(f"the slot has readers 0..{shared.readers - 1}, not {index}")
        self._shared = shared
        self._cell = _READERS + index * _READER_WORDS
        self._frames: list[Frame | None] = [None] * shared.buffers
        self._seq = 0
        self.torn = 0
        self._release()

    @property
    def waiting(self) -> bool:
        """Whether a frame newer than the last one taken is there."""
        return self._shared._ints[_PUBLISHED] > self._seq

    def newest(self) -> Frame | None:
        """The newest frame not yet taken, else None. The one taken before is given back."""
        if not self.waiting:
            return None
        self._check_torn()
        shared = self._shared
        for _ in range(16):  # the latest can move on while we announce it; the writer can't do so for ever
            buffer = shared._ints[_LATEST]
            shared._ints[self._cell + _HELD] = buffer
            shared._full_fence()
            if shared._ints[_LATEST] == buffer:
                return self._take(buffer)
        self._release()
        return None

    def _take(self, buffer: int) -> Frame | None:
        ints, words = self._shared._ints, self._shared._frame_words(buffer)
        height, width = ints[words + _HEIGHT], ints[words + _WIDTH]
        if min(height, width) < 1 or height * width * 3 > self._shared.capacity:
            self.torn += 1  # no writer of ours says so: a decoder gone wild over its memory
            return None
        frame = self._frames[buffer]
        if frame is None or frame.pixels.shape[0] != height or frame.pixels.shape[1] != width:
            frame = self._frames[buffer] = Frame(self._shared._pixels(buffer, height, width))
        frame.seq = self._seq = ints[words + _SEQ]
        frame.captured = self._shared._floats[words + _CAPTURED]
        frame.origin = ints[words + _ORIGIN]
        frame.maker = ints[words + _MAKER]
        ints[self._cell + _TAKEN] += 1
        ints[self._cell + _LAST] = frame.seq
        return frame

    def _check_torn(self) -> None:
        held = self._shared._ints[self._cell + _HELD]
        if held != _NONE and self._shared._ints[self._shared._frame_words(held) + _SEQ] != self._seq:
            self.torn += 1

    def _release(self) -> None:
        self._shared._ints[self._cell + _HELD] = _NONE


def _header_bytes(readers: int) -> int:
    words = _READERS + readers * _READER_WORDS + (readers + 2) * _FRAME_WORDS
    return -(-words * 8 // _PAGE) * _PAGE
