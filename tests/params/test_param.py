"""The parameter table: what every kind takes, clamps and refuses."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vj.base.errors import BadInput
from vj.params.changing import may_come
from vj.params.param import (
    LONGEST_TEXT,
    Param,
    ParamTable,
    choice,
    command,
    look,
    picture,
    scoped,
    text,
    toggle,
    trigger,
)
from vj.params.scope import ROOM, Scope

LEVEL = Param("level", -1.0, 3.0, default=1, unit="dB", help="a float whose default was written as an int")
WEDGES = Param("wedges", 1, 12, default=6, kind="int")
BLACK = toggle("black", help="")
STYLE = choice("style", ("mosaic", "candy", "wave"), "candy", help="")
GO = trigger("go", help="")
RECALL = trigger("recall", 1, 8, help="")

TAKEN = [
    (LEVEL, 0.5, 0.5),
    (LEVEL, 2, 2.0),
    (LEVEL, -7.0, -1.0),
    (LEVEL, 10**400, 3.0),
    (WEDGES, 7.4, 7),
    (WEDGES, 99, 12),
    (WEDGES, -(10**400), 1),
    (BLACK, True, True),
    (BLACK, 0, False),
    (BLACK, 0.5, True),
    (BLACK, 10**400, True),
    (STYLE, "wave", "wave"),
    (STYLE, 0, "mosaic"),
    (STYLE, 2.0, "wave"),
    (STYLE, 0.4, "mosaic"),
    (STYLE, 1.5, "wave"),
    (STYLE, -1, "mosaic"),
    (STYLE, 999, "wave"),
    (STYLE, 10**400, "wave"),
    (GO, 1, 0.0),
    (RECALL, 9, 8.0),
]

REFUSED = [
    *((param, bad) for param in (LEVEL, WEDGES, BLACK, STYLE, RECALL) for bad in (math.nan, math.inf, -math.inf, None)),
    *((param, bad) for param in (LEVEL, WEDGES, BLACK, RECALL) for bad in ("1", b"1", [1])),
    *((param, True) for param in (LEVEL, WEDGES, STYLE, RECALL)),
    *((STYLE, bad) for bad in ("Candy", "")),
]


@pytest.mark.parametrize(("param", "raw", "value"), TAKEN)
def test_a_value_is_taken_as_its_kind(param, raw, value):
    checked = param.check(raw)
    assert checked == value
    assert type(checked) is type(value)


@pytest.mark.parametrize(("param", "raw"), REFUSED)
def test_what_is_no_value_is_refused_by_name(param, raw):
    with pytest.raises(BadInput, match=param.name):
        param.check(raw)


@pytest.mark.parametrize(
    ("param", "raw", "choices"),
    [
        (LEVEL, 3.1, r"\d\.\.\d"),
        (WEDGES, 0, r"\d\.\.\d"),
        (WEDGES, 10**400, r"\d\.\.\d"),
        *((STYLE, bad, "candy, mosaic, wave") for bad in (3, -1, 0.5)),
    ],
)
def test_strict_refuses_what_controllers_may_overshoot(param, raw, choices):
    with pytest.raises(BadInput, match=choices):
        param.check(raw, strict=True)


@given(st.floats() | st.integers() | st.text() | st.booleans() | st.none() | st.binary())
def test_check_gives_a_value_in_range_or_refuses(raw):
    for param in (LEVEL, WEDGES):
        try:
            assert param.low <= param.check(raw) <= param.high
        except BadInput:
            assert isinstance(raw, str | bool | bytes | None) or not math.isfinite(raw)


def test_a_default_is_of_its_own_kind():
    assert type(LEVEL.default) is float
    assert choice("style", ("a", "b"), 1, help="").default == "b"


@pytest.mark.parametrize("declare", [lambda: Param("x", 0, 1, default=2), lambda: choice("x", ("a",), "b", help="")])
def test_a_default_out_of_range_is_a_mistake(declare):
    with pytest.raises(BadInput, match="x"):
        declare()


@pytest.mark.parametrize(
    ("param", "text", "value"),
    [(LEVEL, "2.5", 2.5), (WEDGES, "3", 3), (BLACK, "ON", True), (BLACK, "0", False), (STYLE, "wave", "wave")],
)
def test_text_of_the_command_line(param, text, value):
    assert param.parse(text) == value


@pytest.mark.parametrize(
    ("param", "text"), [(LEVEL, "4"), (LEVEL, "nan"), (WEDGES, "many"), (BLACK, "perhaps"), (STYLE, "candi")]
)
def test_text_that_is_no_value_is_refused(param, text):
    with pytest.raises(BadInput, match=param.name):
        param.parse(text)


def test_an_unknown_choice_names_the_nearest_and_all():
    with pytest.raises(BadInput, match=r"did you mean 'candy'.*candy, mosaic, wave"):
        STYLE.parse("candi")


@pytest.mark.parametrize(("param", "value"), [(LEVEL, 0.25), (WEDGES, 3), (BLACK, True), (STYLE, "wave")])
def test_a_number_carries_every_value_to_a_child_and_back(param, value):
    back = param.decode(param.encode(value))
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize(
    ("param", "text"),
    [(LEVEL, "-1..3"), (BLACK, "on/off"), (STYLE, "mosaic|candy|wave"), (GO, "now"), (RECALL, "1..8")],
)
def test_ranges_as_people_read_them(param, text):
    assert param.range == text


def test_the_table_keeps_order_and_refuses_a_second_declaration():
    table = ParamTable()
    table.declare("/layer/1", [LEVEL, WEDGES])
    table.declare("/layer/10", [LEVEL])
    assert list(table) == ["/layer/1/level", "/layer/1/wedges", "/layer/10/level"]
    with pytest.raises(ValueError, match="/layer/1/level is declared twice"):
        table.declare("/layer/1", [LEVEL])


def test_an_unknown_address_names_the_choices():
    table = ParamTable()
    table.declare("/master", [BLACK])
    with pytest.raises(BadInput, match=r"did you mean '/master/black'"):
        table["/master/blak"]


@pytest.mark.parametrize("name", ["night.jpg", "mine/night.jpg", "ölbild.png", ""])
def test_a_text_is_taken_as_it_is(name):
    assert picture("style_image", help="").check(name) == name


@pytest.mark.parametrize("name", ["/etc/passwd", "~/x.png", "../x.png", "a/../../x.png", "..\\x.png", "C:\\x.png"])
def test_a_controller_can_not_name_files_outside_the_library(name):
    param = picture("style_image", help="")
    with pytest.raises(BadInput, match="library"):
        param.check(name)
    assert param.check(name, strict=True) == name, "a preset may, and the command line"


@pytest.mark.parametrize("name", [7, 1.0, True, "x" * 1001, "ö" * 600, "a\0b"])
def test_what_is_no_text_is_refused(name):
    with pytest.raises(BadInput, match="style_image"):
        picture("style_image", help="").check(name, strict=True)


def test_a_text_may_be_so_long_and_no_longer() -> None:
    param = text("name", help="")
    assert param.check("ö" * (LONGEST_TEXT // 2)) == "ö" * (LONGEST_TEXT // 2)
    with pytest.raises(BadInput, match="at most 1000 bytes"):
        param.check("ö" * (LONGEST_TEXT // 2) + "x")


@pytest.mark.parametrize(
    ("param", "raw", "beyond"),
    [
        (Param("x", 0.0, 2.0), 2.0, False),
        (Param("x", 0.0, 2.0), 2.1, True),
        (Param("x", 0.0, 2.0), -0.1, True),
        (Param("x", 0.0, 2.0), True, False),
        (Param("x", 0.0, 2.0), "9", False),
        (choice("c", ("a", "b"), "a", help=""), 1, False),
        (choice("c", ("a", "b"), "a", help=""), 2, True),
        (toggle("t", help=""), 7, False),
        (trigger("go", 1, 3, help=""), 7, False),
        (text("n", help=""), 7, False),
    ],
)
def test_what_overshoots_is_a_number_beyond_the_range(param: Param, raw: object, beyond: bool) -> None:
    assert param.overshoots(raw) is beyond


@pytest.mark.parametrize(
    ("param", "counts"),
    [
        (trigger("go", 1, 16, help=""), True),
        (trigger("go", help=""), False),
        (trigger("go", 0.0, 1.0, help=""), False),
        (trigger("go", 1.0, 2.5, help=""), False),
        (Param("x", 1, 16, default=1, kind="int"), False),
    ],
)
def test_triggers_that_take_a_number_count_from_one(param: Param, counts: bool) -> None:
    assert param.counts is counts


def two_rooms() -> ParamTable:
    table = ParamTable()
    table.declare("/layer/1", [Param("opacity")])
    table.declare("/layer/1/model", [Param("rate"), Param("depth/low")])
    table.declare("/master", [Param("opacity"), trigger("panic", help="")])
    table.declare("/output", scoped(ROOM, toggle("hud", help="")))
    return table


def test_what_was_declared_below_a_prefix_is_found_by_its_name() -> None:
    assert list(two_rooms().below("/layer/1/model")) == ["rate", "depth/low"]
    assert list(two_rooms().below("/master")) == ["opacity", "panic"]
    assert two_rooms().below("/lay") == {}


def test_the_end_of_an_address_is_enough_where_one_address_ends_so() -> None:
    table = two_rooms()
    assert table.full_address("rate") == "/layer/1/model/rate"
    assert table.full_address("model/rate") == "/layer/1/model/rate"
    assert table.full_address("/no/where") == "/no/where"
    assert table.full_address("nothing") == "nothing"
    with pytest.raises(BadInput, match="'opacity' may be /layer/1/opacity, /master/opacity"):
        table.full_address("opacity")


def test_a_scope_says_what_takes_part() -> None:
    table = two_rooms()
    assert table.within(Scope.GESTURE) == set(table) - {"/output/hud"}
    assert "/output/hud" in table.within(Scope.RECORDING)
    assert table.rooms(Scope.SCENE) == ("/layer", "/master")
    assert table["/master/opacity"].is_in_scenes
    assert not table["/master/panic"].is_in_scenes, "a trigger has no value"
    assert not table["/output/hud"].is_in_scenes


class TestChanges:
    """A table that changes while others read it."""

    def made(self) -> ParamTable:
        table = ParamTable()
        table.declare("/a", [LEVEL, GO])
        table.declare("/b", [LEVEL])
        return table

    def test_what_comes_is_after_what_stays(self):
        table = self.made()
        version = table.version
        table.change(["/a/level", "/nowhere"], [("/c", [WEDGES]), ("/a", [BLACK])])
        assert list(table) == ["/a/go", "/b/level", "/c/wedges", "/a/black"]
        assert table.version > version

    def test_an_address_can_be_declared_anew_at_once(self):
        table = self.made()
        table.change(["/a/level"], [("/a", [Param("level", 0.0, 9.0)])])
        assert table["/a/level"].high == 9.0

    def test_nothing_changes_where_an_address_is_declared_twice(self):
        table = self.made()
        before = list(table), table.version
        with pytest.raises(ValueError, match="/b/level is declared twice"):
            table.change(["/a/level"], [("/c", [WEDGES]), ("/b", [LEVEL])])
        assert (list(table), table.version) == before

    def test_a_reader_that_goes_through_it_sees_what_was_there_when_it_began(self):
        table = self.made()
        seen = iter(table.items())
        next(seen)
        table.change(["/a/go", "/b/level"], [("/c", [WEDGES])])
        assert [address for address, _ in table.copy().items()] == ["/a/level", "/c/wedges"]

    def test_a_view_follows_and_is_not_changed_itself(self):
        table = self.made()
        view, copy = table.without(["/a/go", "/c/wedges"]), table.copy()
        table.change(["/b/level"], [("/c", [WEDGES, STYLE])])
        assert list(view) == ["/a/level", "/c/style"]
        assert list(view.without(["/c/style"])) == ["/a/level"]
        assert view.version == table.version
        assert list(copy) == ["/a/level", "/a/go", "/b/level"]
        with pytest.raises(TypeError):
            view.change(["/a/level"])

    def test_another_order_is_another_version(self):
        table = self.made()
        before, view = table.version, table.without(())
        table.arrange(["/a/go", "/a/level"])
        assert list(view) == list(table) == ["/b/level", "/a/go", "/a/level"]
        assert table.version > before
        with pytest.raises(TypeError):
            view.arrange(["/a/go"])

    def test_numbers_are_those_that_are_there(self):
        table = self.made()
        table.change([], [("/layer/3", [LEVEL, BLACK]), ("/layer/1/model", [LEVEL]), ("/layer", [GO])])
        assert table.numbers("/layer") == [3, 1]


@pytest.mark.parametrize(
    ("address", "comes"),
    [
        ("/layer/1/effect/mirror/on", True),
        ("/layer/3/before/mirror/centre/x", True),
        ("/master/effect/mirror/mix", True),
        ("/layer/2/opacity", True),
        ("/layer/1/opacitie", False),
        ("/layer/1/effect/add", False),
        ("/layer/9/opacity", False),
        ("/master/brightness", False),
        ("/macro/9", False),
    ],
)
def test_effects_and_layers_may_come(address, comes):
    table = ParamTable()
    table.declare("/layer/1", [LEVEL])
    assert may_come(address, table) is comes


def test_a_command_takes_a_text():
    add = command("add", help="")
    assert add.check("mirror") == add.parse("mirror") == "mirror"
    assert (add.range, add.written_default) == ("text", "")
    for bad in (1.0, "x" * (LONGEST_TEXT + 1), "a\0b"):
        with pytest.raises(BadInput, match="add takes a text"):
            add.check(bad)


def test_what_the_show_tells_can_not_be_set():
    param = Param("seconds", 0.0, 60.0, told=True)
    assert param.default == 0.0
    for raw in (1.0, "1", True):
        with pytest.raises(BadInput, match="seconds says how far the show is, and can't be set"):
            param.check(raw)


@pytest.mark.parametrize("name", ["../x", "a/b", "/etc/x", "~/x", "C:\\x", "a\\b", ".hidden", "x\0", 3])
def test_a_look_is_a_mere_name_even_in_a_preset(name: object) -> None:
    for strict in (False, True):
        with pytest.raises(BadInput):
            look("look", help="").check(name, strict=strict)


def test_a_look_is_a_text() -> None:
    param = look("look", help="")
    assert [param.check(name) for name in ("look-1", "my look.2", "")] == ["look-1", "my look.2", ""]
    assert (param.is_text, param.range, param.is_quantity, param.is_in_scenes) == (True, "look", False, True)
