"""Describes the parameter table as OSCQuery does: a tree of nodes with attributes, in JSON.

What never changes is encoded once. A request only fills in the values, piece by piece, so that describing 2,000
parameters never holds the interpreter in one long call while the loop wants to draw.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from vj.params.param import Param, ParamTable, Value

READ_WRITE, WRITE_ONLY, NO_VALUE = 3, 2, 0
"""The values of ``ACCESS``."""
ATTRIBUTES = (
    *("FULL_PATH", "CONTENTS", "TYPE", "ACCESS", "RANGE", "VALUE", "DESCRIPTION", "UNIT", "CLIPMODE"),
    "LIVE",
)
"""The attributes that a client may ask for. ``LIVE`` is our own: the value after smoothing and modulation, written as
``VALUE`` is.
"""

_TYPES = {"float": "f", "int": "i", "bool": "T", "choice": "s", "text": "s", "picture": "s"}
_EXTENSIONS = dict.fromkeys(("ACCESS", "VALUE", "RANGE", "DESCRIPTION", "UNIT", "CLIPMODE", "LISTEN", "LIVE"), True)

Values = Callable[[], Mapping[str, Value]]
"""Returns the value of every parameter that has one, by address; triggers have none."""


@dataclass(slots=True)
class Node:
    """One step of an address: a parameter, a container, or both. ``path`` is the whole address (``/`` for the root),
    ``attributes`` are those that never change, by name, ``has_value`` says that it is a parameter but no trigger, and
    ``contents`` are the nodes below it by the next part of the address.
    """

    path: str
    attributes: dict[str, Any] = field(default_factory=dict)
    has_value: bool = False
    contents: dict[str, "Node"] = field(default_factory=dict)
    written: str = ""
    """The attributes that never change, as the beginning of a JSON object."""


class Tree:
    """Finds and describes the nodes of a table. The tree never changes, only the values do; it may be used from any
    thread.
    """

    def __init__(self, table: ParamTable, read: Values, live: Values) -> None:
        """``read`` returns the values that were set, ``live`` those of the frame that is drawn."""
        self._read = read
        self._live = live
        self._nodes = {"/": Node("/")}
        for address, param in table.items():
            node = self._grow(address)
            node.attributes = _described(param)
            node.has_value = param.kind != "trigger"
        for path, node in self._nodes.items():
            node.attributes = {"FULL_PATH": path, "ACCESS": NO_VALUE, **node.attributes}
            node.written = json.dumps(node.attributes)[:-1]

    def find(self, path: str) -> Node | None:
        """Returns the node at ``path`` (``/layer/1``; ``/`` or an empty text is the root), or None. Slashes at the end
        of the path don't matter.
        """
        return self._nodes.get("/" + path.strip("/"))

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
            return json.dumps({name: [values[node.path]]})
        return json.dumps({name: node.attributes[name]}) if name in node.attributes else None

    def _grow(self, address: str) -> Node:
        """Returns the node at ``address``. If it is new, it is made, with all containers above it."""
        if address in self._nodes:
            return self._nodes[address]
        above, _, name = address.rpartition("/")
        node = self._nodes[address] = self._grow(above or "/").contents[name] = Node(address)
        return node

    def _pieces(self, node: Node, values: Mapping[str, Value], live: Mapping[str, Value]) -> Iterator[str]:
        yield node.written
        if node.has_value:
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


def host_info(name: str, osc_port: int, port: int) -> str:
    """Returns the show's name, its ports and the attributes that we support as the text of a JSON object (NAME,
    OSC_PORT, OSC_TRANSPORT, WS_PORT, EXTENSIONS). ``port`` is that of HTTP and WebSockets. IP addresses are left out,
    as the client knows the one that it asked.
    """
    told = {"NAME": name, "OSC_PORT": osc_port, "OSC_TRANSPORT": "UDP", "WS_PORT": port, "EXTENSIONS": _EXTENSIONS}
    return json.dumps(told)


def _described(param: Param) -> dict[str, Any]:
    """Returns the attributes of a parameter, all of which never change."""
    found: dict[str, Any] = {"TYPE": _type(param), "ACCESS": WRITE_ONLY if param.kind == "trigger" else READ_WRITE}
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
        return "f" if param.low != param.high else "I"
    return _TYPES[param.kind]
