"""Performing a show: snapshots, cues, macros and random changes on one store, each of which can be undone."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from vj.params.control_queue import Change, ControlBatch, TriggerHandler
from vj.params.indicators import Indicators
from vj.params.param import Value
from vj.params.scope import Scope
from vj.params.store import Store
from vj.play import saved_state
from vj.play.cue_list import BeatTimes, Cue
from vj.play.cue_player import CuePlayer
from vj.play.history import Gesture
from vj.play.macros import Macro
from vj.play.randomise import Randomiser
from vj.play.scene_values import listed
from vj.play.snapshots import FIRST_SLOT, LAST_SLOT, SLOTS, SnapshotSlots, StoredSnapshot
from vj.play.value_fades import ValueFades

NOTICE = 5.0
"""Seconds for which a notice is shown."""


@dataclass(frozen=True)
class Plan:
    """The snapshots (by slot, 1 to 16), cues and macros that a preset brings. Cues and macros are numbered from 1."""

    snapshots: Mapping[int, StoredSnapshot] = field(default_factory=dict)
    cues: Sequence[Cue] = ()
    macros: Sequence[Macro] = ()


class Play:
    """Performs snapshots, morphs, cues, macros, random changes and undo on the values of a `Store`.

    Times are monotonic seconds. A frame calls, in this order: `load_snapshots` and `note_touched` with its batch;
    `Store.apply_values` with the same batch; for each trigger that fired, `follow_knobs` and then its handler;
    `advance`; `Store.advance`. The same calls give the same values. Only `state`, `aims`, `indicators` and `stored` may
    be used from any thread.
    """

    def __init__(self, store: Store, tempo: BeatTimes, plan: Plan, fire: Callable[[Change], None]) -> None:
        """``store`` holds the values that are played on, ``tempo`` says when the beats of cues come, and ``plan`` is
        what the slots, the cue list and the macros hold at the start. ``fire`` is called with each trigger of a cue,
        and must queue it or carry it out.
        """
        self._store = store
        self._randomiser = Randomiser(store.table)
        self._slots = SnapshotSlots(store.table, plan.snapshots)
        self._value_fades = ValueFades(store, plan.macros, self._slots)
        self._cues = CuePlayer(plan.cues, tempo, self._value_fades, fire, self._say)
        self._now = self._noticed = self._lookahead = 0.0
        self.notice = ""
        """What the performer should know now, one line, or empty; `advance` empties it after `NOTICE` seconds."""

    def load_snapshots(self, slots: object) -> None:
        """Put the snapshots of another preset into the slots that they name; other slots stay as they are.

        ``slots`` has the form ``{"3": {"name": ..., "set": {address: value}, "rest": {address: value}}}``, the last
        only for snapshots that set everything. Anything may be given: what doesn't fit is left out, with a notice. No
        value changes. Undo takes it back as one gesture.
        """
        before = self._slots.filled
        left_out = saved_state.put(slots, self._slots)
        replaced = {slot: before.get(slot) for slot, stored in self._slots.filled.items() if before.get(slot) != stored}
        self._value_fades.history.add_gesture(
            f"snapshots loaded: {', '.join(map(str, sorted(replaced)))}", {}, slots=replaced
        )
        if left_out:
            self._say(f"not loaded: {listed(left_out)}")

    def note_touched(self, batch: ControlBatch, now: float) -> None:
        """Note, before it is applied, that the values and changes of ``batch`` come at ``now``. Sets nothing.

        Fades of what it sets end where they are. Undo remembers the targets before it, but only of parameters whose
        scope has ``GESTURE``, and of values that differ from them. Its triggers don't count.
        """
        self._now = now
        targets = self._store.targets
        there = {address: value for address, value in batch.values.items() if address in targets}
        touched = [address for address, value in there.items() if targets[address] != value]
        touched += [c.address for c in batch.changes if c.action != "fire" and c.address in targets]
        played = [address for address in touched if Scope.GESTURE in self._store.table[address].scope]
        self._value_fades.note_touch([*there, *touched], played, now)

    def follow_knobs(self, now: float) -> None:
        """Set the parameters of those macros and morph faders that have moved since the last look, before a trigger is
        carried out at ``now``. Undo takes them back together with their knob.
        """
        self._now = now
        self._follow(by_hand=True)

    @property
    def handlers(self) -> dict[str, TriggerHandler]:
        """The handlers of the triggers below ``/snapshot``, ``/random``, ``/history`` and ``/cue``, by address.

        Those without a number in their address (``/snapshot/recall``, ``/cue/goto``) take it from the change's
        ``amount``, rounded; slots are clamped to 1..16. The time that they are called with isn't used: they act at that
        of the last `advance`, `note_touched` or `follow_knobs`. If something can't be done, ``notice`` says why.
        """
        found: dict[str, TriggerHandler] = {
            address: partial(_command, command) for address, command in self._commands.items()
        }
        for slot in SLOTS:
            found[f"/snapshot/{slot}"] = partial(_command, self._commands["/snapshot/recall"], argument=slot)
        for number in range(1, len(self._cues.list.cues) + 1):
            found[f"/cue/{number}"] = partial(_command, self._commands["/cue/goto"], argument=number)
        return found

    def let_go(self, gone: Collection[str]) -> None:
        """End the fades of the parameters at ``gone``, which were removed or declared anew.

        Snapshots, cues and macros that name them keep them: they may come back.
        """
        self._value_fades.fades.let_go(gone)

    def panic(self) -> None:
        """Set all parameters whose scope has ``GESTURE`` back to the values that the show started with, at once.

        No cue waits and no fade runs then. Snapshots and the place in the cue list stay. Undo takes it back as one
        gesture.
        """
        self._cues.list.stop()
        self._value_fades.panic()
        self._value_fades.recalled = 0

    def advance(self, now: float, lookahead: float = 0.0) -> None:
        """Begin the cues whose time has come, and bring fades, macros and morph faders to the time ``now``.

        This sets the store's targets. ``lookahead``: seconds by which a cue begins before its beat, so as to be seen on
        it.
        """
        self._now, self._lookahead = now, lookahead
        if self.notice and now - self._noticed > NOTICE:
            self.notice = ""
        self._follow(by_hand=True)
        self._cues.advance(now, lookahead)
        self._value_fades.fade_on(now)
        self._follow(by_hand=False)

    def spread(self, knob: str, values: Mapping[str, Value]) -> Mapping[str, Value]:
        """Returns the values, by address, that ``knob`` (``/macro/1``, ``/morph/x``) would set if all parameters stood
        at ``values``; empty if it is no knob of a macro or a morph. Moves nothing.
        """
        return self._value_fades.spread(knob, values)

    def lines(self) -> list[str]:
        """Returns lines for the HUD: one that says where the cue list stands and what comes next, if there are cues,
        and one for each fade with the part that is left, such as ``cue 3 Chorus: 40 % left``.
        """
        lines = [self._cues.list.line(self._now, self._lookahead)] if self._cues.list.cues else []
        return lines + [
            f"{fade.label}: {100.0 * (1.0 - fade.part(self._now)):.0f} % left"
            for fade in self._value_fades.fades.running
        ]

    @property
    def aims(self) -> Mapping[str, Value]:
        """What each parameter was set to or, if it fades, where the fade leads, by address: every one but triggers.

        May be read from any thread.
        """
        return self._value_fades.aims

    @property
    def indicators(self) -> Indicators:
        """Which snapshots and cues play, wait, or are there, as addresses such as ``/snapshot/3`` and ``/cue/1``.

        At most one of each plays, and only a cue can wait. May be read from any thread.
        """
        cues = self._cues.list
        on = _lit("/snapshot", self._value_fades.recalled) | _lit("/cue", cues.position)
        there = _lit("/snapshot", *self._slots.filled) | _lit("/cue", *range(1, len(cues.cues) + 1))
        return Indicators(on, _lit("/cue", cues.awaited), there)

    @property
    def stored(self) -> Mapping[int, StoredSnapshot]:
        """The snapshots now by their slots, 1 to 16; empty slots aren't in it. May be read from any thread.

        It is read-only, and replaced at every change, so a mapping that was read before stays as it was.
        """
        return self._slots.filled

    def state(self) -> dict[str, Any]:
        """Returns a JSON-able description of the performance for `restore`: ``snapshots``, ``cue`` and ``goals`` (the
        end values of running fades), as `vj.play.saved_state.state` writes them.

        The store's targets aren't in it, and neither are undo steps or a cue that waits. May be called from any thread.
        """
        return saved_state.state(self._slots, self._cues.list, self._value_fades.goals)

    def restore(self, state: object) -> None:
        """Return to what `state` described, once the store has its targets back.

        Fades that ran then have arrived, no cue waits, and no trigger fires. ``state`` may be anything: what no longer
        fits is left out, with a notice.
        """
        self._value_fades.fades.stop()
        goals, left_out = saved_state.restore(state, self._slots, self._cues.list, self._store.table)
        self._value_fades.jump_to(goals)
        self._value_fades.take_as_seen()
        if left_out:
            self._say(f"not restored: {listed(left_out)}")

    @property
    def _commands(self) -> dict[str, Callable[[float], None]]:
        cues, history = self._cues, self._value_fades.history
        return {
            "/snapshot/recall": lambda slot: self._recall(_slot(slot)),
            "/snapshot/store": lambda slot: self._keep(_slot(slot)),
            "/snapshot/clear": lambda slot: self._clear(_slot(slot)),
            "/random/go": lambda _: self._shuffle(),
            "/history/undo": lambda _: self._swap("undone", history.undo),
            "/history/redo": lambda _: self._swap("done again", history.redo),
            "/cue/go": lambda _: cues.go(self._now, self._lookahead),
            "/cue/back": lambda _: cues.back(self._now),
            "/cue/stop": lambda _: cues.stop(),
            "/cue/goto": lambda number: cues.goto(round(number), self._now, self._lookahead),
        }

    def _follow(self, by_hand: bool) -> None:
        self._value_fades.follow_knobs(self._now, by_hand)
        if self._value_fades.notice:
            self._say(self._value_fades.notice)

    def _recall(self, slot: int) -> None:
        label = self._slots.label(slot)
        if slot not in self._slots:
            self._say(f"{label} is empty")
            return
        goal, left_out = self._slots.values(slot), self._slots.left_out(slot)
        self._value_fades.record(label, goal)
        self._value_fades.fade(label, goal, self._now, float(self._store.targets["/snapshot/time"]))
        self._value_fades.fade_on(self._now)
        self._value_fades.recalled = slot
        self._say(f"{label} without {listed(left_out)}" if left_out else label)

    def _keep(self, slot: int) -> None:
        before = self._slots.filled.get(slot)
        self._slots.store(slot, self._store.targets)
        self._value_fades.recalled = slot
        self._done(f"{self._slots.label(slot)} stored", slot, before)

    def _clear(self, slot: int) -> None:
        label, before = self._slots.label(slot), self._slots.filled.get(slot)
        self._slots.clear(slot)
        if slot == self._value_fades.recalled:
            self._value_fades.recalled = 0
        self._done(f"{label} emptied", slot, before)

    def _done(self, what: str, slot: int, before: StoredSnapshot | None) -> None:
        self._value_fades.history.add_gesture(what, {}, slots={slot: before})
        self._say(what)

    def _shuffle(self) -> None:
        targets = self._store.targets
        seed, amount, what = (targets[f"/random/{name}"] for name in ("seed", "amount", "what"))
        drawn = self._randomiser.draw(targets, int(seed), float(amount), str(what))
        changed = {address: value for address, value in drawn.items() if targets[address] != value}
        self._value_fades.record("random", changed)
        self._value_fades.fades.let_go(changed)
        self._store.apply_values(changed)

    def _swap(
        self, done: str, swap: Callable[[Mapping[str, Value], int, Mapping[int, StoredSnapshot]], Gesture | None]
    ) -> None:
        """Undo or redo a gesture. Fades count as arrived, so that undoing what has just begun undoes all of it."""
        gesture = swap(self._value_fades.aims, self._cues.list.position, self._slots.filled)
        if gesture is None:
            self._say(f"nothing to be {done}")
            return
        self._value_fades.recalled = 0
        if gesture.cue is not None:
            self._cues.list.stand_at(gesture.cue)
        self._value_fades.take_back(gesture)
        self._say(f"{done}: {gesture.label}")

    def _say(self, notice: str) -> None:
        self.notice, self._noticed = notice, self._now


def _command(command: Callable[[float], None], change: Change, now: float, argument: float | None = None) -> None:
    command(change.amount if argument is None else argument)


def _lit(prefix: str, *numbers: int) -> frozenset[str]:
    return frozenset(f"{prefix}/{number}" for number in numbers if number)


def _slot(number: float) -> int:
    return min(max(round(number), FIRST_SLOT), LAST_SLOT)
