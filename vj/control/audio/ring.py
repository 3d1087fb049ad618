"""A ring buffer for sound, from the driver's callback, which may do no more than copy, to the analysis."""

import threading
from typing import Any

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
"""An array of float32: one channel of sound, frames×channels, or the magnitudes of a spectrum."""


class Ring:
    """Holds the last ``frames`` frames of sound, each with one float32 for each of ``channels``. One thread writes and
    one reads; neither waits. ``overflows`` counts the frames that `take` had to leave out because the reader was too
    slow.
    """

    def __init__(self, channels: int, frames: int = 1 << 16) -> None:
        self.channels = channels
        self._kept = np.zeros((frames, channels), np.float32)
        self._written = self._read = 0
        self.overflows = 0
        self.came = threading.Event()
        """Set by every `write`; the reader clears it."""

    @property
    def waiting(self) -> int:
        """The number of frames that were written and not yet read, those that are lost already included."""
        return self._written - self._read

    def write(self, block: npt.NDArray[Any]) -> None:
        """Copy ``block`` (frames×channels) over the oldest frames. Of a block that is longer than the ring, only the
        end is kept. Called by the writer's thread.
        """
        block = block[-len(self._kept) :]
        start = self._written % len(self._kept)
        first = min(len(block), len(self._kept) - start)
        self._kept[start : start + first] = block[:first]
        self._kept[: len(block) - first] = block[first:]
        self._written += len(block)
        self.came.set()

    def take(self, into: Samples) -> bool:
        """Fill ``into`` (frames×channels, float32) with the oldest frames that were not read yet. Returns False, and
        reads none, if there are fewer than that.

        A reader that is nearly overtaken by the writer skips frames, counted as ``overflows``, and goes on half a ring
        behind it. Called by the reader's thread.
        """
        size = len(self._kept)
        if self.waiting > size - len(into):  # the writer may be about to overwrite these: go on half a ring behind it
            skipped = self.waiting - size // 2
            self._read += skipped
            self.overflows += skipped
        if self.waiting < len(into):
            return False
        start = self._read % size
        first = min(len(into), size - start)
        into[:first] = self._kept[start : start + first]
        into[first:] = self._kept[: len(into) - first]
        self._read += len(into)
        return True
