"""Snapshots: what they hold, how they come back, and who may take part of them over."""

import pytest

from tests.play.conftest import DEPTH, INVERT, SPEED, STYLE, WEDGES, WORDS, Stage, show_table
from vj.base.errors import BadInput
from vj.params.control_queue import Change
from vj.play.scene_values import fit
from vj.play.snapshots import LAST_SLOT, SLOTS, StoredSnapshot, check, check_name

VERSE = StoredSnapshot("Verse", {DEPTH: 1.0, WEDGES: 12, STYLE: "wave", INVERT: True, WORDS: "3:5"})


@pytest.mark.parametrize(
    ("address", "held"),
    [
        ("/layer/1/opacity", True),
        ("/layer/1/model", True),
        (STYLE, True),
        (WORDS, True),
        ("/modulate/1/depth", True),
        ("/master/opacity", True),
        ("/master/blackout", False),
        ("/output/hud", False),
        ("/snapshot/time", False),
        ("/morph/position", False),
        ("/random/amount", False),
        ("/layer/1/source/seek", False),
        ("/layer/1/model/restart", False),
        ("/snapshot/1", False),
    ],
)
def test_a_state_is_what_makes_the_picture(table, address, held):
    assert table[address].is_in_scenes is held


def test_store_and_recall_at_once():
    stage = Stage()
    stage.frame(0.0, {DEPTH: 0.5, STYLE: "rain", "/output/hud": True})
    stage.do("/snapshot/store=3")
    stage.frame(1.0, {DEPTH: 0.1, STYLE: "wave", "/output/hud": False})
    stage.do("/snapshot/3")
    assert (stage[DEPTH], stage[STYLE], stage["/output/hud"]) == (0.5, "rain", False)
    assert stage.store.values[DEPTH] == 0.5
    assert stage.play.notice == "snapshot 3"


@pytest.mark.parametrize("slot", SLOTS)
def test_every_slot_has_its_plain_address(slot):
    stage = Stage({slot: StoredSnapshot("", {DEPTH: slot / LAST_SLOT})})
    stage.do(f"/snapshot/{slot}")
    assert stage[DEPTH] == slot / LAST_SLOT
    stage.hand(DEPTH, 0.0)
    stage.do(f"/snapshot/recall={slot}")
    assert stage[DEPTH] == slot / LAST_SLOT


def test_a_morph_takes_its_time_to_the_millisecond():
    stage = Stage({1: VERSE}, start={"/snapshot/time": 2.0})
    stage.do("/snapshot/1")
    assert (stage[DEPTH], stage[WEDGES]) == (0.0, 6)
    assert (stage[STYLE], stage[INVERT], stage[WORDS]) == ("wave", True, "3:5"), "what can't be between comes at once"
    stage.do(after=0.5)
    assert (stage[DEPTH], stage[WEDGES]) == (0.25, 8)
    assert type(stage[WEDGES]) is int
    assert stage.play.lines() == ["snapshot 1 Verse: 75 % left"]
    stage.do(after=1.499)
    assert 0.999 < stage[DEPTH] < 1.0
    stage.do(after=0.001)
    assert (stage[DEPTH], stage[WEDGES]) == (1.0, 12)
    assert stage.play.lines() == []


def test_what_fades_out_is_on_until_the_end():
    stage = Stage({1: StoredSnapshot("", {INVERT: False})}, start={INVERT: True, "/snapshot/time": 1.0})
    stage.do("/snapshot/1")
    stage.do(after=0.999)
    assert stage[INVERT] is True
    stage.do(after=0.001)
    assert stage[INVERT] is False


@pytest.mark.parametrize("step", [0.001, 1 / 60, 0.7, 10.0])
def test_a_morph_arrives_exactly_whatever_the_frames(step):
    stage = Stage({1: StoredSnapshot("", {DEPTH: 0.3, SPEED: -0.7})}, start={"/snapshot/time": 1.0})
    stage.do("/snapshot/1")
    for _ in range(int(1.0 / step) + 2):
        stage.do(after=step)
    assert (stage[DEPTH], stage[SPEED]) == (0.3, -0.7)


@pytest.mark.parametrize("touch", ["value", "the same value", "change"])
def test_a_hand_takes_its_address_over(touch):
    stage = Stage({1: StoredSnapshot("", {DEPTH: 1.0, SPEED: 3.0})}, start={"/snapshot/time": 1.0})
    stage.do("/snapshot/1")
    stage.do(after=0.5)
    if touch == "change":
        stage.do(Change(DEPTH, "add", -0.1))
    else:
        stage.hand(DEPTH, 0.4 if touch == "value" else stage[DEPTH])
    held = stage[DEPTH]
    stage.do(after=5.0)
    assert (stage[DEPTH], stage[SPEED]) == (held, 3.0)
    assert held == pytest.approx(0.5 if touch == "the same value" else 0.4)


