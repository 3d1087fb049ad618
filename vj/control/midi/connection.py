"""The connection between the show and the process that holds the MIDI ports: whole packets over TCP on this machine.

TCP works the same on every system: Windows has no Unix sockets and can't wait for pipes, and macOS's Unix sockets lose
datagrams. The show listens on a port that the system chooses, and sends it to its child on stdin, together with a
token. The child connects and sends the token first. Other programs that connect don't know it, and are disconnected.
"""

import hmac
import secrets
import selectors
import socket
import struct
from contextlib import suppress

from vj.base.sockets import claim

LONGEST = 32768
"""The longest packet, in bytes."""
MOST_UNSENT = 1 << 20
"""Bytes that may wait for an end that doesn't read."""
MOST_STRANGERS = 8
"""Connections that have not sent the token yet; of more, the oldest is dropped."""

_LOOPBACK = "127.0.0.1"
_LENGTH = struct.Struct("<I")
_PIECE = 65536
"""Bytes that are read at once."""
_PATIENCE = 5.0
"""Seconds that connecting may take."""


class Connection:
    """One end of the connection. Packets are bytes and come out whole, as they went in; no method waits."""

    def __init__(self, end: socket.socket) -> None:
        """``end`` is a connected socket; `close` closes it."""
        end.setblocking(False)
        with suppress(OSError):  # macOS: the other end is gone already, as reading will show
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # no message waits for the next one
        self._end = end
        self._unsent = b""
        self._begun = b""
        self._watched = 0

    @property
    def is_behind(self) -> bool:
        """Whether bytes wait here until the other end has read earlier ones; see `flush`."""
        return bool(self._unsent)

    def watch(self, selector: selectors.BaseSelector) -> None:
        """Make ``selector`` wake for packets that come and, while some wait to be sent, for room to send them.

        Call it again after sending, with the same selector. The ``data`` of the selector's key is this connection.
        """
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._unsent else 0)
        if events != self._watched:
            (selector.modify if self._watched else selector.register)(self._end, events, self)
            self._watched = events

    def unwatch(self, selector: selectors.BaseSelector) -> None:
        """Undo `watch`, which must have been called with this ``selector``."""
        selector.unregister(self._end)
        self._watched = 0

    def send(self, packet: bytes) -> bool:
        """Send ``packet`` (at most `LONGEST` bytes, or the other end gives up), or keep the part of it for which that
        end has no room. Raises OSError when that end is gone.

        Returns whether it was taken: False, and nothing is done, when more than `MOST_UNSENT` bytes would wait.
        """
        if len(self._unsent) + len(packet) > MOST_UNSENT:
            return False
        self._unsent += _LENGTH.pack(len(packet)) + packet
        self.flush()
        return True

    def flush(self) -> None:
        """Send as much of what waits as there is room for. Raises OSError when the other end is gone."""
        if self._unsent:
            with suppress(BlockingIOError):
                self._unsent = self._unsent[self._end.send(self._unsent) :]

    def receive(self) -> list[bytes]:
        """Returns the whole packets among the bytes that have come, of which up to 64 KiB are read; often none. The
        rest of a packet is kept for the next call. Raises OSError when the other end is gone, or sends a packet longer
        than `LONGEST`.
        """
        try:
            piece = self._end.recv(_PIECE)
        except BlockingIOError:
            return []
        if not piece:
            raise ConnectionResetError("the other end of the MIDI connection is gone")
        whole, self._begun = _split(self._begun + piece)
        return whole

    def close(self) -> None:
        """Close the socket."""
        self._end.close()


def _split(data: bytes) -> tuple[list[bytes], bytes]:
    """Returns the whole packets at the beginning of ``data``, and the rest. Raises OSError for an impossible length."""
    packets: list[bytes] = []
    place = 0
    while place + _LENGTH.size <= len(data):
        (length,) = _LENGTH.unpack_from(data, place)
        if length > LONGEST:
            raise ConnectionAbortedError(f"a MIDI packet of {length} bytes; the longest has {LONGEST}")
        begin, end = place + _LENGTH.size, place + _LENGTH.size + length
        if end > len(data):
            break
        packets.append(data[begin:end])
        place = end
    return packets, data[place:]


