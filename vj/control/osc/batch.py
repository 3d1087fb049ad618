"""What is known while the messages of one batch are walked from the newest to the oldest."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from vj.base.errors import BadInput
from vj.control.osc.target import Target
from vj.params.control_queue import Change
from vj.params.param import Value

Sender = Any
"""Where an answer goes: an address of the socket, or an object with a ``send`` method."""

MOST_CHANGES = 4096
MOST_REACHED = 1024
"""Times that the patterns of one batch may reach a target without settling its value, which none can twice: a trigger,
a relative change, a refusal. A few ms; plain addresses are not counted, so no flood of patterns keeps a fader waiting.
"""


@dataclass(slots=True)
class Batch:
    """Of one `OscInbox.flush`."""

    at: float
    settled: dict[str, Value] = field(default_factory=dict)
    """The newest values; older ones of theirs change nothing, and neither do older relative ones."""
    newer: dict[str, int] = field(default_factory=dict)
    """How many changes came after each of those values."""
    done: set[bytes] = field(default_factory=set)
    """Wire addresses whose targets are all settled: their older messages are not even parsed."""
    left: dict[bytes, tuple[Target, ...]] = field(default_factory=dict)
    """What of a pattern older messages may still be for, where that isn't all of it."""
    spent: dict[bytes, str] = field(default_factory=dict)
    """Those of ``done`` whose older messages would have done something, and why they may not."""
    reached: int = 0
    refusals: Counter[bytes] = field(default_factory=Counter)
    changes: list[Change] = field(default_factory=list)
    replies: list[tuple[bytes, Sender]] = field(default_factory=list)
    heard: dict[Sender, dict[str, Value | None]] = field(default_factory=dict)
    passed: set[tuple[bytes, Sender]] = field(default_factory=set)
    """Whose messages for which wire address were not parsed."""
    wishes: dict[tuple[Sender, *tuple[Value, ...]], None] = field(default_factory=dict)
    """Who asks to be told, and its arguments."""

    @property
    def after(self) -> dict[str, int]:
        """How many changes came before each value."""
        return {address: len(self.changes) - newer for address, newer in self.newer.items()}

    def settle(self, address: str, value: Value) -> None:
        """``value`` is the newest for ``address``."""
        self.settled[address] = value
        self.newer[address] = len(self.changes)

    def admit(self, raw: bytes) -> None:
        """Raises BadInput for a pattern when others have reached too much already."""
        if self.reached >= MOST_REACHED:
            self.give_up(raw, f"OSC patterns reach more than {MOST_REACHED} parameters at once")
            raise BadInput(self.spent[raw])

    def give_up(self, raw: bytes, reason: str) -> None:
        """Refuse all older messages for ``raw`` unseen."""
        self.done.add(raw)
        self.spent[raw] = reason

    def takes_older(self, target: Target) -> bool:
        if target.param.kind == "trigger":
            return len(self.changes) < MOST_CHANGES
        return target.address not in self.settled
