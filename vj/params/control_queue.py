"""The queue between controls and the loop, which drains it once a frame.

Of values the newest per address counts; changes keep their order.
"""

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
    "reset": ("float", "int", "bool", "choice", "text", "picture", "look"),
}
"""The kinds of parameter that each action of a `Change` is for."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change that must be neither lost nor reordered: a trigger, or a change relative to the current value.

    ``fire`` fires a trigger, with ``amount`` or ``text`` as its argument; ``toggle`` flips an on/off; ``step`` moves by
    ``amount`` (as a part of the range of a number, in entries of a choice); ``add`` adds ``amount`` in the parameter's
    own unit; ``reset`` returns to the value that the show started with. The results of ``step`` and ``add`` are clamped
    to the range; those of a choice go round from the last entry to the first, by whole entries (fractions are cut), and
    an int moves by at least 1 unless ``amount`` is 0. ``at`` is when it came (monotonic seconds), for handlers that
    need more exact times than a frame's, such as tap tempo; 0 where the time wasn't taken.
    """

    address: str
    action: Action
    amount: float = 0.0
    at: float = 0.0
    text: str = ""


TriggerHandler = Callable[[Change, float], None]
"""Carries out a trigger; called with the change and the frame's time (monotonic seconds). Must not block."""


class ControlBatch(NamedTuple):
    """What controls sent between two frames.

    ``values`` holds the newest value of each address, ``changes`` the changes in order: triggers and relative changes.
    ``beats`` holds the newest beat of each clock, by its name (``midi``, ``link``, ``audio``), and ``sound`` is the
    newest sound, or None if none came. ``slots`` are snapshots of a loaded preset by slot number as a text (``"1"``),
    JSON-able, as `vj.play.saved_state.put` takes them. ``after`` says for an address how many of ``changes`` came
    before its value did, where any had.
    """

    values: Mapping[str, Value]
    changes: Sequence[Change]
    beats: Mapping[str, Beat]
    sound: Sound | None
    slots: Mapping[str, object] = MappingProxyType({})
    after: Mapping[str, int] = MappingProxyType({})

    def pieces(self) -> Iterator["ControlBatch"]:
        """Yield the batch in pieces that keep the order in which values and changes came; at least one, maybe empty.

        A piece is to be applied values first, then changes; in it, nothing but triggers follows a trigger. The first
        piece has the beats. No piece has the sound or the snapshots: those are taken from the whole batch.
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
    """A queue that controls put into, from any thread, and the loop drains once a frame.

    It applies nothing and checks nothing: addresses and values must be checked already. Putting never blocks for longer
    than a dict write.
    """

    def __init__(self, capacity: int = 1024) -> None:
        """``capacity`` is the most changes that wait; see `put_change`."""
        self._lock = threading.Lock()
        self._values: dict[str, Value] = {}
        self._changes: deque[Change] = deque()
        self._queued = 0
        self._replaced: dict[str, int] = {}
        """By address, how many changes had been queued when its value came.

        Relative changes before that no longer count.
        """
        self._beats: dict[str, Beat] = {}
        self._sound: Sound | None = None
        self._slots: dict[str, object] = {}
        self._capacity = capacity
        self.dropped = 0
        """How many changes were dropped because the queue was full."""

    def put(self, address: str, value: Value) -> None:
        """Queue ``value`` (checked, see `Param.check`) for ``address``, in place of one that is not yet drained.

        Relative changes of ``address`` that wait already no longer count; triggers stay.
        """
        self.put_all({address: value})

    def put_change(self, change: Change) -> None:
        """Queue ``change``.

        If the queue is full, the oldest change is dropped and counted in ``dropped``, so that a panic after a flood
        gets through.
        """
        self.put_all({}, (change,))

    def put_all(
        self,
        values: Mapping[str, Value],
        changes: Iterable[Change] = (),
        after: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        """Do the same as `put` and `put_change` for several at once, so that the loop gets all of them in one frame.

        ``values`` are by address. They count as sent before ``changes``; for an address in ``after`` its value came
        after so many of ``changes``.
        """
        with self._lock:
            before = self._queued
            for change in changes:
                self._queue_change(change)
            self._values.update(values)
            if self._changes:
                self._replaced.update({address: before + after.get(address, 0) for address in values})

    def put_beat(self, source: str, beat: Beat) -> None:
        """Queue the newest ``beat`` of ``source`` (``midi``, ``link``, ``audio``), in place of an earlier one of it."""
        with self._lock:
            self._beats[source] = beat

    def put_sound(self, sound: Sound) -> None:
        """Queue the newest ``sound``, in place of an earlier one.

        Onsets and kicks aren't lost, because a sound counts them.
        """
        self._sound = sound

    def put_snapshots(self, slots: Mapping[str, object]) -> None:
        """Queue snapshots to be loaded into the slots that are the keys of ``slots``. All other slots keep theirs.

        They are as `vj.play.saved_state.told` writes them: by slot number as a text, each a table with ``name``,
        ``set`` and maybe ``rest``.
        """
        with self._lock:
            self._slots.update(slots)

    def drain(self) -> ControlBatch | None:
        """Returns what came since the last call, and empties the queue; None if nothing came. Only the loop calls it.

        Left out are older values of an address, relative changes that came before its newest value, and changes that
        were dropped. Takes no lock when there is nothing, which is usual.
        """
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
