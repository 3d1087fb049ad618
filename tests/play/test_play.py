"""All of it together: presets' tables, what survives a crash, and the same calls giving the same values."""

import json
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from tests.play.conftest import DEPTH, INVERT, SPEED, STYLE, STYLES, WEDGES, Stage, show_table
from vj.params.control_queue import Change
from vj.play import cue_list, macros, snapshots
from vj.play.cue_list import Cue
from vj.play.macros import Macro, MacroTarget
from vj.play.snapshots import StoredSnapshot
from vj.preset.file import SnapshotEntry

PRESET = """
[snapshot.1]
name = "Verse"
set = { "/layer/1/model/depth" = 1, "/layer/1/model/style" = "rain", "/layer/1/model/invert" = true }

[[cue]]
name = "In"
fade = 4
follow = 0.5
quantise = "bar"
snapshot = 1
fire = ["/layer/1/source/seek=0.5", "/layer/1/model/restart"]
[cue.set]
"/layer/1/source/speed" = -0.5

[[macro]]
name = "Energy"
targets = [{ address = "/layer/1/model/depth", low = 0.2, curve = "s" }, { address = "/layer/1/model/wedges" }]
"""
SLOTS = {
    1: StoredSnapshot("Verse", {DEPTH: 1.0, STYLE: "rain"}),
    2: StoredSnapshot("", {DEPTH: 0.0, INVERT: True, WEDGES: 3}),
}
LIST = [
    Cue("one", fade=0.5, follow=0.25, set={DEPTH: 0.5}),
    Cue("two", quantise="beat", wait=0.1, snapshot=2, set={SPEED: -1.0}),
    Cue("three", fade=1.0, set={"/macro/1": 1.0}, fire=("/random/go",)),
]
ENERGY = [Macro("Energy", (MacroTarget(SPEED, curve="s"), MacroTarget(WEDGES)))]


def show() -> Stage:
    return Stage(SLOTS, LIST, ENERGY, start={"/snapshot/time": 0.3})


def test_a_preset_s_tables_are_read_by_their_dataclasses():
    raw = tomllib.loads(PRESET)
    stored = {int(slot): TypeAdapter(StoredSnapshot).validate_python(table) for slot, table in raw["snapshot"].items()}
    listed = TypeAdapter(list[Cue]).validate_python(raw["cue"])
    knobs = TypeAdapter(list[Macro]).validate_python(raw["macro"])
    table = show_table(len(listed), knobs)
    snapshots.check(1, stored[1], table)
    cue_list.check(1, listed[0], table)
    macros.check(1, knobs[0], table)
    assert listed[0] == Cue(
        "In", 4.0, 0.0, 0.5, "bar", 1, {SPEED: -0.5}, ["/layer/1/source/seek=0.5", "/layer/1/model/restart"]
    )
    stage = Stage(stored, listed, knobs)
    stage.do("/cue/go")
    stage.do(after=6.0)
    assert (stage[DEPTH], stage[STYLE], stage[INVERT], stage[SPEED]) == (1.0, "rain", True, -0.5)
    stage.hand("/macro/1", 0.5)
    assert stage[DEPTH] == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("kind", "raw", "key"),
    [
        (Cue, {"faed": 1.0}, "faed"),
        (Cue, {"fade": "4"}, "fade"),
        (Cue, {"quantise": "bars"}, "quantise"),
        (Cue, {"set": {DEPTH: [1]}}, "set"),
        (SnapshotEntry, {"values": {}}, "values"),
        (Macro, {"targets": [{"adress": DEPTH}]}, "adress"),
    ],
)
def test_a_key_that_is_not_one_is_refused(kind, raw, key):
    with pytest.raises(ValidationError, match=key):
        TypeAdapter(kind).validate_python(raw)


def test_what_was_played_survives():
    stage = show()
    stage.frame(0.0, {DEPTH: 0.25, STYLE: "wave"})
    stage.do("/snapshot/store=5", "/snapshot/clear=2", "/cue/go")
    stage.do(after=0.1)
    saved = json.loads(json.dumps({"values": dict(stage.store.targets), "play": stage.play.state()}))
    again = show()
    again.store.jump_to(saved["values"])
    again.play.restore(saved["play"])
    assert again.play.notice == ""
    assert again[DEPTH] == 0.5, "a fade has arrived"
    assert again.play.lines() == ["cue 1/3 one, next cue 2 two"]
    again.do("/snapshot/2")
    assert again.play.notice == "snapshot 2 is empty"
    again.do("/cue/back")
    again.do(after=1.0)
    assert again[DEPTH] == 0.25
    again.do("/snapshot/5")
    again.do(after=1.0)
    assert (again[DEPTH], again[STYLE]) == (0.25, "wave")


