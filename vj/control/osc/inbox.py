"""From OSC messages to the mailbox: look-up, coalescing, checks. No socket and no thread in here."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vj.control.osc import wire
from vj.control.osc.match import PatternMatcher, is_pattern
from vj.errors import BadInput, unknown
from vj.mailbox import Change, Mailbox
from vj.param import Param, ParamTable, Value

Sender = Any
"""Where an answer goes, as the socket names it."""

_PATTERNS_KEPT = 256
_MOST_REPLIES = 256
"""In one batch: a stranger's pattern must not make us a fountain of packets."""
_MOST_TRIGGERS = 4096
_TRIES = 8
"""Refused messages of one address in one batch after which older ones are not looked at any more."""


@dataclass(frozen=True, slots=True)
class Target:
    """One parameter that an OSC address means; ``scaled`` where a 0..1 fader was given an alias for it."""

    address: str
    param: Param
    scaled: bool = False

    def value(self, arguments: list[Value]) -> Value:
        """The one argument as the parameter's value. Raises BadInput."""
        if len(arguments) != 1:
            raise BadInput(f"{self.address} takes one argument, not {len(arguments)}")
        return self.param.check(_spread(self.param, arguments[0]) if self.scaled else arguments[0])

    def fires(self, arguments: list[Value]) -> Change | None:
        """What the trigger does: None for a button that is let go (0 or false). Raises BadInput."""
        if self.param.low != self.param.high:
            return Change(self.address, "fire", float(self.value(arguments)))
        if len(arguments) > 1 or any(isinstance(value, str) for value in arguments):
            raise BadInput(f"{self.address} takes no argument, or a button's 0 or 1")
        return Change(self.address, "fire", self.param.low) if all(arguments) else None


@dataclass(slots=True)
class _Batch:
    """What is known while the messages of one batch are walked from the newest to the oldest."""

    settled: set[str] = field(default_factory=set)
    """Values that have their newest; older ones for them change nothing."""
    done: set[bytes] = field(default_factory=set)
    """Wire addresses whose targets are all settled: their older messages are not even parsed."""
    refusals: Counter[bytes] = field(default_factory=Counter)
    changes: list[Change] = field(default_factory=list)
    replies: list[tuple[bytes, Sender]] = field(default_factory=list)


