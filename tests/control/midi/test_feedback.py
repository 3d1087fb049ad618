"""Lights and motors: what is sent, when, and what is left alone."""

import pytest

from tests.control.midi.conftest import Show
from vj.control.midi.feedback import HELD, MOST
from vj.control.midi.mapping import MidiBinding
from vj.params.indicators import DARK, Indicators
from vj.params.param import ParamTable, toggle, trigger

NANO, LAUNCHPAD, APC = "nanoKONTROL2", "Launchpad Mini", "APC40 mkII"
BLACKOUT, MACRO = "/master/blackout", "/macro/1"


def test_lights_follow_their_parameters_whoever_moves_them(show) -> None:
    stage = show(port=NANO)
    stage.frame()
    assert bytes((0xB0, 42, 0)) in stage.sent()
    stage.set(BLACKOUT, True)
    assert stage.sent() == [bytes((0xB0, 42, 127))]
    stage.frame()
    assert stage.sent() == []


def test_all_is_sent_again_when_it_is_plugged_in_again(show) -> None:
    stage = show(port=NANO)
    stage.set(BLACKOUT, True)
    before = dict.fromkeys(stage.sent())
    stage.unplug(NANO)
    stage.plug(NANO)
    stage.frame()
    again = stage.sent()
    assert bytes((0xB0, 42, 127)) in again
    assert len(again) == len(set(again))
    assert {message[:2] for message in again} == {message[:2] for message in before}


def test_a_greeting_comes_first(show) -> None:
    stage = show(port=APC)
    stage.frame()
    assert stage.sent()[0] == bytes.fromhex("F0477F29600004420100 00F7")


def test_colours_are_the_profiles(show) -> None:
    stage = show(port=LAUNCHPAD)
    stage.set(BLACKOUT, True)
    told = stage.sent()
    assert bytes((0x90, 120, 12)) in told
    assert told[-1] == bytes((0x90, 120, 15))


def test_the_lights_of_what_is_learned_blink(show) -> None:
    stage = show(port=LAUNCHPAD)
    stage.set("/learn/address", BLACKOUT)
    stage.set("/learn/on", True)
    stage.frame()
    assert stage.sent()[-1] == bytes((0x90, 120, 63))
    stage.set("/learn/on", False)
    stage.frame()
    assert stage.sent()[-1] == bytes((0x90, 120, 12))


def test_a_triggers_light_tells_what_it_launches(show) -> None:
    stage = show(port=LAUNCHPAD)
    stage.frame()
    assert bytes((0x90, 18, 12)) in stage.sent()
    third, none = frozenset({"/snapshot/3"}), frozenset[str]()
    for indicators, colour in (
        (Indicators(none, none, third), 29),
        (Indicators(none, third, third), 63),
        (Indicators(third, none, third), 60),
        (DARK, 12),
    ):
        stage.indicators = indicators
        stage.frame()
        stage.frame()
        assert stage.sent() == [bytes((0x90, 18, colour))]


@pytest.mark.parametrize(
    ("port", "pad", "column", "colours"),
    [
        (LAUNCHPAD, 16 * 3 + 2, (0x90, 16 * 7 + 2), (12, 29, 63, 60)),
        ("Launchpad Mini MK3", 53, (0x90, 13), (0, 1, 13, 21)),
        (APC, 16 + 2, (0x92, 52), (0, 1, 13, 21)),
    ],
)
def test_a_grid_launches_clips_and_shows_which_exist_wait_and_play(clock, port, pad, column, colours) -> None:
    """Clip 3 of layer 2, in the fourth row of pads or in the third."""
    launches = [trigger(str(place), launch=True, help="") for place in range(1, 17)]
    table = ParamTable()
    for prefix in ("/layer/1/clip", "/layer/2/clip", "/column"):
        table.declare(prefix, launches)
    stage = Show(table, clock)
    stage.plug(port)
    stage.play((0x90, pad, 127), (0x90, pad, 0), port=port)
    stage.play((*column, 127), port=port)
    assert [change.address for change in stage.fired] == ["/layer/2/clip/3", "/column/3"]
    stage.sent()
    clip, none = frozenset({"/layer/2/clip/3"}), frozenset[str]()
    _, there, waiting, playing = colours
    for indicators, colour in (
        (Indicators(none, none, clip), there),
        (Indicators(none, clip, clip), waiting),
        (Indicators(clip, none, clip), playing),
    ):
        stage.indicators = indicators
        stage.frame()
        stage.frame()
        assert stage.sent() == [bytes((0x90, pad, colour))]


