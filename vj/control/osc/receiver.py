"""OSC over UDP: a socket, a thread, and a rest between batches so that a flood leaves the picture alone."""

import contextlib
import selectors
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType

from vj.control.osc.inbox import OscInbox
from vj.errors import BadInput
from vj.mailbox import Mailbox
from vj.param import ParamTable, Value

LOOPBACK, DEFAULT_PORT = "127.0.0.1", 7000
"""On this machine only: venue networks are open to everybody in the room."""
REST = 0.0015
"""Seconds between two batches. Each batch asks the interpreter of the drawing loop once: short enough for every
frame to get the newest, long enough for a flood to come in ten batches a frame instead of in a thousand."""

_LONGEST_PACKET = 65536
_MOST_IN_A_BATCH = 4096
_BUFFER_SIZES = (16 << 20, 4 << 20, 1 << 20)
_SO_RCVBUFFORCE = 33
"""Linux, where the process may: past the system's limit on receive buffers. Python has no name for it."""

_NO_ALIASES: Mapping[str, str] = MappingProxyType({})


class OscReceiver(OscInbox):
    """An inbox that hears a UDP port. Its counters may be read from any thread.

    A message on an idle socket is applied at once. Bundles are applied at once too, whatever their time tag.
    """

    def __init__(
        self,
        table: ParamTable,
        mailbox: Mailbox,
        read: Callable[[], Mapping[str, Value]],
        host: str = LOOPBACK,
        port: int = DEFAULT_PORT,
        aliases: Mapping[str, str] = _NO_ALIASES,
    ) -> None:
        """``read`` gives the values of now, for ``?``; ``port`` 0 takes any free one.

        ``aliases`` maps a foreign address (``/1/fader1``) to one of the show's: its 0..1 is spread over the
        parameter's range. Raises BadInput for an alias to nowhere.
        """
        super().__init__(table, mailbox, read, aliases)
        self._host, self._closing = host, False
        self._thread: threading.Thread | None = None
        self.port = port

    def start(self, listening: socket.socket | None = None) -> None:
        """Listen, on a socket that `bind` gave or on one of its own. Raises BadInput as `bind` does."""
        self._socket = listening or bind(self._host, self.port)
        self.port = self._socket.getsockname()[1]
        self._wake, self._waker = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="osc", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening and give the port back. Harmless before `start` and a second time."""
        if self._closing or not self._thread:
            return
        self._closing = True
        self._waker.send(b"\0")
        self._thread.join()
        for end in (self._socket, self._wake, self._waker):
            end.close()

    def _run(self) -> None:
        buffer = bytearray(_LONGEST_PACKET)
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            selector.register(self._wake, selectors.EVENT_READ)
            while True:
                selector.select()
                if self._closing:
                    return
                self._drain(buffer)
                for reply, sender in self.flush():
                    with contextlib.suppress(OSError):  # whoever asked has gone, or reads nothing
                        self._socket.sendto(reply, sender)
                time.sleep(REST)

    def _drain(self, buffer: bytearray) -> None:
        """Take what has come, up to a batch; the rest waits in the socket's buffer."""
        view, receive = memoryview(buffer), self._socket.recvfrom_into
        while self.waiting < _MOST_IN_A_BATCH:
            try:
                size, sender = receive(buffer)
            except BlockingIOError:
                return
            except ConnectionError:  # Windows tells here that an earlier answer found nobody
                continue
            self.take(bytes(view[:size]), sender)


def bind(host: str, port: int) -> socket.socket:
    """A socket that never blocks. Raises BadInput for a port or host that can't be had.

    No SO_REUSEADDR: with it, two shows would share a port and halve the messages.
    """
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        _widen(listening)
        listening.bind((host, port))
        listening.setblocking(False)
    except (OSError, OverflowError) as reason:
        listening.close()
        raise BadInput(
            f"can't listen for OSC on {host} port {port}: {reason}; choose another with --osc-port"
        ) from reason
    return listening


def _widen(listening: socket.socket) -> None:
    """As large a receive buffer as the system gives: what comes while the loop draws must not be lost."""
    for size in _BUFFER_SIZES:
        with contextlib.suppress(OSError):
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
            break
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            listening.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER_SIZES[0])
