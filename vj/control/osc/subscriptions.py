"""The clients that get changes over UDP, and which sender is which client.

Three ways to be told: named when the show starts; asking with ``/osc/feedback``; or, where neither is so for a host,
by the convention that a controller listens on port 7001. Where nothing listens there, those packets are simply lost.
On this machine the convention doesn't hold: another show may well have that port, and would be played by this one.
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
SILENCE = 600.0
"""Seconds after which who says nothing is forgotten: a host that asked for nothing, and who asked for answers to the
port that it sent from, which is a new one each time it starts."""
BACK = -1
"""Instead of a port: back to where the wish came from."""

Address = tuple[str | int, ...]
"""As the socket names it: host, port and, for IPv6, two more."""
Way = Literal["named", "asked", "back", "convention"]
"""``back`` is asked too, but for the port that the wish came from."""

_ASKED, _PASSING = ("asked", "back"), ("back", "convention")


@dataclass(slots=True)
class _Subscriber:
    client: Client
    target: Address
    way: Way
    heard_at: float
    origins: set[Address] = field(default_factory=set)
    """Where its own messages come from."""


class Subscriptions:
    """Joins clients to a `OscFeedback` and tells each what its own messages were. To be used from one thread."""

    def __init__(
        self, feedback: OscFeedback, send: Callable[[bytes, Address], bool], clock: Clock, own: Callable[[], int]
    ) -> None:
        """``own`` gives the port that we listen on ourselves: no client on this machine gets changes there."""
        self._feedback, self._send, self._clock, self._own = feedback, send, clock, own
        self._subscribers: dict[Address, _Subscriber] = {}

    def name(self, targets: Iterable[Address]) -> None:
        """Tell ``targets`` as long as the show plays, from its full state on. Raises BadInput for too many."""
        for target in targets:
            self._feedback.full_state(self._add(target, "named", target).client)

    def admit(self, client: Client) -> None:
        """Tell one that came another way, until it leaves the `OscFeedback`. Raises BadInput for too many."""
        self._make_room()
        self._feedback.join(client)

    def hear(self, heard: Heard) -> None:
        """Messages by their sender: a client doesn't get back what it sent itself."""
        now = self._clock.now()
        self._forget(now)
        for sender, shown in heard.items():
            client = sender if isinstance(sender, Client) else self._client_of(sender, now)
            if client and client in self._feedback.clients:
                client.hears_itself(shown, now)

    def wish(self, arguments: list[Value], sender: Sender) -> None:
        """``/osc/feedback PORT``: full state and every change to that port of the sender's; 0 ends it.

        Without an argument, or with -1, they go to the very port that the wish came from. Raises BadInput.
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
        """Whose messages come from ``sender``. Beyond this machine, a host with one client is one device."""
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
        """With too many clients, drop the one that was silent the longest, but none that was named at the start."""
        if len(self._feedback.clients) < MOST_CLIENTS:
            return
        passing = [subscriber for subscriber in self._subscribers.values() if subscriber.way != "named"]
        if passing:
            self._drop(min(passing, key=lambda subscriber: subscriber.heard_at).target)

    def _end(self, sender: Address) -> None:
        """No more for ``sender``; where it never asked from this port, for all of its host that asked."""
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
    """``192.168.1.7:9000`` or ``tablet.local:9000`` as the socket names it. Raises BadInput."""
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
