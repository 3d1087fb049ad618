"""The way back: what a gesture is, and that taking it back brings exactly what was there."""

import pytest

from tests.play.conftest import DEPTH, INVERT, SPEED, STYLE, WEDGES, Stage
from vj.params.control_queue import Change
from vj.play.cue_list import Cue
from vj.play.history import MOST_GESTURES
from vj.play.macros import Macro, MacroTarget
from vj.play.snapshots import StoredSnapshot

UNDO, REDO = "/history/undo", "/history/redo"


def move(stage: Stage, address: str, *values: float, every: float = 0.1) -> None:
    for value in values:
        stage.hand(address, value, after=every)


def test_a_fader_that_moves_on_is_one_gesture():
    stage = Stage()
    move(stage, DEPTH, 0.2, 0.4, 0.6, every=0.9)
    stage.do(UNDO)
    assert stage[DEPTH] == 0.0
    assert stage.store.values[DEPTH] == 0.0
    assert stage.play.notice == f"undone: {DEPTH}"
    stage.do(REDO)
    assert stage[DEPTH] == 0.6


def test_a_rest_begins_another():
    stage = Stage()
    move(stage, DEPTH, 0.2, 0.4, every=1.1)
    stage.do(UNDO)
    assert stage[DEPTH] == 0.2
    stage.do(UNDO)
    assert stage[DEPTH] == 0.0
    stage.do(UNDO)
    assert stage.play.notice == "nothing to be undone"


def test_two_hands_that_take_turns_make_two_gestures():
    stage = Stage()
    for step in range(1, 6):
        stage.hand(DEPTH, step / 10, after=0.05)
        stage.hand(SPEED, 1.0 + step / 2, after=0.05)
    stage.do(UNDO)
    assert (stage[DEPTH], stage[SPEED]) == (0.5, 1.0)
    stage.do(UNDO)
    assert (stage[DEPTH], stage[SPEED]) == (0.0, 1.0)
    stage.do(REDO, REDO)
    assert (stage[DEPTH], stage[SPEED]) == (0.5, 3.5)


def test_what_comes_in_one_frame_is_one_gesture():
    stage = Stage()
    stage.frame(0.1, {DEPTH: 0.5, STYLE: "wave"}, Change(INVERT, "toggle"))
    stage.do(UNDO)
    assert (stage[DEPTH], stage[STYLE], stage[INVERT]) == (0.0, "candy", False)
    assert stage.play.notice == f"undone: {DEPTH} and 2 more"


@pytest.mark.parametrize("between", ["/snapshot/1", "/random/go", "/master/panic"])
def test_a_recall_in_between_ends_the_hand_s_gesture(between):
    stage = Stage({1: StoredSnapshot("", {DEPTH: 1.0})})
    move(stage, DEPTH, 0.1, 0.2)
    stage.do(between, after=0.1)
    done = dict(stage.store.targets)
    move(stage, DEPTH, 0.5, 0.6)
    stage.do(UNDO)
    assert dict(stage.store.targets) == done
    stage.do(UNDO)
    assert stage[DEPTH] == 0.2
    stage.do(UNDO)
    assert stage[DEPTH] == 0.0


def test_a_panic_can_be_taken_back():
    stage = Stage(
        {1: StoredSnapshot("", {DEPTH: 1.0})}, macros=[Macro("", (MacroTarget(SPEED),))], start={"/macro/1": 0.25}
    )
    stage.frame(0.0, {"/macro/1": 0.5, STYLE: "rain", "/output/hud": True, "/clock/bpm": 90.0, "/morph/position": 0.5})
    before = dict(stage.store.targets)
    stage.do("/master/panic")
    stage.do(after=1.0)
    assert (stage[SPEED], stage[STYLE], stage["/macro/1"]) == (1.0, "candy", 0.25)
    assert (stage["/output/hud"], stage["/clock/bpm"]) == (True, 90.0), "the room and the music go on"
    stage.do(UNDO)
    stage.do(after=1.0)
    assert dict(stage.store.targets) == before


