"""Controllers that are plugged in, played, pulled and plugged in again, with the show running."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests.control.midi.conftest import PORT, Show
from tests.waiting import until
from vj.base.clock import FakeClock
from vj.base.errors import BadInput
from vj.control.midi.mapping import MidiBinding
from vj.params.param import Param, command, text

MACRO, OPACITY, STYLE, BLACKOUT = "/macro/1", "/master/opacity", "/layer/1/model/style", "/master/blackout"
TITLE = "/layer/1/title"
WEDGES, RECALL = "/layer/1/model/wedges", "/snapshot/recall"


def cc(number, value, channel=1):
    return (0xB0 | channel - 1, number, value)


@pytest.mark.parametrize(
    ("binding", "played", "values"),
    [
        ({"type": "cc", "number": 70}, [cc(70, 127)], {MACRO: 1.0}),
        ({"type": "cc", "number": 70, "low": 0.2, "high": 0.4}, [cc(70, 127)], {MACRO: 0.4}),
        ({"type": "cc", "number": 70, "channel": 2}, [cc(70, 127)], {MACRO: 0.0}),
        ({"type": "cc", "number": 70, "port": "other"}, [cc(70, 127)], {MACRO: 0.0}),
        ({"type": "cc", "number": 70, "port": "some"}, [cc(70, 127)], {MACRO: 1.0}),
        ({"type": "cc14", "number": 20}, [cc(20, 127), cc(52, 127)], {MACRO: 1.0}),
        ({"type": "cc14", "number": 20}, [cc(20, 64), cc(52, 0)], {MACRO: 8192 / 16383}),
        ({"type": "nrpn", "number": 130}, [cc(99, 1), cc(98, 2), cc(6, 127)], {MACRO: 1.0}),
        ({"type": "pitch"}, [(0xE0, 0, 64)], {MACRO: 0.5}),
        ({"type": "pressure"}, [(0xD0, 127)], {MACRO: 1.0}),
        ({"type": "poly", "number": 60}, [(0xA0, 60, 127)], {MACRO: 1.0}),
        ({"type": "note", "number": 60}, [(0x90, 60, 127), (0x80, 60, 0)], {MACRO: 1.0}),
        ({"type": "note", "number": 60, "mode": "momentary"}, [(0x90, 60, 9)], {MACRO: 1.0}),
        ({"type": "note", "number": 60, "mode": "momentary"}, [(0x90, 60, 9), (0x90, 60, 0)], {MACRO: 0.0}),
        ({"type": "note", "number": 60, "mode": "toggle"}, [(0x90, 60, 9), (0x80, 60, 0)], {MACRO: 1.0}),
        ({"type": "note", "number": 60, "mode": "toggle"}, [(0x90, 60, 9)] * 2, {MACRO: 0.0}),
        ({"type": "cc", "number": 70, "mode": "toggle"}, [cc(70, 127), cc(70, 0)] * 3, {MACRO: 1.0}),
        ({"type": "note", "number": 60, "address": BLACKOUT}, [(0x90, 60, 9), (0x80, 60, 0)], {BLACKOUT: True}),
        ({"type": "note", "number": 60, "address": BLACKOUT}, [(0x90, 60, 9), (0x80, 60, 0)] * 2, {BLACKOUT: False}),
        ({"type": "cc", "number": 70, "address": BLACKOUT}, [cc(70, 0), cc(70, 64)], {BLACKOUT: True}),
        ({"type": "cc", "number": 70, "address": STYLE, "takeover": "none"}, [cc(70, 127)], {STYLE: "wave"}),
        ({"type": "note", "number": 60, "address": STYLE, "mode": "step"}, [(0x90, 60, 1)] * 2, {STYLE: "udnie"}),
        ({"type": "note", "number": 60, "address": STYLE, "low": 4, "high": 4}, [(0x90, 60, 1)], {STYLE: "wave"}),
        ({"type": "program", "address": STYLE}, [(0xC0, 3)], {STYLE: "udnie"}),
        ({"type": "program", "address": STYLE}, [(0xC0, 100)], {STYLE: "wave"}),
        ({"type": "program", "address": WEDGES}, [(0xC0, 3)], {WEDGES: 4}),
        ({"type": "cc", "number": 70, "relative": "offset", "step": 0.1}, [cc(70, 67), cc(70, 63)], {MACRO: 0.2}),
        ({"type": "cc", "number": 70, "relative": "sign", "step": 0.1}, [cc(70, 3), cc(70, 65)], {MACRO: 0.2}),
        ({"type": "cc", "number": 70, "relative": "complement", "step": 0.1}, [cc(70, 3), cc(70, 127)], {MACRO: 0.2}),
        ({"type": "cc", "number": 70, "relative": "sign", "address": STYLE}, [cc(70, 2)], {STYLE: "udnie"}),
        ({"type": "cc", "number": 70, "relative": "sign", "address": STYLE}, [cc(70, 66)], {STYLE: "wave"}),
        ({"type": "cc", "number": 70, "relative": "sign", "address": WEDGES, "invert": True}, [cc(70, 1)], {WEDGES: 5}),
        ({"type": "cc", "number": 70, "relative": "sign", "address": BLACKOUT}, [cc(70, 1)], {BLACKOUT: True}),
        ({"type": "nrpn", "number": 5, "step": 0.25}, [cc(99, 0), cc(98, 5), cc(96, 0), cc(96, 0)], {MACRO: 0.5}),
    ],
)
def test_a_binding_moves_its_parameter(show, binding, played, values) -> None:
    stage = show(MidiBinding(**{"address": MACRO, "takeover": "none", **binding}))
    stage.play(*played)
    stage.frame()
    assert {
        address: pytest.approx(stage[address]) if address == MACRO else stage[address] for address in values
    } == values


@pytest.mark.parametrize(
    ("binding", "played", "amounts"),
    [
        ({"type": "note", "number": 60}, [(0x90, 60, 9), (0x80, 60, 0)], [1.0]),
        ({"type": "cc", "number": 70, "low": 3}, [cc(70, 127), cc(70, 0), cc(70, 127)], [3.0, 3.0]),
        ({"type": "program", "low": 1}, [(0xC0, 0), (0xC0, 3), (0xC0, 3), (0xC0, 99)], [1.0, 4.0, 4.0, 8.0]),
    ],
)
def test_triggers_fire_when_pressed_at_the_time_they_came(show, binding, played, amounts) -> None:
    stage = show(MidiBinding(address=RECALL, **binding))
    times = [stage.clock.now() + place * 2 / 30 for place in range(len(played))]
    stage.play(*played)
    assert [change.amount for change in stage.fired] == amounts
    assert stage.fired[0].at == pytest.approx(times[0])


@pytest.mark.parametrize(
    ("binding", "played", "values"),
    [
        ({"type": "program", "number": 3, "address": TITLE, "value": "dance"}, [(0xC0, 3)], {TITLE: "dance"}),
        ({"type": "program", "number": 3, "address": TITLE, "value": "dance"}, [(0xC0, 4)], {TITLE: ""}),
        ({"type": "note", "number": 60, "address": STYLE, "value": "rain"}, [(0x90, 60, 1)], {STYLE: "rain"}),
        ({"type": "note", "number": 60, "address": STYLE, "value": 4}, [(0x90, 60, 1)], {STYLE: "wave"}),
        ({"type": "note", "number": 60, "value": 0.3}, [(0x90, 60, 127), (0x80, 60, 0)], {MACRO: 0.3}),
        ({"type": "cc", "number": 70, "value": 0.3}, [cc(70, 63)], {MACRO: 0.0}),
        ({"type": "cc", "number": 70, "value": 0.3}, [cc(70, 64)], {MACRO: 0.3}),
        ({"type": "note", "number": 60, "address": BLACKOUT, "value": True}, [(0x90, 60, 9)] * 2, {BLACKOUT: True}),
        ({"type": "nrpn", "number": 5, "address": TITLE, "value": "x"}, [cc(99, 0), cc(98, 5), cc(96, 0)], {TITLE: ""}),
    ],
)
def test_a_binding_with_a_value_sets_just_that(table, clock, binding, played, values) -> None:
    table.declare("/layer/1", [text("title", help="")])
    stage = Show(table, clock, MidiBinding(**{"address": MACRO, **binding}))
    stage.plug()
    stage.play(*played)
    stage.frame()
    assert {address: stage[address] for address in values} == values


def test_a_control_over_its_half_sets_its_value_once(show) -> None:
    stage = show(MidiBinding(MACRO, "cc", 70, value=0.3))
    stage.play(cc(70, 64))
    stage.set(MACRO, 0.9)
    stage.play(cc(70, 90), cc(70, 127))
    assert stage[MACRO] == 0.9
    stage.play(cc(70, 0), cc(70, 127))
    stage.frame()
    assert stage[MACRO] == 0.3


def test_a_flood_of_one_control_ends_where_it_ended(show) -> None:
    stage = show(MidiBinding(MACRO, "cc", 70, takeover="none"))
    for step in range(10_000):
        stage.ports.play(PORT, *cc(70, step % 127))
    stage.ports.play(PORT, *cc(70, 127))
    while stage.midi.received < 10_001:
        stage.frame()
    stage.frame()
    assert stage[MACRO] == 1.0


def test_what_is_malformed_is_counted_and_the_next_is_applied(show) -> None:
    stage = show(MidiBinding(MACRO, "cc", 70, takeover="none"))
    stage.play((0xF0, 1, 2), (0xF7,), (5, 5), cc(70, 127))
    stage.frame()
    assert stage.midi.refused == 2
    assert stage[MACRO] == 1.0


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.lists(some.binary(max_size=12), max_size=30))
def test_anything_is_survived_by_a_running_show(table, played) -> None:
    stage = Show(table, FakeClock())
    stage.plug("Launchpad Mini")
    stage.play(*map(tuple, played), port="Launchpad Mini")
    stage.play((0xF7,), cc(7, 0), cc(7, 127))
    for address, value in stage.store.targets.items():
        assert table[address].check(value, strict=True) == value


def test_the_fader_of_a_controller_that_was_plugged_in_again_is_met_anew(show) -> None:
    stage = show(port="nanoKONTROL2")
    stage.play(*(cc(0, step) for step in range(0, 65, 4)), port="nanoKONTROL2")
    assert stage[MACRO] == 64 / 127
    stage.unplug("nanoKONTROL2")
    assert stage.midi.ports == {}
    stage.plug("nanoKONTROL2")
    assert stage.midi.ports == {"nanoKONTROL2": "nanoKONTROL2"}
    stage.play(cc(0, 3), cc(0, 40), port="nanoKONTROL2")
    assert stage[MACRO] == 64 / 127
    stage.play(cc(0, 70), cc(0, 71), port="nanoKONTROL2")
    assert stage[MACRO] == 71 / 127


def test_a_port_that_was_opened_anew_between_two_looks_counts_as_plugged_in_again(show) -> None:
    stage = show(port="nanoKONTROL2")
    stage.play(cc(0, 0), cc(0, 64), port="nanoKONTROL2")
    stage.sent()
    stage.plug("nanoKONTROL2")
    stage.frame()
    assert stage.sent()
    stage.play(cc(0, 3), port="nanoKONTROL2")
    assert stage[MACRO] == 64 / 127


def test_a_key_that_is_held_while_the_cable_is_pulled_is_let_go(show) -> None:
    stage = show(MidiBinding(BLACKOUT, "note", 60, mode="momentary"))
    stage.play((0x90, 60, 9))
    assert stage[BLACKOUT] is True
    stage.unplug()
    stage.frame()
    assert stage[BLACKOUT] is False


def test_a_recalled_value_is_not_snatched_back(show) -> None:
    stage = show(MidiBinding(OPACITY, "cc", 70))
    stage.play(cc(70, 127), cc(70, 60))
    assert stage[OPACITY] == 60 / 127
    stage.set(OPACITY, 0.9)
    stage.play(cc(70, 50), cc(70, 70))
    assert stage[OPACITY] == 0.9
    assert stage.midi.notice == f"MIDI: the fader has yet to meet {OPACITY}"
    stage.play(cc(70, 120))
    assert stage[OPACITY] == 120 / 127
    assert stage.midi.notice == ""


def test_defaults_give_way_to_the_presets_own_for_the_same_control_only(show) -> None:
    stage = show(MidiBinding(OPACITY, "cc", 0, takeover="none"), port="nanoKONTROL2")
    stage.play(cc(0, 0), cc(0, 10), cc(1, 0), cc(1, 10), port="nanoKONTROL2")
    assert (stage[OPACITY], stage[MACRO], stage["/macro/2"]) == (10 / 127, 0.0, 10 / 127)


def test_an_unknown_controller_has_the_generic_defaults(show) -> None:
    stage = show()
    assert stage.midi.ports == {PORT: "generic"}
    stage.play((0xC0, 2), cc(7, 127), cc(7, 100))
    assert [change.address for change in stage.fired] == ["/snapshot/3"]
    assert stage[OPACITY] == 100 / 127


def test_two_controllers_don_t_mix(show) -> None:
    stage = show(MidiBinding(MACRO, "cc", 70), port="one")
    stage.plug("two")
    stage.play(cc(70, 0), cc(70, 64), port="one")
    stage.play(cc(70, 10), port="two")
    assert stage[MACRO] == 64 / 127


def test_a_clock_is_followed_and_a_second_one_is_not(show) -> None:
    stage = show()
    stage.plug("other")
    tick = 60 / 120 / 24
    start = stage.clock.now()
    for number in range(240):
        stage.clock.time = start + number * tick
        stage.ports.play(PORT, 0xF8)
        if number % 3:
            stage.ports.play("other", 0xF8)
        stage.midi.take_turn()
    stage.frame()
    assert stage.beat.bpm == pytest.approx(120.0)
    assert stage.beat.beat == pytest.approx(239 / 24)
    assert stage.beat.playing
    assert stage.midi.midi_clock.ticks == 240
    stage.play((0xFC,))
    assert not stage.beat.playing
    stage.play((0xFA,))
    assert (stage.beat.beat, stage.beat.playing) == (0.0, True)


def test_another_ports_clock_is_followed_when_the_first_has_ended(show) -> None:
    stage = show()
    stage.plug("other")
    stage.play((0xF8,))
    stage.clock.sleep(2.0)
    start = stage.clock.now()
    for number in range(48):
        stage.clock.time = start + number / 48
        stage.ports.play("other", 0xF8)
        stage.midi.take_turn()
    stage.frame()
    assert stage.beat.bpm == pytest.approx(120.0)


@pytest.mark.parametrize(
    ("binding", "complaint"),
    [
        (MidiBinding("/macro/9", "cc", 1), "MIDI cc 1: unknown address '/macro/9'.*did you mean"),
        (MidiBinding("/learn/address", "cc", 1), "text, which no control can give: say which with value"),
        (MidiBinding("/learn/address", "program", 1, value=3), "takes a text of at most 1000 bytes, not '3'"),
        (MidiBinding(MACRO, "note", 1, value=2.0), "MIDI note 1: 1 takes 0..1, not 2.0"),
        (MidiBinding(MACRO, "note", 1, value="much"), "takes a number in 0..1, not 'much'"),
        (MidiBinding(MACRO, "note", 1, value=float("nan")), "finite"),
        (MidiBinding(STYLE, "note", 1, value="vain"), "unknown style 'vain' .did you mean 'rain'"),
        (MidiBinding(STYLE, "note", 1, value=5), "unknown style '5'"),
        (MidiBinding(BLACKOUT, "note", 1, value="on"), "blackout takes on or off, not 'on'"),
        (MidiBinding("/snapshot/1", "note", 1, value=1), "/snapshot/1 is a trigger and takes no value$"),
        (MidiBinding(RECALL, "note", 1, value=1), "takes no value: its argument in 1..8 is low"),
        (MidiBinding(MACRO, "cc", 1, value=0.5, relative="sign"), "value and relative exclude each other"),
        (MidiBinding(MACRO, "cc", 1, value=0.5, curve="exp"), "value and curve exclude each other"),
        (MidiBinding(MACRO, "cc", 1, value=0.5, low=0.0), "value and low exclude each other"),
        (MidiBinding(MACRO, "cc", 1, value=0.5, takeover="none"), "value and takeover exclude each other"),
        (MidiBinding(MACRO, "cc", 1, value=0.5, mode="toggle"), "value and mode exclude each other"),
        (MidiBinding(MACRO, "cc", 128, value=0.5), "a cc has a number of 0..127, not 128"),
        (MidiBinding("/snapshot/1", "cc", 1, mode="toggle"), "mode toggle is not for /snapshot/1, which is a trigger"),
        (MidiBinding(MACRO, "cc", 1, mode="trigger"), "mode trigger is not for /macro/1"),
        (MidiBinding(BLACKOUT, "note", 1, mode="step"), "mode step is not for"),
        (MidiBinding(BLACKOUT, "program", 1, mode="momentary"), "mode momentary is not for"),
        (MidiBinding(MACRO, "cc", 128), "a cc has a number of 0..127, not 128"),
        (MidiBinding(MACRO, "cc14", 32), "a cc14 has a number of 0..31, not 32"),
        (MidiBinding(MACRO, "note", 1, relative="sign"), "relative sign is for cc"),
        (MidiBinding(MACRO, "cc", 1, relative="sign", mode="toggle"), "exclude each other"),
        (MidiBinding(MACRO, "cc", 1, low=2.0), "low takes 0..1 for /macro/1, not 2"),
        (MidiBinding(STYLE, "cc", 1, high=5.0), "high takes 0..4"),
        (MidiBinding(STYLE, "cc", 1, high=1.5), "high takes whole numbers"),
        (MidiBinding(MACRO, "cc", 1, step=0.0), "step takes a number other than 0"),
    ],
)
def test_a_binding_that_can_not_work_is_named(show, binding, complaint) -> None:
    with pytest.raises(BadInput, match=complaint):
        show(binding)


def test_the_thread_hears_and_ends(table) -> None:
    stage = Show(table, FakeClock(), MidiBinding(MACRO, "cc", 70, takeover="none"))
    stage.ports.plug(PORT)
    stage.midi.start()
    stage.ports.play(PORT, *cc(70, 127))
    until(lambda: stage.midi.applied, "the message")
    stage.midi.close()
    stage.midi.close()
    assert stage.queue.drain().values == {MACRO: 1.0}


def test_only_triggers_of_learning_are_taken(show) -> None:
    stage = show()
    assert set(stage.midi.handlers) == {
        f"/learn/{name}" for name in ("next", "previous", "replace", "cancel", "forget")
    }


def test_a_binding_that_goes_while_its_key_is_held_lets_go(show) -> None:
    stage = show(MidiBinding(BLACKOUT, "note", 60, mode="momentary"))
    stage.play((0x90, 60, 100))
    assert stage[BLACKOUT] is True
    stage.set("/learn/address", BLACKOUT)
    stage.set("/learn/on", True)
    stage.fire("/learn/forget")
    stage.frame()
    assert stage.midi.bindings == ()
    assert stage[BLACKOUT] is False


def test_a_binding_rests_while_its_parameter_is_away_and_stays(show, table) -> None:
    mix = "/layer/1/effect/mirror/mix"
    stage = show(MidiBinding(mix, "cc", 70, takeover="none"), MidiBinding(MACRO, "cc", 71, takeover="none"))
    stage.play(cc(70, 127), cc(71, 127))
    assert stage[MACRO] == 1.0
    stage.store.change_table((), [("/layer/1/effect/mirror", [Param("mix")])])
    stage.play(cc(70, 127))
    assert stage[mix] == 1.0
    stage.store.change_table([mix, MACRO], ())
    stage.play(cc(70, 0), cc(71, 0))
    assert mix not in stage.store.targets
    assert [binding.address for binding in stage.midi.bindings] == [mix, MACRO]
    stage.store.change_table((), [("/layer/1/effect/mirror", [Param("mix", 0.0, 2.0)])])
    stage.play(cc(70, 127))
    assert stage[mix] == 2.0


def test_what_comes_can_be_learned_and_what_went_is_awaited_no_more(show, table) -> None:
    mix = "/layer/1/effect/mirror/mix"
    stage = show()
    stage.store.change_table((), [("/layer/1/effect/mirror", [Param("mix")])])
    stage.set("/learn/address", mix)
    stage.set("/learn/on", True)
    assert stage.midi.notice == f"learn {mix}: move a control"
    stage.store.change_table([mix], ())
    stage.play(cc(70, 0), cc(70, 64), cc(70, 127))
    assert stage.midi.bindings == ()
    assert "can't be bound" in stage.midi.notice


def test_a_pad_gives_a_command_its_text(show, table) -> None:
    table.declare("/layer/1/effect", [command("add", help="")])
    stage = show(MidiBinding("/layer/1/effect/add", "note", 60, value="mirror"))
    stage.play((0x90, 60, 9), (0x80, 60, 0))
    assert [(change.address, change.text) for change in stage.fired] == [("/layer/1/effect/add", "mirror")]
    with pytest.raises(BadInput, match="is a text, which no control can give: say which with value"):
        show(MidiBinding("/layer/1/effect/add", "note", 60))
