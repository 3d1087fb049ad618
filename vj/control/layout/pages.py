"""The pages of a surface, of whatever kind: parameters grouped by their addresses, in the order of the table."""

import re
from dataclasses import dataclass

from vj.control.keyboard import DEFAULT_BINDINGS
from vj.params.param import Param, ParamTable

_HIDDEN = ("/snapshot/clear",)
"""Parameters that must not be touched by mistake; OSC reaches them."""
_SPELLED_OUT = ("/snapshot/recall", "/cue/goto")
"""Triggers that are left out if each of their numbers has a trigger of its own that does the same, such as
``/snapshot/3``.
"""
_LAUNCH = re.compile(r"/layer/(?P<layer>\d+)/clip/(?P<clip>\d+)|/column/(?P<column>\d+)")
"""The triggers that launch clips: one, or one in every layer."""
_CLIP = re.compile(r"/layer/\d+/clip(?=/)")
"""The beginning of the addresses of a layer's clips."""


@dataclass(frozen=True, slots=True)
class LayoutControl:
    """A control on a page, for the parameter ``param`` at ``address``. If it is one of several buttons for one trigger,
    ``argument`` is the number that it sends; else that is None.

    ``name`` is unique on the whole surface: the address, with the argument after it (``/snapshot/store 3``,
    ``/clock/nudge +0.02``). ``label`` is the name without the first part of the address, or without ``/layer/1`` and
    the like (``store 3``, ``model/strength``).
    """

    address: str
    name: str
    label: str
    param: Param
    argument: int | float | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a surface, with its controls in order. The title is the beginning of their addresses with spaces for
    slashes, such as ``layer 1``, or ``layer 1 · 2`` for the second of several pages; they are numbered from 1.

    ``across`` is above 0 for a grid of buttons, of which so many lie side by side.
    """

    title: str
    controls: tuple[LayoutControl, ...]
    across: int = 0


def pages(table: ParamTable, most: int) -> list[Page]:
    """Returns the pages for what is `shown` of ``table``, in its order: ``/layer/1/…`` together, ``/master/…``
    together, and several pages where there are more than ``most`` controls. Empty if nothing is shown.

    What launches clips is a grid on a page of its own, the first: a row for each layer, and below them the columns. The
    settings of a layer's clips have pages of their own.

    A trigger that takes one of many numbers has a button for each, and a page to itself, so that storing lies apart
    from recalling. One whose argument is another number has a button for each value that the default keys give it, or
    else is one control.
    """
    groups: dict[str, list[LayoutControl]] = {}
    launches: list[LayoutControl] = []
    for address, param in shown(table).items():
        if _LAUNCH.fullmatch(address):
            launches.append(_launch(address, param))
            continue
        group = address if param.counts else _prefix(address)
        groups.setdefault(group, []).extend(_controls(address, param))
    parted = [page for group, controls in groups.items() for page in _parts(_title(group), controls, most)]
    return [*_grid(launches), *parted]


def shown(table: ParamTable) -> ParamTable:
    """Returns a table without what surfaces leave out: `/snapshot/clear`, which must not be touched by mistake,
    `/snapshot/recall` and `/cue/goto` where every number has a trigger of its own, such as `/snapshot/3`, triggers
    that take a text, and what can't be set.
    """
    return table.without(
        address
        for address, param in table.items()
        if address in _HIDDEN or param.takes_text or param.told or _is_spelled_out(address, table)
    )


def _is_spelled_out(address: str, table: ParamTable) -> bool:
    if address not in _SPELLED_OUT:
        return False
    room = address.rpartition("/")[0]
    return all(f"{room}/{number}" in table for number in _numbers(table[address]))


def _numbers(param: Param) -> range:
    return range(int(param.low), int(param.high) + 1)


def _launch(address: str, param: Param) -> LayoutControl:
    """Returns the button that launches a clip or a column: ``1.3`` is clip 3 of layer 1, ``all 3`` is column 3."""
    found = _LAUNCH.fullmatch(address)
    assert found
    label = f"all {found['column']}" if found["column"] else f"{found['layer']}.{found['clip']}"
    return LayoutControl(address, address, label, param)


def _grid(launches: list[LayoutControl]) -> list[Page]:
    """Returns the page of clips, if there are any: as wide as the longest of its rows, with the columns last."""
    rows: dict[str, list[LayoutControl]] = {}
    for control in sorted(launches, key=lambda control: control.address.split("/")[1] == "column"):
        rows.setdefault(control.address.rpartition("/")[0], []).append(control)
    if not rows:
        return []
    return [Page("clips", tuple(control for row in rows.values() for control in row), max(map(len, rows.values())))]


def _controls(address: str, param: Param) -> list[LayoutControl]:
    label = address.removeprefix(f"{_prefix(address)}/")
    arguments = _arguments(address, param)
    said = [f" {argument:+g}" if isinstance(argument, float) else f" {argument}" for argument in arguments]
    many = [
        LayoutControl(address, address + word, label + word, param, argument)
        for argument, word in zip(arguments, said, strict=True)
    ]
    return many or [LayoutControl(address, address, label, param)]


def _arguments(address: str, param: Param) -> list[int] | list[float]:
    """Returns what the buttons of a trigger send: each number that it takes, or else what keys fire it with."""
    if param.counts:
        return list(_numbers(param))
    if param.kind != "trigger" or param.low == param.high:
        return []
    fired = (key.value for key in DEFAULT_BINDINGS if key.address == address and key.action == "fire")
    return [float(value) for value in fired if value is not None]


def _prefix(address: str) -> str:
    """Returns the first part of an address, and the second too where it is a number: ``/layer/1`` of
    ``/layer/1/model/strength``; for the settings of clips, ``/layer/1/clip``.
    """
    if of_a_clip := _CLIP.match(address):
        return of_a_clip[0]
    parts = address.split("/")
    return "/".join(parts[:3] if len(parts) > 3 and parts[2].isdecimal() else parts[:2])


def _title(prefix: str) -> str:
    return prefix.strip("/").replace("/", " ")


def _parts(title: str, controls: list[LayoutControl], most: int) -> list[Page]:
    parts = [tuple(controls[start : start + most]) for start in range(0, len(controls), most)]
    if len(parts) == 1:
        return [Page(title, parts[0])]
    return [Page(f"{title} · {number}", part) for number, part in enumerate(parts, start=1)]
