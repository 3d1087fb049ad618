"""The child process around MIDI ports: opens all there are, again when they come back, and passes bytes both ways.

Drivers hang, and closing a port whose server has died crashes the interpreter; here that costs nothing but itself.
"""

import contextlib
import os
import selectors
import socket
from collections import deque
from collections.abc import Callable
from typing import Any

from vj import clock
from vj.child.link import Link
from vj.control.midi import wire
from vj.control.midi.driver import Came, Driver
from vj.frame.memory import SharedMemory

RESCAN = 1.0
"""Seconds between two looks at what is plugged in."""
_TICK = 0.25
_MOST_WAITING = 65536
"""Messages that the show hasn't taken; then the oldest goes, counted."""
_MOST_IN_A_PACKET = 128


def main(link: Link, socket: int, beats: dict[str, Any], api: str, ignore: list[str]) -> None:
    """Serve until the show is gone."""
    host = Host(link, socket, SharedMemory.attach(beats), lambda came: Driver(api, ignore, came))
    while not link.stopping.is_set():
        host.step()


class Host:
    """``step`` is one turn: what came goes to the show, what the show sends goes out, and ports are looked for."""

    def __init__(self, link: Link, descriptor: int, beats: SharedMemory, driver: Callable[[Came], Driver]) -> None:
        self._link, self._beats = link, beats.buffer.cast("q")
        self._socket = socket.socket(fileno=descriptor)
        self._socket.setblocking(False)
        self._wake, self._waker = os.pipe()
        for end in (self._wake, self._waker):
            os.set_blocking(end, False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ)
        self._selector.register(self._wake, selectors.EVENT_READ)
        self._waiting: deque[wire.Record] = deque([wire.port_list(())])  # what an earlier process had open is not
        self._dropped = 0
        self._driver = driver(self._came)
        self._due = 0.0
        self._told = ""

    def step(self) -> None:
        self._beats[0] += 1
        self._selector.select(_TICK if not self._waiting else 0.001)
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake, 4096)
        self._pass_on()
        self._play()
        now = clock.now()
        if now >= self._due:
            self._due = now + RESCAN
            self._look()

    def close(self) -> None:
        """Give back what it holds, but for the ports: those go with the process."""
        self._selector.close()
        self._socket.close()
        for end in (self._wake, self._waker):
            os.close(end)

    def _came(self, port: int, data: bytes) -> None:
        """Called by the driver's own threads."""
        if len(data) > wire.LONGEST_DATA:
            return
        self._waiting.append(wire.Record(port, clock.now(), data))
        if len(self._waiting) > _MOST_WAITING:
            self._waiting.popleft()
            self._dropped += 1
        with contextlib.suppress(BlockingIOError):  # it is being woken already
            os.write(self._waker, b"\0")

    def _pass_on(self) -> None:
        while self._waiting:
            records = self._batch()
            try:
                self._socket.send(wire.pack(records))
            except BlockingIOError:
                self._waiting.extendleft(reversed(records))
                return

    def _batch(self) -> list[wire.Record]:
        """The oldest, as many as fit a packet."""
        records: list[wire.Record] = []
        room = wire.LONGEST
        while self._waiting and len(records) < _MOST_IN_A_PACKET:
            room -= wire.size(self._waiting[0])
            if room < 0 and records:
                break
            records.append(self._waiting.popleft())
        return records

    def _play(self) -> None:
        """What the show sends; a port that fails is opened anew with the next look."""
        while True:
            try:
                packet = self._socket.recv(wire.LONGEST)
            except BlockingIOError:
                return
            if not packet:  # the show is gone, and we soon are
                return
            for record in wire.unpack(packet):
                self._driver.send(record.port, record.data)

    def _look(self) -> None:
        if self._driver.look():
            self._waiting.append(wire.port_list(self._driver.ports()))
        says = self._driver.says + (f"; {self._dropped} dropped" if self._dropped else "")
        if says != self._told:
            self._told = says
            self._link.tell(title=says, ready=True)
