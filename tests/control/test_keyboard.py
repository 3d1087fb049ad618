"""Keys: the defaults, a preset's own, and the two escapes."""

from typing import get_args

import pytest

from tests.control.conftest import STYLES
from vj.base.clock import FakeClock
from vj.base.errors import BadInput
from vj.control.keyboard import _KINDS, DEFAULT_BINDINGS, KEYS, KeyBinding, Keyboard
from vj.params.control_queue import ACTIONS, Change
from vj.params.param import Kind, Param, ParamTable, command, look, trigger

STRENGTH, STYLE, BLACKOUT = "/layer/1/model/strength", "/layer/1/model/style", "/master/blackout"


@pytest.fixture
def make(table, queue, clock):
    return lambda *bindings: Keyboard(table, queue, bindings, clock)


def batch(queue):
    values, changes, *_ = queue.drain() or ({}, ())
    return values, list(changes)


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("b", Change(BLACKOUT, "toggle")),
        ("space", Change("/master/freeze", "toggle")),
        ("up", Change(STRENGTH, "step", 0.05)),
        ("down", Change(STRENGTH, "step", -0.05)),
        ("right", Change(STYLE, "step", 1.0)),
        ("left", Change(STYLE, "step", -1.0)),
        ("escape", Change("/master/panic", "fire", 0.0, FakeClock().now())),
    ],
)
def test_default_changes(make, queue, key, change):
    keyboard = make()
    keyboard.key(key, True)
    keyboard.key(key, False)
    assert batch(queue) == ({}, [change])


def test_digits_set_the_first_styles(make, queue):
    keyboard = make()
    for place, style in enumerate(STYLES, start=1):
        keyboard.key(str(place), True)
        assert batch(queue) == ({STYLE: style}, [])


@pytest.mark.parametrize("key", ["9", "f", "h", "z", "f12", "ctrl+s", "no such key"])
def test_keys_for_what_the_show_lacks_do_nothing(make, queue, key):
    make().key(key, True)
    assert queue.drain() is None


def test_a_show_without_anything_still_has_a_keyboard(queue, clock):
    keyboard = Keyboard(ParamTable(), queue, (), clock)
    for key in KEYS:
        keyboard.key(key, True)
    assert queue.drain() is None


def test_the_defaults_are_for_known_keys():
    assert {binding.key.rpartition("+")[2] for binding in DEFAULT_BINDINGS} <= set(KEYS)


def test_a_preset_takes_a_key_over(make, queue):
    keyboard = make(KeyBinding("b", "/snapshot/recall", "fire", 3), KeyBinding("b", STRENGTH, "set", 0.25))
    keyboard.key("b", True)
    assert batch(queue) == ({STRENGTH: 0.25}, [Change("/snapshot/recall", "fire", 3.0, FakeClock().now())])


def test_a_picture_may_lie_beside_the_preset(queue, clock, tmp_path):
    (tmp_path / "a.jpg").touch()
    table = ParamTable()
    table.declare("/layer/1/model", [Param("style_image", default="", kind="picture")])
    keyboard = Keyboard(
        table, queue, [KeyBinding("g", "/layer/1/model/style_image", "set", str(tmp_path / "a.jpg"))], clock
    )
    keyboard.key("g", True)
    assert batch(queue)[0] == {"/layer/1/model/style_image": str(tmp_path / "a.jpg")}


def test_hold_is_on_while_the_key_is_down(make, queue):
    keyboard = make(KeyBinding("tab", BLACKOUT, "hold"))
    for pressed in (True, False):
        keyboard.key("tab", pressed)
        assert batch(queue) == ({BLACKOUT: pressed}, [])


@pytest.mark.parametrize(
    ("binding", "complaint"),
    [
        (KeyBinding("spacebar", BLACKOUT, "toggle"), "unknown key 'spacebar'.*did you mean 'space'.*choices: .*escape"),
        (KeyBinding("b", "/master/blackuot", "toggle"), "key 'b': unknown address.*did you mean '/master/blackout'"),
        (KeyBinding("b", BLACKOUT, "flip"), "key 'b': unknown action 'flip'.*toggle"),
        (KeyBinding("b", STRENGTH, "toggle"), "key 'b': toggle is for bool"),
        (KeyBinding("b", STRENGTH, "fire"), "fire is for trigger"),
        (KeyBinding("b", STRENGTH, "hold"), "hold is for bool"),
        (KeyBinding("b", BLACKOUT, "step", 1), "step is for float and int and choice"),
        (KeyBinding("b", "/master/panic", "set", 1), "set is for"),
        (KeyBinding("b", STRENGTH, "set", 1.5), "strength takes 0..1"),
        (KeyBinding("b", STRENGTH, "set"), "strength takes a number"),
        (KeyBinding("b", STYLE, "set", "waves"), "did you mean 'wave'"),
        (KeyBinding("b", STYLE, "step", 0.5), "count of entries"),
        (KeyBinding("b", STYLE, "step", float("inf")), "count of entries"),
        (KeyBinding("b", STRENGTH, "step", 2), "part of the range"),
        (KeyBinding("b", STRENGTH, "step", 0), "part of the range"),
        (KeyBinding("b", STRENGTH, "step", float("nan")), "part of the range"),
        (KeyBinding("b", STRENGTH, "step", True), "part of the range"),
        (KeyBinding("b", STRENGTH, "step"), "part of the range"),
        (KeyBinding("b", "/snapshot/recall", "fire"), "recall takes a number"),
        (KeyBinding("b", "/snapshot/recall", "fire", 9), "recall takes 1..8"),
        (KeyBinding("b", BLACKOUT, "toggle", 1), "toggle takes no value"),
    ],
)
def test_a_binding_of_the_preset_that_can_not_work_is_refused(make, binding, complaint):
    with pytest.raises(BadInput, match=complaint):
        make(binding)


