"""Shared memory in which one writer passes its newest frame to a few numbered readers, all in different processes.

No side ever waits, or copies a picture a second time. Frames that a reader is too late for are dropped, and counted.

Layout: a header of 64-bit words, then ``readers + 2`` buffers, but at most `MOST_BUFFERS`. Each has room for a
picture's colours, three bytes a pixel, and behind them for its alpha, one byte a pixel, if it has transparent parts.
The writer fills a buffer that is neither the latest nor held by a reader. With few readers there is always one; where
many hold a picture each, and all different ones, there may be none, and the new picture is dropped.

Hazard cells settle which buffers are held. A reader announces the buffer that it takes *before* it checks that this is
still the latest; the writer publishes *before* it looks at the announcements. With a memory fence between the two steps
on both sides, at least one of them sees the other. An uncontended lock is a full fence on x86 and nearly one on ARM.
For the rest, the frame's number is checked once more when the reader lets go, and a difference is counted as torn.
"""

import threading
from typing import Any

import numpy as np

from vj.base.frame import Alpha, Frame, Pixels
from vj.base.shared_memory import SharedMemory

_LATEST, _PUBLISHED, _HEARTBEAT, _RESTED, _READERS = 0, 1, 2, 3, 8  # words of the header
_HELD, _TAKEN, _LAST, _MADE_FROM, _READER_WORDS = 0, 1, 2, 3, 4  # words of a reader
_SEQ, _HEIGHT, _WIDTH, _CAPTURED, _ORIGIN, _MAKER, _ALPHA, _FRAME_WORDS = 0, 1, 2, 3, 4, 5, 6, 8  # words of a buffer
_NONE = -1
_PAGE = 4096
MOST_BUFFERS = 10
"""The most buffers: Windows reserves the memory of all of them at once."""
_BYTES = 4
"""The most bytes of a pixel: red, green, blue, and alpha in a plane of its own."""


