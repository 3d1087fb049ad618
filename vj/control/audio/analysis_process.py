"""The child process that listens: it opens an input, analyses the sound, and passes the result to the show."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np

from vj.base.clock import Clock, LiveClock
from vj.base.errors import Unavailable
from vj.base.shared_memory import SharedMemory
from vj.child.parent_pipe import ParentPipe
from vj.child.shared_params import SharedParams
from vj.control.audio.analysis import HOP, Analyser
from vj.control.audio.input import SampleClock, SoundInput
from vj.control.audio.params import OFF, PARAMS
from vj.control.audio.ring import Ring
from vj.control.audio.shared_features import SharedFeatures
from vj.params.param import Value
from vj.params.signals import Beat

RETRY = 1.0
"""Seconds between two attempts to open an input."""
STALLED = 2.0
"""Seconds without a sample after which an input is taken for lost."""
_ROUND = 0.02
"""The longest wait for sound, in seconds; then the child looks at its commands and values again."""


class OpenInput(Protocol):
    """What a `Listener` needs of an open input: `SoundInput` is one, and tests have one of their own.

    ``name`` is the device's, ``rate`` its samples per second, ``ring`` takes the sound, ``clock`` says when a sample
    was captured, and ``alive`` is false once the device is gone.
    """

    name: str
    rate: float
    ring: Ring
    clock: SampleClock
    alive: bool

    def close(self) -> None:
        """Release the device. Does nothing here."""


def main(pipe: ParentPipe, values: dict[str, Any], shared: dict[str, Any]) -> None:
    """Listen until ``pipe`` says that the show is gone or wants this process to leave.

    ``values`` describes the shared memory of the parameters, from which the input and its settings are read again and
    again; ``shared`` describes that of the features, into which the result is written.
    """
    current = SharedParams({param.name: param for param in PARAMS}, SharedMemory.attach(values))
    listener = Listener(SoundInput, LiveClock(), SharedFeatures.attach(shared), pipe.tell)
    pipe.tell(ready=True)
    while not pipe.stopping.is_set():
        pipe.commands()
        listener.turn(current.read())
        listener.wait(_ROUND)
    listener.close()


class Listener:
    """Keeps the wanted input open, and publishes what is heard in it through ``shared``. Call `turn` and `wait` again
    and again.
    """

    def __init__(
        self, open_input: Callable[[str], OpenInput], clock: Clock, shared: SharedFeatures, tell: Callable[..., None]
    ) -> None:
        """``open_input`` opens the input that a name means (as `vj.control.audio.devices.choose` takes it), or raises
        Unavailable. ``tell`` is called with any of the keywords ``title`` (what is open), ``notice`` (what is wrong, or
        empty) and ``overflows`` (frames that were lost).
        """
        self._open_input = open_input
        self._clock = clock
        self._shared = shared
        self._tell = tell
        self._input: OpenInput | None = None
        self._wanted: str | None = None
        self._due = self._last = 0.0
        self._values: Mapping[str, Value] | None = None
        self._overflows = 0

    def turn(self, values: Mapping[str, Value]) -> None:
        """Count a heartbeat, open the wanted input if it isn't open, and analyse and publish the sound that came.
        ``values`` are the parameters of `PARAMS` by name; ``device`` names the input, and `OFF` closes it.

        An input that can't be opened is tried again every `RETRY` seconds; one that is gone, or gives no samples for
        `STALLED` seconds, is closed and opened again in the next turn. ``tell`` is called about either.
        """
        self._shared.heartbeat()
        wanted, now = str(values["device"]), self._clock.now()
        if wanted != self._wanted:
            self._let_go()
            self._wanted, self._due = wanted, now
            self._tell(title="off" if wanted == OFF else "", notice="")
        if wanted == OFF:
            return
        if self._input is None and now >= self._due:
            self._open(wanted)
        elif self._input:
            self._listen(self._input, values, now)

    def wait(self, seconds: float) -> None:
        """Wait until the open input has sound, at most ``seconds``; without an open input, wait all of them."""
        if self._input:
            self._input.ring.came.wait(seconds)
            self._input.ring.came.clear()
        else:
            self._clock.sleep(seconds)

    def close(self) -> None:
        """Release the input, if one is open."""
        self._let_go()

    def _open(self, wanted: str) -> None:
        try:
            self._input = self._open_input(wanted)
        except Unavailable as reason:
            self._due = self._clock.now() + RETRY
            self._tell(title="", notice=str(reason))
            return
        self._last = self._clock.now()
        self._analyser, self._values, self._taken = Analyser(self._input.rate), None, 0
        self._block = np.zeros((HOP, self._input.ring.channels), np.float32)
        self._tell(title=self._input.name, notice="")

    def _listen(self, heard: OpenInput, values: Mapping[str, Value], now: float) -> None:
        if values is not self._values:
            self._values = values
            self._analyser.set(values)
        took = False
        while heard.ring.take(self._block):
            sound = self._analyser.step(self._mono(int(values["channel"])))
            self._taken += HOP
            took = True
        if took:
            self._last = now
            analyser, delay = self._analyser, float(values["delay"])
            beat = self._beat(heard, delay)
            self._shared.write(self._clock.now(), sound, beat, analyser.spectrum, analyser.waveform)
            self._count_overflows(heard)
        elif not heard.alive or now - self._last > STALLED:
            self._let_go()
            self._due = now
            self._tell(title="", notice=f"{heard.name!r} was lost")

    def _mono(self, channel: int) -> Any:
        """Returns the hop as one channel: ``channel``, counted from 1, or the mean of all where there is none of that
        number.
        """
        if 1 <= channel <= self._block.shape[1]:
            return self._block[:, channel - 1]
        return self._block.mean(axis=1)

    def _beat(self, heard: OpenInput, delay: float) -> Beat | None:
        """Returns the beat at the end of the analysed sound, moved by ``delay`` (s), or None while none is heard."""
        counted = self._analyser.beats.beat()
        if counted is None:
            return None
        captured = heard.clock.at(self._taken + heard.ring.overflows)
        return Beat(captured + delay, *counted)

    def _count_overflows(self, heard: OpenInput) -> None:
        if heard.ring.overflows != self._overflows:
            self._overflows = heard.ring.overflows
            self._tell(overflows=self._overflows)

    def _let_go(self) -> None:
        if self._input:
            self._input.close()
        self._input, self._overflows = None, 0
