"""The connection to the process that holds the ports: strangers, floods, restarts, and what Windows lacks."""

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.waiting import until
from tests.without import first_of_all
from vj.base.clock import LiveClock
from vj.child.supervisor import Supervisor
from vj.control.midi import connection
from vj.control.midi.connection import LONGEST, MOST_STRANGERS, MOST_UNSENT, Connection, Server, connect
from vj.control.midi.port_client import RemotePorts

PATIENCE = 100.0
LIKE_WINDOWS = """
import _socket, os, select
del _socket.AF_UNIX, _socket.socketpair   # socket.socketpair then goes by TCP, as it does there
del select.epoll, select.poll             # only select is there, and it is for sockets alone
def pipe():
    raise OSError("a pipe can't be waited for")
os.pipe = pipe
"""


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def caller() -> Iterator[Callable[[Server], socket.socket]]:
    """``caller(server)`` is another program of this machine that connects."""
    ends: list[socket.socket] = []

    def call(server: Server) -> socket.socket:
        ends.append(socket.create_connection(("127.0.0.1", server.port), 5.0))
        ends[-1].settimeout(PATIENCE)
        return ends[-1]

    yield call
    for end in ends:
        end.close()


def received(server: Server, count: int) -> list[bytes]:
    found: list[bytes] = []
    until(lambda: found.extend(server.receive(0.01)) or len(found) >= count)  # type: ignore[func-returns-value]
    return found


def connected(server: Server) -> Connection:
    child = connect(server.port, server.token)
    until(lambda: server.receive(0.01) or server.is_connected)
    return child


def drops(server: Server, stranger: socket.socket) -> bool:
    """Wait until ``server`` closes the connection to ``stranger``."""
    stranger.setblocking(False)

    def closed() -> bool:
        server.receive(0.01)
        try:
            return stranger.recv(1) == b""
        except BlockingIOError:
            return False
        except ConnectionError:
            return True

    until(closed)
    return True


def test_packets_go_both_ways_whole_and_in_order(server: Server) -> None:
    child = connected(server)
    packets = [bytes([number % 256]) * (number * 37 % 3000) for number in range(200)]
    for packet in packets:
        assert child.send(packet)
    assert received(server, 200) == packets
    found: list[bytes] = []
    for packet in packets:
        assert server.send(packet)
    until(lambda: found.extend(child.receive()) or len(found) == 200)  # type: ignore[func-returns-value]
    assert found == packets
    child.close()


@given(some.lists(some.binary(max_size=40), max_size=8), some.integers(1, 9))
def test_packets_are_whole_however_they_are_cut_on_their_way(packets: list[bytes], piece: int) -> None:
    stream = b"".join(len(packet).to_bytes(4, "little") + packet for packet in packets)
    found, rest = list[bytes](), b""
    for place in range(0, len(stream), piece):
        whole, rest = connection._split(rest + stream[place : place + piece])
        found += whole
    assert (found, rest) == (packets, b"")


def test_nobody_gets_in_without_the_token(server: Server, caller: Callable[[Server], socket.socket]) -> None:
    child = connected(server)
    wrong, short, silent = (caller(server) for _ in range(3))
    wrong.sendall(b"x" * len(server.token) + b"\1\0\0\0!")
    short.sendall(server.token[:5].encode())
    assert drops(server, wrong)
    short.shutdown(socket.SHUT_WR)
    assert drops(server, short)
    silent.close()
    until(lambda: server.receive(0.01) or not server._strangers)
    child.send(b"still here")
    assert received(server, 1) == [b"still here"]
    child.close()


def test_strangers_who_say_nothing_keep_nobody_out(server: Server, caller: Callable[[Server], socket.socket]) -> None:
    strangers = [caller(server) for _ in range(3 * MOST_STRANGERS)]
    child = connected(server)
    assert len(server._strangers) < MOST_STRANGERS
    assert drops(server, strangers[0])
    child.close()


def test_an_end_that_does_not_read_holds_nobody_up_and_loses_nothing_that_was_taken(server: Server) -> None:
    child = connected(server)
    taken = 0
    while server.send(taken.to_bytes(4, "little") * 1000):  # a send that waits would never come back
        taken += 1
        assert taken < 100_000, "it takes more and more"
    assert taken * 4000 > MOST_UNSENT
    found: list[bytes] = []

    def both() -> bool:
        server.receive(0.0)
        found.extend(child.receive())
        return len(found) == taken

    until(both)
    assert [packet[:4] for packet in found] == [number.to_bytes(4, "little") for number in range(taken)]
    assert server.send(b"room again")
    child.close()


def test_who_sends_no_packets_is_disconnected(server: Server, caller: Callable[[Server], socket.socket]) -> None:
    broken = caller(server)
    broken.sendall(server.token.encode() + (LONGEST + 1).to_bytes(4, "little"))
    until(lambda: server.receive(0.01) or server.is_connected)
    until(lambda: server.receive(0.01) or not server.is_connected)
    assert not server.send(b"anybody there?")


def test_the_last_one_to_come_is_the_one(server: Server) -> None:
    first = connected(server)
    second = connect(server.port, server.token)
    second.send(b"I am it")
    assert received(server, 1) == [b"I am it"]
    with pytest.raises(ConnectionError):
        until(first.receive)
    first.close()
    second.close()


@pytest.fixture
def ports() -> Iterator[RemotePorts]:
    """A real child with a port that sends back what it is sent."""
    ports = RemotePorts("")
    ports.child.spec = replace(ports.child.spec, target="tests.control.midi.echoing:main")
    supervisor = Supervisor(LiveClock())
    supervisor.add(ports.child)
    supervisor.start()
    yield ports
    supervisor.close()
    ports.close()


def echoes(ports: RemotePorts) -> None:
    until(lambda: ports.receive(0.01) or "pad" in ports.names())
    ports.send("pad", b"\x90\x01\x02")
    events = []
    until(lambda: events.extend(ports.receive(0.01)) or events)  # type: ignore[func-returns-value]
    assert [(event.port, event.data) for event in events] == [("pad", b"\x90\x01\x02")]
    assert 0.0 <= time.monotonic() - events[0].at < PATIENCE


def test_a_child_that_is_killed_connects_again(ports: RemotePorts) -> None:
    echoes(ports)
    assert ports.child.pid is not None
    os.kill(ports.child.pid, signal.SIGKILL)
    until(lambda: ports.receive(0.01) or not ports.names())
    echoes(ports)
    assert ports.child.restarts == 1


def test_so_it_goes_without_unix_sockets_and_without_waiting_for_pipes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv("PYTHONPATH", first_of_all(tmp_path / "windows", LIKE_WINDOWS)["PYTHONPATH"])
    monkeypatch.delattr(socket, "AF_UNIX")
    monkeypatch.delattr(socket, "socketpair")
    echoes(request.getfixturevalue("ports"))
