"""What moves the values of a show, fades, macros and morph faders, and the way back from each move."""

from collections.abc import Iterable, Mapping, Sequence

from vj.params.param import Value
from vj.params.scope import Scope
from vj.params.store import Store
from vj.play.fade import RunningFades
from vj.play.history import Gesture, History
from vj.play.macros import Macro, Macros
from vj.play.morph import Morph
from vj.play.snapshots import SnapshotSlots


class ValueFades:
    """Every move of a value goes through here. Only `goals` and `aims` may be asked from any thread."""

    def __init__(self, store: Store, macros: Sequence[Macro], slots: SnapshotSlots) -> None:
        self.store, self.slots = store, slots
        self.fades, self.history = RunningFades(store.table), History()
        self.recalled = 0
        """The snapshot that plays, whatever hands have changed of it since; 0 where something else took its place."""
        self._macros = Macros(store.table, macros, store.targets)
        self._morph = Morph(store.table, slots, store.targets)

    @property
    def notice(self) -> str:
        """Why what a hand moved just now had no effect."""
        return self._morph.notice

    @property
    def goals(self) -> dict[str, Value]:
        """Where the fades lead that run now, with what they move on their way."""
        goals = self.fades.goals
        led: dict[str, Value] = {}
        for knob in goals:
            led |= self.spread(knob, {**self.store.targets, **goals, **led})
        return {**led, **goals}

    @property
    def aims(self) -> dict[str, Value]:
        """What each parameter was set to; one that fades, where that leads."""
        goals = self.goals  # first: a fade that ends meanwhile is then in the targets
        return {**self.store.targets, **goals}

    def note_touch(self, touched: Iterable[str], played: Iterable[str], now: float) -> None:
        """Hands are about to set the addresses ``touched``; ``played`` are those of them that undo takes back."""
        self.fades.let_go(touched)
        self.history.note_touch(played, self.store.targets, now)

    def fade(self, label: str, goal: Mapping[str, Value], at: float, seconds: float) -> None:
        """Go to ``goal``, beginning at ``at`` (monotonic)."""
        self.fades.start(label, self.store.targets, goal, at, seconds)

    def fade_on(self, now: float) -> None:
        """All fades up to ``now``."""
        values, targets = self.fades.advance(now), self.store.targets
        self.jump_to({address: value for address, value in values.items() if targets[address] != value})

    def follow_knobs(self, now: float, by_hand: bool) -> None:
        """Macros first: one may move a morph fader. What they move goes there as smoothly as under a hand."""
        self._lead(self._macros.moved(), now, by_hand)
        self._lead(self._morph.moved(), now, by_hand)

    def spread(self, knob: str, values: Mapping[str, Value]) -> Mapping[str, Value]:
        """Where a macro, or a morph fader, would have what it moves, standing as ``values`` say: nothing is moved."""
        return self._macros.values_at(knob, values) or self._morph.values_at(knob, values)

    def jump_to(self, values: Mapping[str, Value]) -> None:
        """Be there at once."""
        if values:
            self.store.jump_to(values)

    def take_as_seen(self) -> None:
        """Knobs and faders were put somewhere together with all that they move: they must not move it again."""
        self._macros.take_as_seen()
        self._morph.take_as_seen()

    def record(self, label: str, goal: Mapping[str, Value], cue: int | None = None) -> None:
        """A gesture that leads to ``goal``, and so moves what its macros and morph faders move.

        The way back leads to where the fades led that it interrupts.
        """
        aims = self.aims
        ahead = {**aims, **goal}
        moved = dict.fromkeys(goal)
        for address in goal:
            for knob in (address, *self._macros.moved_by(address)):
                moved |= dict.fromkeys((knob, *self._morph.moved_by(knob, ahead)))
        self.history.add_gesture(label, {address: aims[address] for address in moved}, cue)

    def panic(self) -> None:
        """Set all that takes part in gestures back to the values of the start."""
        before = self.aims
        self.fades.stop()
        self.store.reset(self.store.table.within(Scope.GESTURE))
        self.take_as_seen()
        targets = self.store.targets
        self.history.add_gesture(
            "panic", {address: value for address, value in before.items() if targets[address] != value}
        )

    def take_back(self, gesture: Gesture) -> None:
        """Values and snapshots as ``gesture`` found them."""
        self.fades.let_go(gesture.before)
        self.jump_to(gesture.before)
        for slot, stored in gesture.slots.items():
            if stored is None:
                self.slots.clear(slot)
            else:
                self.slots.put(slot, stored)
        self.take_as_seen()

    def _lead(self, values: Mapping[str, Value], now: float, by_hand: bool) -> None:
        if values:
            self.fades.let_go(values)
            if by_hand:
                self.history.join_gesture(values, self.store.targets, now)
            self.store.apply_values(values)
