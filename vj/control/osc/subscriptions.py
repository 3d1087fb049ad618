"""The clients that get changes over UDP, and which sender is which client.

A client gets changes if it was named when the show started; if it subscribed with ``/osc/feedback``; or, for a host
that did neither, by the convention that controllers listen on port 7001. If nothing listens there, those packets are
simply lost. The convention doesn't apply to this machine, where another show may have that port and would be played by
this one.
"""

import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from vj.base.clock import Clock
from vj.base.errors import BadInput
from vj.control.osc.allow import is_loopback
from vj.control.osc.batch import Sender
from vj.control.osc.dispatcher import FEEDBACK, Heard
from vj.control.osc.feedback import MOST_CLIENTS, Client, OscFeedback
from vj.params.param import Value

CONVENTION_PORT = 7001
"""The port at which controllers usually listen."""
SILENCE = 600.0
"""Seconds of silence after which some clients are forgotten: those by convention, and those that subscribed for the
port that they sent from, as that port is a new one each time they start.
"""
BACK = -1
"""Stands for a port: the one that the subscription came from."""

Address = tuple[str | int, ...]
"""An address as the socket gives it: host, port and, for IPv6, two more."""
Way = Literal["named", "asked", "back", "convention"]
"""How a client came: ``named`` at the start, ``asked`` with a port, asked with ``back`` to the port that it sent from,
or by ``convention``.
"""

_ASKED, _PASSING = ("asked", "back"), ("back", "convention")
"""The ways of clients that subscribed, and of clients that are forgotten after `SILENCE`."""


@dataclass(slots=True)
class _Subscriber:
    """A client over UDP: where it gets changes, how it came, and when it was last heard (monotonic seconds)."""

    client: Client
    target: Address
    way: Way
    heard_at: float
    origins: set[Address] = field(default_factory=set)
    """The addresses that its own messages come from."""


