"""Binding a port for one program alone, which each system does differently."""

import socket
import sys


def claim(listening: socket.socket) -> None:
    """Set options of ``listening``, before it is bound, so that no other program can bind the same port.

    It is an IP socket, TCP or UDP; the caller binds it.

    Windows would let another program share the port, and take what is sent to it, unless the socket forbids that.
    Elsewhere a port can't be shared by default; there SO_REUSEADDR only lets a TCP port be bound again right after it
    was closed.
    """
    if sys.platform == "win32":
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    elif listening.type == socket.SOCK_STREAM:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
