"""The real ports, as the show sees them: a supervised process that opens them, and a pair of sockets to it."""

import contextlib
import os
import selectors
from collections.abc import Mapping, Sequence
from typing import Any

from vj.child.process import ChildSpec
from vj.child.supervisor import Child, Limits
from vj.control.midi import wire
from vj.control.midi.ports import Event
from vj.frame.memory import SharedMemory

API = "VJ_MIDI_API"
"""The environment's choice of the system's MIDI: alsa, jack, core, winmm; else whatever has ports."""

_LIMITS = Limits(start=30.0, silence=5.0)


class RemotePorts:
    """`vj.control.midi.ports.Ports` for what is plugged in. `child` is for the supervisor, which starts it."""

    def __init__(self, api: str | None = None, ignore: Sequence[str] = ()) -> None:
        """``api`` as in `API`; ports whose names begin with one of ``ignore`` are left to others."""
        self._ours, self._theirs = wire.pair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._ours, selectors.EVENT_READ)
        self._beats = SharedMemory(8)
        beats = self._beats.buffer.cast("q")
        config: dict[str, Any] = {"socket": self._theirs.fileno(), "beats": self._beats.describe()}
        config |= {"api": os.environ.get(API, "") if api is None else api, "ignore": list(ignore)}
        spec = ChildSpec("midi", "vj.control.midi.host:main", config, (self._theirs.fileno(), *self._beats.fds), nice=0)
        self.child = Child(spec, lambda: beats[0], _LIMITS)
        self._names: Mapping[str, int] = {}
        self._by_number: Mapping[int, str] = {}

    def receive(self, timeout: float) -> Sequence[Event]:
        if not self._selector.select(max(0.0, timeout)):
            return ()
        found: list[Event] = []
        with contextlib.suppress(OSError):  # the other end has just gone and will be back
            for record in wire.unpack(self._ours.recv(wire.LONGEST)):
                self._take(record, found)
        return found

    def send(self, port: str, data: bytes) -> None:
        number = self._names.get(port)
        if number is not None:
            with contextlib.suppress(OSError):  # it doesn't read: what must be lit is sent anew when it is back
                self._ours.send(wire.pack([wire.Record(number, 0.0, data)]))

    def names(self) -> Mapping[str, int]:
        return self._names

    def close(self) -> None:
        """Once the child is gone."""
        self._selector.close()
        for end in (self._ours, self._theirs):
            end.close()
        self._beats.close()

    def _take(self, record: wire.Record, found: list[Event]) -> None:
        if record.port == wire.PORT_LIST:
            with contextlib.suppress(ValueError, TypeError):
                self._names = wire.read_port_list(record.data)
                self._by_number = {number: name for name, number in self._names.items()}
        elif record.port in self._by_number:
            found.append(Event(self._by_number[record.port], record.at, record.data))
