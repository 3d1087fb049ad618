"""What is known while the messages of one batch are read from the newest to the oldest."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from vj.base.errors import BadInput
from vj.control.osc.target import Target
from vj.params.control_queue import Change
from vj.params.param import Value

Sender = Any
"""Where an answer goes: an address of the socket (a tuple of host, port and, for IPv6, two more), a
`vj.control.osc.feedback.Client`, or None for nowhere.
"""

MOST_CHANGES = 4096
"""Triggers and relative changes in one batch."""
MOST_REACHED = 1024
"""How often the patterns of one batch may reach a target without settling its value: with a trigger, a relative change,
or a refusal. That takes a few ms.

A value can be settled only once. Plain addresses are not counted, so that no flood of patterns keeps a fader waiting.
"""


@dataclass(slots=True)
class Batch:
    """The state of one `OscDispatcher.flush_batch`. ``at`` is its time (monotonic seconds).

    As messages are read from the newest to the oldest, ``changes`` and ``replies`` hold the newest first. A wire
    address is the address of a message as bytes, an alias or a pattern included; the other addresses are those of
    parameters.
    """

    at: float
    settled: dict[str, Value] = field(default_factory=dict)
    """The newest value of each address, checked; its older values and older relative changes have no effect."""
    newer: dict[str, int] = field(default_factory=dict)
    """For each address in ``settled``, how many changes came after its value."""
    done: set[bytes] = field(default_factory=set)
    """Wire addresses whose older messages can have no effect, or are refused: they are not parsed."""
    left: dict[bytes, tuple[Target, ...]] = field(default_factory=dict)
    """For a wire address, the targets that its older messages can still change; absent where those are all its
    targets.
    """
    spent: dict[bytes, str] = field(default_factory=dict)
    """The wire addresses of ``done`` whose older messages are refused, each with the reason."""
    reached: int = 0
    """How often patterns have reached a target; see `MOST_REACHED`."""
    refusals: Counter[bytes] = field(default_factory=Counter)
    """How many messages of each wire address were refused."""
    changes: list[Change] = field(default_factory=list)
    """The triggers and relative changes, the newest first."""
    replies: list[tuple[bytes, Sender]] = field(default_factory=list)
    """The answers to ``?``, each an encoded message with the sender that asked, the newest first."""
    heard: dict[Sender, dict[str, Value | None]] = field(default_factory=dict)
    """For each sender, what its own controls show now; see `vj.control.osc.dispatcher.Heard`."""
    passed: set[tuple[bytes, Sender]] = field(default_factory=set)
    """The wire addresses and senders of messages that were not parsed."""
    missed: list[tuple[bytes, bytes, Sender]] = field(default_factory=list)
    """Messages that reach nothing, each with its wire address and its sender, the newest first."""
    requests: dict[tuple[Sender, *tuple[Value, ...]], None] = field(default_factory=dict)
    """The subscriptions that came: each a sender and its arguments."""

    @property
    def after(self) -> dict[str, int]:
        """For each address in ``settled``, how many of the batch's changes came before its value. Right only once all
        messages are read.
        """
        return {address: len(self.changes) - newer for address, newer in self.newer.items()}

    def settle(self, address: str, value: Value) -> None:
        """Take ``value``, which must be checked, as the newest for ``address``, and note how many changes came after
        it. Call it once for an address.
        """
        self.settled[address] = value
        self.newer[address] = len(self.changes)

    def admit(self, raw: bytes) -> None:
        """Raises BadInput for the pattern ``raw`` if patterns have reached `MOST_REACHED` targets already; its older
        messages are then refused without being parsed.
        """
        if self.reached >= MOST_REACHED:
            self.give_up(raw, f"OSC patterns reach more than {MOST_REACHED} parameters at once")
            raise BadInput(self.spent[raw])

    def give_up(self, raw: bytes, reason: str) -> None:
        """Have all older messages for the wire address ``raw`` counted as refused, for ``reason`` (a text for people),
        without being parsed. Questions (``?``) are still answered."""
        self.done.add(raw)
        self.spent[raw] = reason

    def takes_older(self, target: Target) -> bool:
        """Returns whether older messages can still change ``target``: a trigger until there are `MOST_CHANGES` changes,
        any other until its value is in ``settled``.
        """
        if target.param.kind == "trigger":
            return len(self.changes) < MOST_CHANGES
        return target.address not in self.settled
