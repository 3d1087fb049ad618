"""Surfaces for touch controllers: every parameter is on them, and what they send is understood."""

import json
import zlib
from collections import Counter
from xml.etree import ElementTree

import pytest

from vj.base.errors import BadInput
from vj.control.keyboard import DEFAULT_BINDINGS
from vj.control.layout import KINDS, write_layout
from vj.control.layout.pages import pages
from vj.control.osc.dispatcher import OscDispatcher
from vj.control.osc.packets import encode
from vj.params.param import Param, ParamTable, choice, picture, text, trigger
from vj.play.snapshots import SLOTS
from vj.preset import preset as presets

LEFT_OUT = {"/snapshot/clear", "/snapshot/recall", "/cue/goto"}
NUDGES = {key.value for key in DEFAULT_BINDINGS if key.address == "/clock/nudge"}
ENDINGS = dict(zip(KINDS, (".tosc", ".json"), strict=True))


@pytest.fixture(scope="module")
def show():
    """The table of a show with films, snapshots and cues."""
    return presets.load("default").table()


@pytest.fixture(params=["a small table", "a show's"])
def table(table, show, request):
    """A small one with what shows lack, or all of a real show's."""
    if request.param == "a show's":
        return show
    table.declare("/layer/1/model", [choice("mode", [f"mode {n}" for n in range(30)], "mode 3", help="")])
    table.declare("/layer/1/model", [picture("style_image", help=""), text("title", "a<b & 'c'", help="")])
    table.declare("/layer/3/model", [Param(f"p{number}", unit="s") for number in range(100)])
    return table


def expected(table):
    """The addresses that a surface should have: a number's own plain trigger stands for the one that takes any."""
    small = "/snapshot/1" not in table
    sent = {address for address, param in table.items() if not (param.takes_text or param.told)}
    return {address for address in sent if small or address not in LEFT_OUT}


def written(table, path, kind=None, **options):
    write_layout(table, path, kind, **options)
    return path.read_bytes()


@pytest.mark.parametrize("ending", ENDINGS.values())
def test_the_same_table_gives_the_same_file(table, ending, tmp_path):
    assert written(table, tmp_path / f"one{ending}") == written(table, tmp_path / f"two{ending}")


def test_the_ending_of_the_name_says_which_kind(show, tmp_path):
    zlib.decompress(written(show, tmp_path / "x.tosc"))
    json.loads(written(show, tmp_path / "x.json"))
    assert written(show, tmp_path / "y.JSON") == written(show, tmp_path / "x.json", "open-stage-control")


@pytest.mark.parametrize("name", ["x.txt", "x", "tosc", ".json"])
@pytest.mark.parametrize("kind", [None, *KINDS])
def test_another_ending_is_refused_with_the_choices(show, name, kind, tmp_path):
    with pytest.raises(BadInput, match=ENDINGS[kind] if kind else r"\.tosc .*\.json ") as refusal:
        write_layout(show, tmp_path / name, kind)
    assert repr(name) in str(refusal.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "kind", "wanted"), [("x.tosc", KINDS[1], ".json"), ("x.json", KINDS[0], ".tosc")])
def test_a_kind_that_is_not_the_endings_is_refused(show, name, kind, wanted, tmp_path):
    with pytest.raises(BadInput, match=wanted):
        write_layout(show, tmp_path / name, kind)
    assert not list(tmp_path.iterdir())


def test_an_unknown_kind_and_a_bad_path_say_so(show, tmp_path):
    with pytest.raises(BadInput, match="touchosc"):
        write_layout(show, tmp_path / "x.tosc", "touchOSC")
    with pytest.raises(BadInput, match="can't write"):
        write_layout(show, tmp_path / "no such folder" / "x.tosc")


def test_a_surface_of_nothing_but_clear_is_refused(show, tmp_path):
    with pytest.raises(BadInput, match="/snapshot/clear"):
        write_layout(show.without(set(show) - {"/snapshot/clear"}), tmp_path / "x.tosc")


