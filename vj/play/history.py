"""The way back: what the last gestures of the performance changed, and what was there before."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from vj.params.param import Value
from vj.play.snapshots import StoredSnapshot

GESTURE = 1.0
"""Seconds without a touch after which the same hand on the same parameter begins another gesture."""
MOST_GESTURES = 64


@dataclass(slots=True)
class Gesture:
    """``before`` are the values that it found. ``cue`` is where the cue list stood, if the gesture moved it.

    ``at`` is the last touch (monotonic) while a hand may go on with it; None for what is over. ``slots`` are the
    snapshots that it replaced, None those that were empty.
    """

    label: str
    before: dict[str, Value]
    cue: int | None = None
    at: float | None = None
    slots: Mapping[int, StoredSnapshot | None] = field(default_factory=dict)


class History:
    """The last gestures, each of which can be taken back and done again."""

    def __init__(self) -> None:
        self._done: deque[Gesture] = deque(maxlen=MOST_GESTURES)
        self._undone: list[Gesture] = []

    def note_touch(self, addresses: Iterable[str], targets: Mapping[str, Value], now: float) -> None:
        """Hands are about to move ``addresses``, which stand at ``targets``.

        What follows within a second on the same address is the same gesture, also where two hands take turns.
        """
        fresh: dict[str, Value] = {}
        for address in addresses:
            gesture = self._open(address, now)
            if gesture:
                gesture.at = now
            else:
                fresh[address] = targets[address]
        if fresh:
            first, *more = fresh
            self._add(Gesture(f"{first} and {len(more)} more" if more else first, fresh, at=now))

    def join_gesture(self, addresses: Iterable[str], targets: Mapping[str, Value], now: float) -> None:
        """What the hands of ``now`` moved is about to move ``addresses``, too: a part of the same gesture."""
        latest = next((gesture for gesture in reversed(self._done) if gesture.at == now), None)
        if latest is None:
            return
        for address in addresses:
            gesture = self._open(address, now)
            if gesture:
                gesture.at = now
            else:
                latest.before[address] = targets[address]

    def add_gesture(
        self,
        label: str,
        before: Mapping[str, Value],
        cue: int | None = None,
        slots: Mapping[int, StoredSnapshot | None] = MappingProxyType({}),
    ) -> None:
        """Something was done at once, to parameters that stood at ``before`` and to ``slots`` that held those; the
        hands' gestures are over with it."""
        self._close()
        if before or slots or cue is not None:
            self._add(Gesture(label, dict(before), cue, slots=slots))

    def undo(self, targets: Mapping[str, Value], cue: int, slots: Mapping[int, StoredSnapshot]) -> Gesture | None:
        """What to set to take the last gesture back, if there is one that left a trace. ``cue`` is the present one,
        ``slots`` are the snapshots as they are."""
        return self._swap(self._done, self._undone, targets, cue, slots)

    def redo(self, targets: Mapping[str, Value], cue: int, slots: Mapping[int, StoredSnapshot]) -> Gesture | None:
        """What to set to do again what was taken back last."""
        return self._swap(self._undone, self._done, targets, cue, slots)

    def _open(self, address: str, now: float) -> Gesture | None:
        """The gesture that a touch of ``address`` goes on with."""
        for gesture in reversed(self._done):
            if gesture.at is None:
                return None
            if address in gesture.before:
                return gesture if now - gesture.at <= GESTURE else None
        return None

    def _add(self, gesture: Gesture) -> None:
        self._done.append(gesture)
        self._undone.clear()

    def _close(self) -> None:
        for gesture in reversed(self._done):
            if gesture.at is None:
                return
            gesture.at = None

    def _swap(
        self,
        taken: deque[Gesture] | list[Gesture],
        other: deque[Gesture] | list[Gesture],
        targets: Mapping[str, Value],
        cue: int,
        slots: Mapping[int, StoredSnapshot],
    ) -> Gesture | None:
        self._close()
        while taken:
            gesture = taken.pop()
            changed = {address: value for address, value in gesture.before.items() if targets[address] != value}
            replaced = {slot: held for slot, held in gesture.slots.items() if slots.get(slot) != held}
            if changed or replaced or gesture.cue not in (None, cue):
                now = {address: targets[address] for address in changed}
                held = {slot: slots.get(slot) for slot in replaced}
                other.append(Gesture(gesture.label, now, None if gesture.cue is None else cue, slots=held))
                return Gesture(gesture.label, changed, gesture.cue, slots=replaced)
        return None
