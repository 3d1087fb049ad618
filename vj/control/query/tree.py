"""Describes the parameter table as OSCQuery does: a tree of nodes with attributes, in JSON.

What doesn't change is encoded once. A request only fills in the values, piece by piece, so that describing 2,000
parameters never holds the interpreter in one long call while the loop wants to draw.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from vj.params.param import Param, ParamTable, Value

READ_WRITE, WRITE_ONLY, READ_ONLY, NO_VALUE = 3, 2, 1, 0
"""The values of ``ACCESS``."""
ATTRIBUTES = (
    *("FULL_PATH", "CONTENTS", "TYPE", "ACCESS", "RANGE", "VALUE", "DESCRIPTION", "UNIT", "CLIPMODE"),
    "LIVE",
)
"""The attributes that a client may ask for. ``LIVE`` is our own: the value after smoothing and modulation, written as
``VALUE`` is.
"""

_TYPES = {"float": "f", "int": "i", "bool": "T", "choice": "s", "text": "s", "picture": "s", "look": "s"}
_EXTENSIONS = dict.fromkeys(
    (
        *("ACCESS", "VALUE", "RANGE", "DESCRIPTION", "UNIT", "CLIPMODE", "LISTEN", "LIVE"),
        *("PATH_ADDED", "PATH_REMOVED", "PATH_CHANGED"),
    ),
    True,
)

Values = Callable[[], Mapping[str, Value]]
"""Returns the value of every parameter that has one, by address; triggers have none."""


@dataclass(slots=True)
class Node:
    """One step of an address: a parameter, a container, or both. ``path`` is the whole address (``/`` for the root),
    ``param`` its parameter, ``attributes`` are those that don't change, by name, ``has_value`` says that it is a
    parameter but no trigger, and ``contents`` are the nodes below it by the next part of the address.
    """

    path: str
    param: Param | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    has_value: bool = False
    contents: dict[str, "Node"] = field(default_factory=dict)
    written: str = ""
    """The attributes that don't change, as the beginning of a JSON object."""


Nodes = Mapping[str, Node]
"""The nodes of a tree by their paths."""


class Tree:
    """Finds and describes the nodes of a table, whose changes it follows; it may be used from any thread."""

    def __init__(self, table: ParamTable, read: Values, live: Values) -> None:
        """``read`` returns the values that were set, ``live`` those of the frame that is drawn."""
        self._table = table
        self._read = read
        self._live = live
        self._grown: tuple[int, Nodes] = table.version, _grown(table, {})

    @property
    def nodes(self) -> Nodes:
        """All nodes now. The mapping is replaced when the table has changed, never altered."""
        version, nodes = self._table.version, self._grown[1]
        if self._grown[0] != version:
            nodes = _grown(self._table, nodes)
            self._grown = version, nodes
        return nodes

    def find(self, path: str) -> Node | None:
        """Returns the node at ``path`` (``/layer/1``; ``/`` or an empty text is the root), or None. Slashes at the end
        of the path don't matter.
        """
        return self.nodes.get("/" + path.strip("/"))

    def describe(self, node: Node) -> str:
        """Returns ``node`` and all below it as the text of one JSON object: its attributes, VALUE and LIVE where it has
        a value, and CONTENTS by name.
        """
        return "".join(self._pieces(node, self._read(), self._live()))

    def attribute(self, node: Node, name: str) -> str | None:
        """Returns one attribute as the text of a JSON object with that key (``{"VALUE": [0.5]}``), or None where this
        node has no such thing. ``name`` is one of `ATTRIBUTES`; CONTENTS holds all below the node.
        """
        if name == "CONTENTS" and node.contents:
            values, live = self._read(), self._live()
            return "".join(('{"CONTENTS": {', *self._below(node, values, live), "}}"))
        if name in ("VALUE", "LIVE") and node.has_value:
            values = self._read() if name == "VALUE" else self._live()
            return json.dumps({name: [values[node.path]]}) if node.path in values else None
        return json.dumps({name: node.attributes[name]}) if name in node.attributes else None

    def _pieces(self, node: Node, values: Mapping[str, Value], live: Mapping[str, Value]) -> Iterator[str]:
        yield node.written
        if node.has_value and node.path in values and node.path in live:
            yield f', "VALUE": [{json.dumps(values[node.path])}], "LIVE": [{json.dumps(live[node.path])}]'
        if node.contents:
            yield ', "CONTENTS": {'
            yield from self._below(node, values, live)
            yield "}"
        yield "}"

    def _below(self, node: Node, values: Mapping[str, Value], live: Mapping[str, Value]) -> Iterator[str]:
        for number, (name, below) in enumerate(node.contents.items()):
            yield f"{', ' if number else ''}{json.dumps(name)}: "
            yield from self._pieces(below, values, live)


