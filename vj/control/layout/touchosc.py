"""Layouts of TouchOSC (mk2): compressed XML, with one page of the pager for each page of parameters."""

import uuid
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape

from vj.control.layout.pages import LayoutControl, Page, pages
from vj.params.param import Param, ParamTable

_WIDTH, _HEIGHT, _TABS, _NAME = 1024, 768, 40, 0.34
"""Width and height of the surface and height of the tabs, in pixels; the part of a row that its name takes."""
_COLUMNS, _ROWS = 2, 14
_ALL_SHOWN = 5
"""Choices with up to this many entries have a button for each; of others, the chosen entry stands between - and +."""
_TOGGLE = 2
"""TouchOSC's number for a button that switches when it is pressed, not when it is released."""
_GROUND, _FACE, _TEXT = (0.08, 0.08, 0.08, 1.0), (0.2, 0.45, 0.7, 1.0), (1.0, 1.0, 1.0, 1.0)
"""Colours: red, green, blue and opacity, 0..1."""

_Frame = tuple[int, int, int, int]
"""Left, top, width and height, in pixels."""


@dataclass(frozen=True, slots=True)
class _Osc:
    """What a control sends, and is set by.

    If it is ``constant``, ``value`` is sent as it is; else it names the control's own value, scaled to
    ``low``..``high``. If it is ``pressed``, it is sent only when the button is pressed.
    """

    address: str
    conversion: str = "FLOAT"
    value: str = "x"
    low: float = 0.0
    high: float = 1.0
    constant: bool = False
    send: bool = True
    receive: bool = True
    pressed: bool = False


def layout(table: ParamTable, host: str, port: int, title: str) -> bytes:
    """Returns the content of a ``.tosc`` file, XML compressed by zlib, with a page for each of `pages` of ``table``, of
    up to 28 controls. Writes no file. The format can't hold ``host`` and ``port``: the name of the outermost group says
    what to set under Connections. ``title`` names the pager and begins that name.
    """
    shown = pages(table, _COLUMNS * _ROWS)
    inside = (0, _TABS, _WIDTH, _HEIGHT - _TABS)
    pager = _node("PAGER", title, (0, 0, _WIDTH, _HEIGHT), {"tabLabels": True, "tabbar": True, "tabbarSize": _TABS},
                  values={"page": "0"}, children=[_page(page, inside) for page in shown])  # fmt: skip
    root = _node("GROUP", f"{title}: OSC connection 1, UDP, host {host}, send port {port}, receive port 7001",
                 (0, 0, _WIDTH, _HEIGHT), {}, children=[pager])  # fmt: skip
    return zlib.compress(f"<?xml version='1.0' encoding='UTF-8'?><lexml version='3'>{root}</lexml>".encode())


def _page(page: Page, frame: _Frame) -> str:
    if page.across:
        return _node("GROUP", page.title, frame, {"tabLabel": page.title}, children=_grid(page, frame))
    children: list[str] = []
    wide, high = frame[2] // _COLUMNS, frame[3] // _ROWS
    for place, control in enumerate(page.controls):
        column, row = divmod(place, _ROWS)
        children += _row(control, (column * wide + 4, row * high + 4, wide - 8, high - 8))
    return _node("GROUP", page.title, frame, {"tabLabel": page.title}, children=children)


def _grid(page: Page, frame: _Frame) -> list[str]:
    """Returns a page of buttons, side by side, with their labels on them."""
    wide, high = frame[2] // page.across, frame[3] // -(-len(page.controls) // page.across)
    children: list[str] = []
    for place, control in enumerate(page.controls):
        row, column = divmod(place, page.across)
        inside = (column * wide + 2, row * high + 2, wide - 4, high - 4)
        children += [_button(control.name, inside, _fired(control), {}), _caption(control.name, inside, control.label)]
    return children


def _row(control: LayoutControl, frame: _Frame) -> list[str]:
    """Returns the name, and beside it what plays the parameter."""
    left, top, wide, high = frame
    name = int(wide * _NAME)
    label = _node("LABEL", f"{control.name} name", (left, top, name, high), {"textSize": 13, "background": False},
                  values={"text": control.label})  # fmt: skip
    return [label, *_player(control, (left + name, top, wide - name, high))]


def _player(control: LayoutControl, frame: _Frame) -> list[str]:
    param, address = control.param, control.address
    if param.kind == "bool":
        osc = _Osc(address, "BOOLEAN")
        return [_button(address, frame, osc, {"buttonType": _TOGGLE}, "1" if param.default else "0")]
    if param.kind == "choice":
        return _choice(control, frame)
    if param.is_text:
        return [_text(address, frame, str(param.default))]
    if param.kind == "trigger" and (control.argument is not None or param.low == param.high):
        return [_button(control.name, frame, _fired(control), {})]
    return [_fader(address, param, frame)]


def _fired(control: LayoutControl) -> _Osc:
    """Returns the message of a trigger's button, which is sent when the button is pressed and not when it is
    released.
    """
    argument = control.argument
    if argument is None:
        return _Osc(control.address, receive=False, pressed=True)
    conversion = "FLOAT" if isinstance(argument, float) else "INTEGER"
    return _Osc(control.address, conversion, f"{argument:g}", constant=True, receive=False, pressed=True)