class LatestFrame:
    """The shared memory, for both sides; `writer` and `reader` return its ends.

    The process that makes it passes `describe` to its children, which `attach` it.
    """

    def __init__(self, memory: SharedMemory, capacity: int, readers: int) -> None:
        """Use `create` or `attach` instead: this needs ``memory`` that is laid out already.

        ``capacity`` is the size of a buffer in bytes, ``readers`` the number of readers.
        """
        self.memory = memory
        self.capacity = capacity
        self.readers = readers
        self.buffers = _buffers(readers)
        words = memory.buffer[: _header_bytes(readers)]
        self._ints = words.cast("q")
        self._floats = words.cast("d")
        self._fence = threading.Lock()

    @classmethod
    def create(cls, width: int, height: int, readers: int) -> "LatestFrame":
        """Make memory for RGB pictures of up to ``width`` times ``height`` pixels, with or without alpha, and for
        ``readers`` readers. What is never written takes no memory, but Windows reserves it.

        Each picture may have a shape of its own. Raises OSError when the system has no memory to give.
        """
        capacity = -(-width * height * _BYTES // _PAGE) * _PAGE
        shared = cls(SharedMemory(_header_bytes(readers) + _buffers(readers) * capacity), capacity, readers)
        shared._ints[_LATEST] = _NONE
        for reader in range(readers):
            shared._ints[_READERS + reader * _READER_WORDS + _HELD] = _NONE
        return shared

    def describe(self) -> dict[str, Any]:
        """Returns a description for `attach` in a child, JSON-able, with three keys.

        ``memory`` is the dict of `SharedMemory.describe`, ``capacity`` the bytes of a buffer, ``readers`` their number.
        """
        return {"memory": self.memory.describe(), "capacity": self.capacity, "readers": self.readers}

    @classmethod
    def attach(cls, description: dict[str, Any]) -> "LatestFrame":
        """Returns the same memory in a child that inherited ``fds``. ``description`` is what `describe` returned."""
        return cls(SharedMemory.attach(description["memory"]), description["capacity"], description["readers"])

    @property
    def fds(self) -> tuple[int, ...]:
        """The descriptors that a child must inherit to `attach`; empty on Windows."""
        return self.memory.fds

    @property
    def published(self) -> int:
        """How many frames were ever published, which is also the number (``seq``) of the newest; 0 before the first."""
        return self._ints[_PUBLISHED]

    @property
    def heartbeats(self) -> int:
        """A number that changes with every heartbeat of the writer's process, with or without a frame."""
        return self._ints[_HEARTBEAT]

    @property
    def rested(self) -> int:
        """The number (``seq``) of the newest frame with which the writer's source rests, ready to go on from it; 0
        before the first."""
        return self._ints[_RESTED]

    def rest(self) -> None:
        """Note that the writer's source rests with the frame that was published last."""
        self._ints[_RESTED] = self._ints[_PUBLISHED]

    def heartbeat(self) -> None:
        """Count a heartbeat: the writer's process is alive."""
        self._ints[_HEARTBEAT] += 1

    def dropped(self, reader: int) -> int:
        """Returns how many frames the reader number ``reader`` missed in all, up to the last one that it took.

        Frames that came after that one don't count (yet). 0 if it never took one.
        """
        cell = _READERS + reader * _READER_WORDS
        return max(0, self._ints[cell + _LAST] - self._ints[cell + _TAKEN])

    def last_taken(self, reader: int) -> int:
        """Returns the ``origin`` of the frame that the reader number ``reader`` took last: the number of the source's
        frame that it was made from. 0 if it never took one."""
        return self._ints[_READERS + reader * _READER_WORDS + _MADE_FROM]

    def untaken(self, reader: int) -> int:
        """Returns how many of all the frames so far the reader number ``reader`` did not take, the newest included."""
        return self.published - self._ints[_READERS + reader * _READER_WORDS + _TAKEN]

    def let_go(self, reader: int) -> None:
        """Give the frame that the reader number ``reader`` holds back to the writer, as its process has ended. A number
        that there isn't is ignored.
        """
        if not 0 <= reader < self.readers:
            return
        self._ints[_READERS + reader * _READER_WORDS + _HELD] = _NONE

    def writer(self) -> "Writer":
        """Returns a new writing end; at most one process may use one at a time."""
        return Writer(self)

    def reader(self, index: int) -> "Reader":
        """Returns a new reading end number ``index``, from 0; at most one may be in use for a number.

        A process that is restarted after a crash takes its old number, which gives the frame that it held back to the
        writer. The first `Reader.newest` then returns the newest frame, even if it was taken before. Raises ValueError
        for a number that there isn't.
        """
        return Reader(self, index)

    def close(self) -> None:
        """Close the memory's descriptor: no more children can inherit it. Both ends stay usable in this process, for
        reading and for writing. Harmless a second time."""
        self.memory.close()

    def _frame_words(self, buffer: int) -> int:
        return _READERS + self.readers * _READER_WORDS + buffer * _FRAME_WORDS

    def _pixels(self, buffer: int, height: int, width: int) -> Pixels:
        start = _header_bytes(self.readers) + buffer * self.capacity
        return np.frombuffer(self.memory.buffer, np.uint8, height * width * 3, start).reshape(height, width, 3)

    def _alpha(self, buffer: int, height: int, width: int) -> Alpha:
        start = _header_bytes(self.readers) + buffer * self.capacity + height * width * 3
        return np.frombuffer(self.memory.buffer, np.uint8, height * width, start).reshape(height, width)

    def _full_fence(self) -> None:
        self._fence.acquire()
        self._fence.release()


class Writer:
    """The writing end: `begin` a picture, fill it, `publish` it. None of this waits. `LatestFrame.writer` makes one."""

    def __init__(self, shared: LatestFrame) -> None:
        self._shared = shared
        self._buffer = _NONE
        self._views: list[Pixels | None] = [None] * shared.buffers
        self._spare: Pixels | None = None
        """Where a picture goes that is dropped."""
        self._missing = 0
        """How many were dropped since the last one that was published."""

    @property
    def coming(self) -> int:
        """The number that the next picture gets."""
        return self._shared._ints[_PUBLISHED] + self._missing + 1

    def begin(self, height: int, width: int, alpha: Alpha | None = None) -> Pixels:
        """Returns a writable view (``height``×``width``×3 uint8, RGB) of a free buffer in the shared memory.

        It holds an old picture, of which every pixel must be replaced, and is valid until `publish` or the next
        `begin`. No reader sees it before `publish`. ``alpha`` (``height``×``width`` uint8) is what the picture covers,
        which is copied now; its colours must be premultiplied. If readers hold all buffers, the view is of memory of
        this object, and `publish` drops the picture. Raises ValueError if the picture doesn't fit into a buffer, or
        ``alpha`` has another size.
        """
        shared = self._shared
        if height * width * _BYTES > shared.capacity:
            raise ValueError(f"a picture of {width}x{height} exceeds the slot's {shared.capacity} bytes")
        if alpha is not None and alpha.shape != (height, width):
            raise ValueError(f"alpha of {alpha.shape} doesn't fit a picture of {width}x{height}")
        self._buffer = buffer = self._free()
        if buffer == _NONE:
            return self._spare_of(height, width)
        words = shared._frame_words(buffer)
        shared._ints[words + _SEQ], shared._ints[words + _HEIGHT], shared._ints[words + _WIDTH] = 0, height, width
        view = self._views[buffer]
        if view is None or view.shape[0] != height or view.shape[1] != width:
            view = self._views[buffer] = shared._pixels(buffer, height, width)
        shared._ints[words + _ALPHA] = alpha is not None
        if alpha is not None:
            shared._alpha(buffer, height, width)[:] = alpha
        return view

    def publish(self, captured: float, origin: int = 0, maker: int = 0) -> int:
        """Make the picture that was begun the latest, for all readers. Returns its number, counted from 1.

        One for which no buffer was free is dropped: the next picture leaves its number out, so that every reader counts
        it as dropped.

        Call it once after each `begin`, when every pixel is written: from then on the buffer belongs to the readers.

        ``captured`` is the monotonic time (s) at which the source captured it, ``origin`` the number of the source's
        frame that it was made from (0: the picture's own number), and ``maker`` the number of the model that made it.
        This counts as a heartbeat, too.
        """
        shared, seq = self._shared, self.coming
        if self._buffer == _NONE:
            self._missing += 1
            shared.heartbeat()
            return seq
        self._missing, words = 0, shared._frame_words(self._buffer)
        shared._floats[words + _CAPTURED] = captured
        shared._ints[words + _ORIGIN] = origin or seq
        shared._ints[words + _MAKER] = maker
        shared._ints[words + _SEQ] = seq
        shared._full_fence()
        shared._ints[_LATEST] = self._buffer
        shared._ints[_PUBLISHED] = seq
        shared.heartbeat()
        return seq

    def _free(self) -> int:
        shared = self._shared
        shared._full_fence()
        latest = shared._ints[_LATEST]
        for buffer in range(shared.buffers):
            if buffer != latest and not self._held(buffer):
                return buffer
        return _NONE

    def _spare_of(self, height: int, width: int) -> Pixels:
        if self._spare is None or self._spare.shape[:2] != (height, width):
            self._spare = np.empty((height, width, 3), np.uint8)
        return self._spare

    def _held(self, buffer: int) -> bool:
        ints = self._shared._ints
        return any(ints[_READERS + reader * _READER_WORDS + _HELD] == buffer for reader in range(self._shared.readers))


class Reader:
    """The reading end: takes the newest frame, without copying and without waiting. `LatestFrame.reader` makes one."""

    def __init__(self, shared: LatestFrame, index: int) -> None:
        if not 0 <= index < shared.readers:
            raise ValueError(f"the slot has readers 0..{shared.readers - 1}, not {index}")
        self._shared = shared
        self._cell = _READERS + index * _READER_WORDS
        self._frames: list[Frame | None] = [None] * shared.buffers
        self._seq = 0
        self.torn = 0
        """How many frames were overwritten while they were read; stays 0 unless the exchange is broken."""
        self.release()

    @property
    def waiting(self) -> bool:
        """Whether there is a frame newer than the last one that this object has taken."""
        return self._shared._ints[_PUBLISHED] > self._seq

    def newest(self) -> Frame | None:
        """Returns the newest frame if it was not taken yet, else None; older ones that were not taken are dropped.

        Taking a frame gives the one before back to the writer. Its pixels are a view of the shared memory, and the
        `Frame` object itself is used again: both are valid until the next call that returns a frame. None is also
        returned, rarely, if the writer published too often during the call, or the frame's size is broken; the frame
        before was given back then, too, and its pixels may change.
        """
        if not self.waiting:
            return None
        self._check_torn()
        shared = self._shared
        for _ in range(16):  # the latest may change while it is announced, but not every time
            buffer = shared._ints[_LATEST]
            shared._ints[self._cell + _HELD] = buffer
            shared._full_fence()
            if shared._ints[_LATEST] == buffer:
                return self._take(buffer)
        self.release()
        return None

    def _take(self, buffer: int) -> Frame | None:
        ints, words = self._shared._ints, self._shared._frame_words(buffer)
        height, width, has_alpha = ints[words + _HEIGHT], ints[words + _WIDTH], bool(ints[words + _ALPHA])
        if min(height, width) < 1 or height * width * _BYTES > self._shared.capacity:
            self.torn += 1  # no intact writer writes this: a decoder overwrote the header
            return None
        frame = self._frames[buffer]
        if frame is None or frame.pixels.shape[0] != height or frame.pixels.shape[1] != width:
            frame = self._frames[buffer] = Frame(self._shared._pixels(buffer, height, width))
        if has_alpha != (frame.alpha is not None):
            frame.alpha = self._shared._alpha(buffer, height, width) if has_alpha else None
        frame.seq = self._seq = ints[words + _SEQ]
        frame.captured = self._shared._floats[words + _CAPTURED]
        frame.origin = ints[words + _ORIGIN]
        frame.maker = ints[words + _MAKER]
        ints[self._cell + _TAKEN] += 1
        ints[self._cell + _LAST] = frame.seq
        ints[self._cell + _MADE_FROM] = frame.origin
        return frame

    def _check_torn(self) -> None:
        held = self._shared._ints[self._cell + _HELD]
        if held != _NONE and self._shared._ints[self._shared._frame_words(held) + _SEQ] != self._seq:
            self.torn += 1

    def release(self) -> None:
        """Give the frame that was taken last back to the writer: its pixels may change from now on. Harmless a second
        time."""
        self._shared._ints[self._cell + _HELD] = _NONE


def _buffers(readers: int) -> int:
    return min(readers + 2, MOST_BUFFERS)


def _header_bytes(readers: int) -> int:
    words = _READERS + readers * _READER_WORDS + _buffers(readers) * _FRAME_WORDS
    return -(-words * 8 // _PAGE) * _PAGE
