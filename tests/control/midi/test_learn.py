"""Learning: choose, move, play; conflicts, ends, and what is recognised as what."""

import tomllib

import pytest

from tests.control.midi.conftest import PORT
from vj.base.errors import BadInput
from vj.control.midi.decode import MidiDecoder
from vj.control.midi.detect_encoder import Recogniser
from vj.control.midi.mapping import MidiBinding, read, written
from vj.control.midi.message import ControlMove

MACRO, OPACITY, STYLE, BLACKOUT = "/macro/1", "/master/opacity", "/layer/1/model/style", "/master/blackout"
FADER = [(0xB0, 70, value) for value in range(0, 40, 4)]
OTHER = [(0xB0, 71, value) for value in range(0, 40, 4)]
BUTTON = [(0xB0, 80, 127), (0xB0, 80, 0)]


def learn(stage, address, *played) -> None:
    stage.set("/learn/address", address)
    stage.set("/learn/on", True)
    stage.play(*played)


def test_a_fader_is_learned_and_played(show) -> None:
    stage = show()
    learn(stage, MACRO, *FADER)
    assert stage.midi.bindings == (MidiBinding(MACRO, "cc", 70, 1, PORT),)
    assert stage.midi.notice == f"learned: cc 70 channel 1 of {PORT} moves {MACRO}"
    stage.play((0xB0, 70, 0), (0xB0, 70, 127))
    assert stage[MACRO] == 1.0
    stage.set("/learn/on", False)
    assert stage.midi.notice == ""


def test_what_was_learned_is_the_same_after_it_was_saved(show) -> None:
    stage = show()
    stage.set("/learn/takeover", "scale")
    learn(stage, MACRO, *FADER)
    table = written(stage.midi.bindings[0])
    assert table == {"address": MACRO, "type": "cc", "number": 70, "channel": 1, "port": PORT, "takeover": "scale"}
    assert read(table) == stage.midi.bindings[0]


@pytest.mark.parametrize(
    ("address", "played", "binding"),
    [
        (BLACKOUT, BUTTON, {"type": "cc", "number": 80, "mode": "toggle"}),
        (BLACKOUT, [(0x90, 60, 100)], {"type": "note", "number": 60, "mode": "toggle"}),
        ("/snapshot/1", [(0x90, 60, 100)], {"type": "note", "number": 60, "mode": "trigger"}),
        ("/snapshot/1", [(0xC0, 6)], {"type": "program", "number": 6, "mode": "trigger"}),
        (STYLE, BUTTON, {"type": "cc", "number": 80, "mode": "step"}),
        (STYLE, FADER, {"type": "cc", "number": 70}),
        (MACRO, [(0xB0, 70, 65), (0xB0, 70, 65), (0xB0, 70, 66)] * 2, {"number": 70, "relative": "offset"}),
        (MACRO, [(0xB0, 70, 1), (0xB0, 70, 127)] + [(0xB0, 70, 127)] * 4, {"number": 70, "relative": "complement"}),
        (MACRO, [(0xB0, 70, 65)] * 2 + [(0xB0, 70, 1)] * 4, {"number": 70, "relative": "sign"}),
        (MACRO, [(0xE0, 0, value) for value in range(64, 80, 2)], {"type": "pitch", "number": 0}),
        (MACRO, [(0xB0, 7, v, 39, 9 * v % 128) for v in range(4, 40, 4)], {"type": "cc14", "number": 7}),
        (MACRO, [(0xB0, 99, 1, 98, 2, 6, v) for v in range(0, 40, 4)], {"type": "nrpn", "number": 130}),
        (MACRO, [(0xB0, 99, 1, 98, 2, 96, 0)], {"type": "nrpn", "number": 130}),
        (MACRO, [(0xB0, 99, 1, 98, 2, 6, v, 38, 9) for v in range(0, 40, 4)], {"type": "nrpn", "number": 130}),
    ],
)
def test_each_sort_of_control_is_bound_as_it_suits(show, address, played, binding) -> None:
    stage = show()
    learn(stage, address, *played)
    wanted = {"type": "cc", "channel": 1, "port": PORT, **binding}
    assert stage.midi.bindings == (MidiBinding(address, **wanted),)