def _fader(address: str, param: Param, frame: _Frame) -> str:
    whole = param.kind == "int"
    osc = _Osc(address, "INTEGER" if whole else "FLOAT", low=param.low, high=param.high)
    along = (float(param.default) - param.low) / (param.high - param.low)
    lying = {"orientation": 1}
    return _node("FADER", address, frame, lying, values={"x": f"{along:g}", "touch": "false"}, osc=osc)


def _choice(control: LayoutControl, frame: _Frame) -> list[str]:
    """Returns a button for each entry; if there are many, - and + with the chosen entry between them. That shows the
    present choice, also when another controller made it.
    """
    address, choices = control.address, control.param.choices
    left, top, wide, high = frame
    if len(choices) > _ALL_SHOWN:
        shown = _text(address, (left + high, top, wide - 2 * high, high), str(control.param.default))
        ends = ((left, "-"), (left + wide - high, "+"))
        return [shown, *(part for at, sign in ends for part in _word(address, (at, top, high, high), sign))]
    each = wide // len(choices)
    frames = [(left + place * each, top, each - 4, high) for place in range(len(choices))]
    return [part for name, place in zip(choices, frames, strict=True) for part in _word(address, place, name)]


def _word(address: str, frame: _Frame, word: str) -> list[str]:
    """Returns a button that sends ``word``, with the word on it."""
    osc = _Osc(address, "STRING", word, constant=True, receive=False, pressed=True)
    name = f"{address} {word}"
    return [_button(name, frame, osc, {}), _caption(name, frame, word)]


def _caption(name: str, frame: _Frame, word: str) -> str:
    """Returns ``word`` as it is written over a button."""
    label = {"textSize": 13, "background": False, "interactive": False}
    return _node("LABEL", f"{name} name", frame, label, values={"text": word})


def _text(address: str, frame: _Frame, default: str) -> str:
    osc = _Osc(address, "STRING", "text", send=False)
    return _node("LABEL", address, frame, {"textSize": 13}, values={"text": default}, osc=osc)


def _button(name: str, frame: _Frame, osc: _Osc, properties: Mapping[str, object], default: str = "0") -> str:
    return _node("BUTTON", name, frame, properties, values={"x": default, "touch": "false"}, osc=osc)


def _node(
    kind: str,
    name: str,
    frame: _Frame,
    properties: Mapping[str, object],
    *,
    values: Mapping[str, str] | None = None,
    osc: _Osc | None = None,
    children: Iterable[str] = (),
) -> str:
    """Returns one control as XML. Its ID is made from its name, so that the same table always gives the same file."""
    colours = {"color": _GROUND if kind in ("GROUP", "PAGER") else _FACE}
    if kind == "LABEL":
        colours["textColor"] = _TEXT
    whole = {"name": name, "frame": frame, **colours, **properties}
    parts = [
        _tag("properties", "".join(_property(key, value) for key, value in whole.items())),
        _tag("values", "".join(_value(key, default) for key, default in (values or {}).items())),
        _tag("messages", _osc(osc)) if osc else "",
        _tag("children", "".join(children)),
    ]
    return f"<node ID='{uuid.uuid5(uuid.NAMESPACE_URL, f'{kind} {name}')}' type='{kind}'>{''.join(parts)}</node>"


def _property(key: str, value: object) -> str:
    """Returns one property as XML. Four ints are a frame, four floats a colour."""
    if isinstance(value, tuple):
        is_frame = isinstance(value[0], int)
        inner = "".join(
            _tag(part, f"{number:g}") for part, number in zip("xywh" if is_frame else "rgba", value, strict=True)
        )
        return f"<property type='{'r' if is_frame else 'c'}'>{_tag('key', key)}{_tag('value', inner)}</property>"
    code = "b" if isinstance(value, bool) else "i" if isinstance(value, int) else "s"
    text = str(int(value)) if isinstance(value, bool) else escape(str(value))
    return f"<property type='{code}'>{_tag('key', key)}{_tag('value', text)}</property>"


def _value(key: str, default: str) -> str:
    inner = {"key": key, "locked": "0", "lockedDefaultCurrent": "0", "default": escape(default), "defaultPull": "0"}
    return _tag("value", "".join(_tag(name, text) for name, text in inner.items()))


def _osc(osc: _Osc) -> str:
    source = _partial("CONSTANT" if osc.constant else "VALUE", osc.conversion, osc.value, osc.low, osc.high)
    trigger = _tag("var", "x") + _tag("condition", "RISE" if osc.pressed else "ANY")
    inner = {
        "enabled": "1",
        "send": str(int(osc.send)),
        "receive": str(int(osc.receive)),
        "feedback": "0",
        "connections": "00001",
        "triggers": _tag("trigger", trigger) if osc.send else "",
        "path": _partial("CONSTANT", "STRING", osc.address),
        "arguments": source,
    }
    return _tag("osc", "".join(_tag(name, text) for name, text in inner.items()))


def _partial(kind: str, conversion: str, value: str, low: float = 0.0, high: float = 1.0) -> str:
    inner = {
        "type": kind,
        "conversion": conversion,
        "value": escape(value),
        "scaleMin": f"{low:g}",
        "scaleMax": f"{high:g}",
    }
    return _tag("partial", "".join(_tag(name, text) for name, text in inner.items()))


def _tag(name: str, inner: str) -> str:
    return f"<{name}>{inner}</{name}>"
