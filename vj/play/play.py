"""Playing a show: hands, snapshots, cues, macros and chance on one store, each with its way back."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from vj.errors import BadInput
from vj.mailbox import Change, Mail
from vj.param import Value
from vj.play import cues, saved
from vj.play.chance import Chance
from vj.play.cues import Begun, Cue, CueList, Tempo
from vj.play.fade import Fades
from vj.play.history import Gesture, History
from vj.play.macros import Macro, Macros
from vj.play.morph import Morph
from vj.play.snapshots import FIRST_SLOT, LAST_SLOT, SLOTS, Slots, Stored
from vj.play.state import fit
from vj.store import Store

NOTICE = 5.0
"""Seconds for which a notice is shown."""
_ASIDE = ("/output/", "/learn/", "/show/", "/audio/", "/clock/")
"""The room, the set-up and the music are no part of the performance: panic and undo leave them alone."""


@dataclass(frozen=True)
class Plan:
    """What a preset brings, checked."""

    snapshots: Mapping[int, Stored] = field(default_factory=dict)
    cues: Sequence[Cue] = ()
    macros: Sequence[Macro] = ()


class Play:
    """A frame calls, in this order: `note` with its mail, `Store.take` with the same, `command` for each trigger that
    fired, `step`, `Store.advance`. The same calls give the same values. Only `state` and `stored` may be asked from
    any thread.
    """

    def __init__(self, store: Store, tempo: Tempo, plan: Plan, fire: Callable[[Change], None]) -> None:
        """``fire`` does what a trigger of a cue asks for, as the loop does for one that came by mail."""
        self._store, self._fire = store, fire
        table, targets = store.table, store.targets
        self._slots = Slots(table, plan.snapshots)
        self._macros = Macros(table, plan.macros, targets)
        self._morph = Morph(table, self._slots, targets)
        self._chance, self._fades, self._history = Chance(table), Fades(table), History()
        self._cues = CueList(plan.cues, tempo)
        self._own = [fit(cue.set, table) for cue in plan.cues]
        self._now = self._noticed = self._lookahead = 0.0
        self.notice = ""
        """What the performer should know, for some seconds."""
        self._commands = self._addresses()
        self._short = {f"/snapshot/{slot}": ("/snapshot/recall", float(slot)) for slot in SLOTS}
        self._short |= {f"/cue/{number + 1}": ("/cue/goto", number + 1.0) for number in range(len(plan.cues))}

    def note(self, mail: Mail, now: float) -> None:
        """``mail`` is about to be taken: fades let go of what hands touch, and its values can come back."""
        self._now = now
        targets = self._store.targets
        touched = [address for address, value in mail.values.items() if targets[address] != value]
        touched += [change.address for change in mail.changes if change.action != "fire"]
        self._fades.let_go([*mail.values, *touched])
        self._history.hand([address for address in touched if not address.startswith(_ASIDE)], targets, now)

    def command(self, change: Change, now: float) -> bool:
        """Do what a trigger asks for; False for those of others. A panic is also done here, and still others' as well.

        What can't be done is said in ``notice``.
        """
        self._now = now
        self._follow(by_hand=True)
        if change.address == "/master/panic":
            self._panic()
        address, amount = self._short.get(change.address, (change.address, change.amount))
        command = self._commands.get(address)
        if command:
            command(amount)
        return command is not None

    def step(self, now: float, lookahead: float = 0.0) -> None:
        """Cues whose time has come, fades, and what macros and morph faders move, up to ``now``.

        ``lookahead``: seconds by which a cue on the beat is to be early, so as to be seen on it.
        """
        self._now, self._lookahead = now, lookahead
        if self.notice and now - self._noticed > NOTICE:
            self.notice = ""
        self._follow(by_hand=True)
        self._run_cues()
        self._fade_on(now)
        self._follow(by_hand=False)

    def spread(self, knob: str, values: Mapping[str, Value]) -> Mapping[str, Value]:
        """Where a macro, or a morph fader, would have what it moves, standing as ``values`` say: nothing is moved."""
        return self._macros.at(knob, values) or self._morph.at(knob, values)

    def lines(self) -> list[str]:
        """For the HUD: where the cue list stands, what comes next, and each fade with what is left of it."""
        lines = [self._cues.line(self._now, self._lookahead)] if self._cues.cues else []
        return lines + [
            f"{fade.label}: {100.0 * (1.0 - fade.part(self._now)):.0f} % left" for fade in self._fades.running
        ]

    @property
    def stored(self) -> Mapping[int, Stored]:
        """The snapshots by their slots; from any thread."""
        return self._slots.filled

    def state(self) -> dict[str, Any]:
        """JSON-able; see `restore`. Besides the store's targets, which it leaves to others."""
        return saved.state(self._slots, self._cues, self._fades)

    def restore(self, state: object) -> None:
        """Be where `state` was taken, after the store has its targets back; fades have arrived, and no cue waits.

        Anything may be given: what no longer fits is left out, with a notice.
        """
        self._fades.stop()
        goals, left_out = saved.restore(state, self._slots, self._cues, self._store.table)
        self._set(goals)
        self._see()
        if left_out:
            self._say(f"not restored: {_listed(left_out)}")

    def _addresses(self) -> dict[str, Callable[[float], None]]:
        return {
            "/snapshot/recall": lambda slot: self._recall(_slot(slot)),
            "/snapshot/store": lambda slot: self._keep(_slot(slot)),
            "/snapshot/clear": lambda slot: self._clear(_slot(slot)),
            "/random/go": lambda _: self._shuffle(),
            "/history/undo": lambda _: self._swap("undone", self._history.undo),
            "/history/redo": lambda _: self._swap("done again", self._history.redo),
            "/cue/go": lambda _: self._go(),
            "/cue/back": lambda _: self._back(),
            "/cue/stop": lambda _: self._stop(),
            "/cue/goto": lambda number: self._goto(round(number)),
        }

    # what hands and time move

    def _fade_on(self, now: float) -> None:
        values, targets = self._fades.step(now), self._store.targets
        self._set({address: value for address, value in values.items() if targets[address] != value})

    def _follow(self, by_hand: bool) -> None:
        """Macros first: one may move a morph fader. What they move goes there as smoothly as under a hand."""
        self._lead(self._macros.follow(self._store.targets), by_hand)
        self._lead(self._morph.follow(self._store.targets), by_hand)
        if self._morph.notice:
            self._say(self._morph.notice)

    def _lead(self, values: Mapping[str, Value], by_hand: bool) -> None:
        if values:
            self._fades.let_go(values)
            if by_hand:
                self._history.join(values, self._store.targets, self._now)
            self._store.take(values)

    def _set(self, values: Mapping[str, Value]) -> None:
        if values:
            self._store.place(values)

    def _see(self) -> None:
        """Knobs and faders were put somewhere together with all that they move: they must not move it again."""
        self._macros.see(self._store.targets)
        self._morph.see(self._store.targets)

    def _record(self, label: str, goal: Mapping[str, Value], cue: int | None = None) -> None:
        """A gesture that leads to ``goal``, and so moves what its macros and morph faders move."""
        targets = self._store.targets
        ahead = {**targets, **goal}
        moved = dict.fromkeys(goal)
        for address in goal:
            for knob in (address, *self._macros.reach(address)):
                moved |= dict.fromkeys((knob, *self._morph.reach(knob, ahead)))
        self._history.add(label, {address: targets[address] for address in moved}, cue)

    # commands

    def _panic(self) -> None:
        before = dict(self._store.targets)
        self._fades.stop()
        self._cues.stop()
        self._store.reset(keep=_ASIDE)
        self._see()
        targets = self._store.targets
        self._history.add("panic", {address: value for address, value in before.items() if targets[address] != value})

    def _recall(self, slot: int) -> None:
        label = self._slots.label(slot)
        if slot not in self._slots:
            self._say(f"{label} is empty")
            return
        goal, left_out = self._slots.values(slot), self._slots.left_out(slot)
        self._record(label, goal)
        self._fades.start(label, self._store.targets, goal, self._now, float(self._store.targets["/snapshot/time"]))
        self._fade_on(self._now)
        self._say(f"{label} without {_listed(left_out)}" if left_out else label)

    def _keep(self, slot: int) -> None:
        self._slots.store(slot, self._store.targets)
        self._say(f"{self._slots.label(slot)} stored")

    def _clear(self, slot: int) -> None:
        self._say(f"{self._slots.label(slot)} emptied")
        self._slots.clear(slot)

    def _shuffle(self) -> None:
        targets = self._store.targets
        seed, amount, what = (targets[f"/random/{name}"] for name in ("seed", "amount", "what"))
        drawn = self._chance.draw(targets, int(seed), float(amount), str(what))
        changed = {address: value for address, value in drawn.items() if targets[address] != value}
        self._record("random", changed)
        self._fades.let_go(changed)
        self._store.take(changed)

    def _swap(self, done: str, swap: Callable[[Mapping[str, Value], int], Gesture | None]) -> None:
        """Where fades lead counts as reached: taking back what has just begun takes back all of it."""
        gesture = swap({**self._store.targets, **self._fades.goals}, self._cues.position)
        if gesture is None:
            self._say(f"nothing to be {done}")
            return
        self._fades.let_go(gesture.before)
        self._set(gesture.before)
        if gesture.cue is not None:
            self._cues.place(gesture.cue)
        self._see()
        self._say(f"{done}: {gesture.label}")

    # the cue list

    def _run_cues(self) -> None:
        """Begin those whose time has come: each from where everything was just then, however late we are."""
        for begun in self._cues.step(self._now, self._lookahead):
            self._fade_on(begun.at)
            self._begin(begun)

    def _go(self) -> None:
        if self._cues.go(self._now):
            self._run_cues()  # here and now: two presses in one frame are two cues
        else:
            self._say("no cue is left" if self._cues.cues else "no cues in this show")

    def _goto(self, number: int) -> None:
        if 1 <= number <= len(self._cues.cues):
            self._cues.goto(number, self._now)
            self._run_cues()
        else:
            self._say(f"there is no cue {number}: {len(self._cues.cues)} in all")

    def _stop(self) -> None:
        self._cues.stop()
        self._fades.stop()

    def _back(self) -> None:
        """In the time in which the cue that is left faded in."""
        left = self._cues.back(self._now)
        if left is None:
            return
        goal = self._cues.state(left - 1, self._values)
        self._record(f"back from cue {left}", goal, left)
        self._fades.start(f"back from cue {left}", self._store.targets, goal, self._now, self._cues[left].fade)

    def _begin(self, begun: Begun) -> None:
        cue, targets = self._cues[begun.number], self._store.targets
        goal = self._cues.state(begun.number, self._values) if begun.whole else self._values(begun.number)
        label = cues.label(begun.number, cue)
        self._record(label, goal, begun.left)
        self._cues.remember(targets, goal, afresh=begun.left == 0)
        self._fades.start(label, targets, goal, begun.at, cue.fade)
        self._complain(label, cue, self._own[begun.number - 1][1])
        for written in cue.fire:
            with suppress(BadInput):  # a source that isn't there has no triggers
                self._fire(cues.change(written, self._store.table))

    def _values(self, number: int) -> dict[str, Value]:
        """What cue ``number`` sets."""
        slot = self._cues[number].snapshot
        held = self._slots.values(slot) if slot is not None and slot in self._slots else {}
        return {**held, **self._own[number - 1][0]}

    def _complain(self, label: str, cue: Cue, left_out: tuple[str, ...]) -> None:
        if cue.snapshot is not None and cue.snapshot not in self._slots:
            self._say(f"{label}: {self._slots.label(cue.snapshot)} is empty")
        elif left_out:
            self._say(f"{label} without {_listed(left_out)}")

    def _say(self, notice: str) -> None:
        self.notice, self._noticed = notice, self._now


def _slot(number: float) -> int:
    return min(max(round(number), FIRST_SLOT), LAST_SLOT)


def _listed(addresses: Sequence[str]) -> str:
    """The first three; what a file called them may be anything."""
    first = ", ".join(ascii(address)[1:-1][:60] for address in addresses[:3])
    return f"{first} and {len(addresses) - 3} more" if len(addresses) > 3 else first
