"""The whole table of takeover modes, curves, directions and kinds of parameter, played as sequences."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from vj.control.midi.scale import Scale, bounds
from vj.control.midi.takeover import MEETS, TAKEOVERS, Takeover, TakeoverMode
from vj.params.curves import CURVES, Curve
from vj.params.param import Param, Value, choice, toggle

PARAMS = (
    Param("float", -2.0, 6.0),
    Param("int", 1, 12, default=6, kind="int"),
    toggle("bool", help=""),
    choice("choice", ("a", "b", "c", "d", "e"), "b", help=""),
)
CASES = list(product(TAKEOVERS, CURVES, (False, True), PARAMS))
STEPS = some.lists(some.integers(0, 127), min_size=1, max_size=40)
NEAR = 1e-9


def scale(param: Param, curve: Curve = "linear", invert: bool = False) -> Scale:
    return Scale(param, *bounds(param), curve, invert)


class Hand:
    """A control of 0..127 and the parameter that it moves. ``late`` frames pass before the show has taken a value."""

    def __init__(self, mode: TakeoverMode, scale: Scale, start: float = 0.0, late: int = 0) -> None:
        self.takeover, self.scale, self.late = Takeover(mode, scale), scale, late
        self.value: Value = scale.value(start)
        self._coming: list[Value] = []

    def to(self, step: int) -> Value | None:
        """What the takeover did."""
        new = self.takeover.move(step / 127, self.value)
        if new is not None:
            self._coming.append(new)
        if len(self._coming) > self.late:
            self.value = self._coming[-1]
            self._coming.clear()
        return new


@pytest.mark.parametrize(("mode", "curve", "invert", "param"), CASES)
@settings(max_examples=12)
@given(start=some.floats(0, 1), steps=STEPS, late=some.integers(0, 3))
def test_a_sequence(
    mode: TakeoverMode, curve: Curve, invert: bool, param: Param, start: float, steps: list[int], late: int
) -> None:
    of = scale(param, curve, invert)
    hand, caught, before = Hand(mode, of, start, late), False, None
    at = of.position(hand.value)
    for step in steps:
        value, position = hand.to(step), step / 127
        if mode == "none":
            assert value == of.value(position)
        elif mode == "pickup":
            meets = abs(position - at) <= MEETS or of.value(position) == of.value(at)
            crosses = before is not None and (before - at) * (position - at) <= 0
            caught = caught or meets or crosses
            assert value == (of.value(position) if caught else None)
        elif before is None or position == before:
            assert value is None
        else:
            room, way = (1 - at, 1 - before) if position > before else (at, before)
            at += (position - before) * room / way
            assert value == of.value(at)
            assert -NEAR <= at <= 1 + NEAR
            if step in (0, 127):
                assert at == pytest.approx(position, abs=1e-6)
        before = position


@pytest.mark.parametrize("mode", ["pickup", "scale"])
@given(start=some.integers(0, 127), steps=STEPS)
def test_there_is_never_a_jump(mode: TakeoverMode, start: int, steps: list[int]) -> None:
    """Picked up, the parameter never goes further than the hand, give or take a step; scaled, never against it."""
    hand = Hand(mode, scale(Param("float")), start / 127)
    place: float | None = None
    for step in steps:
        before, value = float(hand.value), hand.to(step)
        if value is not None and place is not None:
            moved, by = (step - place) / 127, float(value) - before
            if mode == "pickup":
                assert abs(by) <= abs(moved) + MEETS
            else:
                assert by * moved >= -NEAR
        elif value is not None:
            assert abs(float(value) - before) <= MEETS
        place = step


@pytest.mark.parametrize("mode", ["pickup", "scale"])
def test_what_somebody_else_moves_is_not_snatched_back(mode: TakeoverMode) -> None:
    hand = Hand(mode, scale(Param("float")))
    for step in range(65):
        hand.to(step)
    assert hand.value == 64 / 127
    hand.value = 0.9
    hand.to(66)
    assert 0.9 <= float(hand.value) < 0.91
    for step in range(67, 128):
        hand.to(step)
    assert hand.value == 1.0


@pytest.mark.parametrize("mode", TAKEOVERS)
def test_after_plugging_in_again_the_first_message_moves_nothing(mode: TakeoverMode) -> None:
    hand = Hand(mode, scale(Param("float")))
    for step in range(65):
        hand.to(step)
    hand.takeover.forget()
    assert hand.to(10) is None
    assert hand.value == 64 / 127
    for step in range(11, 128):
        hand.to(step)
    assert hand.value == 1.0


def test_waiting_is_told_until_it_is_met() -> None:
    hand = Hand("pickup", scale(Param("float")), 0.5)
    states = []
    for step in (0, 30, 60, 70, 80):
        hand.to(step)
        states.append(hand.takeover.waits)
    assert states == [True, True, True, False, False]


@pytest.mark.parametrize(("curve", "invert", "param"), list(product(CURVES, (False, True), PARAMS)))
def test_there_and_back(curve: Curve, invert: bool, param: Param) -> None:
    of = scale(param, curve, invert)
    ends = (of.value(0.0), of.value(1.0))
    whole = {"float": (-2.0, 6.0), "int": (1, 12), "bool": (False, True), "choice": ("a", "e")}[param.kind]
    assert ends == (whole[::-1] if invert else whole)
    for step in range(128):
        value = of.value(step / 127)
        if param.kind == "float":
            assert of.position(value) == pytest.approx(step / 127, abs=1e-6)
        else:
            assert of.value(of.position(value)) == value


def test_the_entries_of_a_choice_have_equal_shares() -> None:
    of = scale(PARAMS[3])
    assert [of.value(part) for part in (0.0, 0.19, 0.21, 0.5, 0.79, 0.81, 1.0)] == ["a", "a", "b", "c", "d", "e", "e"]


def test_a_part_of_the_range_either_way() -> None:
    param = Param("float", 0.0, 10.0)
    assert [Scale(param, 8.0, 2.0).value(part) for part in (0.0, 0.5, 1.0)] == [8.0, 5.0, 2.0]
    assert [Scale(param, 2.0, 8.0).position(value) for value in (0.0, 2.0, 5.0, 8.0, 9.0)] == [0.0, 0.0, 0.5, 1.0, 1.0]
    assert [Scale(PARAMS[3], 3, 1).value(part) for part in (0.0, 0.5, 1.0)] == ["d", "c", "b"]
