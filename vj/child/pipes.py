"""The two pipes to a child. Each has a thread that waits for it, so that the caller never blocks.

Pipes that never block, and waiting for several pipes at once, are not available on every system; threads are.
"""

import contextlib
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import IO

MOST_TO_WRITE = 256
"""The most lines that wait for a child which doesn't read."""
_MOST_READ = 4096
"""The most lines that wait for the supervisor; of more, the oldest are dropped."""
_LONGEST_LINE = 65536
"""Bytes of an unfinished line beyond which they are thrown away."""
_PIECE = 4096
_REST = 0.005
"""Seconds to rest after each piece of up to `_PIECE` bytes.

So a child that floods the pipe leaves the interpreter to the display.
"""


class LineReader:
    """Reads the lines that a child writes to ``file``, an unbuffered pipe, in a thread, and closes it at their end.

    Of more than 4096 lines that wait, the oldest are dropped; of a line of more than 64 KiB, the beginning is lost.
    """

    def __init__(self, file: IO[bytes]) -> None:
        """Start the thread. Raises RuntimeError when the system has no room for another one."""
        self._file = file
        self._lines: deque[bytes] = deque(maxlen=_MOST_READ)
        self._thread = threading.Thread(target=self._read, name="from child", daemon=True)
        self._thread.start()

    @property
    def at_end(self) -> bool:
        """Whether nothing more can come: the pipe has ended or failed, and all that the child wrote was read.

        `lines` may still have lines to give.
        """
        return not self._thread.is_alive()

    def lines(self) -> Iterator[bytes]:
        """Yield the whole lines that came since the last call, without their line breaks. Never waits."""
        while self._lines:
            yield self._lines.popleft()

    def _read(self) -> None:
        begun = b""
        with contextlib.suppress(OSError), self._file as file:
            while piece := file.read(_PIECE):
                *whole, begun = (begun + piece).split(b"\n")
                self._lines.extend(whole)
                if len(begun) > _LONGEST_LINE:
                    begun = b""
                time.sleep(_REST)


class LineWriter:
    """Writes lines to ``file``, an unbuffered pipe to a child, in a thread, until it is closed or the child is gone."""

    def __init__(self, file: IO[bytes]) -> None:
        """Start the thread. Raises RuntimeError when the system has no room for another one."""
        self._file = file
        self._lines: deque[bytes] = deque()
        self._changed = threading.Condition()
        self._closed = False
        threading.Thread(target=self._write, name="to child", daemon=True).start()

    def put(self, line: bytes) -> bool:
        """Queue ``line``, which ends with a line break, to be written after those before it. Never waits.

        Returns whether it was queued: not if the pipe is closed or `MOST_TO_WRITE` lines wait already. Any thread may
        call this.
        """
        with self._changed:
            if self._closed or len(self._lines) >= MOST_TO_WRITE:
                return False
            self._lines.append(line)
            self._changed.notify()
        return True

    def close(self) -> None:
        """Have the pipe closed once every line is written. Never waits; harmless a second time."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _write(self) -> None:
        with contextlib.suppress(OSError), self._file as file:
            while line := self._next():
                while line:
                    line = line[file.write(line) :]
        self.close()  # also where the child has closed its end

    def _next(self) -> bytes | None:
        """Returns the next line to write, for which it waits, or None when there will be no more."""
        with self._changed:
            self._changed.wait_for(lambda: self._lines or self._closed)
            return self._lines.popleft() if self._lines else None
