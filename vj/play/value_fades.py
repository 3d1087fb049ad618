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
    """Sets values in a ``store`` by fades, macros, morph faders and undo; all moves of values that play makes go here.

    Times are monotonic seconds. ``fades`` are those that run, ``history`` holds the steps of undo. Only `goals` and
    `aims` may be read from any thread.
    """

    def __init__(self, store: Store, macros: Sequence[Macro], slots: SnapshotSlots) -> None:
        """``macros`` are numbered from 1; ``slots`` are the snapshots that morph faders mix and undo refills."""
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
        """Why a morph fader that moved at the last `follow_knobs` had no effect; usually empty."""
        return self._morph.notice

    @property
    def goals(self) -> dict[str, Value]:
        """The values to which the running fades lead, by address, with those of the parameters that fading macros and
        morph faders move. Empty if nothing fades.
        """
        goals = self.fades.goals
        led: dict[str, Value] = {}
        for knob in goals:
            led |= self.spread(knob, {**self.store.targets.copy(), **goals, **led})
        return {**led, **goals}

    @property
    def aims(self) -> dict[str, Value]:
        """What each parameter was set to or, if it fades, where the fade leads, by address: every one but triggers.

        It is a new dict.
        """
        goals = self.goals  # first: a fade that ends meanwhile is then in the targets
        return {**self.store.targets.copy(), **goals}

    def note_touch(self, touched: Iterable[str], played: Iterable[str], now: float) -> None:
        """Note at ``now`` that controls are about to set the addresses ``touched``: fades let go of them.

        Undo takes back those in ``played``, whose present targets it notes.
        """
        self.fades.let_go(touched)
        self.history.note_touch(played, self.store.targets, now)

    def fade(self, label: str, goal: Mapping[str, Value], at: float, seconds: float) -> None:
        """Begin a fade from the targets to ``goal`` (by address) at the time ``at`` that lasts ``seconds``.

        Values change at the next `fade_on`, also if it lasts no time. ``label`` is its name for people. Undo doesn't
        note it; see `record`.
        """
        self.fades.start(label, self.store.targets, goal, at, seconds)

    def fade_on(self, now: float) -> None:
        """Set the targets and values of all that fades to where they are at ``now``. Fades that have arrived end."""
        values, targets = self.fades.advance(now), self.store.targets
        self.jump_to({address: value for address, value in values.items() if targets[address] != value})

    def follow_knobs(self, now: float, by_hand: bool) -> None:
        """Move the parameters of the macros and morph faders whose targets differ from the last call or `take_as_seen`.
        Macros come first, as one may move a morph fader.

        If ``by_hand``, the performer moved the knobs, and undo takes back the parameters together with them: ``now``
        must then be the very time that `note_touch` got for the knobs, or undo misses them. If not, undo notes nothing.
        Fades let go of what is moved here. Only targets are set: values follow at the store's next `advance`, smoothed.
        """
        self._lead(self._macros.moved(), now, by_hand)
        self._lead(self._morph.moved(), now, by_hand)

    def spread(self, knob: str, values: Mapping[str, Value]) -> Mapping[str, Value]:
        """Returns the values, by address, that ``knob`` (``/macro/1``, ``/morph/x``) would set if all parameters stood
        at ``values``; empty if it is no knob of a macro or a morph. Moves nothing.
        """
        return self._macros.values_at(knob, values) or self._morph.values_at(knob, values)

    def jump_to(self, values: Mapping[str, Value]) -> None:
        """Set the targets of ``values`` (by address), and the values themselves at once, without smoothing.

        Undo doesn't note it, and fades go on.
        """
        if values:
            self.store.jump_to(values)

    def take_as_seen(self) -> None:
        """Take the macros and morph faders where they stand: their parameters were set together with them and must not
        be moved again.
        """
        self._macros.take_as_seen()
        self._morph.take_as_seen()

    def record(self, label: str, goal: Mapping[str, Value], cue: int | None = None) -> None:
        """Record for undo, before it is done, a gesture called ``label`` that leads to ``goal`` (by address), and so
        also moves the parameters of the macros and morph faders in it. Sets nothing.

        ``cue`` is where the cue list stood, if the gesture moved it. Undo leads to where the fades that the gesture
        interrupts were leading.
        """
        aims = self.aims
        ahead = {**aims, **goal}
        moved = dict.fromkeys(goal)
        for address in goal:
            for knob in (address, *self._macros.moved_by(address)):
                moved |= dict.fromkeys((knob, *self._morph.moved_by(knob, ahead)))
        self.history.add_gesture(label, {address: aims[address] for address in moved}, cue)

    def panic(self) -> None:
        """Set all parameters whose scope has ``GESTURE`` back to the values of the show's start, at once.

        All fades end. Undo takes it back as one gesture. Snapshots stay.
        """
        before = self.aims
        self.fades.stop()
        self.store.reset(self.store.table.within(Scope.GESTURE))
        self.take_as_seen()
        targets = self.store.targets
        self.history.add_gesture(
            "panic", {address: value for address, value in before.items() if targets[address] != value}
        )

    def take_back(self, gesture: Gesture) -> None:
        """Set values, at once, and snapshots to those in ``gesture``, which undo or redo returned.

        Fades of these values end. The cue list is left to the caller.
        """
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
