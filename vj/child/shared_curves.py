"""The newest waveform and spectrum in shared memory, for a child whose shaders hear them.

One process writes and any number read. A sequence lock keeps readers from taking a mixture; the writer never waits.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from vj.base.shared_memory import SharedMemory
from vj.child.sequence_lock import SequenceLock

Curve = npt.NDArray[np.float32]


class SharedCurves:
    """Two curves of ``points`` float32 each. One side calls `write`, all others `read`."""

    def __init__(self, points: int, memory: SharedMemory | None = None) -> None:
        """Make new memory, of zeros, or use ``memory`` that another process has made with as many ``points``."""
        self.memory = memory or SharedMemory(8 + 8 * points)
        self._lock = SequenceLock(self.memory.buffer[:8].cast("q"))
        self._both: Curve = np.frombuffer(self.memory.buffer, np.float32, 2 * points, 8).reshape(2, points)
        self._read: Curve = np.zeros((2, points), np.float32)
        self._lock.seen = 0  # nothing has been written before that

    def describe(self) -> dict[str, Any]:
        """Returns the description of the memory, JSON-able, for `SharedMemory.attach` in a child."""
        return self.memory.describe()

    @property
    def fds(self) -> tuple[int, ...]:
        """The descriptors that a child must inherit; empty on Windows."""
        return self.memory.fds

    def write(self, waveform: Curve, spectrum: Curve) -> None:
        """Replace both curves. Only one process may write. Never waits."""
        self._lock.begin_write()
        self._both[0], self._both[1] = waveform, spectrum
        self._lock.end_write()

    def read(self) -> tuple[Curve, Curve] | None:
        """Returns the newest curves if they weren't read yet, else None. They are valid until the next call."""
        return (self._read[0], self._read[1]) if self._lock.read(self._copied) else None

    def close(self) -> None:
        """Close the memory's descriptor; curves can still be read. Harmless a second time."""
        self.memory.close()

    def _copied(self) -> bool:
        np.copyto(self._read, self._both)
        return True