def test_triggers_that_take_one_of_many_numbers(show):
    assert {address for address, param in show.items() if param.counts} == LEFT_OUT | {"/snapshot/store"}
    assert trigger("goto", 1, 2, help="").counts  # of a list of two cues
    assert not trigger("goto", 1, 1, help="").counts
    assert not Param("slot", 1, 16, default=1, kind="int").counts


@pytest.fixture
def clips():
    """The table of two layers with clips, one of which has a setting."""
    made = ParamTable()
    launches = [trigger(str(place), launch=True, help="") for place in range(1, 17)]
    made.declare("/column", launches)
    for layer in (1, 2):
        made.declare(f"/layer/{layer}", [Param("opacity"), Param("clip", 1, 16, default=1, kind="int")])
        made.declare(f"/layer/{layer}/clip", launches)
        made.declare(f"/layer/{layer}/clip/3", [Param("speed")])
    return made


def test_what_launches_clips_is_a_grid_on_the_first_page(clips):
    grid, *others = pages(clips, 28)
    assert (grid.title, grid.across) == ("clips", 16)
    rows = [grid.controls[start : start + 16] for start in (0, 16, 32)]
    assert [[control.label for control in row][:3] for row in rows] == [
        ["1.1", "1.2", "1.3"],
        ["2.1", "2.2", "2.3"],
        ["all 1", "all 2", "all 3"],
    ]
    assert {control.address for control in rows[1]} == {f"/layer/2/clip/{place}" for place in range(1, 17)}
    assert [(page.title, [control.label for control in page.controls]) for page in others] == [
        ("layer 1", ["opacity", "clip"]),
        ("layer 1 clip", ["3/speed"]),
        ("layer 2", ["opacity", "clip"]),
        ("layer 2 clip", ["3/speed"]),
    ]


def test_the_grid_of_clips_is_sixteen_buttons_wide(clips, tmp_path):
    session = json.loads(written(clips, tmp_path / "x.json"))
    tab = session["content"]["tabs"][0]
    assert (tab["id"], tab["gridTemplate"], len(tab["widgets"])) == ("clips", 16, 48)
    assert {(widget["type"], widget["mode"], widget["on"]) for widget in tab["widgets"]} == {("button", "tap", 1)}
    root = ElementTree.fromstring(zlib.decompress(written(clips, tmp_path / "x.tosc")))
    page = next(node for node in root.iter("node") if _property(node, "tabLabel") is not None)
    buttons = [node for node in page.iter("node") if node.get("type") == "BUTTON"]
    frames = {node.findtext("messages/osc/path/partial/value"): _frame(node) for node in buttons}
    assert len(frames) == 48
    assert frames["/layer/1/clip/2"][0] > frames["/layer/1/clip/1"][0]
    assert frames["/layer/1/clip/16"][1] == frames["/layer/1/clip/1"][1] < frames["/layer/2/clip/1"][1]
    assert frames["/column/5"][0] == frames["/layer/2/clip/5"][0]
    assert [node.find("messages/osc/triggers/trigger/condition").text for node in buttons] == ["RISE"] * 48