def _grown(table: ParamTable, before: Nodes) -> Nodes:
    """Returns the nodes of ``table``. What was encoded ``before`` and is the same is taken from there."""
    nodes = {"/": Node("/")}

    def grow(address: str) -> Node:
        if address not in nodes:
            above, _, name = address.rpartition("/")
            nodes[address] = grow(above or "/").contents[name] = Node(address)
        return nodes[address]

    for address, param in dict(table.items()).items():
        node = grow(address)
        node.param, node.has_value = param, param.kind != "trigger"
    for path, node in nodes.items():
        old = before.get(path)
        if old and old.param is node.param:
            node.attributes, node.written = old.attributes, old.written
        else:
            described = _described(node.param) if node.param else {}
            node.attributes = {"FULL_PATH": path, "ACCESS": NO_VALUE, **described}
            node.written = json.dumps(node.attributes)[:-1]
    return nodes


def changes(before: Nodes, after: Nodes) -> Iterator[tuple[str, str]]:
    """Yield what a client is to be told when ``before`` became ``after``: the command and the path.

    ``PATH_REMOVED`` and ``PATH_ADDED`` name the uppermost node that went or came. ``PATH_CHANGED`` names a node whose
    contents came, went or are in another order, or whose parameter is another one.
    """
    for path in before:
        if path not in after and _above(path) in after:
            yield "PATH_REMOVED", path
    for path, node in after.items():
        old = before.get(path)
        if old is None:
            if _above(path) in before:
                yield "PATH_ADDED", path
        elif list(old.contents) != list(node.contents) or old.param != node.param:
            yield "PATH_CHANGED", path


def _above(path: str) -> str:
    return path.rpartition("/")[0] or "/"


def host_info(name: str, osc_port: int, port: int) -> str:
    """Returns the show's name, its ports and the attributes that we support as the text of a JSON object (NAME,
    OSC_PORT, OSC_TRANSPORT, WS_PORT, EXTENSIONS). ``port`` is that of HTTP and WebSockets. IP addresses are left out,
    as the client knows the one that it asked.
    """
    told = {"NAME": name, "OSC_PORT": osc_port, "OSC_TRANSPORT": "UDP", "WS_PORT": port, "EXTENSIONS": _EXTENSIONS}
    return json.dumps(told)


def _described(param: Param) -> dict[str, Any]:
    """Returns the attributes of a parameter, none of which changes."""
    access = WRITE_ONLY if param.kind == "trigger" else READ_ONLY if param.told else READ_WRITE
    found: dict[str, Any] = {"TYPE": _type(param), "ACCESS": access}
    if param.kind == "choice":
        found["RANGE"] = [{"VALS": list(param.choices)}]
    elif param.kind in ("float", "int") or (param.kind == "trigger" and param.low != param.high):
        found["RANGE"] = [{"MIN": param.low, "MAX": param.high}]
        found["CLIPMODE"] = ["both"]
    if param.unit:
        found["UNIT"] = [param.unit]
    return {**found, "DESCRIPTION": param.help} if param.help else found


def _type(param: Param) -> str:
    """Returns the OSC type tag; for a trigger without an argument that of an impulse."""
    if param.kind == "trigger":
        return "s" if param.takes_text else "f" if param.low != param.high else "I"
    return _TYPES[param.kind]
