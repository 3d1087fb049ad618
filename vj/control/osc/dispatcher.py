"""Turns OSC messages into values and changes in the control queue: look-up, coalescing, checks. No sockets, no
threads.
"""

import math
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from types import MappingProxyType

from vj.base.clock import Clock, LiveClock
from vj.base.errors import NEAR, BadInput, unknown
from vj.control.osc import packets
from vj.control.osc.address_pattern import PatternMatcher, is_pattern
from vj.control.osc.batch import MOST_CHANGES, MOST_REACHED, Batch, Sender
from vj.control.osc.target import Target
from vj.params.changing import brings_others, may_come
from vj.params.control_queue import Change, ControlQueue
from vj.params.param import ParamTable, Value

Heard = Mapping[Sender, Mapping[str, Value | None]]
"""For each sender, what its own controls show now of the parameters that it moved; None where that isn't known."""

FEEDBACK = "/osc/feedback"
"""Not a parameter: a client that sends a port number to this address gets every change at that port."""

_PATTERNS_KEPT = 256
"""Patterns whose matches are cached."""
_MOST_REPLIES = 256
"""Answers to one batch: a stranger's pattern must not make us send a flood."""
_MOST_REQUESTS = 32
"""Subscriptions in one batch."""
_NOTICED, _GUESSED = 8.0, 1.0
"""Seconds for which the notice about a bad message is shown, and seconds between two searches for the nearest
address.
"""
_HELD, _MOST_HELD = 0.5, 256
"""Seconds that a message may wait for its address to come after a command that may bring it, and how many may wait."""
_TRIES = 8
"""Refused messages of one address in one batch after which older ones are no longer looked at."""
_FEEDBACK = FEEDBACK.encode()


