"""Moves the values of a show by fades, macros and morph faders, and records each move so that it can be undone."""

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
    """All moves of values that play makes go through here. Only `goals` and `aims` may be read from any thread."""

    def __init__(self, store: Store, macros: Sequence[Macro], slots: SnapshotSlots) -> None:
        self.store = store
        self.slots = slots
        self.fades = RunningFades(store.table)
        self.history = History()
        self.recalled = 0
        """The slot of the snapshot that plays, even if values were changed since it was recalled; 0 once something else
        has replaced it.
        """
        self._macros = Macros(store.table, macros, store.targets)
        self._morph = Morph(store.table, slots, store.targets)

    @property
    def notice(self) -> str:
        """Why the last move of a morph fader had no effect; empty if it had one."""
        return self._morph.notice

    @property
    def goals(self) -> dict[str, Value]:
        """The values to which the running fades lead, with those of the parameters that fading macros and morph faders
        move.
        """
        goals = self.fades.goals
        led: dict[str, Value] = {}
        for knob in goals:
            led |= self.spread(knob, {**self.store.targets, **goals, **led})
        return {**led, **goals}

    @property
    def aims(self) -> dict[str, Value]:
        """What each parameter was set to or, if it fades, where the fade leads."""
        goals = self.goals  # first: a fade that ends meanwhile is then in the targets
        return {**self.store.targets, **goals}

    def note_touch(self, touched: Iterable[str], played: Iterable[str], now: float) -> None:
        """Note that controls are about to set the addresses ``touched``; undo takes back those in ``played``."""
        self.fades.let_go(touched)
        self.history.note_touch(played, self.store.targets, now)

    def fade(self, label: str, goal: Mapping[str, Value], at: float, seconds: float) -> None:
        """Begin a fade to ``goal`` at the time ``at`` (monotonic) that lasts ``seconds``."""
        self.fades.start(label, self.store.targets, goal, at, seconds)

    def fade_on(self, now: float) -> None:
        """Bring all fades to the time ``now``."""
        values, targets = self.fades.advance(now), self.store.targets
        self.jump_to({address: value for address, value in values.items() if targets[address] != value})

    def follow_knobs(self, now: float, by_hand: bool) -> None:
        """Move the parameters of macros and morph faders that were moved. Macros come first, as one may move a morph
        fader.

        ``by_hand`` says that the performer moved the knobs: undo then takes back the parameters together with them.
        Smoothed parameters move smoothly.
        """
        self._lead(self._macros.moved(), now, by_hand)
        self._lead(self._morph.moved(), now, by_hand)

    def spread(self, knob: str, values: Mapping[str, Value]) -> Mapping[str, Value]:
        """Returns the values that the macro or morph fader ``knob`` would set if all parameters stood at ``values``.
        Moves nothing.
        """
        return self._macros.values_at(knob, values) or self._morph.values_at(knob, values)

    def jump_to(self, values: Mapping[str, Value]) -> None:
        """Set ``values`` at once, without smoothing."""
        if values:
            self.store.jump_to(values)

    def take_as_seen(self) -> None:
        """Take the macros and morph faders where they stand: their parameters were set together with them and must not
        be moved again.
        """
        self._macros.take_as_seen()
        self._morph.take_as_seen()

    def record(self, label: str, goal: Mapping[str, Value], cue: int | None = None) -> None:
        """Record a gesture that leads to ``goal``, and so moves the parameters of the macros and morph faders in it.
        ``cue`` is where the cue list stood, if the gesture moved it.

        Undo leads to where the fades that the gesture interrupts were leading.
        """
        aims = self.aims
        ahead = {**aims, **goal}
        moved = dict.fromkeys(goal)
        for address in goal:
            for knob in (address, *self._macros.moved_by(address)):
                moved |= dict.fromkeys((knob, *self._morph.moved_by(knob, ahead)))
        self.history.add_gesture(label, {address: aims[address] for address in moved}, cue)

    def panic(self) -> None:
        """Reset all parameters that take part in gestures to their start values, as one gesture."""
        before = self.aims
        self.fades.stop()
        self.store.reset(self.store.table.within(Scope.GESTURE))
        self.take_as_seen()
        targets = self.store.targets
        self.history.add_gesture(
            "panic", {address: value for address, value in before.items() if targets[address] != value}
        )

    def take_back(self, gesture: Gesture) -> None:
        """Set values and snapshots to those that ``gesture`` found."""
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
