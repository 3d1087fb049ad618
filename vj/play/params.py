"""The parameters of snapshots, morphs, random changes, undo, cues and macros."""

from collections.abc import Sequence

from vj.params.param import Param, choice, scoped, trigger
from vj.params.scope import CUE_LIST, KNOB, LAUNCH_SETTING
from vj.params.scope import HISTORY as IN_HISTORY
from vj.play.macros import Macro
from vj.play.randomise import WHAT
from vj.play.snapshots import FIRST_SLOT, LAST_SLOT, SLOTS


def _slot(name: str, default: int, help: str) -> Param:
    return Param(name, FIRST_SLOT, LAST_SLOT, default=default, kind="int", help=help)


SNAPSHOT = (
    *scoped(
        KNOB,
        *(trigger(str(slot), launch=True, heavy=True, help=f"recall snapshot {slot}") for slot in SLOTS),
        trigger("recall", FIRST_SLOT, LAST_SLOT, launch=True, heavy=True, help="recall the snapshot of that number"),
        trigger(
            "store", FIRST_SLOT, LAST_SLOT, heavy=True, help="keep the present state as the snapshot of that number"
        ),
        trigger("clear", FIRST_SLOT, LAST_SLOT, heavy=True, help="empty the snapshot of that number"),
    ),
    *scoped(
        LAUNCH_SETTING, Param("time", 0.0, 60.0, default=0.0, unit="s", help="how long a recall takes (0: at once)")
    ),
)
MORPH = scoped(
    KNOB,
    _slot("a", 1, "the snapshot at the fader's lower end"),
    _slot("b", 2, "the snapshot at the fader's upper end"),
    Param("position", help="between snapshots a and b; acts when it is moved"),
    _slot("nw", 1, "the snapshot in the pad's upper left corner"),
    _slot("ne", 2, "the snapshot in the pad's upper right corner"),
    _slot("sw", 3, "the snapshot in the pad's lower left corner"),
    _slot("se", 4, "the snapshot in the pad's lower right corner"),
    Param("x", help="across the pad, from left to right; acts when it is moved"),
    Param("y", help="up the pad, from the lower edge; acts when it is moved"),
)
RANDOM = (
    *scoped(KNOB, trigger("go", launch=True, heavy=True, help="move the parameters somewhere near at random")),
    *scoped(
        LAUNCH_SETTING,
        Param("amount", default=0.2, help="how far at most, as a part of each range"),
        Param("seed", 0, 9999, default=1, kind="int", help="the same seed gives the same series again"),
        choice("what", WHAT, WHAT[0], help="what is moved; settings: all but opacities, modulators, models"),
    ),
)
HISTORY = scoped(
    IN_HISTORY,
    trigger("undo", help="take back the last gesture of the performance"),
    trigger("redo", help="do again what was taken back"),
)


def cue_params(count: int) -> tuple[Param, ...]:
    """Returns the triggers of a list of ``count`` cues, or nothing for an empty list: ``go``, ``back``, ``stop``,
    ``goto``, and ``1`` to ``count``. Their names have no prefix yet.

    They wait for no beat of the clock's choice, as each cue says itself which beat it waits for.
    """
    if not count:
        return ()
    return scoped(
        CUE_LIST,
        trigger("go", help="the next cue; once more while it waits: without waiting"),
        trigger("back", help="back to the state of the cue before; while a cue waits: not that one"),
        trigger("stop", help="hold all fades where they are, and let no cue follow"),
        trigger("goto", 1, count, heavy=True, help="the cue of that number, with the state that all before it make"),
        *(trigger(str(number), heavy=True, help=f"cue {number}, as with goto") for number in range(1, count + 1)),
    )


def macro_params(macros: Sequence[Macro]) -> tuple[Param, ...]:
    """Returns one knob of 0..1 for each of ``macros``, named by its number without a prefix: ``1``, ``2`` and so on."""
    knobs = (
        Param(str(number), help=f"{macro.name or 'a macro'}: {', '.join(target.address for target in macro.targets)}")
        for number, macro in enumerate(macros, start=1)
    )
    return scoped(KNOB, *knobs)
