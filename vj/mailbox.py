"""Where every control posts: values last-win per address, changes keep their order; drained once a frame."""

import threading
from collections import deque
from dataclasses import dataclass
from typing import Literal

from vj.param import Value

Action = Literal["fire", "toggle", "step", "reset"]


@dataclass(frozen=True, slots=True)
class Change:
    """Something that must not be lost or reordered: a trigger, or a change relative to what is there.

    ``fire`` a trigger with its argument; ``toggle`` an on/off; ``step`` by ``amount`` (of the range for
    numbers, of entries for choices); ``reset`` to the value the show started with.
    """

    address: str
    action: Action
    amount: float = 0.0


class Mailbox:
    """Thread-safe. Receivers post, the loop drains; posting never blocks for longer than a dict write."""

    def __init__(self, capacity: int = 1024) -> None:
        self._lock = threading.Lock()
        self._values: dict[str, Value] = {}
        self._changes: deque[Change] = deque()
        self._capacity = capacity
        self.dropped = 0

    def post(self, address: str, value: Value) -> None:
        """Set ``address`` to ``value`` (already checked); an earlier value not yet drained is replaced."""
        with self._lock:
            self._values[address] = value

    def change(self, change: Change) -> None:
        """Queue ``change``. When full, the oldest goes, counted: a panic after a flood gets through."""
        with self._lock:
            if len(self._changes) >= self._capacity:
                self._changes.popleft()
                self.dropped += 1
            self._changes.append(change)

    def drain(self) -> tuple[dict[str, Value], deque[Change]] | None:
        """All that came since the last call, or None. Lock-free when there is nothing: the usual frame."""
        if not self._values and not self._changes:
            return None
        with self._lock:
            drained = self._values, self._changes
            self._values, self._changes = {}, deque()
        return drained
