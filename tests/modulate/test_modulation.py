"""Modulators: shapes, envelopes, sound and beats, and what they add to the values that hands have set."""

import math
from itertools import pairwise

import pytest

from vj.base.errors import BadInput
from vj.modulate.modulation import Modulation, check_route, moved
from vj.modulate.modulator import Moment
from vj.modulate.params import KINDS, MODULATOR, WAVES
from vj.modulate.shapes import parse_steps
from vj.params.control_queue import Change
from vj.params.param import Param, ParamTable, choice, scoped, text, toggle, trigger
from vj.params.scope import KNOB, MUSIC
from vj.params.signals import BANDS, SILENCE, Sound
from vj.params.store import Store

TO = "/layer/1/model/strength"


@pytest.fixture
def table() -> ParamTable:
    table = ParamTable()
    params = [Param("strength", 0.0, 2.0, default=1.0), Param("count", 0, 10, default=5, kind="int")]
    params += [toggle("on", help=""), choice("style", ("a", "b", "c"), "b", help=""), text("words", help="")]
    table.declare("/layer/1/model", params)
    table.declare("/snapshot", scoped(KNOB, trigger("1", help=""), trigger("store", 1, 16, help="")))
    table.declare("/clock", scoped(MUSIC, Param("bpm", 20.0, 300.0, default=120.0)))
    for number in (1, 2, 3):
        table.declare(f"/modulate/{number}", MODULATOR)
    return table


class Stage:
    """A store and its modulators, played frame by frame."""

    def __init__(self, table: ParamTable, fps: float = 100.0, bpm: float = 120.0) -> None:
        self.store = Store(table)
        self.modulation = Modulation(table, self.store.targets)
        self.now, self.dt, self.bpm, self.sound, self.fired = 0.0, 1.0 / fps, bpm, SILENCE, []

    def set(self, number: int, **values: object) -> None:
        self.store.apply_values({f"/modulate/{number}/{name}": value for name, value in values.items()})

    def frame(self):
        self.now += self.dt
        self.store.advance(self.dt)
        moment = Moment(self.now, self.dt, self.now * self.bpm / 60.0, 4.0, 16.0, self.sound)
        self.modulation.find_routes()
        return self.modulation.apply(self.store.values, moment, self.fired.append)

    def play(self, seconds: float, address: str = TO) -> list:
        return [self.frame()[address] for _ in range(round(seconds / self.dt))]


@pytest.fixture
def stage(table) -> Stage:
    return Stage(table)


def test_nothing_is_added_where_nothing_is_modulated(stage):
    first = stage.frame()
    assert stage.frame() is first
    assert first[TO] == 1.0


@pytest.mark.parametrize("shape", WAVES)
@pytest.mark.parametrize("polarity", ["up", "both"])
def test_every_shape_stays_in_its_bounds_and_moves(stage, shape, polarity):
    stage.set(1, to=TO, shape=shape, rate=2.0, depth=0.25, polarity=polarity, steps="0 1 0.5")
    seen = stage.play(3.0)
    low = 1.0 if polarity == "up" else 0.5
    assert low - 1e-9 <= min(seen) < max(seen) <= 1.5 + 1e-9
    assert stage.store.values[TO] == 1.0, "the hand's own value stays"


@pytest.mark.parametrize("shape", ["sine", "triangle", "saw", "fall", "square", "steps"])
def test_cycles_come_at_their_rate(stage, shape):
    stage.set(1, to=TO, shape=shape, rate=2.0, depth=0.5)
    seen = stage.play(2.0)
    assert seen[:50] == pytest.approx(seen[50:100], abs=1e-6)
    assert seen[:25] != pytest.approx(seen[25:50], abs=1e-3)


def test_synced_cycles_go_by_beats(stage):
    stage.set(1, to=TO, shape="saw", sync=True, beats=2.0, depth=0.5)
    seen = stage.play(2.0)
    assert seen[98] == pytest.approx(1.99)
    assert seen[99] == pytest.approx(1.0), "two beats at 120 a minute are a second"


def test_another_rate_goes_on_from_the_phase_it_is_at(stage):
    stage.set(1, to=TO, shape="triangle", rate=1.0, depth=0.5)
    before = stage.play(0.3)[-1]
    stage.set(1, rate=3.0)
    assert abs(stage.frame()[TO] - before) < 0.07


def test_random_is_the_same_every_time(table):
    plays = []
    for _ in range(2):
        stage = Stage(table)
        stage.set(1, to=TO, shape="random", rate=3.0)
        stage.set(2, to="/layer/1/model/count", shape="hold", rate=3.0)
        plays.append((stage.play(2.0), stage.play(1.0, "/layer/1/model/count")))
    assert plays[0] == plays[1]
    assert len(set(plays[0][0])) > 100


def test_sample_and_hold_holds(stage):
    stage.set(1, to=TO, shape="hold", rate=4.0)
    assert len(set(stage.play(2.0))) == pytest.approx(8, abs=1)