def test_a_second_recall_goes_on_from_where_the_first_one_was():
    stage = Stage(
        {1: StoredSnapshot("", {DEPTH: 1.0}), 2: StoredSnapshot("", {DEPTH: 0.0})}, start={"/snapshot/time": 1.0}
    )
    stage.do("/snapshot/1")
    stage.do("/snapshot/2", after=0.0)
    stage.do("/snapshot/1")
    stage.do(after=0.6)
    stage.do("/snapshot/2")
    assert stage[DEPTH] == pytest.approx(0.6)
    stage.do(after=0.5)
    assert stage[DEPTH] == pytest.approx(0.3)
    assert len(stage.play.lines()) == 1


def test_an_empty_slot_changes_nothing_and_says_so():
    stage = Stage()
    before = dict(stage.store.targets)
    stage.do("/snapshot/7")
    assert dict(stage.store.targets) == before
    assert stage.play.notice == "snapshot 7 is empty"
    stage.do(after=6.0)
    assert stage.play.notice == ""


def test_clear_empties_and_a_name_outlives_a_second_store():
    stage = Stage({2: StoredSnapshot("Verse", {DEPTH: 1.0})})
    stage.do("/snapshot/store=2")
    assert stage.play.notice == "snapshot 2 Verse stored"
    stage.do("/snapshot/clear=2")
    stage.do("/snapshot/2")
    assert stage.play.notice == "snapshot 2 is empty"


def test_what_no_longer_fits_is_left_out_with_a_notice():
    held = {DEPTH: 7.0, STYLE: "gone", "/layer/3/opacity": 1.0, WEDGES: 3, "/output/hud": True}
    stage = Stage({1: StoredSnapshot("", held)})
    stage.do("/snapshot/1")
    assert (stage[DEPTH], stage[STYLE], stage[WEDGES], stage["/output/hud"]) == (1.0, "candy", 3, False)
    assert stage.play.notice == f"snapshot 1 without {STYLE}, /layer/3/opacity, /output/hud"


def test_a_picture_from_anywhere_comes_back():
    painting = "/layer/1/model/painting"
    stage = Stage(start={painting: "/somewhere/else.png"})
    stage.do("/snapshot/store=1")
    stage.hand(painting, "woodcut.jpg")
    stage.do("/snapshot/1")
    assert stage[painting] == "/somewhere/else.png"


@pytest.mark.parametrize("junk", [None, 3, "x", [], {"a": 1}, {DEPTH: None}, {DEPTH: float("nan")}, {DEPTH: [1]}])
def test_nothing_fits_that_is_no_value(table, junk):
    assert fit(junk, table)[0] == {}


@pytest.mark.parametrize(
    ("slot", "stored", "complaint"),
    [
        (0, StoredSnapshot(), r"no snapshot 0: they are numbered 1..16"),
        (17, StoredSnapshot(), "no snapshot 17"),
        (
            1,
            StoredSnapshot("", {"/layer/1/model/dept": 1.0}),
            "snapshot 1: unknown address.*did you mean '/layer/1/model/depth'",
        ),
        (1, StoredSnapshot("", {DEPTH: 2.0}), f"snapshot 1: {DEPTH}: depth takes 0..1, not 2.0"),
        (1, StoredSnapshot("", {STYLE: "cand"}), "snapshot 1: .*did you mean 'candy'"),
        (1, StoredSnapshot("", {"/snapshot/1": 1}), "snapshot 1: /snapshot/1 is a trigger"),
        (1, StoredSnapshot("", {"/output/hud": True}), "snapshot 1: /output/hud is no part of a snapshot"),
        (1, StoredSnapshot("a\nb"), "snapshot 1: a name is one line"),
        (1, StoredSnapshot("a" * 101), "at most 100 characters"),
    ],
)
def test_a_snapshot_of_the_preset_that_can_not_be_is_refused(slot, stored, complaint):
    with pytest.raises(BadInput, match=complaint):
        check(slot, stored, show_table())


def test_a_good_one_passes():
    check(16, VERSE, show_table())


def test_a_whole_state_that_was_written_as_differences_brings_the_rest_too() -> None:
    stored = StoredSnapshot("Verse", {DEPTH: 0.5}, rest={DEPTH: 0.1, STYLE: "rain", "/layer/1/no/such": 1.0})
    assert stored.values == {DEPTH: 0.5, STYLE: "rain", "/layer/1/no/such": 1.0}
    assert StoredSnapshot("", {DEPTH: 0.5}).values == {DEPTH: 0.5}
    stage = Stage({3: stored})
    stage.do("/snapshot/3")
    assert (stage[DEPTH], stage[STYLE]) == (0.5, "rain")
    assert stage.play.notice == "snapshot 3 Verse", "what the rest has too much is nothing to be told"


def test_a_name_of_a_hundred_letters_is_the_longest() -> None:
    check_name("x" * 100)
    with pytest.raises(BadInput, match="at most 100"):
        check_name("x" * 101)