class Subscriptions:
    """Adds UDP clients to an `OscFeedback`, removes those that are silent for long, and finds which client sent a
    message. Use it from one thread.
    """

    def __init__(
        self, feedback: OscFeedback, send: Callable[[bytes, Address], bool], clock: Clock, own: Callable[[], int]
    ) -> None:
        """Changes are sent through ``feedback``. ``send`` sends a packet to an address, and returns False if it must be
        sent again. ``own`` returns the port that we listen on ourselves: no client on this machine gets changes there.
        """
        self._feedback = feedback
        self._send = send
        self._clock = clock
        self._own = own
        self._subscribers: dict[Address, _Subscriber] = {}

    def name(self, targets: Iterable[Address]) -> None:
        """Add ``targets`` as clients as long as the show plays: the coming calls of `OscFeedback.tell` send them the
        full state, then changes. They are never dropped to make room. Raises BadInput for more than `MOST_CLIENTS`.
        """
        for target in dict.fromkeys(targets):
            self._feedback.full_state(self._add(target, "named", target).client)

    def admit(self, client: Client) -> None:
        """Send changes to a client that came another way, until it leaves the `OscFeedback`. If there are too many, the
        UDP client that was silent the longest is dropped, except those of `name`; BadInput is raised if there is none.
        """
        self._make_room()
        self._feedback.join(client)

    def hear(self, heard: Heard) -> None:
        """Take note of what each sender sent, as a client doesn't get back what it sent itself.

        A host that has no client yet, and isn't this machine, becomes one by convention here; clients that were silent
        too long are forgotten (see `SILENCE`). Senders that are no client are left out.
        """
        now = self._clock.now()
        self._forget(now)
        for sender, shown in heard.items():
            client = sender if isinstance(sender, Client) else self._client_of(sender, now)
            if client and client in self._feedback.clients:
                client.hears_itself(shown, now)

    def request(self, arguments: list[Value], sender: Sender) -> None:
        """Handle ``/osc/feedback PORT`` from ``sender`` with these ``arguments``: send the full state and every change
        to that port of the sender's host. PORT 0 ends what the sender subscribed to or, if it never did, all
        subscriptions of its host.

        Without an argument, or with -1, they go to the very port that the message came from. Raises BadInput for other
        arguments, a sender that isn't a UDP address, the port on which this show listens itself, or too many clients.
        """
        port = _port(arguments)
        if not isinstance(sender, tuple):
            raise BadInput(f"{FEEDBACK} is for UDP; over a WebSocket, LISTEN")
        if port == 0:
            self._end(sender)
            return
        target = (sender[0], sender[1] if port == BACK else port, *sender[2:])
        if self._is_own(target):
            raise BadInput(f"{FEEDBACK} {port} is where this show listens itself")
        for known in [other.target for other in self._at(sender[0]) if other.way == "convention"]:
            self._drop(known)
        subscriber = self._subscribers.get(target) or self._add(target, "back" if port == BACK else "asked", sender)
        subscriber.origins.add(sender[:2])
        self._feedback.full_state(subscriber.client)

    def _client_of(self, sender: Sender, now: float) -> Client | None:
        if not isinstance(sender, tuple):
            return None
        found = self._find(sender)
        if found:
            found.heard_at = now
        return found.client if found else None

    def _find(self, sender: Address) -> _Subscriber | None:
        """Returns the client whose messages come from ``sender``, or None. A host with one client, other than this
        machine, counts as one device.
        """
        here = self._at(sender[0])
        for subscriber in here:
            if sender[:2] in subscriber.origins:
                return subscriber
        lasting = [subscriber for subscriber in here if subscriber.way != "convention"]
        if lasting:
            return lasting[0] if len(lasting) == 1 and not is_loopback(str(sender[0])) else None
        target = (sender[0], CONVENTION_PORT, *sender[2:])
        if here or is_loopback(str(sender[0])) or len(self._feedback.clients) >= MOST_CLIENTS:
            return here[0] if here else None
        return self._add(target, "convention", target)

    def _add(self, target: Address, way: Way, origin: Address) -> _Subscriber:
        self._make_room()
        client = Client(lambda packet: self._send(packet, target))
        self._feedback.join(client)
        added = _Subscriber(client, target, way, self._clock.now(), {target[:2], origin[:2]})
        self._subscribers[target] = added
        return added

    def _make_room(self) -> None:
        """Drop the client that was silent the longest if there are too many. Clients that were named at the
        start stay.
        """
        if len(self._feedback.clients) < MOST_CLIENTS:
            return
        passing = [subscriber for subscriber in self._subscribers.values() if subscriber.way != "named"]
        if passing:
            self._drop(min(passing, key=lambda subscriber: subscriber.heard_at).target)

    def _end(self, sender: Address) -> None:
        """End what ``sender`` subscribed to from this port; if it never did, end all subscriptions of its host."""
        asked = [subscriber for subscriber in self._at(sender[0]) if subscriber.way in _ASKED]
        own = [subscriber for subscriber in asked if sender[:2] in subscriber.origins]
        for subscriber in own or asked:
            self._drop(subscriber.target)

    def _forget(self, now: float) -> None:
        silent = [s.target for s in self._subscribers.values() if s.way in _PASSING and now - s.heard_at > SILENCE]
        for target in silent:
            self._drop(target)

    def _drop(self, target: Address) -> None:
        self._feedback.leave(self._subscribers.pop(target).client)

    def _at(self, host: str | int) -> list[_Subscriber]:
        return [subscriber for subscriber in self._subscribers.values() if subscriber.target[0] == host]

    def _is_own(self, target: Address) -> bool:
        return target[1] == self._own() and is_loopback(str(target[0]))


def resolve(text: str, family: int) -> Address:
    """Returns the address of ``text``, ``192.168.1.7:9000``, ``[::1]:9000`` or ``tablet.local:9000``, as a socket of
    ``family`` (`socket.AF_INET` or AF_INET6) takes it: a tuple of IP address, port and, for IPv6, two more. Names are
    looked up, which may wait for the network. Raises BadInput if that can't be.
    """
    host, _, port = text.rpartition(":")
    try:
        number = int(port)
        if not 0 < number < 65536 or not host:
            raise ValueError
        found = socket.getaddrinfo(host.strip("[]"), number, family, socket.SOCK_DGRAM)
    except (ValueError, OSError, UnicodeError):
        raise BadInput(f"OSC feedback goes to a host and a port such as 192.168.1.7:9000, not {text!r}") from None
    return _address(*found[0][4])


def _address(host: str | int, *rest: str | int | bytes) -> Address:
    return (host, *(part for part in rest if not isinstance(part, bytes)))


def _port(arguments: list[Value]) -> int:
    port = arguments[0] if arguments else BACK
    fits = isinstance(port, int | float) and not isinstance(port, bool) and port == int(port)
    if len(arguments) > 1 or not fits or not BACK <= int(port) < 65536:
        raise BadInput(f"{FEEDBACK} takes a port, 0 for no more, or -1 for the port it came from, not {arguments}")
    return int(port)
