"""What differs between systems about sockets."""

import socket
import sys


def claim(listening: socket.socket) -> None:
    """Call this before binding ``listening``: no other program can then be bound to the same port.

    Windows would let another program share the port, and take what is sent to it, unless the socket forbids it.
    Elsewhere that is impossible unless SO_REUSEADDR is set, which only brings a closed TCP port back at once.
    """
    if sys.platform == "win32":
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    elif listening.type == socket.SOCK_STREAM:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