class TestStageControl:
    @pytest.fixture
    def session(self, table, tmp_path):
        return json.loads(written(table, tmp_path / "x.json", host="10.0.0.1", port=7010))

    def widgets(self, node):
        for child in (*node.get("tabs", ()), *node.get("widgets", ())):
            yield from ([child] if "address" in child else self.widgets(child))

    def at(self, session, address):
        return [widget for widget in self.widgets(session["content"]) if widget["address"] == address]

    def test_every_parameter_has_one_widget_that_sends_to_the_show(self, session, table):
        found = list(self.widgets(session["content"]))
        assert {widget["address"] for widget in found} == expected(table)
        assert all(widget["target"] == ["10.0.0.1:7010"] for widget in found)
        many = {address for address, count in Counter(widget["address"] for widget in found).items() if count > 1}
        assert many <= {"/snapshot/store", "/snapshot/recall", "/clock/nudge"}

    def test_a_trigger_that_counts_is_a_button_for_each_number(self, session, table):
        for address in expected(table):
            if table[address].counts:
                found = self.at(session, address)
                assert {(widget["type"], widget["mode"], widget["typeTags"]) for widget in found} == {
                    ("button", "tap", "i")
                }
                assert [widget["on"] for widget in found] == list(range(1, int(table[address].high) + 1))
                assert found[0]["label"] == f"{table[address].name} 1"

    @pytest.mark.parametrize("table", ["a show's"], indirect=True)
    def test_storing_lies_on_a_tab_of_its_own(self, session):
        tabs = {tab["id"]: {widget["address"] for widget in self.widgets(tab)} for tab in session["content"]["tabs"]}
        assert tabs["snapshot store"] == {"/snapshot/store"}
        assert {f"/snapshot/{slot}" for slot in SLOTS} <= tabs["snapshot"]

    @pytest.mark.parametrize("table", ["a show's"], indirect=True)
    def test_a_place_is_a_fader_and_a_nudge_is_two_buttons(self, session):
        (seek,) = self.at(session, "/layer/1/source/seek")
        assert (seek["type"], seek["steps"], seek["typeTags"]) == ("fader", "", "f")
        assert seek["range"] == {"min": 0.0, "max": 1.0}
        nudges = self.at(session, "/clock/nudge")
        assert {widget["on"]: widget["label"] for widget in nudges} == {-0.02: "nudge -0.02", 0.02: "nudge +0.02"}
        assert {(widget["type"], widget["mode"], widget["typeTags"]) for widget in nudges} == {("button", "tap", "f")}
        assert {widget["on"] for widget in nudges} == NUDGES

    def test_what_the_widgets_hold_is_understood(self, session, table, queue):
        dispatcher = OscDispatcher(table, queue, dict)
        for widget in self.widgets(session["content"]):
            values = [widget[key] for key in ("default", "on", "off") if key in widget]
            values += (
                [widget["range"][end] for end in ("min", "max")] if "range" in widget else widget.get("values", [])
            )
            for value in values:
                dispatcher.enqueue_packet(encode(widget["address"], value))
                dispatcher.flush_batch()
        assert (dispatcher.refused, dispatcher.unknown) == (0, 0)
        assert dispatcher.applied > len(expected(table))

    def test_no_id_stands_twice(self, session):
        assert session["type"] == "session"
        ids = Counter(_ids(session["content"]))
        assert max(ids.values()) == 1


def _ids(node):
    yield node["id"]
    for child in (*node.get("tabs", ()), *node.get("widgets", ())):
        yield from _ids(child)


