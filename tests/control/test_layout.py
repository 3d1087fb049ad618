"""Surfaces for touch controllers: every parameter is on them, and what they send is understood."""

import json
import zlib
from collections import Counter
from xml.etree import ElementTree

import pytest

from vj.control.layout import KINDS, write_layout
from vj.control.osc.inbox import OscInbox
from vj.control.osc.wire import encode
from vj.errors import BadInput
from vj.param import Param, choice, picture, text


@pytest.fixture
def table(table):
    table.declare("/layer/1/model", [choice("mode", [f"mode {n}" for n in range(30)], "mode 3", help="")])
    table.declare("/layer/1/model", [picture("style_image", help=""), text("title", "a<b & 'c'", help="")])
    table.declare("/layer/3/model", [Param(f"p{number}", unit="s") for number in range(100)])
    return table


def written(table, kind, path, **options):
    write_layout(table, kind, path, **options)
    return path.read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_table_gives_the_same_file(table, kind, tmp_path):
    assert written(table, kind, tmp_path / "one") == written(table, kind, tmp_path / "two")


def test_an_unknown_kind_and_a_bad_path_say_so(table, tmp_path):
    with pytest.raises(BadInput, match="touchosc"):
        write_layout(table, "touchOSC", tmp_path / "x")
    with pytest.raises(BadInput, match="can't write"):
        write_layout(table, "touchosc", tmp_path / "no such folder" / "x")


class TestStageControl:
    @pytest.fixture
    def session(self, table, tmp_path):
        return json.loads(written(table, "open-stage-control", tmp_path / "x.json", host="10.0.0.1", port=7010))

    def widgets(self, node):
        for child in (*node.get("tabs", ()), *node.get("widgets", ())):
            yield from ([child] if "address" in child else self.widgets(child))

    def test_every_parameter_has_one_widget_that_sends_to_the_show(self, session, table):
        found = list(self.widgets(session["content"]))
        assert Counter(widget["address"] for widget in found) == Counter(list(table))
        assert all(widget["target"] == ["10.0.0.1:7010"] for widget in found)

    def test_what_the_widgets_hold_is_understood(self, session, table, mailbox):
        inbox = OscInbox(table, mailbox, dict)
        for widget in self.widgets(session["content"]):
            values = [widget[key] for key in ("default", "on", "off") if key in widget]
            values += (
                [widget["range"][end] for end in ("min", "max")] if "range" in widget else widget.get("values", [])
            )
            for value in values:
                inbox.take(encode(widget["address"], value))
                inbox.flush()
        assert (inbox.refused, inbox.unknown) == (0, 0)
        assert inbox.applied > len(table)

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
        return ElementTree.fromstring(zlib.decompress(written(table, "touchosc", tmp_path / "x.tosc")))

    def test_every_parameter_is_played_or_shown(self, root, table):
        assert {osc.findtext("path/partial/value") for osc in root.iter("osc")} == set(table)

    def test_what_is_sent_is_understood(self, root, table, mailbox):
        inbox = OscInbox(table, mailbox, dict)
        sent = set()
        for osc in root.iter("osc"):
            if osc.findtext("send") == "1":
                address = osc.findtext("path/partial/value")
                sent.add(address)
                for value in _ends(osc.find("arguments/partial")):
                    inbox.take(encode(address, value))
                    inbox.flush()
        assert (inbox.refused, inbox.unknown) == (0, 0)
        assert sent == {address for address, param in table.items() if not param.is_text}

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

    def test_pages_are_named_and_bounded(self, root):
        pages = [node for node in root.iter("node") if _property(node, "tabLabel") is not None]
        names = [_property(node, "tabLabel").findtext("value") for node in pages]
        assert names[:2] == ["layer 1", "layer 2"]
        assert [name for name in names if name.startswith("layer 3")] == [f"layer 3 · {n}" for n in range(1, 5)]


def _ends(partial):
    if partial.findtext("type") == "CONSTANT":
        return [partial.findtext("value")]
    ends = [float(partial.findtext("scaleMin")), float(partial.findtext("scaleMax"))]
    return [bool(end) for end in ends] if partial.findtext("conversion") == "BOOLEAN" else ends


def _property(node, key):
    return next((one for one in node.findall("properties/property") if one.findtext("key") == key), None)


def _frame(node):
    return [int(_property(node, "frame").findtext(f"value/{part}")) for part in "xywh"]
