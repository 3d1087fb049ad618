"""Receives OSC over UDP in a thread, which rests between batches so that a flood doesn't delay the picture."""

import contextlib
import errno
import selectors
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType

from vj.base.clock import Clock
from vj.base.errors import BadInput
from vj.base.network_defaults import LOOPBACK, OSC_PORT
from vj.base.sockets import claim
from vj.control.osc.allow import guarded
from vj.control.osc.batch import Sender
from vj.control.osc.dispatcher import Heard, OscDispatcher
from vj.control.osc.feedback import Client, OscFeedback
from vj.control.osc.subscriptions import Address, Subscriptions, resolve
from vj.params.control_queue import ControlQueue
from vj.params.param import ParamTable, Value

REST = 0.0015
"""Seconds between two batches. Each batch takes the interpreter from the drawing loop once.

This is short enough for every frame to get the newest values, and long enough for a flood to come in ten batches a
frame instead of in a thousand.
"""

_HELD_REST = 0.004
"""Seconds between two looks for the addresses that messages wait for."""
_LONGEST_PACKET = 65536
_MOST_IN_A_BATCH = 4096
"""Messages in one batch, and jobs from other threads that may wait."""
_BUFFER_SIZES = (16 << 20, 4 << 20, 1 << 20)
_SO_RCVBUFFORCE = 33
"""Linux's socket option to exceed the system's limit on receive buffers, for processes that may. Python has no name for
it.
"""

_NO_ALIASES: Mapping[str, str] = MappingProxyType({})


