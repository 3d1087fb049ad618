"""MIDI ports that are only in memory: tests plug them in and play them, and read what was sent."""

import threading
from collections import deque
from collections.abc import Mapping, Sequence

from vj.base.clock import Clock
from vj.control.midi.ports import Event


class FakePorts:
    """Implements `vj.control.midi.ports.Ports` for tests, in memory. Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        """``clock`` gives the times of what is played. No controller is plugged in."""
        self._clock = clock
        self._coming: deque[Event] = deque()
        self._names: dict[str, int] = {}
        self._opened = 0
        self._came = threading.Event()
        self.sent: list[tuple[str, bytes]] = []
        """What was sent to ports that were plugged in, in its order: the port's name and the bytes."""

    def plug(self, port: str) -> None:
        """Plug in a controller called ``port``, or plug it in again: it then has a new number."""
        self._opened += 1
        self._names = {**self._names, port: self._opened}

    def unplug(self, port: str) -> None:
        """Unplug the controller called ``port``."""
        self._names = {name: number for name, number in self._names.items() if name != port}

    def play(self, port: str, *data: int) -> None:
        """Make the bytes ``data`` come from the controller called ``port`` now; the next `receive` returns them, even
        if it isn't plugged in.
        """
        self._coming.append(Event(port, self._clock.now(), bytes(data)))
        self._came.set()

    def receive(self, timeout: float) -> Sequence[Event]:
        """Returns all that was played since the last call, in its order. If that is nothing, waits up to ``timeout``
        seconds for `play`, and is then maybe empty.
        """
        if timeout > 0 and not self._coming:
            self._came.wait(timeout)
        self._came.clear()
        return [self._coming.popleft() for _ in range(len(self._coming))]

    def send(self, port: str, data: bytes) -> None:
        """Add ``port`` and ``data`` to ``sent`` if a controller of that name is plugged in; else do nothing."""
        if port in self._names:
            self.sent.append((port, data))

    def names(self) -> Mapping[str, int]:
        """Returns the names of the controllers that are plugged in, each with the number of its plugging, from 1."""
        return self._names

    def close(self) -> None:
        """Do nothing, as nothing is held."""