def test_an_envelope_rises_and_falls_when_the_hand_sets_it_off(stage):
    stage.set(1, to=TO, by="envelope", on="hand", attack=0.1, release=0.2, depth=0.5)
    assert stage.frame()[TO] == 1.0
    stage.modulation.handlers["/modulate/1/fire"](Change("/modulate/1/fire", "fire"), 0.0)
    assert set(stage.modulation.handlers) == {f"/modulate/{number}/fire" for number in (1, 2, 3)}
    seen = stage.play(1.0)
    assert seen.index(max(seen)) == pytest.approx(9, abs=1)
    assert seen[9 + 20] == pytest.approx(1.0 + math.exp(-1.0), abs=0.02)
    assert seen[-1] < 1.02


@pytest.mark.parametrize(("on", "times"), [("beat", 8), ("bar", 2), ("phrase", 0)])
def test_an_envelope_is_set_off_by_beats(stage, on, times):
    stage.set(1, to=TO, by="envelope", on=on, attack=0.0, release=0.01)
    seen = stage.play(4.05)
    assert sum(after - before > 0.5 for before, after in pairwise(seen)) == times


@pytest.mark.parametrize("on", ["onset", "kick"])
def test_an_envelope_is_set_off_by_what_is_heard(stage, on):
    stage.set(1, to=TO, by="envelope", on=on, attack=0.0, release=0.01)
    stage.frame()
    assert max(stage.play(0.2)) == 1.0
    stage.sound = Sound(**{f"{on}s": 3})
    assert stage.frame()[TO] > 1.4
    assert stage.play(0.2)[-1] == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("band", BANDS)
def test_sound_moves_what_it_is_told_to(stage, band):
    stage.set(1, to=TO, by="audio", band=band, attack=0.0, release=0.1, gate=0.2, depth=0.5)
    stage.sound = Sound(**{band: 0.1})
    assert stage.frame()[TO] == 1.0, "below the gate"
    stage.sound = Sound(**{band: 0.8})
    assert stage.frame()[TO] == pytest.approx(1.8)
    stage.sound = SILENCE
    assert 1.0 < stage.play(0.1)[-1] < 1.8


def test_the_beat_glows_and_fades(stage):
    stage.set(1, to=TO, by="beat", on="beat", width=0.5, depth=0.5)
    seen = stage.play(1.0)
    assert seen[49] == pytest.approx(2.0, abs=0.02)
    assert seen[49 + 13] == pytest.approx(1.5, abs=0.05)
    assert seen[49 + 26] == 1.0


def test_several_on_one_add_up_and_stay_in_range(stage):
    stage.set(1, to=TO, shape="square", width=1.0, depth=0.2)
    stage.set(2, to=TO, shape="square", width=1.0, depth=-0.1)
    assert stage.frame()[TO] == pytest.approx(1.2)
    stage.set(3, to=TO, depth=0.0, offset=1.0)
    assert stage.frame()[TO] == 2.0


def test_one_moves_the_depth_of_the_next(stage):
    stage.set(1, to="/modulate/2/depth", depth=0.0, offset=0.2)
    stage.set(2, to=TO, shape="square", width=1.0, depth=0.0)
    assert stage.frame()[TO] == pytest.approx(1.8), "0.2 of the depth's range of 2"


@pytest.mark.parametrize(
    ("name", "by", "value"),
    [
        ("count", 0.3, 8),
        ("count", -1.0, 0),
        ("on", 0.6, True),
        ("on", 0.4, False),
        ("style", 0.5, "c"),
        ("style", -1.0, "a"),
    ],
)
def test_every_kind_is_moved_in_its_own_way(table, name, by, value):
    param = table[f"/layer/1/model/{name}"]
    assert moved(param, param.default, by) == value


def test_a_trigger_is_set_off_once_for_each_rise(stage):
    stage.set(1, to="/snapshot/1", shape="square", rate=2.0, depth=1.0)
    stage.play(1.95)
    assert [change.address for change in stage.fired] == ["/snapshot/1"] * 4


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("/layer/9/x", "choices"),
        ("/layer/1/model/words", "can't be modulated"),
        ("/clock/bpm", "can't"),
        ("/snapshot/store", "can't"),
    ],
)
def test_what_can_not_be_moved_is_said_and_moves_nothing(stage, table, address, why):
    with pytest.raises(BadInput, match=why):
        check_route(address, table)
    stage.set(1, to=address)
    stage.play(0.2)
    (_, route), *others = stage.modulation.routes()
    assert why in route.notice
    assert not others


@pytest.mark.parametrize("steps", ["", "a b", "0 2", " ".join(["0"] * 65), "nan"])
def test_broken_steps_keep_the_last_ones_and_are_told(stage, steps):
    with pytest.raises(BadInput, match="steps are"):
        parse_steps(steps)
    stage.set(1, to=TO, shape="steps", steps="1", depth=0.5)
    assert stage.frame()[TO] == 2.0
    stage.set(1, steps=steps)
    assert stage.frame()[TO] == 2.0
    assert "steps are" in stage.modulation.modulators[0].notice


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_makes_a_level(stage, kind):
    stage.set(1, to=TO, by=kind)
    assert all(0.0 <= value <= 2.0 for value in stage.play(0.5))