class OscReceiver(OscDispatcher):
    """An `OscDispatcher` that listens on a UDP port, in a thread of its own. Its counters may be read from any thread.

    Messages and bundles are applied as they come, whatever a bundle's time tag says. ``port`` is the port that it
    listens on, since `start` the real one. ``denied`` counts the packets of senders that may not send, and packets of
    `submit` that were dropped.
    """

    def __init__(
        self,
        table: ParamTable,
        queue: ControlQueue,
        read: Callable[[], Mapping[str, Value]],
        host: str = LOOPBACK,
        port: int = OSC_PORT,
        aliases: Mapping[str, str] = _NO_ALIASES,
        *,
        allow: Sequence[str] = (),
        revision: Callable[[], int] | None = None,
        feedback: Sequence[str] = (),
        clock: Clock | None = None,
        forbidden: Mapping[str, str] = _NO_ALIASES,
    ) -> None:
        """``read`` returns the values that were set, by address, for ``?`` and for feedback; ``port`` 0 takes any free
        one. Nothing is opened before `start`.

        ``aliases`` maps a foreign address (``/1/fader1``) to one of the show's: its 0..1 is spread over the parameter's
        range. ``allow`` lists the networks that may send, besides this machine. ``revision`` returns a number that
        changes when a value is set; without it no changes are sent, and subscriptions are refused. ``feedback`` names
        the clients that get changes from the start (``host:port``), whose names are looked up here; ``forbidden`` is as
        in `OscDispatcher`.

        Raises BadInput for an alias that `check_alias` refuses, for a malformed network or client, and for a ``host``
        that is open to the network without ``allow``.
        """
        super().__init__(table, queue, read, aliases, clock, forbidden)
        self._host = host
        self._closing = False
        self._allow = guarded(host, allow)
        self._named = [resolve(text, _family(host)) for text in feedback]
        self._thread: threading.Thread | None = None
        self._jobs: deque[Callable[[], None]] = deque()
        self._feedback = OscFeedback(read, revision or (lambda: 0), self.messages, self._clock, table)
        self._subscriptions = Subscriptions(self._feedback, self._send_to, self._clock, lambda: self.port)
        self._listened = revision is not None
        self.port = port
        self.denied = 0

    @property
    def told(self) -> int:
        """How many values were sent to clients as changes; it only grows. Answers to ``?`` don't count."""
        return self._feedback.told

    def start(self, listening: socket.socket | None = None) -> None:
        """Start the thread, on a socket that `bind` returned or on one that is bound here, and set ``port``. Call it
        once.

        Raises BadInput as `bind` does, and for more clients in ``feedback`` than there may be.
        """
        self._socket = listening or bind(self._host, self.port)
        self.port = self._socket.getsockname()[1]
        self._wake, self._waker = socket.socketpair()
        self._wake.setblocking(False)
        self._waker.setblocking(False)
        if self._listened:
            self._subscriptions.name(self._named)
        self._thread = threading.Thread(target=self._run, name="osc", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread, waiting for it, and close the socket. Harmless before `start` and a second time."""
        if self._closing or not self._thread:
            return
        self._closing = True
        self._rouse()
        self._thread.join()
        for end in (self._socket, self._wake, self._waker):
            end.close()

    def submit(self, packet: bytes, sender: Client) -> bool:
        """Queue an OSC ``packet`` that came another way than by UDP, for our thread; answers go to ``sender``. May be
        called from any thread.

        Returns whether it was queued, which doesn't say that it is valid. In a flood it is dropped, counted as denied,
        and False is returned.
        """
        if len(self._jobs) >= _MOST_IN_A_BATCH:
            self.denied += 1
            return False
        self._call(partial(self.enqueue_packet, packet, sender))
        return True

    def join(self, client: Client, turn_away: Callable[[], None]) -> None:
        """Have our thread send changes to ``client``, from those that come next; it gets no full state. May be called
        from any thread, and returns at once.

        Where there are too many clients already, the UDP client that was silent the longest makes room. If none can,
        ``client`` is counted as refused, and our thread calls ``turn_away``.
        """
        self._call(partial(self._admit, client, turn_away))

    def leave(self, client: Client) -> None:
        """Have our thread send ``client`` no more changes. May be called from any thread; harmless if it got none."""
        self._call(partial(self._feedback.leave, client))

    def listen(self, client: Client, address: str) -> None:
        """Have our thread send ``client`` the present value of ``address``, which must have one, and its changes from
        then on. May be called from any thread.
        """
        self._call(partial(client.listen, address))

    def ignore(self, client: Client, address: str) -> None:
        """Have our thread send ``client``, which chooses what it listens to, no more changes of ``address``. May be
        called from any thread.
        """
        self._call(partial(client.ignore, address))

    def _note_heard(self, heard: Heard) -> None:
        self._subscriptions.hear(heard)

    def _request(self, arguments: list[Value], sender: Sender) -> None:
        self._subscriptions.request(arguments, sender)

    def _admit(self, client: Client, turn_away: Callable[[], None]) -> None:
        try:
            self._subscriptions.admit(client)
        except BadInput as reason:
            self._refuse(reason)
            turn_away()

    def _call(self, job: Callable[[], None]) -> None:
        """Have our thread call ``job``."""
        self._jobs.append(job)
        self._rouse()

    def _rouse(self) -> None:
        with contextlib.suppress(OSError):  # full: it is being woken already; closed: the receiver has ended
            self._waker.send(b"\0")

    def _run(self) -> None:
        buffer = bytearray(_LONGEST_PACKET)
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            selector.register(self._wake, selectors.EVENT_READ)
            while True:
                selector.select(_HELD_REST if self.holds else self._feedback.wait())
                if self._closing:
                    return
                self._work()
                self._drain(buffer)
                for reply, sender in self.flush_batch():
                    self._send(reply, sender)
                self._feedback.tell()
                time.sleep(REST)

    def _work(self) -> None:
        """Do the jobs that other threads asked for."""
        with contextlib.suppress(BlockingIOError):
            self._wake.recv(_LONGEST_PACKET)
        for _ in range(len(self._jobs)):
            self._jobs.popleft()()

    def _drain(self, buffer: bytearray) -> None:
        """Take what has come, up to a batch. The rest waits in the socket's buffer."""
        view, receive, allows = memoryview(buffer), self._socket.recvfrom_into, self._allow.allows
        for _ in range(_MOST_IN_A_BATCH):
            if self.waiting >= _MOST_IN_A_BATCH:
                return
            try:
                size, sender = receive(buffer)
            except BlockingIOError:
                return
            except OSError:  # on Windows: an earlier answer wasn't delivered; what came is still there
                continue
            if allows(sender[0]):
                self.enqueue_packet(bytes(view[:size]), sender)
            else:
                self.denied += 1

    def _send(self, packet: bytes, sender: Sender) -> bool:
        return sender.send(packet) if isinstance(sender, Client) else self._send_to(packet, sender)

    def _send_to(self, packet: bytes, target: Address) -> bool:
        """Send ``packet``. Returns False if there was no room for it now; True if it went out, or can't be received at
        all.
        """
        try:
            self._socket.sendto(packet, target)
        except BlockingIOError:
            return False
        except OSError as error:
            return error.errno != errno.ENOBUFS  # macOS's error for having no room just now
        return True


def bind(host: str, port: int) -> socket.socket:
    """Returns a UDP socket bound to ``host`` (an address or a name; with a ``:`` it is IPv6) and ``port`` (0: any free
    one). It never blocks, has a large receive buffer, and shares its port with no other show. Raises BadInput if
    ``host`` or ``port`` is not available.
    """
    listening = socket.socket(_family(host), socket.SOCK_DGRAM)
    try:
        _widen(listening)
        claim(listening)
        listening.bind((host, port))
        listening.setblocking(False)
    except (OSError, OverflowError) as reason:
        listening.close()
        raise BadInput(
            f"can't listen for OSC on {host} port {port}: {reason}; choose another with --osc-port"
        ) from reason
    return listening


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _widen(listening: socket.socket) -> None:
    """Take as large a receive buffer as the system gives: what comes while the loop draws must not be lost."""
    for size in _BUFFER_SIZES:
        with contextlib.suppress(OSError):
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
            break
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            listening.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER_SIZES[0])
