"""An open sound input. Only the child that listens opens any, as a driver may hang or crash."""

import contextlib
import os
import sys
from typing import Any

import numpy as np
import numpy.typing as npt

from vj.base.clock import now
from vj.base.errors import Unavailable
from vj.control.audio.devices import Input, choose, inputs, library, usual
from vj.control.audio.host_apis import WASAPI
from vj.control.audio.ring import Ring

_USUAL_RATE = 48000.0
_RATES = (32000.0, 50000.0)
"""A device's own sample rate is used if it lies between these, else the usual one."""
_MOST_CHANNELS, _STEREO = 32, 2
"""A device that reports this many channels is a sound server that accepts any number: it is opened in stereo."""
_BLOCK = 256
"""Samples from one callback to the next: half a hop."""
_LONGEST_LATENCY = 1.0
"""The longest latency (s) that is believed; some drivers report nonsense."""
_SOURCE = "PULSE_SOURCE"
_USUAL_SOURCE = os.environ.get(_SOURCE)
"""The sound server's source that was chosen before the program started, if any."""
_DRIFT = 0.02
"""The share of a block's deviation that counts as a true change of the driver's clock."""
_JUMP = 0.05
"""A deviation beyond so many seconds is a gap, not jitter."""


class SampleClock:
    """Computes when a sample was captured, from the driver's times without their jitter. Samples are counted from 0,
    the first of the input.
    """

    def __init__(self, rate: float) -> None:
        """``rate`` is in samples per second."""
        self._rate = rate
        self._start: float | None = None

    def stamp(self, sample: int, captured: float) -> None:
        """Take the driver's word that ``sample`` was ``captured`` at that time (monotonic seconds). A time that is off
        by more than 50 ms is taken over at once, less only by a small part.
        """
        start = captured - sample / self._rate
        if self._start is None or abs(start - self._start) > _JUMP:
            self._start = start
        else:
            self._start += (start - self._start) * _DRIFT

    def at(self, sample: int) -> float:
        """Returns when ``sample`` was captured (monotonic seconds), or 0 before the first stamp."""
        return 0.0 if self._start is None else self._start + sample / self._rate


class SoundInput:
    """An open device that brings sound into ``ring``: frames of float32, full scale ±1, with as many columns as the
    device has channels, but two for one that reports 32 or more.

    ``name`` is the device's, ``rate`` its samples per second, and ``clock`` says when a frame was captured. ``alive``
    is true until the device or its server is gone. A thread of the driver writes; the ring may be read from one other.
    """

    def __init__(self, wanted: str) -> None:
        """Open the input that ``wanted`` means (a name, a part of it, `LOOPBACK`, or empty for the usual one; see
        `choose`), and begin to listen. Raises Unavailable if there is none, or it can't be opened.

        PortAudio looks for devices only when it starts, so it is started anew each time: an input that is still open
        must be closed before.
        """
        sounddevice = library()
        try:
            _restart(sounddevice)
            found = inputs()
            chosen = choose(wanted, found, usual())
            self._open(sounddevice, chosen)
        except sounddevice.PortAudioError as reason:
            raise Unavailable(f"sound input {wanted!r} can't be opened: {reason}") from reason

    def _open(self, sounddevice: Any, chosen: Input) -> None:
        device = sounddevice.query_devices(chosen.number)
        own = float(device["default_samplerate"])
        self.name, self.rate = chosen.name, own if _RATES[0] <= own <= _RATES[1] else _USUAL_RATE
        channels = int(device["max_input_channels"])
        channels = channels if channels < _MOST_CHANNELS else _STEREO
        self.ring, self.clock, self.alive = Ring(channels), SampleClock(self.rate), True
        self._written = 0
        _name_source(chosen.source)
        self._stream = sounddevice.InputStream(
            samplerate=self.rate,
            device=chosen.number,
            blocksize=_BLOCK,
            channels=channels,
            dtype="float32",
            latency="low",
            callback=self._take,
            finished_callback=self._finish,
            extra_settings=_converting(sounddevice, device) if self.rate != own else None,
        )
        try:
            self._stream.start()
        except sounddevice.PortAudioError:
            self._stream.close()
            raise

    def _take(self, block: npt.NDArray[np.float32], frames: int, times: Any, flags: object) -> None:
        """Take a block; called by the driver's thread."""
        late = times.currentTime - times.inputBufferAdcTime
        latency = late if 0.0 < late < _LONGEST_LATENCY else frames / self.rate
        self.clock.stamp(self._written, now() - latency)
        self._written += frames
        self.ring.write(block)

    def _finish(self) -> None:
        self.alive = False

    def close(self) -> None:
        """Stop listening and release the device, even if it is gone already."""
        with contextlib.suppress(library().PortAudioError):  # it may be gone already
            self._stream.abort()
        with contextlib.suppress(library().PortAudioError):
            self._stream.close()


def _restart(sounddevice: Any) -> None:
    sounddevice._terminate()
    sounddevice._initialize()


def _converting(sounddevice: Any, device: Any) -> Any:
    """Returns what WASAPI needs to open ``device`` at another rate than its own; None for other host APIs, which
    convert by themselves.
    """
    if sys.platform != "win32" or sounddevice.query_hostapis(device["hostapi"])["name"] != WASAPI:
        return None
    return sounddevice.WasapiSettings(auto_convert=True)


def _name_source(source: str) -> None:
    """Choose which of the sound server's sources the next input that is opened there will be. Empty: the usual one."""
    wanted = source or _USUAL_SOURCE
    if wanted:
        os.environ[_SOURCE] = wanted
    else:
        os.environ.pop(_SOURCE, None)
