"""Ports that are ours alone, by each system's own rules."""

import socket

import pytest

from vj.base import sockets
from vj.base.errors import BadInput


class Asked:
    """A socket that only notes what it is told."""

    def __init__(self, kind: socket.SocketKind) -> None:
        self.type, self.options = kind, list[tuple[int, int, int]]()

    def setsockopt(self, *option: int) -> None:
        self.options.append(option)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_on_windows_a_port_is_claimed_as_it_would_be_shared_otherwise(
    monkeypatch: pytest.MonkeyPatch, kind: socket.SocketKind
) -> None:
    monkeypatch.setattr(sockets.sys, "platform", "win32")
    monkeypatch.setattr(socket, "SO_EXCLUSIVEADDRUSE", -5, raising=False)
    listening = Asked(kind)
    sockets.claim(listening)  # type: ignore[arg-type]
    assert listening.options == [(socket.SOL_SOCKET, -5, 1)]


@pytest.mark.parametrize("name", ["osc", "query"])
def test_no_second_show_gets_the_same_port(name: str) -> None:
    from vj.control.osc import receiver
    from vj.control.query import server

    bind = {"osc": receiver.bind, "query": server.bind}[name]
    with bind("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(BadInput, match=f"port {port}"):
            bind("127.0.0.1", port)
    bind("127.0.0.1", port).close()
