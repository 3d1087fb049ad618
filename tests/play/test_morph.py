"""Morphing by hand: the fader between two snapshots and the pad between four."""

import pytest

from tests.play.conftest import DEPTH, INVERT, SPEED, STYLE, WEDGES, Stage
from vj.params.param import Param, choice
from vj.play.fade import between, blend
from vj.play.morph import corner_weights
from vj.play.snapshots import StoredSnapshot

A = StoredSnapshot("", {DEPTH: 0.0, WEDGES: 1, STYLE: "mosaic", INVERT: False, SPEED: -1.0})
B = StoredSnapshot("", {DEPTH: 1.0, WEDGES: 12, STYLE: "wave", INVERT: True})
CORNERS = {slot: StoredSnapshot("", {DEPTH: depth}) for slot, depth in {1: 0.0, 2: 0.25, 3: 0.5, 4: 1.0}.items()}


def test_the_fader_goes_between_two_slots():
    stage = Stage({1: A, 2: B})
    stage.hand("/morph/position", 0.25)
    assert (stage[DEPTH], stage[WEDGES], stage[STYLE], stage[INVERT]) == (0.25, 4, "mosaic", True)
    stage.hand("/morph/position", 1.0)
    assert (stage[DEPTH], stage[WEDGES], stage[STYLE], stage[INVERT]) == (1.0, 12, "wave", True)
    stage.hand("/morph/position", 0.0)
    assert (stage[DEPTH], stage[WEDGES], stage[STYLE], stage[INVERT]) == (0.0, 1, "mosaic", False)
    assert stage[SPEED] == 1.0, "only one of the two says anything about it"


def test_a_hand_that_rests_in_the_middle_does_not_flicker():
    stage = Stage({1: A, 2: B})
    styles = []
    for position in (0.3, 0.52, 0.48, 0.54, 0.56, 0.48, 0.46, 0.44):
        stage.hand("/morph/position", position)
        styles.append(stage[STYLE])
    assert styles == ["mosaic"] * 4 + ["wave"] * 3 + ["mosaic"]


def test_the_fader_acts_only_when_it_moves():
    stage = Stage({1: A, 2: B})
    stage.do(after=1.0)
    assert stage[STYLE] == "candy", "a show starts as its preset says"
    stage.hand("/morph/position", 0.5)
    stage.hand(DEPTH, 0.9)
    stage.do(after=1.0)
    stage.hand("/morph/position", 0.5)
    assert stage[DEPTH] == 0.9
    stage.hand("/morph/a", 2)
    assert stage[DEPTH] == 1.0


def test_the_fader_goes_as_smoothly_as_a_hand():
    opacity = "/layer/1/opacity"
    stage = Stage({1: StoredSnapshot("", {opacity: 0.0}), 2: StoredSnapshot("", {opacity: 1.0})})
    stage.frame(0.01, {"/morph/position": 0.5})
    assert stage[opacity] == 0.5
    assert 0.5 < stage.store.values[opacity] < 1.0


@pytest.mark.parametrize(("x", "y", "depth"), [(0, 1, 0.0), (1, 1, 0.25), (0, 0, 0.5), (1, 0, 1.0), (0.5, 0.5, 0.4375)])
def test_the_pad_has_a_slot_in_each_corner(x, y, depth):
    stage = Stage(CORNERS)
    stage.frame(0.0, {"/morph/x": 0.9, "/morph/y": 0.9})
    stage.frame(0.0, {"/morph/x": float(x), "/morph/y": float(y)})
    assert stage[DEPTH] == pytest.approx(depth)


@pytest.mark.parametrize(("x", "y"), [(0.0, 0.0), (0.3, 0.8), (1.0, 0.5), (0.7, 0.1)])
def test_weights_are_shares_and_follow_the_place(x, y):
    nw, ne, sw, se = corner_weights(x, y)
    assert nw + ne + sw + se == pytest.approx(1.0)
    assert ne + se == pytest.approx(x)
    assert nw + ne == pytest.approx(y)


def test_an_empty_end_moves_nothing_and_says_so():
    stage = Stage({1: A})
    before = stage[DEPTH]
    stage.hand("/morph/position", 0.5)
    assert stage[DEPTH] == before
    assert stage.play.notice == "no morph: snapshot 2 is empty"
    stage.do(after=6.0)
    assert stage.play.notice == ""


def test_a_fade_lets_go_of_what_the_fader_takes():
    stage = Stage({1: A, 2: B}, start={"/snapshot/time": 1.0})
    stage.do("/snapshot/2")
    stage.hand("/morph/position", 0.25, after=0.5)
    stage.do(after=1.0)
    assert stage[DEPTH] == 0.25


PLAIN = Param("plain", -1.0, 3.0)


@pytest.mark.parametrize("value", [0.1, 1 / 3, 2.9999999])
def test_equal_ends_stay_exactly_what_they_are(value):
    for part in (0.1, 0.3, 0.77):
        assert between(PLAIN, value, value, part) == value
        assert blend(PLAIN, 0.0, [(part, value), (1.0 - part, value)]) == value


def test_of_three_equal_choices_against_one_the_three_count():
    param = choice("style", ("a", "b"), "a", help="")
    assert blend(param, "a", [(0.4, "a"), (0.2, "b"), (0.2, "b"), (0.2, "b")]) == "b"