def connect(port: int, token: str) -> Connection:
    """Returns the child's end, after it has sent ``token``, to the show that listens on ``port`` of this machine. Waits
    at most five seconds. Raises OSError when the show doesn't listen.
    """
    end = socket.create_connection((_LOOPBACK, port), _PATIENCE)
    end.sendall(token.encode())
    return Connection(end)


class Server:
    """The show's end: listens on ``port`` of this machine, which the system has chosen, and talks to the client that
    connected last with the right ``token`` (32 letters, new for each instance). Use it from one thread.
    """

    def __init__(self) -> None:
        """Listen at once. Raises OSError when the system has no port to give."""
        self._listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        claim(self._listening)
        self._listening.bind((_LOOPBACK, 0))
        self._listening.listen(64)
        self._listening.setblocking(False)
        self.port: int = self._listening.getsockname()[1]
        self.token = secrets.token_hex(16)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listening, selectors.EVENT_READ)
        self._strangers: dict[socket.socket, bytes] = {}
        """The connections that have not sent the whole token yet, each with what it has sent."""
        self._connection: Connection | None = None

    @property
    def is_connected(self) -> bool:
        """Whether a client with the right token is connected, as far as the last `receive` or `send` could see."""
        return self._connection is not None

    def receive(self, timeout: float) -> list[bytes]:
        """Returns the packets that have come from the client; often none. Waits at most ``timeout`` seconds for
        something to happen. This is also where new connections are let in, a lost one is noticed, and what waits is
        sent.
        """
        packets: list[bytes] = []
        for key, _ in self._selector.select(max(0.0, timeout)):
            if self._connection and key.data is self._connection:
                packets += self._serve(self._connection)
            elif key.fileobj in self._strangers:
                self._ask(key.fileobj)
            elif key.fileobj is self._listening:
                self._accept()
        return packets

    def send(self, packet: bytes) -> bool:
        """Send ``packet`` to the client, or keep it until the client reads, without waiting. Returns False, and drops
        it, if there is no client, or if too much waits already.
        """
        if self._connection is None:
            return False
        try:
            taken = self._connection.send(packet)
        except OSError:
            self._disconnect()
            return False
        self._connection.watch(self._selector)
        return taken

    def close(self) -> None:
        """Disconnect the client and all others, and stop listening."""
        self._disconnect()
        for end in tuple(self._strangers):
            self._drop(end)
        self._selector.close()
        self._listening.close()

    def _accept(self) -> None:
        try:
            end, _ = self._listening.accept()
        except OSError:  # gone again already
            return
        end.setblocking(False)
        if len(self._strangers) >= MOST_STRANGERS:
            self._drop(next(iter(self._strangers)))
        self._strangers[end] = b""
        self._selector.register(end, selectors.EVENT_READ)

    def _ask(self, end: socket.socket) -> None:
        """Read what a new connection sends, at most the length of the token. Let it in if it is the token, else drop
        it.
        """
        said = self._strangers[end]
        try:
            piece = end.recv(len(self.token) - len(said))
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        said = self._strangers[end] = said + piece
        if piece and len(said) < len(self.token):
            return
        if hmac.compare_digest(said, self.token.encode()):
            self._let_in(end)
        else:
            self._drop(end)

    def _let_in(self, end: socket.socket) -> None:
        self._selector.unregister(end)
        del self._strangers[end]
        self._disconnect()
        self._connection = Connection(end)
        self._connection.watch(self._selector)

    def _drop(self, end: socket.socket) -> None:
        self._selector.unregister(end)
        del self._strangers[end]
        end.close()

    def _serve(self, connection: Connection) -> list[bytes]:
        try:
            if connection.is_behind:
                connection.flush()
                connection.watch(self._selector)
            return connection.receive()
        except OSError:
            self._disconnect()
            return []

    def _disconnect(self) -> None:
        if self._connection:
            self._connection.unwatch(self._selector)
            self._connection.close()
            self._connection = None