def test_restoring_moves_no_knob():
    stage = show()
    stage.frame(0.0, {"/macro/1": 0.5, "/morph/position": 0.5})
    stage.frame(0.0, {SPEED: 1.25, DEPTH: 0.75})
    again = show()
    again.store.jump_to(stage.store.targets)
    again.play.restore(stage.play.state())
    again.do(after=1.0)
    assert dict(again.store.targets) == dict(stage.store.targets)


def test_a_cue_is_found_again_by_its_name():
    stage = show()
    stage.do("/cue/2")
    stage.do(after=5.0)
    moved = Stage(SLOTS, [Cue("new"), *LIST], ENERGY)
    moved.play.restore(stage.play.state())
    assert moved.play.lines()[0].startswith("cue 3/4 two")
    without = Stage(SLOTS, [Cue("new")])
    without.play.restore(stage.play.state())
    assert without.play.lines() == ["cue 0/1, next cue 1 new"]
    assert without.play.notice == "not restored: cue 2 two"


def test_what_does_not_fit_is_not_kept_for_the_next_file():
    stage = show()
    held = {DEPTH: float("inf"), STYLE: "rain", "/layer/7/opacity": 1.0, "/output/hud": True}
    stage.play.restore({"snapshots": {"3": {"name": "Bridge", "set": held}, "17": {"set": {}}, "4": None}})
    assert stage.play.state()["snapshots"] == {"3": {"name": "Bridge", "set": {STYLE: "rain"}}}
    assert stage.play.notice.startswith(f"not restored: snapshot 3 {DEPTH}, snapshot 3 /layer/7/opacity")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from([DEPTH, STYLE]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["1", "2", "x", "set", "name", "number", "before", DEPTH, STYLE]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.fixed_dictionaries({}, optional={"snapshots": JSON, "cue": JSON, "goals": JSON}) | JSON)
def test_whatever_was_saved_the_show_goes_on(saved):
    stage = show()
    stage.play.restore(saved)
    stage.do("/snapshot/1", "/snapshot/2", "/cue/go", after=0.1)
    stage.do(after=5.0)
    for address, value in stage.store.targets.items():
        assert stage.store.table[address].check(value, strict=True) == value
    json.dumps(stage.play.state(), allow_nan=False)
    assert all(line.isprintable() for line in (*stage.play.lines(), stage.play.notice))


TRIGGERS = [
    *("/snapshot/1", "/snapshot/2", "/snapshot/3", "/snapshot/store=3", "/snapshot/clear=1", "/snapshot/recall=2"),
    *("/cue/go", "/cue/back", "/cue/stop", "/cue/1", "/cue/goto=3", "/random/go", "/history/undo", "/history/redo"),
    *("/master/panic", "/snapshot/store=4"),
]
STEPS = [Change(INVERT, "toggle"), Change("/morph/a", "add", 1.0), Change("/morph/se", "step", -0.5)]
FRAMES = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.016, 0.1, 0.5, 1.5]),
        st.dictionaries(
            st.sampled_from([DEPTH, "/macro/1", "/morph/position", "/morph/x"]), st.floats(0.0, 1.0), max_size=2
        )
        | st.fixed_dictionaries({STYLE: st.sampled_from(STYLES), "/morph/b": st.integers(1, 4)}),
        st.lists(st.sampled_from([*TRIGGERS, Change(DEPTH, "add", 0.1), *STEPS]), max_size=3),
    ),
    max_size=15,
)


@settings(max_examples=100, deadline=None)
@given(FRAMES)
def test_the_same_calls_give_the_same_values_and_all_can_be_taken_back(frames):
    stages = (show(), show())
    for stage in stages:
        for seconds, values, triggers in frames:
            stage.frame(seconds, values, *triggers)
    first, second = stages
    assert dict(first.store.targets) == dict(second.store.targets)
    assert json.dumps(first.play.state()) == json.dumps(second.play.state())
    for address, value in first.store.targets.items():
        assert first.store.table[address].check(value, strict=True) == value
    if not any(trigger in ("/history/undo", "/history/redo") for *_, triggers in frames for trigger in triggers):
        first.do("/cue/stop")
        while first.play.notice != "nothing to be undone":
            first.do("/history/undo")
        assert dict(first.store.targets) == dict(
            Stage(SLOTS, LIST, ENERGY, start={"/snapshot/time": 0.3}).store.targets
        )
        assert first.play.stored == SLOTS


def test_others_triggers_are_theirs():
    stage = show()
    stage.do("/layer/1/model/restart", "/master/panic")
    assert stage.fired == [("/layer/1/model/restart", 0.0)]
    assert "/snapshot/99" not in stage.play.handlers


def test_an_idle_show_costs_no_revision():
    stage = show()
    before, shot = stage.store.revision, stage.store.values
    for _ in range(10):
        stage.do(after=0.1)
    assert (stage.store.revision, stage.store.values) == (before, shot)
