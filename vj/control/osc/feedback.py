"""Every change goes to everybody who wants to know, but to the one that made it. No socket and no thread in here.

A client gets what it doesn't know yet, the newest value only, some thirty times a second; what its own control
shows already is never sent back. Two shows that feed each other therefore come to rest: equal values are not told.
"""

import math
from collections.abc import Callable, Collection, Container, Iterable, Mapping
from dataclasses import dataclass, field

from vj.base.clock import Clock
from vj.base.errors import BadInput
from vj.control.osc.packets import bundles
from vj.params.param import Value

PERIOD = 1 / 30
"""Seconds between two passes."""
MOST_A_PASS = 256
"""Values that one client gets in one pass; the others wait for the next."""
ECHO_REST = 0.3
"""Seconds after a client's own message in which it isn't told that parameter: a fader in a hand must not fight."""
MOST_CLIENTS = 32

Send = Callable[[bytes], bool]
"""Hands a packet over without waiting; false if there was no room for it now."""


@dataclass(eq=False, slots=True)
class Client:
    """A client that gets changes. ``wants`` holds the addresses it listens to, None for all of them."""

    send: Send
    wants: set[str] | None = None
    bundled: bool = True
    """False for those who expect one message in a packet."""
    pending: dict[str, None] = field(default_factory=dict)
    known: dict[str, Value] = field(default_factory=dict)
    """What it was told, or showed us by its own messages."""
    moved: dict[str, float] = field(default_factory=dict)
    """When it moved what itself."""

    def expect(self, addresses: Iterable[str]) -> None:
        """Tell it ``addresses``, as far as it wants them."""
        wanted = addresses if self.wants is None else [address for address in addresses if address in self.wants]
        self.pending.update(dict.fromkeys(wanted))

    def hears_itself(self, shown: Mapping[str, Value | None], now: float) -> None:
        """Its own controls show ``shown``; None where it sent a relative change: then it gets the resulting value."""
        for address, value in shown.items():
            if value is None:
                self.known.pop(address, None)
            else:
                self.known[address] = value
                self.moved[address] = now
        self.expect(shown)

    def listen(self, address: str) -> None:
        """Want ``address``, and be told it now."""
        if self.wants is not None:
            self.wants.add(address)
        self.known.pop(address, None)
        self.moved.pop(address, None)
        self.expect((address,))

    def ignore(self, address: str) -> None:
        """Want ``address`` no more."""
        if self.wants is not None:
            self.wants.discard(address)
        self.pending.pop(address, None)

    def due(self, now: float) -> list[str]:
        """What it may be told now, the longest waiting first. These are pending no more."""
        found: list[str] = []
        for address in self.pending:
            if now - self.moved.get(address, -math.inf) >= ECHO_REST:
                found.append(address)
                if len(found) == MOST_A_PASS:
                    break
        for address in found:
            del self.pending[address]
            self.moved.pop(address, None)
        return found

    def failed(self, addresses: Iterable[str]) -> None:
        """``addresses`` could not be sent: the next pass tries again, with what is newest then."""
        for address in addresses:
            self.known.pop(address, None)
            self.pending[address] = None


class OscFeedback:
    """Notices what changed and tells the clients. To be used from one thread."""

    def __init__(
        self,
        read: Callable[[], Mapping[str, Value]],
        revision: Callable[[], int],
        messages: Callable[[str, Value], list[bytes]],
        clock: Clock,
        addresses: Container[str],
    ) -> None:
        """``read`` gives the values that were set, ``revision`` moves when one is, ``messages`` writes one.

        Only changes of ``addresses`` are sent.
        """
        self._addresses = addresses
        self._read, self._revision, self._messages, self._clock = read, revision, messages, clock
        self._seen: int | None = None
        self._values: dict[str, Value] = {}
        self._next = -math.inf
        self._clients: dict[Client, None] = {}
        self.told = 0

    @property
    def clients(self) -> Collection[Client]:
        return self._clients.keys()

    def join(self, client: Client) -> None:
        """Tell ``client`` from now on. Raises BadInput when there are too many."""
        if len(self._clients) >= MOST_CLIENTS:
            raise BadInput(f"at most {MOST_CLIENTS} clients are told of changes")
        self._clients[client] = None

    def leave(self, client: Client) -> None:
        self._clients.pop(client, None)

    def full_state(self, client: Client) -> None:
        """Tell ``client`` everything, whatever it knew; one that is still to be told all of it need not ask again."""
        everything = [address for address in self._read() if address in self._addresses]
        if client.known or len(client.pending) < len(everything):
            client.known.clear()
            client.expect(everything)

    def wait(self) -> float | None:
        """Seconds until the next pass; None without clients: then the thread may sleep."""
        return max(0.0, self._next - self._clock.now()) if self._clients else None

    def tell(self) -> None:
        """One pass, if it is time for one."""
        now = self._clock.now()
        if not self._clients or now < self._next:
            return
        self._next = now + PERIOD
        self._notice()
        written: dict[str, list[bytes]] = {}
        for client in tuple(self._clients):
            if client.pending:
                self._tell(client, now, written)

    def _notice(self) -> None:
        """Whatever moved since the last pass is pending for everybody."""
        revision = self._revision()
        if revision == self._seen:
            return
        first, self._seen = self._seen is None, revision
        moved = {address: value for address, value in self._read().items() if self._values.get(address) != value}
        self._values.update(moved)
        told = [address for address in moved if address in self._addresses]
        for client in () if first else self._clients:
            client.expect(told)

    def _tell(self, client: Client, now: float, written: dict[str, list[bytes]]) -> None:
        """``written`` keeps the messages of this pass for the next client."""
        addresses, messages = [], []
        for address in client.due(now):
            value = self._values[address]
            if client.known.get(address) != value:
                client.known[address] = value
                addresses.append(address)
                if address not in written:
                    written[address] = self._messages(address, value)
                messages += written[address]
        for packet in bundles(messages) if client.bundled else messages:
            if not client.send(packet):
                client.failed(addresses)
                return
        self.told += len(addresses)
