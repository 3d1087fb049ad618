"""The processing size over time, with time as an argument."""

import itertools

import pytest

from vj.model.common_params import ENGINE
from vj.model.engine.governor import SIZES, Governor
from vj.params.param import Value

DEFAULTS: dict[str, Value] = {param.name: param.default for param in ENGINE}


def settings(**changes: Value) -> dict[str, Value]:
    return {**DEFAULTS, **changes}


def play(governor: Governor, seconds: float, values: dict[str, Value], full: float, since: float = 0.0) -> list[float]:
    """The scales of ``seconds`` of playing a model that takes ``full`` seconds at the full size."""
    now, scales = since, []
    while now < since + seconds:
        scale = governor.scale(values)
        took = full * scale**2
        now += took
        governor.note_pass(took, values, now)
        scales.append(scale)
    return scales


def test_a_model_that_holds_its_rate_keeps_its_size() -> None:
    assert set(play(Governor(), 20.0, settings(rate=20.0), full=0.045)) == {1.0}


def test_one_that_does_not_steps_down_once_to_where_it_does() -> None:
    values = settings(rate=20.0)
    scales = play(Governor(), 20.0, values, full=0.12)
    assert scales[0] == 1.0
    assert len(set(scales)) == 2, "one step, not a slide"
    assert 0.12 * scales[-1] ** 2 <= 0.05
    assert scales[-1] == max(part for part in SIZES if 0.12 * part**2 <= 0.05 * 0.9)


def test_it_does_not_pump() -> None:
    """A load in which the larger size is a little too slow and the smaller one quick: few changes in ten minutes."""
    governor, values, now, scales = Governor(), settings(rate=20.0), 0.0, []
    while now < 600.0:
        scale = governor.scale(values)
        took = 0.058 if scale == 1.0 else 0.03 * scale**2
        now += took
        governor.note_pass(took, values, now)
        scales.append(scale)
    assert sum(a != b for a, b in itertools.pairwise(scales)) <= 10


def test_a_short_hiccup_changes_nothing() -> None:
    governor, values = Governor(), settings(rate=20.0)
    play(governor, 5.0, values, full=0.04)
    play(governor, 0.5, values, full=0.2, since=5.0)
    assert governor.scale(values) == 1.0


def test_it_grows_again_when_there_is_time() -> None:
    governor, values = Governor(), settings(rate=20.0)
    play(governor, 5.0, values, full=0.12)
    small = governor.scale(values)
    play(governor, 120.0, values, full=0.01, since=5.0)
    assert small < governor.scale(values) == 1.0


def test_it_begins_where_the_rate_will_hold() -> None:
    governor = Governor()
    governor.begin(0.3, settings(rate=10.0))
    assert 0.3 * governor.scale(settings(rate=10.0)) ** 2 <= 0.1


@pytest.mark.parametrize(("quality", "scale"), [("full", 1.0), ("high", 0.75), ("medium", 0.6), ("low", 0.5)])
def test_quality_pins_the_size(quality: str, scale: float) -> None:
    values = settings(quality=quality, rate=60.0)
    assert set(play(Governor(), 5.0, values, full=0.4)) == {scale}


def test_rate_zero_never_lowers_it() -> None:
    assert set(play(Governor(), 30.0, settings(rate=0.0), full=1.0)) == {1.0}


def test_the_stroke_scales_it_in_a_few_steps() -> None:
    governor = Governor()
    scales = {governor.scale(settings(stroke=stroke / 100)) for stroke in range(50, 201)}
    assert sorted(scales)[0] == 0.5
    assert sorted(scales)[-1] == 2.0
    assert len(scales) == 5


def test_without_room_three_quarters_then_half_then_no_more() -> None:
    governor, values = Governor(), settings(quality="full")
    assert governor.shrink()
    assert governor.scale(values) == 0.75
    assert governor.shrink()
    assert governor.scale(values) == governor.room == 0.5
    assert not governor.shrink()
    play(governor, 200.0, settings(), full=0.001)
    assert governor.scale(settings()) == 0.5, "what there was no room for isn't tried again"
