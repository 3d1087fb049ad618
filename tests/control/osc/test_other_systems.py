"""What UDP sockets say on Windows and macOS, said by a socket of the test's own."""

import errno
import socket
from collections.abc import Callable, Iterator

import pytest

from tests.control.osc.osc_bytes import message
from tests.waiting import until
from vj.control.osc import packets
from vj.control.osc.receiver import OscReceiver
from vj.params.control_queue import ControlBatch, ControlQueue
from vj.params.param import ParamTable
from vj.params.store import Store

STRENGTH = "/layer/1/model/strength"
PATIENCE = 100.0


class Complaining(socket.socket):
    """A UDP socket that complains ``receiving`` and ``sending`` before each datagram, as other systems do."""

    def __init__(self, receiving: tuple[int, ...] = (), sending: tuple[int, ...] = ()) -> None:
        super().__init__(socket.AF_INET, socket.SOCK_DGRAM)
        self.bind(("127.0.0.1", 0))
        self.setblocking(False)
        self._receiving, self._sending = receiving, sending
        self.complaints: list[int] = []
        self.to_receive, self.to_send = list(receiving), list(sending)

    def recvfrom_into(self, buffer, *arguments):  # type: ignore[no-untyped-def, override]
        if self.to_receive:
            self.complaints.append(self.to_receive.pop(0))
            raise OSError(self.complaints[-1], "it complains")
        self.to_receive = list(self._receiving)
        return super().recvfrom_into(buffer, *arguments)

    def sendto(self, packet, target):  # type: ignore[no-untyped-def, override]
        if self.to_send:
            self.complaints.append(self.to_send.pop(0))
            raise OSError(self.complaints[-1], "it complains")
        return super().sendto(packet, target)


@pytest.fixture
def start(table: ParamTable, queue: ControlQueue) -> Iterator[Callable[[socket.socket], OscReceiver]]:
    begun: list[OscReceiver] = []
    store = Store(table)

    def begin(listening: socket.socket, feedback: tuple[str, ...] = ()) -> OscReceiver:
        read, revision = (lambda: store.targets), (lambda: store.revision)
        begun.append(OscReceiver(table, queue, read, port=0, revision=revision, feedback=feedback))
        begun[-1].start(listening)
        return begun[-1]

    yield begin
    for receiver in begun:
        receiver.close()


def test_what_windows_says_of_earlier_answers_costs_no_message(start, queue: ControlQueue) -> None:
    """Port unreachable, and time to live expired, are told when the next packet is asked for."""
    listening = Complaining(receiving=(errno.ECONNRESET, errno.ENETRESET, errno.ECONNRESET))
    receiver = start(listening)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for strength in (0.25, 0.5, 0.75):
            sender.sendto(message(STRENGTH, strength), ("127.0.0.1", receiver.port))
            batches: list[ControlBatch | None] = []
            until(lambda: batches.append(queue.drain()) or batches[-1])  # type: ignore[func-returns-value] # noqa: B023
            assert batches[-1] is not None
            assert batches[-1].values == {STRENGTH: strength}
    assert {errno.ECONNRESET, errno.ENETRESET} <= set(listening.complaints)


def test_what_macos_has_no_room_for_is_told_again(start) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(PATIENCE)
        listening = Complaining(sending=(errno.ENOBUFS,) * 3)
        start(listening, (f"127.0.0.1:{listener.getsockname()[1]}",))
        told: set[str] = set()
        while STRENGTH not in told:
            told |= {packets.address_of(raw).decode() for raw in packets.messages(listener.recv(65536))}
    assert listening.complaints == [errno.ENOBUFS] * 3