@pytest.mark.parametrize(
    "played",
    [
        [(0xB0, 70, value) for value in (60, 61, 60, 61, 60, 62)],
        [(0xB0, 70, 127)],
        [(0xE0, 0, 64), (0xE0, 9, 64)] * 5,
        [(0x80, 60, 0)],
        [(0xF8,)] * 30,
    ],
)
def test_what_only_trembles_is_not_bound(show, played) -> None:
    stage = show()
    learn(stage, MACRO, *played)
    assert stage.midi.bindings == ()
    assert stage.midi.notice == f"learn {MACRO}: move a control"


def test_while_a_control_is_looked_for_none_moves_anything(show) -> None:
    stage = show(MidiBinding(OPACITY, "cc", 70, takeover="none"))
    learn(stage, MACRO, *FADER)
    assert stage[OPACITY] == 1.0


def test_a_control_that_is_bound_already_is_asked_about(show) -> None:
    before = MidiBinding(OPACITY, "cc", 70)
    stage = show(before)
    learn(stage, MACRO, *FADER, *OTHER)
    assert stage.midi.bindings == (before,)
    assert stage.midi.notice == f"learn: cc 70 channel 1 of {PORT} moves {OPACITY}; replace or cancel?"
    stage.fire("/learn/replace")
    assert [binding.address for binding in stage.midi.bindings] == [MACRO]


def test_cancel_changes_nothing_and_ends_learning(show) -> None:
    before = MidiBinding(OPACITY, "cc", 70)
    stage = show(before)
    learn(stage, MACRO, *FADER)
    stage.fire("/learn/cancel")
    assert stage["/learn/on"] is False
    assert (stage.midi.bindings, stage.midi.notice) == ((before,), "")
    stage.play(*OTHER)
    assert stage.midi.bindings == (before,)


def test_a_pair_of_controllers_is_in_conflict_with_its_halves(show) -> None:
    stage = show(MidiBinding(OPACITY, "cc", 39))
    learn(stage, MACRO, *[(0xB0, 7, v, 39, 9 * v % 128) for v in range(4, 40, 4)])
    assert "replace or cancel" in stage.midi.notice


def test_replace_without_a_question_does_nothing(show) -> None:
    stage = show()
    learn(stage, MACRO)
    stage.fire("/learn/replace")
    assert stage.midi.bindings == ()


def test_a_second_control_is_not_bound_by_the_way(show) -> None:
    stage = show()
    learn(stage, MACRO, *FADER, *OTHER)
    assert [binding.number for binding in stage.midi.bindings] == [70]
    stage.set("/learn/address", "/macro/2")
    stage.play(*OTHER)
    assert [(binding.address, binding.number) for binding in stage.midi.bindings] == [(MACRO, 70), ("/macro/2", 71)]


def test_forget_unbinds_what_moves_the_chosen_parameter(show) -> None:
    kept = MidiBinding(OPACITY, "cc", 72)
    stage = show(MidiBinding(MACRO, "cc", 70), MidiBinding(MACRO, "cc", 71), kept)
    learn(stage, MACRO)
    stage.fire("/learn/forget")
    assert stage.midi.bindings == (kept,)
    assert stage.midi.notice == f"learn: {MACRO!r} had 2 controls"


def test_next_and_previous_go_through_what_can_be_bound(show, table) -> None:
    stage = show()
    stage.set("/learn/on", True)
    assert stage.midi.notice == "learn: choose a parameter"
    seen = []
    for _ in range(len(table)):
        stage.fire("/learn/next")
        stage.frame()
        seen.append(stage["/learn/address"])
    assert seen[:2] == [MACRO, "/macro/2"]
    assert MACRO in seen[2:], "it begins anew at the end"
    assert not any(address.startswith("/learn/") for address in seen)
    for _ in range(seen[2:].index(MACRO) + 3):
        stage.fire("/learn/previous")
        stage.frame()
    assert stage["/learn/address"] in seen