@pytest.mark.parametrize(
    ("binding", "message"),
    [
        ({"type": "cc", "number": 70, "channel": 2}, (0xB1, 70, 64)),
        ({"type": "pitch"}, (0xE0, 0, 64)),
        ({"type": "cc14", "number": 7}, (0xB0, 7, 64, 0xB0, 39, 0)),
        ({"type": "nrpn", "number": 130}, (0xB0, 99, 1, 0xB0, 98, 2, 0xB0, 6, 64, 0xB0, 38, 0)),
    ],
)
def test_a_motor_goes_where_the_parameter_is(show, binding, message) -> None:
    stage = show(MidiBinding(address=MACRO, feedback=True, **binding))
    stage.set(MACRO, 0.5)
    assert stage.sent()[-1] == bytes(message)


def test_a_motor_leaves_the_hand_alone_and_then_stands_right(show) -> None:
    stage = show(MidiBinding(MACRO, "cc", 70, feedback=True, takeover="none"))
    stage.frame()
    stage.sent()
    for value in (10, 20, 30):
        stage.play((0xB0, 70, value))
        assert stage.sent() == []
    stage.store.jump_to({MACRO: 1.0})
    stage.frame()
    assert stage.sent() == []
    stage.clock.sleep(HELD)
    stage.frame()
    assert stage.sent() == [bytes((0xB0, 70, 127))]


@pytest.mark.parametrize(
    ("address", "lit", "other"),
    [("/layer/1/model/style", "rain", "wave"), (MACRO, 0.3, 1.0), (BLACKOUT, False, True)],
)
def test_a_light_is_lit_while_the_parameter_is_at_the_bindings_value(show, address, lit, other) -> None:
    stage = show(MidiBinding(address, "note", 60, value=lit, feedback=True))
    stage.set(address, other)
    stage.sent()
    stage.set(address, lit)
    assert stage.sent() == [bytes((0x90, 60, 127))]
    stage.set(address, other)
    assert stage.sent() == [bytes((0x90, 60, 0))]


def test_a_ring_is_full_at_the_bindings_value_and_empty_beside_it(show) -> None:
    stage = show(MidiBinding("/layer/1/model/style", "cc", 48, 1, value="rain"), port=APC)
    stage.set("/layer/1/model/style", "rain")
    assert bytes((0xB0, 48, 127)) in stage.sent()
    stage.set("/layer/1/model/style", "wave")
    assert bytes((0xB0, 48, 0)) in stage.sent()


def test_without_a_profile_nothing_is_sent_unless_asked_for(show) -> None:
    stage = show(MidiBinding(MACRO, "cc", 70), MidiBinding("/macro/2", "cc", 71, feedback=True))
    stage.set(MACRO, 1.0)
    assert {message[1] for message in stage.sent()} == {71}


def test_feedback_can_be_declined(show) -> None:
    stage = show(MidiBinding(BLACKOUT, "cc", 42, feedback=False), port=NANO)
    stage.set(BLACKOUT, True)
    assert bytes((0xB0, 42, 127)) not in stage.sent()


def test_a_pass_is_bounded_and_the_rest_comes_in_the_next(clock) -> None:
    table = ParamTable()
    table.declare("/flags", [toggle(str(number), help="") for number in range(100)])
    stage = Show(
        table, clock, *(MidiBinding(f"/flags/{number}", "note", number, feedback=True) for number in range(100))
    )
    stage.plug()
    assert len(stage.sent()) == MOST
    stage.frame()
    assert len(stage.sent()) == 100 - MOST
    stage.store.jump_to({"/flags/5": True})
    stage.midi.take_turn()
    assert stage.sent() == [bytes((0x90, 5, 127))]
    stage.store.jump_to({"/flags/5": False})
    stage.midi.take_turn()
    assert stage.sent() == [], "less than a thirtieth of a second has passed"
    stage.clock.sleep(0.04)
    stage.midi.take_turn()
    assert stage.sent() == [bytes((0x90, 5, 0))]
