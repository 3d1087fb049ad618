"""Undo and redo: what the last gestures of the performance changed, and the values before."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from vj.params.param import Value
from vj.play.snapshots import StoredSnapshot

GESTURE = 1.0
"""Seconds without a touch after which moving the same parameter again begins another gesture."""
MOST_GESTURES = 64
"""The most gestures that can be undone; older ones are forgotten."""


@dataclass(slots=True)
class Gesture:
    """One step of undo.

    ``before`` are the values before the gesture, by address. ``cue`` is where the cue list stood, or None if the
    gesture didn't move it. ``slots`` are the snapshots that it replaced, by slot, None for slots that were empty.
    ``at`` is the time of the last touch (monotonic s) while further touches may join it, else None. ``label`` is its
    name for people.
    """

    label: str
    before: dict[str, Value]
    cue: int | None = None
    at: float | None = None
    slots: Mapping[int, StoredSnapshot | None] = field(default_factory=dict)


class History:
    """The last `MOST_GESTURES` gestures, each of which can be taken back and done again.

    It sets nothing: `undo` and `redo` return what the caller must set. Every new gesture ends what can be redone.
    """

    def __init__(self) -> None:
        self._done: deque[Gesture] = deque(maxlen=MOST_GESTURES)
        self._undone: list[Gesture] = []

    def note_touch(self, addresses: Iterable[str], targets: Mapping[str, Value], now: float) -> None:
        """Note, before it is done, that the performer moves ``addresses``, which stand at ``targets``, at ``now``
        (monotonic s).

        Addresses touched together make one gesture. A touch that follows within `GESTURE` seconds on the same address
        belongs to the earlier gesture, even if other parameters are moved in between.
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
        """Add ``addresses``, with their values in ``targets``, to the gesture of the touch at ``now``: knobs that the
        performer touched are about to move them, too. Does nothing if nothing was touched at that very time.
        """
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
        """Add a gesture that is done at once: it found parameters at ``before`` (by address), the cue list at ``cue``
        (None: not moved) and slots with the snapshots in ``slots`` (None: empty).

        It ends the gestures of earlier touches. One that found nothing to change isn't added.
        """
        self._close()
        if before or slots or cue is not None:
            self._add(Gesture(label, dict(before), cue, slots=slots))

    def undo(self, targets: Mapping[str, Value], cue: int, slots: Mapping[int, StoredSnapshot]) -> Gesture | None:
        """Returns what to set to take back the last gesture that left a trace, or None if there is none.

        Its ``before`` and ``slots`` hold only what differs from ``targets`` (the values of every address there is) and
        ``slots`` (the snapshots now); its ``cue`` is where the list must stand, or None. ``cue`` is where it stands
        now. The gesture can then be redone; later ones that left no trace are dropped.
        """
        return self._swap(self._done, self._undone, targets, cue, slots)

    def redo(self, targets: Mapping[str, Value], cue: int, slots: Mapping[int, StoredSnapshot]) -> Gesture | None:
        """Returns what to set to repeat the gesture that was taken back last, or None if there is none.

        The arguments are the present values, cue position and snapshots, as in `undo`, and the result has the same
        form. The gesture can then be undone again.
        """
        return self._swap(self._undone, self._done, targets, cue, slots)

    def _open(self, address: str, now: float) -> Gesture | None:
        """Returns the gesture that a touch of ``address`` at ``now`` belongs to, or None."""
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
            before = {address: value for address, value in gesture.before.items() if address in targets}
            changed = {address: value for address, value in before.items() if targets[address] != value}
            replaced = {slot: held for slot, held in gesture.slots.items() if slots.get(slot) != held}
            if changed or replaced or gesture.cue not in (None, cue):
                now = {address: targets[address] for address in changed}
                held = {slot: slots.get(slot) for slot in replaced}
                other.append(Gesture(gesture.label, now, None if gesture.cue is None else cue, slots=held))
                return Gesture(gesture.label, changed, gesture.cue, slots=replaced)
        return None