def test_a_panic_ends_every_fade():
    stage = Stage(
        {1: StoredSnapshot("", {DEPTH: 1.0})}, [Cue(wait=0.5, set={WEDGES: 9})], start={"/snapshot/time": 1.0}
    )
    stage.do("/snapshot/1", "/cue/go")
    stage.do("/master/panic", after=0.2)
    stage.do(after=5.0)
    assert (stage[DEPTH], stage[WEDGES]) == (0.0, 6)
    assert stage.play.lines() == ["cue 0/1, next cue 1"]


def test_undo_in_the_middle_of_a_morph_takes_all_of_it_back():
    stage = Stage({1: StoredSnapshot("", {DEPTH: 1.0, WEDGES: 7})}, start={"/snapshot/time": 1.0})
    move(stage, SPEED, 2.0)
    stage.do("/snapshot/1")
    stage.do(UNDO)
    stage.do(after=2.0)
    assert (stage[DEPTH], stage[WEDGES], stage[SPEED]) == (0.0, 6, 2.0)
    stage.do(REDO)
    assert (stage[DEPTH], stage[WEDGES]) == (1.0, 7)


def test_an_undone_cue_goes_again():
    stage = Stage(cues=[Cue("one", set={DEPTH: 0.5}), Cue("two", set={DEPTH: 1.0}, follow=3.0), Cue("three")])
    stage.do("/cue/go", "/cue/go")
    assert stage[DEPTH] == 1.0
    stage.do(UNDO)
    assert stage[DEPTH] == 0.5
    assert stage.play.lines() == ["cue 1/3 one, next cue 2 two"]
    stage.do("/cue/go", after=10.0)
    assert stage.play.lines() == ["cue 2/3 two, cue 3 three in 3.0 s"]


def test_a_new_gesture_forgets_what_was_undone():
    stage = Stage()
    move(stage, DEPTH, 0.5)
    stage.do(UNDO)
    move(stage, SPEED, 2.0)
    stage.do(REDO)
    assert (stage[DEPTH], stage[SPEED]) == (0.0, 2.0)
    assert stage.play.notice == "nothing to be done again"


def test_output_and_repeated_values_are_no_gestures():
    stage = Stage()
    move(stage, DEPTH, 0.5)
    stage.do(after=5.0)
    stage.frame(0.1, {"/output/hud": True, SPEED: 1.0})
    stage.do(UNDO)
    assert (stage[DEPTH], stage["/output/hud"]) == (0.0, True)


def test_a_macro_comes_back_with_all_it_moved_and_stays_there():
    stage = Stage(macros=[Macro("", (MacroTarget(DEPTH), MacroTarget(SPEED)))])
    before = dict(stage.store.targets)
    move(stage, "/macro/1", 0.5, 1.0)
    stage.do(UNDO)
    stage.do(after=1.0)
    assert dict(stage.store.targets) == before
    stage.do(REDO)
    assert (stage[DEPTH], stage[SPEED]) == (1.0, 4.0)


def test_only_so_many_are_kept():
    stage = Stage()
    for step in range(MOST_GESTURES + 10):
        move(stage, WEDGES, 1 + step % 12, every=2.0)
    for _ in range(MOST_GESTURES):
        stage.do(UNDO)
        assert stage.play.notice.startswith("undone")
    stage.do(UNDO)
    assert stage.play.notice == "nothing to be undone"
    assert stage[WEDGES] == 1 + 9 % 12


