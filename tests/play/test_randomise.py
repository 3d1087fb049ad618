"""Randomiser: within its limits, the same again by its seed, and only what it was asked for."""

import pytest

from tests.play.conftest import DEPTH, SPEED, STYLES, WORDS, Stage, show_table
from vj.params.store import Store
from vj.play.randomise import WHAT, Randomiser

TABLE = show_table()
TARGETS = Store(TABLE).targets


def series(seed: int, amount: float = 1.0, what: str = "everything", count: int = 20) -> list[dict[str, object]]:
    chance = Randomiser(TABLE)
    return [chance.draw(TARGETS, seed, amount, what) for _ in range(count)]


def test_the_same_seed_gives_the_same_series():
    assert series(7) == series(7)
    assert series(7) != series(8)
    assert len({str(drawn) for drawn in series(7)}) == 20


def test_a_new_seed_begins_its_series():
    chance = Randomiser(TABLE)
    first = [chance.draw(TARGETS, 7, 1.0, "settings") for _ in range(3)]
    chance.draw(TARGETS, 8, 1.0, "settings")
    assert [chance.draw(TARGETS, 7, 1.0, "settings") for _ in range(3)] == first


@pytest.mark.parametrize("amount", [0.0, 0.1, 0.5, 1.0])
def test_everything_stays_within_its_limits(amount):
    for drawn in series(1, amount):
        for address, value in drawn.items():
            param = TABLE[address]
            assert param.check(value, strict=True) == value
            if param.kind in ("float", "int"):
                rounding = 0.5 if param.kind == "int" else 1e-9
                assert abs(value - TARGETS[address]) <= amount * (param.high - param.low) + rounding
    if amount == 0.0:
        assert all(drawn == {address: TARGETS[address] for address in drawn} for drawn in series(1, amount))


def test_it_is_uniform_where_there_is_room():
    speeds = sorted(drawn[SPEED] for drawn in series(3, 0.25, count=400))  # 1 ± 2 of -4..4
    assert speeds[0] < -0.9
    assert speeds[-1] > 2.9
    assert 0.8 < speeds[200] < 1.2
    styles = [drawn["/layer/1/model/style"] for drawn in series(3, count=400)]
    assert {style for style in STYLES if styles.count(style) > 50} == set(STYLES)


@pytest.mark.parametrize("what", WHAT)
def test_it_moves_what_it_was_asked_for(what):
    moved = set(series(1, what=what, count=1)[0])
    assert all(TABLE[address].is_in_scenes for address in moved)
    assert "/layer/1/model/rate" not in moved
    assert WORDS not in moved
    shows = {"/layer/1/opacity", "/master/opacity", "/layer/1/model"}
    assert moved & shows == (shows if what == "everything" else set())
    assert (DEPTH in moved) is (what in ("settings", "model", "everything"))
    assert (SPEED in moved) is (what in ("settings", "source", "everything"))
    assert ("/modulate/1/depth" in moved) is (what in ("modulate", "everything"))


def test_it_is_one_gesture_and_takes_fades_over():
    stage = Stage()
    before = dict(stage.store.targets)
    stage.do("/random/go")
    assert stage[DEPTH] != before[DEPTH]
    stage.do("/history/undo")
    assert dict(stage.store.targets) == before