class OscInbox:
    """Takes packets as they come and hands a batch of them to the mailbox at once.

    A flood is coalesced: of a batch, only the newest valid message for a value is parsed. Triggers all count,
    in their order. The table must be complete before the first packet. Counters only ever grow:

    ``received`` messages · ``applied`` · ``superseded`` by a newer one in the same batch · ``refused``, the
    reason of one of the last in ``reason`` · ``unknown`` addresses, one of the last in ``last_unknown``.
    """

    def __init__(
        self,
        table: ParamTable,
        mailbox: Mailbox,
        read: Callable[[], Mapping[str, Value]],
        aliases: Mapping[str, str] | None = None,
    ) -> None:
        """``read`` gives the values of now, for ``?``. Raises BadInput for an alias to nowhere."""
        self._mailbox, self._read = mailbox, read
        self._targets = {address: Target(address, param) for address, param in table.items()}
        self._routes = {address.encode(): (target,) for address, target in self._targets.items()}
        for foreign, address in (aliases or {}).items():
            self._routes[_foreign(foreign, table)] = (Target(address, _aimed(foreign, address, table), scaled=True),)
        self._matcher = PatternMatcher(table)
        self._patterns: dict[bytes, tuple[Target, ...]] = {}
        self._waiting: list[tuple[bytes, Sender]] = []
        self.received = self.applied = self.superseded = self.refused = self.unknown = 0
        self.reason = self.last_unknown = ""

    @property
    def waiting(self) -> int:
        """Messages taken since the last `flush`."""
        return len(self._waiting)

    def take(self, packet: bytes, sender: Sender = None) -> None:
        """Keep ``packet`` for the next `flush`."""
        if packet.startswith(b"/") and len(packet) <= wire.LONGEST_MESSAGE:
            self._waiting.append((packet, sender))
            return
        try:
            self._waiting.extend((message, sender) for message in wire.messages(packet))
        except BadInput as reason:
            self.received += 1
            self._refuse(reason)

    def flush(self) -> list[tuple[bytes, Sender]]:
        """Post what was taken; return the answers to those who asked. From newest to oldest: see `_Batch`."""
        batch, messages = _Batch(), self._waiting
        self._waiting = []
        self.received += len(messages)
        self._matcher.rest()
        for message, sender in reversed(messages):
            raw = wire.address_of(message)
            if raw in batch.done and not wire.asks(message, len(raw)):
                self.superseded += 1
            else:
                self._handle(message, raw, sender, batch)
        for change in reversed(batch.changes):
            self._mailbox.change(change)
        return batch.replies[::-1]

    def _handle(self, message: bytes, raw: bytes, sender: Sender, batch: _Batch) -> None:
        targets: tuple[Target, ...] = ()
        try:
            targets = self._find(raw)
            if not targets:
                self.unknown += 1
                self.last_unknown = raw[:80].decode(errors="replace")
            elif wire.asks(message, len(raw)):
                self._answer(targets, sender, batch)
            else:
                self._apply(targets, wire.arguments(message), raw, batch)
        except BadInput as reason:
            self._refuse(reason)
            batch.refusals[raw] += 1
            if batch.refusals[raw] >= _TRIES and not any(target.param.kind == "trigger" for target in targets):
                batch.done.add(raw)

    def _find(self, raw: bytes) -> tuple[Target, ...]:
        """What the wire address ``raw`` means: a dict hit unless it is a new pattern."""
        found = self._routes.get(raw) or self._patterns.get(raw)
        if found is not None:
            return found
        address = raw.decode("ascii", errors="replace")
        if not is_pattern(address):
            return ()
        if len(self._patterns) >= _PATTERNS_KEPT:
            del self._patterns[next(iter(self._patterns))]
        found = self._patterns[raw] = tuple(self._targets[match] for match in self._matcher.match(address))
        return found

    def _apply(self, targets: tuple[Target, ...], arguments: list[Value], raw: bytes, batch: _Batch) -> None:
        """Hand the message to every target; what one refuses, another may take. Raises BadInput if all refuse."""
        refusals = []  # as text: an exception kept in its own frame is a cycle, and nothing collects those in a show
        for target in targets:
            try:
                self._hand(target, arguments, batch)
            except BadInput as reason:
                refusals.append(str(reason))
        if len(refusals) == len(targets):
            raise BadInput(refusals[0])
        self.applied += 1
        if all(target.address in batch.settled for target in targets):
            batch.done.add(raw)

    def _hand(self, target: Target, arguments: list[Value], batch: _Batch) -> None:
        if target.param.kind == "trigger":
            change = target.fires(arguments)
            if len(batch.changes) >= _MOST_TRIGGERS:
                raise BadInput(f"more than {_MOST_TRIGGERS} OSC triggers at once")
            batch.changes.extend([change] if change else [])
        elif target.address not in batch.settled:
            self._mailbox.post(target.address, target.value(arguments))
            batch.settled.add(target.address)

    def _answer(self, targets: tuple[Target, ...], sender: Sender, batch: _Batch) -> None:
        values = self._read()
        known = [target.address for target in targets if target.address in values]
        if not known:
            self._refuse(f"{targets[0].address} is a trigger and has no value")
        elif len(batch.replies) + len(known) > _MOST_REPLIES:
            self._refuse(f"more than {_MOST_REPLIES} OSC answers asked for at once")
        else:
            batch.replies.extend((wire.encode(address, values[address]), sender) for address in reversed(known))
            self.applied += 1

    def _refuse(self, reason: BadInput | str) -> None:
        self.refused += 1
        self.reason = str(reason)


def _foreign(foreign: str, table: ParamTable) -> bytes:
    if not foreign.startswith("/") or is_pattern(foreign) or foreign in table:
        raise BadInput(f"OSC alias {foreign!r} must be a plain address that the show does not have itself")
    return foreign.encode()


def _aimed(foreign: str, address: str, table: ParamTable) -> Param:
    if address not in table:
        raise BadInput(f"OSC alias {foreign}: {unknown('address', address, table)}")
    return table[address]


def _spread(param: Param, raw: Value) -> Value:
    """A fader's 0..1 as a number in the range of ``param``; names and on/off stay as they are."""
    if isinstance(raw, str | bool) or param.kind == "bool":
        return raw
    along = min(max(float(raw), 0.0), 1.0)
    if param.kind == "choice":
        return min(int(along * len(param.choices)), len(param.choices) - 1)
    return param.low + along * (param.high - param.low)