class TestTouchOsc:
    @pytest.fixture
    def root(self, table, tmp_path):
        return ElementTree.fromstring(zlib.decompress(written(table, tmp_path / "x.tosc")))

    def test_every_parameter_is_played_or_shown(self, root, table):
        assert {osc.findtext("path/partial/value") for osc in root.iter("osc")} == expected(table)

    def test_what_is_sent_is_understood(self, root, table, queue):
        dispatcher = OscDispatcher(table, queue, dict)
        sent = set()
        for osc in root.iter("osc"):
            if osc.findtext("send") == "1":
                address = osc.findtext("path/partial/value")
                sent.add(address)
                for value in _ends(osc.find("arguments/partial")):
                    dispatcher.enqueue_packet(encode(address, value))
                    dispatcher.flush_batch()
        assert (dispatcher.refused, dispatcher.unknown) == (0, 0)
        assert sent == {address for address in expected(table) if not table[address].is_text}

    def at(self, root, address):
        """The kind, the name and the OSC of every control there."""
        found = [(node.get("type"), _property(node, "name").findtext("value"), node.find("messages/osc"))
                 for node in root.iter("node")]  # fmt: skip
        return [entry for entry in found if entry[2] is not None and entry[2].findtext("path/partial/value") == address]

    def test_a_trigger_that_counts_is_a_button_for_each_number(self, root, table):
        for address in expected(table):
            if table[address].counts:
                numbers = [str(number) for number in range(1, int(table[address].high) + 1)]
                found = self.at(root, address)
                assert [(kind, name) for kind, name, _ in found] == [("BUTTON", f"{address} {n}") for n in numbers]
                assert [_constant(osc) for _, _, osc in found] == [("INTEGER", number, "RISE") for number in numbers]

    @pytest.mark.parametrize("table", ["a show's"], indirect=True)
    def test_storing_lies_on_a_page_of_its_own(self, root):
        pages = [node for node in root.iter("node") if _property(node, "tabLabel") is not None]
        of = {_property(page, "tabLabel").findtext("value"): _addresses(page) for page in pages}
        assert of["snapshot store"] == {"/snapshot/store"}
        assert {f"/snapshot/{slot}" for slot in SLOTS} <= of["snapshot"]

    @pytest.mark.parametrize("table", ["a show's"], indirect=True)
    def test_a_place_is_a_fader_and_a_nudge_is_two_buttons(self, root):
        ((kind, _, osc),) = self.at(root, "/layer/1/source/seek")
        assert (kind, osc.findtext("arguments/partial/conversion")) == ("FADER", "FLOAT")
        assert _ends(osc.find("arguments/partial")) == [0.0, 1.0]
        nudges = self.at(root, "/clock/nudge")
        assert [kind for kind, _, _ in nudges] == ["BUTTON", "BUTTON"]
        assert {_constant(osc) for _, _, osc in nudges} == {("FLOAT", f"{value:g}", "RISE") for value in NUDGES}

    def test_controls_lie_within_their_page_and_have_their_own_id(self, root):
        nodes = list(root.iter("node"))
        assert max(Counter(node.get("ID") for node in nodes).values()) == 1
        for parent in nodes:
            wide, high = _frame(parent)[2:]
            for child in parent.findall("children/node"):
                left, top, width, height = _frame(child)
                assert min(left, top, width - 1, height - 1) >= 0
                if parent.get("type") == "GROUP":
                    assert left + width <= wide
                    assert top + height <= high

    @pytest.mark.parametrize("table", ["a small table"], indirect=True)
    def test_pages_are_named_and_bounded(self, root):
        pages = [node for node in root.iter("node") if _property(node, "tabLabel") is not None]
        names = [_property(node, "tabLabel").findtext("value") for node in pages]
        assert names[:2] == ["layer 1", "layer 2"]
        assert [name for name in names if name.startswith("layer 3")] == [f"layer 3 · {n}" for n in range(1, 5)]


def _ends(partial):
    if partial.findtext("type") == "CONSTANT":
        kinds = {"INTEGER": int, "FLOAT": float, "STRING": str}
        return [kinds[partial.findtext("conversion")](partial.findtext("value"))]
    ends = [float(partial.findtext("scaleMin")), float(partial.findtext("scaleMax"))]
    return [bool(end) for end in ends] if partial.findtext("conversion") == "BOOLEAN" else ends


def _constant(osc):
    """What is sent, whatever the control's own value is, and when."""
    partial = osc.find("arguments/partial")
    assert partial.findtext("type") == "CONSTANT"
    return partial.findtext("conversion"), partial.findtext("value"), osc.findtext("triggers/trigger/condition")


def _addresses(page):
    return {osc.findtext("path/partial/value") for osc in page.iter("osc")}


def _property(node, key):
    return next((one for one in node.findall("properties/property") if one.findtext("key") == key), None)


def _frame(node):
    return [int(_property(node, "frame").findtext(f"value/{part}")) for part in "xywh"]
