"""Macros: one knob over many parameters, each with its range and curve."""

import pytest

from tests.play.conftest import DEPTH, INVERT, SPEED, STYLE, WEDGES, WORDS, Stage, show_table
from vj.base.errors import BadInput
from vj.params.curves import CURVES, bend
from vj.params.param import Param, ParamTable
from vj.play.macros import Macro, MacroTarget, check
from vj.play.snapshots import StoredSnapshot

ENERGY = Macro(
    "Energy",
    (
        MacroTarget(DEPTH, 0.2, 0.8),
        MacroTarget(SPEED, 2.0, -2.0),
        MacroTarget(WEDGES),
        MacroTarget(STYLE),
        MacroTarget(INVERT),
    ),
)


@pytest.mark.parametrize(
    ("knob", "values"),
    [
        (0.25, (0.35, 1.0, 4, "candy", False)),
        (0.5, (0.5, 0.0, 6, "rain", True)),
        (1.0, (0.8, -2.0, 12, "wave", True)),
    ],
)
def test_each_target_has_its_own_range(knob, values):
    stage = Stage(macros=[ENERGY])
    stage.hand("/macro/1", knob)
    assert tuple(stage[address] for address in (DEPTH, SPEED, WEDGES, STYLE, INVERT)) == pytest.approx(values)
    stage.hand("/macro/1", 0.0)
    assert tuple(stage[address] for address in (DEPTH, SPEED, WEDGES, STYLE, INVERT)) == (0.2, 2.0, 1, "mosaic", False)


@pytest.mark.parametrize("curve", CURVES)
def test_curves_rise_from_end_to_end(curve):
    stage = Stage(macros=[Macro("", (MacroTarget(DEPTH, 0.1, 0.9, curve),))])
    seen = []
    for step in range(1, 21):
        stage.hand("/macro/1", step / 20)
        seen.append(stage[DEPTH])
    assert seen == sorted(seen)
    assert seen[-1] == 0.9
    stage.hand("/macro/1", 0.0)
    assert stage[DEPTH] == pytest.approx(0.1)


def test_curves_differ_where_they_should():
    quarter = {curve: bend(curve, 0.25) for curve in CURVES}
    assert quarter["log"] > 0.5 > quarter["linear"] > quarter["s"] > quarter["exp"]
    assert bend("s", 0.5) == 0.5


def test_a_macro_moves_only_when_it_is_moved():
    stage = Stage(macros=[ENERGY])
    stage.do(after=1.0)
    assert stage[SPEED] == 1.0
    stage.hand("/macro/1", 0.5)
    stage.hand(DEPTH, 0.9)
    stage.hand("/macro/1", 0.5, after=1.0)
    assert stage[DEPTH] == 0.9
    stage.hand("/macro/1", 0.6)
    assert stage[DEPTH] == pytest.approx(0.56)


def test_a_fade_lets_go_of_what_a_macro_takes():
    stage = Stage({1: StoredSnapshot("", {DEPTH: 1.0})}, macros=[ENERGY], start={"/snapshot/time": 1.0})
    stage.do("/snapshot/1")
    stage.hand("/macro/1", 0.5, after=0.1)
    stage.do(after=2.0)
    assert stage[DEPTH] == pytest.approx(0.5)


def test_a_macro_may_move_the_morph():
    slots = {1: StoredSnapshot("", {DEPTH: 0.0}), 2: StoredSnapshot("", {DEPTH: 1.0})}
    stage = Stage(slots, macros=[Macro("", (MacroTarget("/morph/position"),))])
    stage.hand("/macro/1", 0.75)
    assert stage[DEPTH] == 0.75
    stage.do("/history/undo")
    assert (stage["/macro/1"], stage["/morph/position"], stage[DEPTH]) == (0.0, 0.0, 0.0)


def test_its_help_says_what_it_moves():
    table = show_table(macros=[ENERGY])
    assert table["/macro/1"].help.startswith(f"Energy: {DEPTH}, {SPEED}")
    assert "/macro/2" not in table


@pytest.mark.parametrize(
    ("target", "complaint"),
    [
        (MacroTarget("/macro/1"), "macro 1 Energy: a macro can't move /macro/1"),
        (MacroTarget("/layer/1/model/dept"), "macro 1 Energy: unknown address.*did you mean"),
        (MacroTarget("/snapshot/1"), "is a trigger"),
        (MacroTarget(WORDS), "is a text"),
        (MacroTarget(DEPTH, 0.0, 1.5), f"high of {DEPTH} takes 0..1, not 1.5"),
        (MacroTarget(DEPTH, float("nan")), "low of .* not nan"),
        (MacroTarget(STYLE, 0, 5), "high of .* takes 0..4, not 5"),
        (MacroTarget(DEPTH, curve="round"), "unknown curve 'round'.*choices: exp, linear, log, s"),
    ],
)
def test_a_target_that_can_not_be_is_refused(target, complaint):
    with pytest.raises(BadInput, match=complaint):
        check(1, Macro("Energy", (target,)), show_table(macros=[ENERGY]))


def test_there_are_eight_at_most():
    check(8, ENERGY, show_table())
    with pytest.raises(BadInput, match="macro 9 Energy: there are at most 8"):
        check(9, ENERGY, show_table())


def test_what_the_show_tells_is_no_target():
    table = ParamTable()
    table.declare("/layer/1/train", [Param("seconds", 0.0, 60.0, told=True)])
    with pytest.raises(BadInput, match="/layer/1/train/seconds says how far the show is"):
        check(1, Macro("x", [MacroTarget("/layer/1/train/seconds")]), table)