@pytest.mark.parametrize("address", ["/no/such", "/learn/address", "/learn/on"])
def test_what_can_not_be_bound_is_said(show, address) -> None:
    stage = show()
    learn(stage, address, *FADER)
    assert stage.midi.notice == f"learn: {address!r} can't be bound"
    assert stage.midi.bindings == ()


def test_a_default_gives_way_without_a_question(show) -> None:
    stage = show(port="nanoKONTROL2")
    stage.set("/learn/address", OPACITY)
    stage.set("/learn/on", True)
    for value in range(0, 40, 4):
        stage.play((0xB0, 0, value), port="nanoKONTROL2")
    assert [binding.address for binding in stage.midi.bindings] == [OPACITY]
    stage.set("/learn/on", False)
    stage.play((0xB0, 0, 126), (0xB0, 0, 127), (0xB0, 0, 100), port="nanoKONTROL2")
    assert (stage[OPACITY], stage[MACRO]) == (100 / 127, 0.0)


@pytest.mark.parametrize("start", range(0, 128, 16))
@pytest.mark.parametrize("stride", [-9, -3, -1, 1, 2, 7])
def test_a_fader_is_taken_for_a_fader_wherever_it_stands(start, stride) -> None:
    """Slow sweeps too, which send one step at a time."""
    sweep = range(start, 128, stride) if stride > 0 else range(start, -1, stride)
    recogniser, decoder, found = Recogniser(), MidiDecoder(), []
    for value in sweep:
        for message in decoder.feed(bytes((0xB0, 70, value))):
            assert isinstance(message, ControlMove)
            found.append(recogniser.hear(message))
    sorts = {one.sort for one in found if one}
    assert sorts == ({"fader"} if len(sweep) > max(4, 5 // abs(stride)) else sorts - {"encoder", "button"})


@pytest.mark.parametrize(
    ("written_so", "complaint"),
    [
        ("address = '/macro/1'", "type is missing"),
        ("type = 'cc'", "address is missing"),
        ("address = '/macro/1'\ntype = 'knob'", "unknown type 'knob'; choices: cc, cc14"),
        ("address = '/macro/1'\ntype = 'cc'\nnumer = 3", "unknown key 'numer'; choices: address, type, number"),
        ("address = '/macro/1'\ntype = 'cc'\nnumber = '3'", "number takes a whole number, not '3'"),
        ("address = '/macro/1'\ntype = 'cc'\nchannel = 17", "channel takes at most 16, not 17"),
        ("address = '/macro/1'\ntype = 'cc'\nlow = nan", "low takes a finite number, not nan"),
        ("address = '/macro/1'\ntype = 'cc'\ninvert = 1", "invert takes true or false, not 1"),
        ("address = '/macro/1'\ntype = 'cc'\ncurve = 'cubic'", "unknown curve 'cubic'; choices: exp, linear"),
        ("address = '/macro/1'\ntype = 'cc'\nvalue = [1]", "value takes true or false, a number or a text, not .1."),
        ("address = '/macro/1'\ntype = 'cc'\nvalue = nan", "value takes .* a finite number or a text, not nan"),
    ],
)
def test_a_table_that_is_no_binding_is_refused(written_so, complaint) -> None:
    with pytest.raises(BadInput, match=complaint):
        read(tomllib.loads(written_so))


def test_a_whole_table_is_read() -> None:
    text = """
        port = "nanoKONTROL2"
        type = "cc"
        channel = 1
        number = 3
        address = "/macro/1"
        low = 0
        high = 0.5
        curve = "log"
        invert = true
        takeover = "scale"
        mode = "absolute"
        relative = "none"
        step = 0.1
        feedback = true
    """
    wanted = tomllib.loads(text)
    made = read(wanted)
    assert written(made) == {key: value for key, value in wanted.items() if key != "relative"}
