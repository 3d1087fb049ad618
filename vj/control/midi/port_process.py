"""The child process that holds the MIDI ports: it opens all of them, again when they come back, and passes bytes both
ways.

Drivers hang, and closing a port whose server has died crashes the interpreter. In a process of its own that doesn't
touch the show.
"""

import contextlib
import selectors
import socket
from collections import deque
from collections.abc import Callable
from typing import Any

from vj.base import clock
from vj.base.shared_memory import SharedMemory
from vj.child.parent_pipe import ParentPipe
from vj.control.midi import wire
from vj.control.midi.connection import LONGEST, Connection, connect
from vj.control.midi.driver import Came, Driver

RESCAN = 1.0
"""Seconds between two looks at which ports there are."""
_TICK = 0.25
"""The longest wait of one step, in seconds."""
_MOST_WAITING = 65536
"""Messages that wait for the show; of more, the oldest are dropped and counted."""
_MOST_IN_A_PACKET = 128


def main(pipe: ParentPipe, port: int, token: str, heartbeats: dict[str, Any], api: str, ignore: list[str]) -> None:
    """Open the MIDI ports and serve the show, which listens on TCP ``port`` for ``token``, until ``pipe`` says that the
    show is gone or wants this process to leave.

    ``heartbeats`` describes the shared memory of the heartbeat (see `SharedMemory.attach`); ``api`` and ``ignore`` are
    for the `Driver`. Raises OSError when the connection breaks though the show is there: the supervisor then starts
    this process again.
    """
    memory = SharedMemory.attach(heartbeats)
    host = PortHost(pipe, connect(port, token), memory, lambda came: Driver(api, ignore, came))
    try:
        while not pipe.stopping.is_set():
            host.step()
    except ConnectionError:
        if not pipe.stopping.wait(_TICK):
            raise


class PortHost:
    """Passes bytes between the MIDI ports and the show, and tells the show's supervisor how many ports are open. Call
    `step` again and again.
    """

    def __init__(
        self, pipe: ParentPipe, connection: Connection, heartbeats: SharedMemory, driver: Callable[[Came], Driver]
    ) -> None:
        """``pipe`` takes the line about the ports, and ``connection`` leads to the show. ``heartbeats`` is the shared
        memory of the heartbeat, a count of 64 bits. ``driver`` is called here, once, with the function that takes what
        comes from ports, and returns the driver.
        """
        self._pipe = pipe
        self._heartbeats = heartbeats.buffer.cast("q")
        self._connection = connection
        self._wake, self._waker = socket.socketpair()  # sockets: on Windows nothing else can be waited for
        for end in (self._wake, self._waker):
            end.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._wake, selectors.EVENT_READ)
        self._waiting: deque[wire.Record] = deque([wire.port_list(())])  # no port of an earlier process is open
        self._dropped = 0
        self._driver = driver(self._came)
        self._due = 0.0
        self._told = ""

    def step(self) -> None:
        """Take one turn: count a heartbeat, wait up to 0.25 s for something to come, send the show what came from the
        ports, send the ports what the show sent, and once a second open and close ports.

        Raises OSError when the show, or the system's MIDI server, has gone.
        """
        self._heartbeats[0] += 1
        heard = self._wait()
        self._pass_on()
        if heard:
            self._play()
        now = clock.now()
        if now >= self._due:
            self._due = now + RESCAN
            self._look()

    def close(self) -> None:
        """Close the connection and what wakes `step`. The ports stay open: they go with the process."""
        self._selector.close()
        self._connection.close()
        for end in (self._wake, self._waker):
            end.close()

    def _wait(self) -> bool:
        """Wait until a port or the show sends something, or the show has room for what waits; at most for a tick.

        Returns whether the show may have sent something.
        """
        self._connection.watch(self._selector)
        heard = False
        for key, _ in self._selector.select(0.0 if self._waiting and not self._connection.is_behind else _TICK):
            if key.data is self._connection:
                heard = True
            else:
                self._wake.recv(4096)
        return heard

    def _came(self, port: int, data: bytes) -> None:
        """Take a message from a port. The driver calls this from threads of its own."""
        if len(data) > wire.LONGEST_DATA:
            return
        self._waiting.append(wire.Record(port, clock.now(), data))
        if len(self._waiting) > _MOST_WAITING:
            self._waiting.popleft()
            self._dropped += 1
        with contextlib.suppress(OSError):  # full: it is being woken already; closed: the other end has gone
            self._waker.send(b"\0")

    def _pass_on(self) -> None:
        """Send the show what came from the ports. While it is behind with reading, messages wait here."""
        self._connection.flush()
        while self._waiting and not self._connection.is_behind:
            self._connection.send(wire.pack(self._batch()))

    def _batch(self) -> list[wire.Record]:
        """Returns the oldest messages that wait, as many as fit a packet. They wait no more."""
        records: list[wire.Record] = []
        room = LONGEST
        while self._waiting and len(records) < _MOST_IN_A_PACKET:
            room -= wire.size(self._waiting[0])
            if room < 0 and records:
                break
            records.append(self._waiting.popleft())
        return records

    def _play(self) -> None:
        """Send the ports what the show sent."""
        for packet in self._connection.receive():
            for record in wire.unpack(packet):
                self._driver.send(record.port, record.data)

    def _look(self) -> None:
        """Have the driver open and close ports, and send the show the list of ports and a line about them if they
        changed.
        """
        if self._driver.look():
            self._waiting.append(wire.port_list(self._driver.ports()))
        says = self._driver.says + (f"; {self._dropped} dropped" if self._dropped else "")
        if says != self._told:
            self._told = says
            self._pipe.tell(title=says, ready=True)
