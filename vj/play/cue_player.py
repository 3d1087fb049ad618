"""Plays the cue list: when the time of a cue has come, it sets values and fires triggers."""

from collections.abc import Callable, Sequence
from contextlib import suppress

from vj.base.errors import BadInput
from vj.params.control_queue import Change
from vj.params.param import Value
from vj.play import cue_list
from vj.play.cue_list import BeatTimes, BegunCue, Cue, CueList
from vj.play.scene_values import fit, listed
from vj.play.value_fades import ValueFades


class CuePlayer:
    """Plays the cues of a show. ``list`` is the `CueList` that says which cue is the current one.

    Times are monotonic seconds; ``lookahead`` is how many seconds before its beat a cue begins. Each cue that begins,
    and each `back`, is one step of undo; triggers that it fired aren't undone.
    """

    def __init__(
        self,
        listed: Sequence[Cue],
        tempo: BeatTimes,
        value_fades: ValueFades,
        fire: Callable[[Change], None],
        say: Callable[[str], None],
    ) -> None:
        """``listed`` are the cues in order; they fade through ``value_fades``.

        ``fire`` is called with each trigger of a cue that begins, ``say`` with a text for the performer if something
        can't be done or is left out.
        """
        self.list = CueList(listed, tempo)
        self._value_fades = value_fades
        self._fire = fire
        self._say = say
        self._fitting: dict[int, tuple[dict[str, Value], tuple[str, ...]]] = {}
        self._version = value_fades.store.table.version
        for number in range(1, len(listed) + 1):
            self._own(number)

    def advance(self, now: float, lookahead: float) -> None:
        """Begin the cues whose time has come at ``now``, and fire their triggers.

        Each fades from where everything was at the time it was due, even if this frame is late.
        """
        for begun in self.list.advance(now, lookahead):
            self._value_fades.fade_on(begun.at)
            self._begin(begun)

    def go(self, now: float, lookahead: float) -> None:
        """Begin the next cue, or ask for it if it has to wait for a beat or its ``wait``. Call ``say`` if none is left.

        If a cue was asked for and still waits, that one begins now.
        """
        if self.list.go(now):
            self.advance(now, lookahead)  # here and now: two presses in one frame are two cues
        else:
            self._say("no cue is left" if self.list.cues else "no cues in this show")

    def goto(self, number: int, now: float, lookahead: float) -> None:
        """Begin cue ``number`` (from 1), or ask for it if it has to wait, with the values that all cues up to it make.

        Only its own triggers fire. Call ``say`` if there is no such cue.
        """
        if 1 <= number <= len(self.list.cues):
            self.list.goto(number, now)
            self.advance(now, lookahead)
        else:
            self._say(f"there is no cue {number}: {len(self.list.cues)} in all")

    def stop(self) -> None:
        """Hold all fades where they are, those of snapshots too; no cue waits or follows. The current cue stays."""
        self.list.stop()
        self._value_fades.fades.stop()

    def back(self, now: float) -> None:
        """Fade back to the values of the cue before, in the time in which the cue that is left faded in.

        If a cue was asked for and hasn't begun, only cancel that one; at the start of the list do nothing.
        """
        left = self.list.back(now)
        if left is None:
            return
        label, goal = f"back from cue {left}", self._state(left - 1)
        self._value_fades.record(label, goal, left)
        self._value_fades.fade(label, goal, now, self.list[left].fade)
        self._value_fades.recalled = 0

    def _begin(self, begun: BegunCue) -> None:
        cue, value_fades = self.list[begun.number], self._value_fades
        goal = self._state(begun.number) if begun.whole else self._values(begun.number)
        label = cue_list.label(begun.number, cue)
        value_fades.record(label, goal, begun.left)
        self.list.remember(value_fades.aims, goal, afresh=begun.left == 0)
        value_fades.fade(label, goal, begun.at, cue.fade)
        value_fades.recalled = cue.snapshot or 0
        self._complain(label, cue, self._own(begun.number)[1])
        for written in cue.fire:
            with suppress(BadInput):  # a source that isn't there has no triggers
                self._fire(cue_list.change(written, value_fades.store.table))

    def _values(self, number: int) -> dict[str, Value]:
        """Returns the values that cue ``number`` sets: those of its snapshot and its own."""
        slot, slots = self.list[number].snapshot, self._value_fades.slots
        held = slots.values(slot) if slot is not None and slot in slots else {}
        return {**held, **self._own(number)[0]}

    def _own(self, number: int) -> tuple[dict[str, Value], tuple[str, ...]]:
        """Returns the values of cue ``number`` itself that the show takes now, and the addresses of the rest."""
        table = self._value_fades.store.table
        if table.version != self._version:
            self._fitting, self._version = {}, table.version
        if number not in self._fitting:
            self._fitting[number] = fit(self.list[number].set, table)
        return self._fitting[number]

    def _state(self, number: int) -> dict[str, Value]:
        """Returns the state that cues 1 to ``number`` make, as far as the show has these parameters now."""
        return fit(self.list.state(number, self._values), self._value_fades.store.table)[0]

    def _complain(self, label: str, cue: Cue, left_out: tuple[str, ...]) -> None:
        slots = self._value_fades.slots
        if cue.snapshot is not None and cue.snapshot not in slots:
            self._say(f"{label}: {slots.label(cue.snapshot)} is empty")
        elif left_out:
            self._say(f"{label} without {listed(left_out)}")
