"""Sends every change to every client that wants it, except the one that made it. It has no socket and no thread.

Some thirty times a second a client gets the newest values that it doesn't know yet. What its own control shows already
is never sent back. Two shows that send changes to each other therefore come to rest, as equal values are not sent.
"""

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from vj.base.clock import Clock
from vj.base.errors import BadInput
from vj.control.osc.packets import bundles
from vj.params.param import ParamTable, Value

PERIOD = 1 / 30
"""Seconds between two passes."""
MOST_A_PASS = 256
"""Values that one client gets in one pass; others wait for the next."""
ECHO_REST = 0.3
"""Seconds after a client's own message in which it isn't sent that parameter: its fader must not move against the
performer's hand.
"""
MOST_CLIENTS = 32
"""The most clients that get changes."""

Send = Callable[[bytes], bool]
"""Sends a packet (bytes) without waiting. Returns False if there was no room for it now."""


@dataclass(eq=False, slots=True)
class Client:
    """A client that gets changes. ``send`` sends it a packet; ``wants`` holds the addresses that it listens to; None
    stands for all of them. Each instance is a client of its own, whatever it holds.
    """

    send: Send
    wants: set[str] | None = None
    bundled: bool = True
    """Whether several messages may share a packet."""
    pending: dict[str, None] = field(default_factory=dict)
    """The addresses whose values are to be sent, the longest waiting first."""
    known: dict[str, Value] = field(default_factory=dict)
    """The values that the client knows, as they were sent to it or came from it."""
    moved: dict[str, float] = field(default_factory=dict)
    """For each parameter that the client moved itself lately, when that was (monotonic seconds)."""
    table_changed: Callable[[], None] = lambda: None
    """Called when parameters came, went, or were declared anew, before their values are sent. It must not wait."""

    def expect(self, addresses: Iterable[str]) -> None:
        """Mark ``addresses`` as to be sent in a coming pass, as far as it wants them. A value that it knows already is
        then left out.
        """
        wanted = addresses if self.wants is None else [address for address in addresses if address in self.wants]
        self.pending.update(dict.fromkeys(wanted))

    def hears_itself(self, shown: Mapping[str, Value | None], now: float) -> None:
        """Note that the client's own controls show ``shown`` (by address) since ``now`` (monotonic seconds). None
        stands for a relative change, whose result it is sent.

        An address with a value is sent no earlier than `ECHO_REST` seconds after, and only if the value is another one
        by then.
        """
        for address, value in shown.items():
            if value is None:
                self.known.pop(address, None)
            else:
                self.known[address] = value
                self.moved[address] = now
        self.expect(shown)

    def listen(self, address: str) -> None:
        """Add ``address`` to those that it wants, and have its value sent in the next pass even if the
        client knows it.
        """
        if self.wants is not None:
            self.wants.add(address)
        self.known.pop(address, None)
        self.moved.pop(address, None)
        self.expect((address,))

    def ignore(self, address: str) -> None:
        """Remove ``address`` from those that it wants. A client that wants all is still sent later changes of it."""
        if self.wants is not None:
            self.wants.discard(address)
        self.pending.pop(address, None)

    def due(self, now: float) -> list[str]:
        """Returns up to `MOST_A_PASS` addresses that may be sent at ``now`` (monotonic seconds), the longest waiting
        first, and takes them out of ``pending``. Those that the client has moved itself within `ECHO_REST` seconds stay
        there.
        """
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

    def forget(self, gone: Collection[str]) -> None:
        """Forget what it knew of the addresses ``gone``; it still wants those that it listened to if they come back."""
        for address in gone:
            for held in (self.pending, self.known, self.moved):
                held.pop(address, None)

    def failed(self, addresses: Iterable[str]) -> None:
        """Make ``addresses``, which could not be sent, pending again: the next pass sends what is newest then."""
        for address in addresses:
            self.known.pop(address, None)
            self.pending[address] = None


class OscFeedback:
    """Finds which values changed, and sends them to the clients. It has no thread: its user calls `tell`. Use it from
    one thread.
    """

    def __init__(
        self,
        read: Callable[[], Mapping[str, Value]],
        revision: Callable[[], int],
        messages: Callable[[str, Value], list[bytes]],
        clock: Clock,
        table: ParamTable,
    ) -> None:
        """``read`` returns the values that were set, by address, ``revision`` a number that changes when one is set,
        and ``messages`` the encoded messages that show a value: see `OscDispatcher.messages`.

        Only changes of addresses in ``table`` are sent. ``revision`` must change with the table, too; what comes then
        is sent like any change.
        """
        self._table = table
        self._version = table.version
        self._read = read
        self._revision = revision
        self._messages = messages
        self._clock = clock
        self._seen: int | None = None
        self._values: dict[str, Value] = {}
        self._next = -math.inf
        self._clients: dict[Client, None] = {}
        self.told = 0
        """How many values were sent, each counted once for every client."""

    @property
    def clients(self) -> Collection[Client]:
        """The clients that get changes: a view that follows `join` and `leave`."""
        return self._clients.keys()

    def join(self, client: Client) -> None:
        """Send changes to ``client`` from now on, but not what was set before: see `full_state`. Raises BadInput when
        there are `MOST_CLIENTS` already.
        """
        if len(self._clients) >= MOST_CLIENTS:
            raise BadInput(f"at most {MOST_CLIENTS} clients are told of changes")
        self._clients[client] = None

    def leave(self, client: Client) -> None:
        """Send ``client`` no more changes. Harmless if it got none."""
        self._clients.pop(client, None)

    def full_state(self, client: Client) -> None:
        """Mark the value of each address in the constructor's ``table`` that has one for ``client``, as far as it wants
        them, to be sent in the coming passes (`tell`), whatever it knew. Nothing is sent here, and nothing happens if
        all of it is still to be sent anyway.
        """
        everything = [address for address in self._read() if address in self._table]
        if client.known or len(client.pending) < len(everything):
            client.known.clear()
            client.expect(everything)

    def wait(self) -> float | None:
        """Returns the seconds until the next pass, 0 if it is due, or None without clients: then the thread
        may sleep.
        """
        return max(0.0, self._next - self._clock.now()) if self._clients else None

    def tell(self) -> None:
        """Do one pass over the clients, if there are any and `PERIOD` seconds have gone by since the last one: find
        what changed, and send each client up to `MOST_A_PASS` values that it doesn't know. What can't be sent now is
        tried again in a later pass.
        """
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
        """Make what changed since the last pass pending for all clients."""
        revision = self._revision()
        if revision == self._seen:
            return
        first, self._seen = self._seen is None, revision
        if self._table.version != self._version:
            self._follow_table()
        moved = {address: value for address, value in self._read().items() if self._values.get(address) != value}
        self._values.update(moved)
        told = [address for address in moved if address in self._table]
        for client in () if first else self._clients:
            client.expect(told)

    def _follow_table(self) -> None:
        self._version = self._table.version
        values = self._read()
        gone = [address for address in self._values if address not in values]
        for address in gone:
            del self._values[address]
        for client in self._clients:
            client.forget(gone)
            client.table_changed()

    def _tell(self, client: Client, now: float, written: dict[str, list[bytes]]) -> None:
        """Send ``client`` what is due. ``written`` keeps the messages of this pass for the next client."""
        addresses, messages = [], []
        for address in client.due(now):
            value = self._values.get(address)
            if value is None:  # it has just gone
                continue
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
