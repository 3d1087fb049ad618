"""Sessions of Open Stage Control: JSON, with one widget for each parameter."""

import json
from typing import Any

from vj.control.layout.pages import LayoutControl, Page, pages
from vj.params.param import ParamTable

_MOST_ON_A_TAB = 40
_ALL_SHOWN = 6
"""Choices with up to this many entries show all of them; others are a list to unfold."""


def session(table: ParamTable, host: str, port: int, title: str) -> bytes:
    """Returns the content of a session file, JSON in UTF-8: a tab for each of `pages` of ``table``, of up to 40
    controls, with a grid of widgets that send OSC to ``host`` and ``port``. ``title`` names the whole. Writes no file.
    """
    target = [f"{host}:{port}"]
    root = {
        "type": "root",
        "id": "root",
        "label": title,
        "tabs": [_tab(page, target) for page in pages(table, _MOST_ON_A_TAB)],
        "widgets": [],
    }
    whole = {"createdWith": "Open Stage Control", "version": "1.26.0", "type": "session", "content": root}
    return json.dumps(whole, indent=2, ensure_ascii=False).encode()


def _tab(page: Page, target: list[str]) -> dict[str, Any]:
    return {
        "type": "tab",
        "id": page.title,
        "label": page.title,
        "layout": "grid",
        "gridTemplate": page.across or 4,
        "widgets": [_panel(control, target) for control in page.controls],
        "tabs": [],
    }


def _panel(control: LayoutControl, target: list[str]) -> dict[str, Any]:
    """Returns the widget with its name above it. A button has its name on itself."""
    widget = {
        "id": control.name,
        "address": control.address,
        "target": target,
        "comments": control.param.help,
        "expand": True,
        **_widget(control),
    }
    if widget["type"] == "button":
        return widget
    name = {"type": "text", "id": f"{control.name} name", "value": _caption(control), "height": 20, "bypass": True}
    return {
        "type": "panel",
        "id": f"{control.name} panel",
        "layout": "vertical",
        "bypass": True,
        "widgets": [name, widget],
        "tabs": [],
    }


def _caption(control: LayoutControl) -> str:
    return f"{control.label} ({control.param.unit})" if control.param.unit else control.label


def _widget(control: LayoutControl) -> dict[str, Any]:
    param = control.param
    if param.kind == "trigger" and (control.argument is not None or param.low == param.high):
        return _button(control)
    if param.kind in ("float", "int", "trigger"):
        return _fader(control)
    if param.kind == "bool":
        ends = {"on": True, "off": False}  # sent as T and F, and known again when they come back so
        return {"type": "button", "mode": "toggle", "label": control.label, "default": param.default, **ends}
    if param.kind == "choice":
        kind = "switch" if len(param.choices) <= _ALL_SHOWN else "dropdown"
        return {"type": kind, "values": list(param.choices), "default": param.default, "typeTags": "s"}
    return {"type": "input", "default": param.default, "typeTags": "s"}


def _button(control: LayoutControl) -> dict[str, Any]:
    """Returns a button that sends once, when it is touched."""
    sent = 1 if control.argument is None else control.argument
    tag = "f" if isinstance(sent, float) else "i"
    return {"type": "button", "mode": "tap", "label": control.label, "on": sent, "typeTags": tag}


def _fader(control: LayoutControl) -> dict[str, Any]:
    param = control.param
    whole = param.kind == "int"
    return {
        "type": "fader",
        "horizontal": True,
        "design": "compact",
        "range": {"min": param.low, "max": param.high},
        "steps": int(param.high - param.low) + 1 if whole else "",
        "decimals": 0 if whole else 4,
        "doubleTap": True,
        "default": param.default,
        "typeTags": "i" if whole else "f",
    }
