"""The table as OSCQuery describes it, without a server."""

import json
from typing import get_args

import pytest

from vj.control.query.tree import _TYPES, ATTRIBUTES, Tree, changes, host_info
from vj.params.param import Kind, Param, ParamTable, trigger


@pytest.fixture
def tree(table, store):
    table.declare("/master", [Param("fade", 0.0, 30.0, default=2.0, unit="s", help="how long")])
    table.declare("/layer/1/train", [Param("seconds", 0.0, 60.0, told=True)])
    table.declare("/layer/1", [trigger("model", help="a container and a method at once")])
    values = {**store.values, "/master/fade": 2.0, "/layer/1/train/seconds": 0.0}
    return Tree(table, lambda: values, lambda: {**values, "/master/fade": 1.5})


def described(tree, path):
    return json.loads(tree.describe(tree.find(path)))


def test_every_parameter_is_where_its_address_says(tree, table):
    whole = described(tree, "/")
    for address in table:
        node = whole
        for part in address.split("/")[1:]:
            node = node["CONTENTS"][part]
        assert node["FULL_PATH"] == address
        assert node == described(tree, address)


@pytest.mark.parametrize(
    ("path", "attributes"),
    [
        (
            "/master/fade",
            {"TYPE": "f", "ACCESS": 3, "RANGE": [{"MIN": 0.0, "MAX": 30.0}], "CLIPMODE": ["both"], "UNIT": ["s"]}
            | {"DESCRIPTION": "how long", "VALUE": [2.0], "LIVE": [1.5]},
        ),
        ("/layer/1/model/wedges", {"TYPE": "i", "RANGE": [{"MIN": 1, "MAX": 12}], "VALUE": [6]}),
        ("/master/blackout", {"TYPE": "T", "ACCESS": 3, "VALUE": [False]}),
        ("/snapshot/recall", {"TYPE": "f", "ACCESS": 2, "RANGE": [{"MIN": 1, "MAX": 8}]}),
        ("/master/panic", {"TYPE": "I", "ACCESS": 2}),
        ("/layer/1/train/seconds", {"TYPE": "f", "ACCESS": 1, "VALUE": [0.0]}),
        ("/master", {"ACCESS": 0}),
    ],
)
def test_attributes(tree, path, attributes):
    found = described(tree, path)
    assert attributes.items() <= found.items()
    assert ("VALUE" in found) == ("LIVE" in found) == (found["ACCESS"] in (1, 3))


def test_a_choice_lists_its_names(tree):
    found = described(tree, "/layer/1/model/style")
    assert found["TYPE"] == "s"
    assert found["VALUE"][0] in found["RANGE"][0]["VALS"]


def test_each_attribute_alone_is_what_the_whole_says(tree, table):
    for path in ("/", "/master", *table):
        whole = described(tree, path)
        for name in ATTRIBUTES:
            alone = tree.attribute(tree.find(path), name)
            assert (alone is None) == (name not in whole)
            if alone is not None:
                assert json.loads(alone) == {name: whole[name]}


def test_paths_are_found_with_and_without_a_slash_at_the_end(tree):
    assert tree.find("/master/") is tree.find("/master") is not None
    assert tree.find("") is tree.find("/")
    assert tree.find("/master/nothing") is tree.find("/MASTER") is None


def test_host_info_says_where_osc_goes():
    found = json.loads(host_info("show", 7000, 7002))
    assert (found["NAME"], found["OSC_PORT"], found["OSC_TRANSPORT"], found["WS_PORT"]) == ("show", 7000, "UDP", 7002)
    assert found["EXTENSIONS"]["LISTEN"] is True


def test_the_tree_follows_its_table_and_says_what_changed(tree, table):
    before = tree.nodes
    mirror = [Param("mix"), Param("centre/x")]
    table.change(["/layer/2/model/stretch", "/master/fade"], [("/layer/1/effect/mirror", mirror)])
    table.change(["/layer/1/model/wedges"], [("/layer/1/model", [Param("wedges")])])
    assert set(changes(before, tree.nodes)) == {
        ("PATH_REMOVED", "/layer/2/model/stretch"),
        ("PATH_CHANGED", "/layer/2/model"),
        ("PATH_REMOVED", "/master/fade"),
        ("PATH_CHANGED", "/master"),
        ("PATH_ADDED", "/layer/1/effect"),
        ("PATH_CHANGED", "/layer/1"),
        ("PATH_CHANGED", "/layer/1/model"),
        ("PATH_CHANGED", "/layer/1/model/wedges"),
    }
    assert tree.find("/master/fade") is None
    assert tree.find("/layer/1/effect/mirror/centre/x").has_value
    assert tree.attribute(tree.find("/layer/1/effect/mirror/mix"), "VALUE") is None  # its value isn't there yet
    assert "FULL_PATH" in described(tree, "/layer/1/effect/mirror")["CONTENTS"]["mix"]
    assert tree.nodes["/layer/1/model/strength"].written is before["/layer/1/model/strength"].written
    assert list(changes(tree.nodes, tree.nodes)) == []


def test_another_order_is_a_change_of_what_holds_it():
    table = ParamTable()
    table.declare("/effect/mirror", [Param("mix")])
    table.declare("/effect/glitch", [Param("mix")])
    tree = Tree(table, dict, dict)
    before = tree.nodes
    table.change(["/effect/mirror/mix"], [("/effect/mirror", [Param("mix")])])
    assert list(changes(before, tree.nodes)) == [("PATH_CHANGED", "/effect")]
    assert list(tree.find("/effect").contents) == ["glitch", "mirror"]


def test_every_kind_has_a_type():
    assert {*_TYPES, "trigger"} == set(get_args(Kind))