@pytest.mark.parametrize(("pause", "quits"), [(0.2, True), (1.0, True), (1.1, False)])
def test_escape_twice_within_a_second_asks_to_quit(make, queue, clock, pause, quits):
    keyboard = make()
    keyboard.key("escape", True)
    keyboard.key("escape", False)
    assert not keyboard.quit_requested
    clock.sleep(pause)
    keyboard.key("escape", True)
    assert keyboard.quit_requested is quits
    assert [change.address for change in batch(queue)[1]] == ["/master/panic"] * 2


def test_one_escape_at_the_beginning_of_time_does_not_quit(make, clock):
    clock.time = 0.0
    keyboard = make()
    keyboard.key("escape", True)
    assert not keyboard.quit_requested


def test_what_the_show_tells_has_no_key(queue, clock):
    table = ParamTable()
    table.declare("/layer/1/train", [Param("seconds", 0.0, 60.0, told=True)])
    with pytest.raises(BadInput, match="/layer/1/train/seconds says how far the show is"):
        Keyboard(table, queue, [KeyBinding("b", "/layer/1/train/seconds", "step", 0.1)], clock)


def test_escape_quits_even_where_the_preset_has_taken_it(make, queue):
    keyboard = make(KeyBinding("escape", BLACKOUT, "toggle"))
    keyboard.key("escape", True)
    keyboard.key("escape", True)
    assert keyboard.quit_requested
    assert batch(queue)[1] == [Change(BLACKOUT, "toggle")] * 2


def test_modifiers_make_another_key(make, queue):
    keyboard = make(KeyBinding("shift+b", STRENGTH, "set", 0.25), KeyBinding("ctrl+tab", BLACKOUT, "hold"))
    keyboard.key("shift+b", True)
    keyboard.key("shift+b", False)
    assert batch(queue) == ({STRENGTH: 0.25}, [])
    keyboard.key("ctrl+tab", True)
    keyboard.key("tab", False)  # ctrl came up first
    assert batch(queue) == ({BLACKOUT: False}, [])


@pytest.mark.parametrize("key", ["alt+b", "ctrl+shift+b", "shift+", "+b", "shift+shift+b"])
def test_what_is_no_key_with_modifiers_is_refused(make, key):
    with pytest.raises(BadInput, match="key"):
        make(KeyBinding(key, BLACKOUT, "toggle"))


def test_escape_and_enter_answer_while_a_control_is_learned(table, queue, clock):
    table.declare("/learn", [trigger("cancel", help=""), trigger("replace", help="")])
    learning = [True]
    keyboard = Keyboard(table, queue, (), clock, lambda: learning[0])
    for key in ("escape", "enter"):
        keyboard.key(key, True)
        keyboard.key(key, False)
    assert batch(queue) == ({}, [Change("/learn/cancel", "fire"), Change("/learn/replace", "fire")])
    assert not keyboard.quit_requested
    learning[0] = False
    keyboard.key("escape", True)
    assert batch(queue)[1][0].address == "/master/panic"
    assert not keyboard.quit_requested, "the first escape was an answer"


def test_what_every_key_does_is_told_in_a_line(make):
    lines = make(KeyBinding("g", STRENGTH, "set", 0.5)).described()
    assert lines[0] == f"g:  set {STRENGTH} 0.5"
    assert f"b:  toggle {BLACKOUT}" in lines
    assert f"1 ... {min(9, len(STYLES))}:  set {STYLE}" in lines, "keys that differ by a number share one"
    assert len(lines) < 40


def test_a_key_of_what_has_gone_rests_until_it_is_back(make, table, queue):
    keyboard = make(KeyBinding("q", STRENGTH, "set", 0.5))
    param = table[STRENGTH]
    table.change([STRENGTH])
    keyboard.key("q", True)
    keyboard.key("up", True)
    assert queue.drain() is None
    table.change((), [("/layer/1/model", [param])])
    keyboard.key("q", True)
    assert batch(queue) == ({STRENGTH: 0.5}, [])


def test_a_key_gives_a_command_its_text(table, queue, clock):
    table.declare("/layer/1/effect", [command("add", help="")])
    keyboard = Keyboard(table, queue, [KeyBinding("q", "/layer/1/effect/add", "fire", "mirror")], clock)
    keyboard.key("q", True)
    assert batch(queue) == ({}, [Change("/layer/1/effect/add", "fire", at=clock.now(), text="mirror")])
    for bad in (None, 1.0):
        with pytest.raises(BadInput, match="add takes a text"):
            Keyboard(table, queue, [KeyBinding("q", "/layer/1/effect/add", "fire", bad)], clock)


def test_a_key_names_a_look(queue, clock):
    table = ParamTable()
    table.declare("/layer/1/model", [look("look", help="")])
    keyboard = Keyboard(table, queue, [KeyBinding("f1", "/layer/1/model/look", "set", "look-1")], clock)
    keyboard.key("f1", True)
    assert batch(queue) == ({"/layer/1/model/look": "look-1"}, [])
    with pytest.raises(BadInput, match="trained look"):
        Keyboard(table, queue, [KeyBinding("f1", "/layer/1/model/look", "set", "/etc/passwd")], clock)


def test_every_kind_of_value_can_be_set_and_reset():
    assert {*ACTIONS["reset"], "trigger"} == {*_KINDS["set"], "trigger"} == set(get_args(Kind))