class OscDispatcher:
    """Takes packets as they come, and puts a batch of them into the control queue at once.

    A flood is coalesced: in a batch, only the newest valid message for a value is parsed. Triggers all count, in their
    order. A table that another thread changes is followed from the next batch on. A message that comes together with
    the command that brings its address, such as an effect's ``add``, waits until the show has carried that out. Use it
    from one thread. Counters only ever grow:

    ``received`` messages · ``applied`` · ``clamped`` values, which were out of range · ``superseded`` by a newer one in
    the same batch · ``refused``, with the reason of a recent one in ``reason`` · ``unknown`` addresses, a recent one in
    ``last_unknown`` · ``forbidden`` by the preset, a recent one in ``last_forbidden``.
    """

    def __init__(
        self,
        table: ParamTable,
        queue: ControlQueue,
        read: Callable[[], Mapping[str, Value]],
        aliases: Mapping[str, str] | None = None,
        clock: Clock | None = None,
        forbidden: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """``read`` returns the values that were set, by address, for ``?``. ``aliases`` maps foreign addresses
        (``/1/fader1``) to addresses of the show: their 0..1 is spread over the parameter's range. ``clock`` is the
        machine's unless given.

        ``forbidden`` are addresses that the network may not reach, each with the line of a preset that would allow it;
        ``table`` doesn't hold them. Raises BadInput for an alias that `check_alias` refuses.
        """
        self._table = table
        self._queue = queue
        self._read = read
        self._clock = clock or LiveClock()
        self._alias_of = dict(aliases or {})
        for foreign, address in self._alias_of.items():
            check_alias(foreign, address, table)
        self._version = -1
        self._targets: dict[str, Target] = {}
        self._follow_table()
        self._waiting: list[tuple[bytes, Sender]] = []
        self._held: list[tuple[bytes, Sender]] = []
        """Messages whose addresses may still come, the oldest first."""
        self._held_until = -math.inf
        """Until when a command that was put into the queue may bring addresses (monotonic seconds)."""
        self._listened = False
        """Whether a subclass wants to know what senders sent; see `_note_heard`."""
        self.received = self.applied = self.clamped = self.superseded = self.refused = self.unknown = 0
        self.forbidden = 0
        self.reason = self.last_unknown = self.last_forbidden = ""
        self._forbidden = forbidden
        self._trouble = ("", -math.inf)
        """What was wrong with the last message that had no effect, and when it came."""
        self._guess = ("", "", -math.inf)
        """The last unknown address, what the notice says of it, and when a near one was last searched for."""

    @property
    def waiting(self) -> int:
        """The number of messages, out of their bundles, that came since the last `flush_batch`."""
        return len(self._waiting)

    @property
    def holds(self) -> bool:
        """Whether messages wait for their addresses to come: then `flush_batch` is to be called every few ms, also when
        nothing else comes."""
        return bool(self._held)

    def enqueue_packet(self, packet: bytes, sender: Sender = None) -> None:
        """Keep the messages of ``packet``, one OSC message or a bundle, for the next `flush_batch`. Answers go to
        ``sender``.

        Nothing is raised: a malformed packet is counted as ``refused``, and a malformed message when it is read.
        """
        if packet.startswith(b"/") and len(packet) <= packets.LONGEST_MESSAGE:
            self._waiting.append((packet, sender))
            return
        try:
            self._waiting.extend((message, sender) for message in packets.messages(packet))
        except BadInput as reason:
            self.received += 1
            self._refuse(reason)

    def flush_batch(self) -> list[tuple[bytes, Sender]]:
        """Put the waiting messages into the control queue, all at once, and count what becomes of each; nothing is
        raised.

        Returns the answers to ``?``, in the order in which they were asked for, each as an encoded message (the
        parameter's address and its value) with the sender that asked. Messages are read from the newest to the oldest;
        see `Batch`.
        """
        batch = Batch(self._clock.now())
        messages = self._due(batch.at)
        self._matcher.rest()
        for message, sender in reversed(messages):
            raw = packets.address_of(message)
            if raw in batch.done and not packets.asks(message, len(raw)):
                if raw in batch.spent:
                    self._refuse(batch.spent[raw])
                else:
                    self.superseded += 1
                if self._listened:
                    batch.passed.add((raw, sender))
            else:
                self._handle(message, raw, sender, batch)
        self._queue.put_all(batch.settled, reversed(batch.changes), batch.after)
        self._hold(batch)
        if self._listened:
            self._report(batch)
        return batch.replies[::-1]

    def _due(self, now: float) -> list[tuple[bytes, Sender]]:
        """Returns the messages to be read, the oldest first: those that came, and those that were held if the table has
        changed or no command may bring their addresses any more.
        """
        came, self._waiting = self._waiting, []
        self.received += len(came)
        has_changed = self._table.version != self._version
        if has_changed:
            self._follow_table()
        if not self._held or not (has_changed or now >= self._held_until):
            return came
        held, self._held = self._held, []
        return held + came

    def _hold(self, batch: Batch) -> None:
        """Hold the messages that reached nothing, if a command of this batch, or of one shortly before, may bring their
        addresses; the others are counted as unknown.
        """
        brought = (change.address in self._bringing for change in batch.changes)
        if any(brought) or not self._bringing.isdisjoint(batch.settled):
            self._held_until = batch.at + _HELD
        is_open = batch.at < self._held_until
        held: list[tuple[bytes, Sender]] = []
        for message, raw, sender in batch.missed:
            has_room = is_open and len(self._held) + len(held) < _MOST_HELD
            if has_room and may_come(raw.decode("ascii", errors="replace"), self._table):
                held.append((message, sender))
            else:
                self._miss(raw)
        self._held += reversed(held)

    def _follow_table(self) -> None:
        """Read the table anew. An alias of an address that isn't there leads nowhere until that comes back."""
        self._version, before = self._table.version, self._targets
        params = dict(self._table.items())
        kept = ((address, param, before.get(address)) for address, param in params.items())
        self._targets = {a: old if old and old.param is param else Target(a, param) for a, param, old in kept}
        self._routes = {address.encode(): (target,) for address, target in self._targets.items()}
        self._aliases: dict[str, list[tuple[str, Target]]] = {}
        for foreign, address in self._alias_of.items():
            if address in params and foreign not in params:
                target = Target(address, params[address], scaled=True)
                self._routes[foreign.encode()] = (target,)
                self._aliases.setdefault(address, []).append((foreign, target))
        self._bringing = {address for address, param in params.items() if brings_others(address, param)}
        self._matcher = PatternMatcher(params)
        self._patterns: dict[bytes, tuple[Target, ...]] = {}

    def messages(self, address: str, value: Value) -> list[bytes]:
        """Returns the encoded messages that show ``value`` to a client: one at the parameter's own ``address``, and one
        at every alias of it, there as the alias's fader shows it (numbers as 0..1).
        """
        told = [packets.encode(address, value)]
        told += [packets.encode(foreign, target.shown(value)) for foreign, target in self._aliases.get(address, ())]
        return told

    def _note_heard(self, heard: Heard) -> None:
        """Take note of who sent what in this batch. Does nothing here; a subclass that sets ``_listened``
        overrides it.
        """

    def _request(self, arguments: list[Value], sender: Sender) -> None:
        """Subscribe ``sender`` to changes, as ``arguments`` of `FEEDBACK` say. Always raises BadInput here; a subclass
        that sets ``_listened`` overrides it.
        """
        raise BadInput(f"{FEEDBACK}: this show sends no changes")

    def _report(self, batch: Batch) -> None:
        room = MOST_REACHED
        for raw, sender in batch.passed:
            targets = self._routes.get(raw) or self._patterns.get(raw, ())
            room -= len(targets)
            if room < 0:
                break
            if targets:
                shown = batch.heard.setdefault(sender, {})
                shown.update({t.address: None for t in targets if t.param.kind != "trigger" and t.address not in shown})
        self._note_heard(batch.heard)
        for sender, *arguments in reversed(batch.requests):
            try:
                self._request(arguments, sender)
                self.applied += 1
            except BadInput as reason:
                self._refuse(reason)

    def _handle(self, message: bytes, raw: bytes, sender: Sender, batch: Batch) -> None:
        targets: tuple[Target, ...] = ()
        try:
            targets = self._find(raw)
            if raw == _FEEDBACK and self._listened:
                self._note(message, sender, batch)
            elif not targets:
                batch.missed.append((message, raw, sender))
            elif packets.asks(message, len(raw)):
                self._answer(targets, raw, sender, batch)
            else:
                self._apply(targets, packets.arguments(message), raw, sender, batch)
        except BadInput as reason:
            self._refuse(reason)
            batch.refusals[raw] += 1
            if batch.refusals[raw] >= _TRIES and not any(target.param.kind == "trigger" for target in targets):
                batch.done.add(raw)

    def _miss(self, raw: bytes) -> None:
        """Count a message to the wire address ``raw``, which is unknown or forbidden."""
        address = raw[:80].decode(errors="replace")
        if address in self._forbidden:
            self.forbidden += 1
            self.last_forbidden = f"{address} is not allowed by OSC; the preset can: {self._forbidden[address]}"
            self._trouble = (self.last_forbidden, self._clock.now())
        else:
            self.unknown += 1
            self.last_unknown = address
            self._trouble = (self._guessed(address), self._clock.now())

    @property
    def notice(self) -> str:
        """What was wrong with the last message that had no effect, as a line that begins with ``OSC:``, for eight
        seconds after it came; else empty.
        """
        what, at = self._trouble
        return f"OSC: {what}" if what and self._clock.now() - at <= _NOTICED else ""

    def _guessed(self, address: str) -> str:
        """Returns what the notice says of an unknown address.

        It names the nearest address. That takes milliseconds to find, so it is searched for once a second at most.
        """
        known, said, at = self._guess
        if address != known:
            said, now = f"unknown address {address}", self._clock.now()
            if now - at >= _GUESSED:
                near = get_close_matches(address, self._targets, n=1, cutoff=NEAR)
                said, at = f"{said}{f' (did you mean {near[0]}?)' if near else ''}", now
            self._guess = (address, said, at)
        return said

    def _note(self, message: bytes, sender: Sender, batch: Batch) -> None:
        """Keep a subscription for the end of the batch. Raises BadInput for malformed arguments."""
        request = (sender, *packets.arguments(message))
        if request in batch.requests:
            self.superseded += 1
            return
        batch.requests[request] = None
        if len(batch.requests) == _MOST_REQUESTS:
            batch.give_up(_FEEDBACK, f"more than {_MOST_REQUESTS} clients ask to be told at once")

    def _find(self, raw: bytes) -> tuple[Target, ...]:
        """Returns what the wire address ``raw`` means. It is found by a dict unless it is a new pattern."""
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

    def _apply(
        self, targets: tuple[Target, ...], arguments: list[Value], raw: bytes, sender: Sender, batch: Batch
    ) -> None:
        """Apply the message to every target; what one refuses, another may take. Raises BadInput if all refuse."""
        todo = batch.left.get(raw, targets)
        if len(todo) > 1:
            batch.admit(raw)
        settled = len(batch.settled)
        refusals = []  # as text: an exception kept in its own frame is a cycle, and no garbage is collected in a show
        shown = batch.heard.get(sender, {})
        for target in todo:
            try:
                self._hand(target, arguments, shown, batch)
            except BadInput as reason:
                refusals.append(str(reason))
        if len(todo) > 1:
            batch.reached += len(todo) - (len(batch.settled) - settled)
        self._narrow(raw, targets, todo, batch)
        if len(refusals) == len(targets):
            raise BadInput(refusals[0])
        self.applied += 1
        if self._listened:
            batch.heard[sender] = shown
            if len(todo) < len(targets):
                batch.passed.add((raw, sender))

    def _narrow(self, raw: bytes, targets: tuple[Target, ...], todo: tuple[Target, ...], batch: Batch) -> None:
        """Limit the targets of older messages for ``raw`` to those of ``todo`` that they can still change."""
        left = [target for target in todo if batch.takes_older(target)]
        if len(left) == len(todo):
            return
        if left:
            batch.left[raw] = tuple(left)
        elif any(target.param.kind == "trigger" for target in targets):
            batch.give_up(raw, f"more than {MOST_CHANGES} OSC triggers at once")
        else:
            batch.done.add(raw)

    def _hand(self, target: Target, arguments: list[Value], shown: dict[str, Value | None], batch: Batch) -> None:
        """Apply one message to one target, and note in ``shown`` what the sender's control shows for it."""
        address = target.address
        if target.param.kind == "trigger":
            change = target.fires(arguments, batch.at)
            if change:
                self._queue_change(change, batch)
        elif address in batch.settled:
            shown.setdefault(address, None)
        elif change := target.moves(arguments):
            self._move(target, change, batch)
            shown.setdefault(address, None)
        else:
            wanted = target.wanted(arguments)
            value = target.param.check(wanted)
            self.clamped += target.param.overshoots(wanted)
            batch.settle(address, value)
            shown.setdefault(address, value if isinstance(value, str | bool) else wanted)

    def _move(self, target: Target, change: Change, batch: Batch) -> None:
        """Queue a relative change. It is merged with the next newer one if both go the same way: an encoder's many
        messages become one.
        """
        newer = batch.changes[-1] if batch.changes else None
        same = newer and (newer.address, newer.action) == (change.address, change.action) == (target.address, "add")
        if newer and same and newer.amount * change.amount > 0:
            batch.changes[-1] = Change(change.address, "add", target.bounded(newer.amount + change.amount))
        else:
            self._queue_change(change, batch)

    def _queue_change(self, change: Change, batch: Batch) -> None:
        if len(batch.changes) >= MOST_CHANGES:
            raise BadInput(f"more than {MOST_CHANGES} OSC triggers at once")
        batch.changes.append(change)

    def _answer(self, targets: tuple[Target, ...], raw: bytes, sender: Sender, batch: Batch) -> None:
        if len(targets) > 1:
            batch.admit(raw)
            batch.reached += len(targets)
        values = self._read()
        known = [target.address for target in targets if target.address in values]
        if not known:
            self._refuse(f"{targets[0].address} is a trigger and has no value")
        elif len(batch.replies) + len(known) > _MOST_REPLIES:
            self._refuse(f"more than {_MOST_REPLIES} OSC answers asked for at once")
        else:
            batch.replies.extend((packets.encode(address, values[address]), sender) for address in reversed(known))
            batch.heard.setdefault(sender, {})
            self.applied += 1

    def _refuse(self, reason: BadInput | str) -> None:
        self.refused += 1
        self.reason = str(reason)
        self._trouble = (self.reason, self._clock.now())


def check_alias(foreign: str, address: str, table: ParamTable) -> None:
    """Raises BadInput unless a show with ``table`` can take ``foreign`` as an alias of ``address``: ``foreign`` begins
    with ``/``, is no pattern, and is neither an address of the show nor `FEEDBACK`; ``address`` is one of the show.
    """
    if not foreign.startswith("/") or is_pattern(foreign) or foreign in table or foreign == FEEDBACK:
        raise BadInput(f"OSC alias {foreign!r} must be a plain address that the show does not have itself")
    if address not in table:
        raise BadInput(f"OSC alias {foreign}: {unknown('address', address, table)}")
