"""The show's side of the real MIDI ports: a supervised process that opens them, and a connection to it."""

import contextlib
import os
from collections.abc import Mapping, Sequence
from typing import Any

from vj.base.shared_memory import SharedMemory
from vj.child.process import ChildSpec
from vj.child.supervisor import Child, Limits
from vj.control.midi import wire
from vj.control.midi.connection import Server
from vj.control.midi.ports import Event

API = "VJ_MIDI_API"
"""The environment variable that chooses the system's MIDI interface: alsa, jack, core, winmm. If it is unset, the first
one that works is used.
"""

_LIMITS = Limits(start=30.0, silence=5.0)


class RemotePorts:
    """The ports that are plugged in, as `vj.control.midi.ports.Ports`. ``child`` is the process that opens them; give
    it to the supervisor, which starts it.

    A child that is started again after a crash connects anew; until then no port is open. Use it from one thread.
    """

    def __init__(self, api: str | None = None, ignore: Sequence[str] = ()) -> None:
        """Listen for the child, which is not started here. ``api`` is as in `API`, which is read if it is None. Ports
        whose names begin with one of ``ignore`` are not opened. Raises OSError when the system has no port or memory to
        give.
        """
        self._server = Server()
        self._heartbeats = SharedMemory(8)
        heartbeats = self._heartbeats.buffer.cast("q")
        config: dict[str, Any] = {"port": self._server.port, "token": self._server.token}
        config |= {"heartbeats": self._heartbeats.describe(), "ignore": list(ignore)}
        config |= {"api": os.environ.get(API, "") if api is None else api}
        spec = ChildSpec("midi", "vj.control.midi.port_process:main", config, self._heartbeats.fds, nice=0)
        self.child = Child(spec, lambda: heartbeats[0], _LIMITS)
        self._names: Mapping[str, int] = {}
        self._by_number: Mapping[int, str] = {}

    def receive(self, timeout: float) -> Sequence[Event]:
        """Returns what has come from the ports, in its order; empty if nothing has. Waits at most ``timeout`` seconds
        for the child to send something. Also takes over which ports are open; while the child isn't connected there are
        none.
        """
        found: list[Event] = []
        for packet in self._server.receive(timeout):
            for record in wire.unpack(packet):
                self._take(record, found)
        if not self._server.is_connected:
            self._name({})
        return found

    def send(self, port: str, data: bytes) -> None:
        """Send ``data`` to the output of the same name as the open input ``port``, by way of the child, without
        waiting. Nothing happens if there is none; what the child can't take just now is lost.
        """
        number = self._names.get(port)
        if number is not None:  # lost if the child doesn't read; lights are sent anew when it is back
            self._server.send(wire.pack([wire.Record(number, 0.0, data)]))

    def names(self) -> Mapping[str, int]:
        """Returns the names of the open inputs as of the last `receive`, each with a number that is another one each
        time the input is opened. Not a copy, but `receive` replaces the mapping rather than changing it.
        """
        return self._names

    def close(self) -> None:
        """Release the connection and the shared memory of the heartbeat. Call it once the child is gone."""
        self._server.close()
        self._heartbeats.close()

    def _take(self, record: wire.Record, found: list[Event]) -> None:
        if record.port == wire.PORT_LIST:
            with contextlib.suppress(ValueError, TypeError):
                self._name(wire.read_port_list(record.data))
        elif record.port in self._by_number:
            found.append(Event(self._by_number[record.port], record.at, record.data))

    def _name(self, names: Mapping[str, int]) -> None:
        """Take over the list of open ports, with the number of each."""
        if names != self._names:
            self._names = names
            self._by_number = {number: name for name, number in names.items()}
