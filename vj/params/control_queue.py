"""Where every control posts: values last-win per address, changes keep their order; drained once a frame."""

import threading
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple

from vj.params.param import Kind, Value
from vj.params.signals import Beat, Sound

Action = Literal["fire", "toggle", "step", "add", "reset"]
ACTIONS: Mapping[Action, tuple[Kind, ...]] = {
    "fire": ("trigger",),
    "toggle": ("bool",),
    "step": ("float", "int", "choice"),
    "add": ("float", "int", "choice"),
    "reset": ("float", "int", "bool", "choice", "text", "picture"),
}
"""Which kinds of parameter each is for."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something that must not be lost or reordered: a trigger, or a change relative to what is there.

    ``fire`` a trigger with its argument; ``toggle`` an on/off; ``step`` by ``amount`` (of the range for
    numbers, of entries for choices); ``add`` ``amount`` in the parameter's own unit; ``reset`` to the value the
    show started with. ``at`` is when it came (monotonic seconds), for those to whom a frame is too coarse, such as a
    tapped tempo; 0 where the time wasn't taken.
    """

    address: str
    action: Action
    amount: float = 0.0
    at: float = 0.0


TriggerHandler = Callable[[Change, float], None]
"""Does what a trigger asks for; called with the change and the frame's time (monotonic seconds). Never blocks."""


class ControlBatch(NamedTuple):
    """What came between two frames. ``beats`` by who counts them; ``sound`` the newest that was heard, if any;
    ``slots`` snapshots that were loaded, by their numbers: a name, and what is set; ``after`` how many of the changes
    had come before a value did, where any had.
    """

    values: Mapping[str, Value]
    changes: Sequence[Change]
    beats: Mapping[str, Beat]
    sound: Sound | None
    slots: Mapping[str, object] = MappingProxyType({})
    after: Mapping[str, int] = MappingProxyType({})

    def pieces(self) -> Iterator["ControlBatch"]:
        """Values and changes in the order in which they came: in each piece values first, then changes, of which
        nothing but triggers follows a trigger. The beats are in the first one.
        """
        later: dict[int, dict[str, Value]] = {}
        for address, value in self.values.items():
            later.setdefault(self.after.get(address, 0), {})[address] = value
        changes: list[Change] = []
        piece = ControlBatch(later.pop(0, {}), changes, self.beats, None)
        for number, change in enumerate(self.changes, start=1):
            if changes and changes[-1].action == "fire" != change.action:
                yield piece
                piece = ControlBatch({}, changes := [], {}, None)
            changes.append(change)
            if number in later:
                yield piece
                piece = ControlBatch(later[number], changes := [], {}, None)
        yield piece


class ControlQueue:
    """Thread-safe. Receivers post, the loop drains; posting never blocks for longer than a dict write."""

    def __init__(self, capacity: int = 1024) -> None:
        self._lock = threading.Lock()
        self._values: dict[str, Value] = {}
        self._changes: deque[Change] = deque()
        self._queued = 0
        self._replaced: dict[str, int] = {}
        """How many changes had been queued when a value came: those before it that were relative mean nothing more."""
        self._beats: dict[str, Beat] = {}
        self._sound: Sound | None = None
        self._slots: dict[str, object] = {}
        self._capacity = capacity
        self.dropped = 0

    def put(self, address: str, value: Value) -> None:
        """Set ``address`` to ``value`` (already checked); an earlier value not yet drained is replaced."""
        self.put_all({address: value})

    def put_change(self, change: Change) -> None:
        """Queue ``put_change``. When full, the oldest goes, counted: a panic after a flood gets through."""
        self.put_all({}, (change,))

    def put_all(
        self,
        values: Mapping[str, Value],
        changes: Iterable[Change] = (),
        after: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        """As `put` and `put_change`, in one frame: no reader sees a part of it. ``after`` as in `ControlBatch`."""
        with self._lock:
            before = self._queued
            for change in changes:
                self._queue_change(change)
            self._values.update(values)
            if self._changes:
                self._replaced.update({address: before + after.get(address, 0) for address in values})

    def put_beat(self, source: str, beat: Beat) -> None:
        """``source`` (midi, link, audio) counts ``put_beat``; what it counted before is replaced."""
        with self._lock:
            self._beats[source] = beat

    def put_sound(self, sound: Sound) -> None:
        """The newest sound replaces an earlier one; what happened in between is in its counts."""
        self._sound = sound

    def put_snapshots(self, slots: Mapping[str, object]) -> None:
        """Snapshots of another preset are to lie in ``slots``, beside those that are there."""
        with self._lock:
            self._slots.update(slots)

    def drain(self) -> ControlBatch | None:
        """All that came since the last call, or None. Lock-free when there is nothing: the usual frame."""
        if not (self._values or self._changes or self._beats or self._sound or self._slots):
            return None
        with self._lock:
            drained = ControlBatch(self._values, self._changes, self._beats, self._sound, self._slots)
            replaced, first = self._replaced, self._queued - len(self._changes)
            self._values, self._changes, self._beats, self._sound = {}, deque(), {}, None
            self._replaced, self._slots = {}, {}
        if not replaced:
            return drained
        numbered = enumerate(drained.changes, first)
        kept = [(at, c) for at, c in numbered if c.action == "fire" or at >= replaced.get(c.address, 0)]
        places = [at for at, _ in kept]
        after = {address: place for address, at in replaced.items() if (place := bisect_left(places, at))}
        return drained._replace(changes=[change for _, change in kept], after=after)

    def _queue_change(self, change: Change) -> None:
        if len(self._changes) >= self._capacity:
            self._changes.popleft()
            self.dropped += 1
        self._changes.append(change)
        self._queued += 1
