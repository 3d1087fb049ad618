"""What is heard, in shared memory: the child that listens writes it, the show reads the newest.

There is one writer and one reader, with a sequence lock between them: neither ever waits.
"""

import struct
from typing import Any

import numpy as np
import numpy.typing as npt

from vj.base.shared_memory import SharedMemory
from vj.child.sequence_lock import SequenceLock
from vj.params.signals import SILENCE, Beat, Sound

POINTS = 512
"""The number of points of the spectrum, and of the waveform."""

Curve = npt.NDArray[np.float32]
"""An array of float32 with `POINTS` elements."""

_NUMBERS = struct.Struct("=d 8d 2q 3d d")
"""When it was published; the sound; the beat's at, beat and bpm; 1 if there is a beat."""
_VERSION, _HEARTBEATS, _START = 0, 1, 16
"""The words of the lock's version and of the heartbeat, and the byte at which the numbers begin."""
_CURVES = 256
"""The byte at which the spectrum and the waveform begin."""
assert _START + _NUMBERS.size <= _CURVES


class SharedFeatures:
    """The newest sound and what goes with it. The writer calls `heartbeat` and `write`, the reader `read`.

    As of the last `read`: ``published`` monotonic seconds (0: nothing yet) · ``sound`` · ``beat``, or None while none
    is heard · ``spectrum`` POINTS magnitudes 0..1 at even steps up to half the sample rate, in dB: 1 is as loud as the
    sound gets, 0 is 60 dB softer · ``waveform`` POINTS samples −1..1, about the last 20 ms.
    """

    def __init__(self, memory: SharedMemory | None = None) -> None:
        """Make new memory, or use ``memory`` that another process has made. What was published in it before is never
        read.
        """
        self.memory = memory or SharedMemory(_CURVES + 2 * POINTS * 4)
        self._words = self.memory.buffer[:_START].cast("q")
        self._numbers = self.memory.buffer[_START:_CURVES]
        self._curves: Curve = np.frombuffer(self.memory.buffer, np.float32, 2 * POINTS, _CURVES)
        self._lock = SequenceLock(self._words[_VERSION : _VERSION + 1])
        self._lock.seen = self._words[_VERSION]  # what was published before this reader was made is not new
        self._current: Curve = np.zeros(2 * POINTS, np.float32)
        self._spare = self._current.copy()
        self.published = 0.0
        self.sound: Sound = SILENCE
        self.beat: Beat | None = None

    @classmethod
    def attach(cls, description: dict[str, Any]) -> "SharedFeatures":
        """Returns an instance for the same memory in a child that inherited `fds`; ``description`` comes from
        `describe`.
        """
        return cls(SharedMemory.attach(description))

    def describe(self) -> dict[str, Any]:
        """Returns what `attach` needs to find the memory in a child, JSON-able."""
        return self.memory.describe()

    @property
    def fds(self) -> tuple[int, ...]:
        """The file descriptors that a child must inherit to `attach`."""
        return self.memory.fds

    @property
    def heartbeats(self) -> int:
        """The writer's heartbeat: a count that every `heartbeat` increases, in whatever process."""
        return self._words[_HEARTBEATS]

    def heartbeat(self) -> None:
        """Count a heartbeat: the writer is alive, whether or not it hears anything. Only the writer calls it."""
        self._words[_HEARTBEATS] += 1

    @property
    def spectrum(self) -> Curve:
        """The spectrum at the last `read`: a view that the read after the next one writes over. Zeros
        before the first.
        """
        return self._current[:POINTS]

    @property
    def waveform(self) -> Curve:
        """The waveform at the last `read`: a view that the read after the next one writes over. Zeros
        before the first.
        """
        return self._current[POINTS:]

    def write(self, published: float, sound: Sound, beat: Beat | None, spectrum: Curve, waveform: Curve) -> None:
        """Publish a sound, its beat (of which ``playing`` is not passed on) and copies of its curves, in place of the
        one before; ``published`` is the time (monotonic seconds). Only the writer calls it.
        """
        self._lock.begin_write()
        told = (beat.at, beat.beat, beat.bpm, 1.0) if beat else (0.0, 0.0, 0.0, 0.0)
        _NUMBERS.pack_into(self._numbers, 0, published, *sound, *told)
        self._curves[:POINTS], self._curves[POINTS:] = spectrum, waveform
        self._lock.end_write()

    def read(self) -> bool:
        """Take over the newest sound, its beat and its curves, if it is newer than that of the last read. Returns
        whether it was. One that the writer left half-way is never taken.
        """
        numbers = self._lock.read(self._copied)
        if numbers is None:
            return False
        self._current, self._spare = self._spare, self._current
        self.published = numbers[0]
        self.sound = Sound._make(numbers[1:11])
        at, beat, bpm, counted = numbers[11:]
        self.beat = Beat(at, beat, bpm) if counted else None
        return True

    def _copied(self) -> tuple[Any, ...]:
        self._spare[:] = self._curves
        return _NUMBERS.unpack_from(self._numbers)

    def close(self) -> None:
        """Close the memory's descriptor in this process."""
        self.memory.close()