def test_a_snapshot_that_was_replaced_or_emptied_comes_back():
    verse = StoredSnapshot("Verse", {DEPTH: 1.0})
    stage = Stage({1: verse})
    stage.do("/snapshot/store=1", "/snapshot/clear=1", "/snapshot/store=2")
    stage.do(UNDO)
    assert 2 not in stage.play.stored
    assert stage.play.notice == "undone: snapshot 2 stored"
    stage.do(UNDO)
    assert stage.play.stored[1].set[DEPTH] == 0.0
    stage.do(UNDO)
    assert stage.play.stored == {1: verse}
    stage.do("/snapshot/1")
    assert stage[DEPTH] == 1.0
    stage.do(UNDO, REDO, REDO, REDO)
    assert stage.play.notice == "nothing to be done again", "the recall was something new"


def test_what_was_stored_is_stored_again():
    stage = Stage()
    stage.do("/snapshot/store=2", UNDO, REDO)
    assert stage.play.stored[2].set[DEPTH] == 0.0
    stage.do("/snapshot/store=2", UNDO)
    assert stage.play.notice == "undone: snapshot 2 stored", "the same once more leaves no trace: both are gone"
    assert not stage.play.stored


def test_snapshots_of_another_preset_can_be_taken_back_and_leave_others_alone():
    stage = Stage({1: StoredSnapshot("", {DEPTH: 1.0}), 2: StoredSnapshot("mine", {DEPTH: 0.5})})
    before = dict(stage.play.stored)
    stage.play.load_snapshots(
        {"2": {"name": "theirs", "set": {DEPTH: 0.25, "/nowhere": 1}}, "5": {"set": {}}, "17": {}, "3": 7}
    )
    assert {slot: held.name for slot, held in stage.play.stored.items()} == {1: "", 2: "theirs", 5: ""}
    assert stage.play.notice == "not loaded: snapshot 2 /nowhere, snapshot 17, snapshot 3"
    stage.do(UNDO)
    assert stage.play.stored == before
    for junk in (None, 3, [], {"1": None}, {1: {"set": {}}}, {"1": {"set": 3}}):
        stage.play.load_snapshots(junk)
    assert stage.play.stored == before


@pytest.mark.parametrize("after", ["/cue/back", "/cue/go", "/snapshot/1", "/master/panic"])
def test_what_interrupts_a_fade_goes_back_to_where_it_led(after):
    cues = [Cue(fade=1.0, set={DEPTH: 1.0}), Cue(fade=1.0, set={DEPTH: 0.25})]
    stage = Stage({1: StoredSnapshot("", {DEPTH: 0.75})}, cues)
    stage.do("/cue/go")
    stage.do(after, after=0.5)
    stage.do(after=0.25)
    stage.do(UNDO)
    stage.do(after=2.0)
    assert stage[DEPTH] == 1.0
    stage.do(UNDO)
    assert stage[DEPTH] == 0.0


def test_where_fades_lead_is_known_also_of_what_they_move():
    macro = Macro("", (MacroTarget(SPEED, low=0.0, high=2.0),))
    stage = Stage({}, [Cue(fade=1.0, set={"/macro/1": 1.0, DEPTH: 0.5})], [macro])
    stage.do("/cue/go")
    stage.do(after=0.5)
    assert (stage[DEPTH], stage[SPEED]) == (0.25, 1.0)
    aims = stage.play.aims
    assert (aims[DEPTH], aims["/macro/1"], aims[SPEED]) == (0.5, 1.0, 2.0)
    assert stage.play.state()["goals"] == {DEPTH: 0.5, "/macro/1": 1.0, SPEED: 2.0}
    stage.do(after=0.5)
    assert dict(stage.play.aims) == dict(stage.store.targets)


def test_a_recall_after_a_panic_in_the_same_frame_counts():
    stage = Stage({1: StoredSnapshot("", {DEPTH: 1.0})}, [Cue(set={SPEED: 2.0})], start={"/snapshot/time": 0.5})
    stage.frame(0.0, {SPEED: 3.0}, "/master/panic", "/snapshot/1", "/cue/go")
    stage.do(after=0.5)
    assert (stage[DEPTH], stage[SPEED]) == (1.0, 2.0)
