"""The inputs that a shader declares, and the parameters that come from them."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from vj.base.errors import BadInput, unknown
from vj.params.param import Param, Value, choice, text, toggle, trigger

InputType = Literal["event", "bool", "long", "float", "point2D", "color", "image", "audio", "audioFFT"]
Numbers = tuple[float, ...]

_TYPES: Mapping[str, InputType] = {name.lower(): name for name in get_args(InputType)}
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
_MOST_CHOICES, _LONGEST = 1000, 200
"""The most numbers that a ``long`` may choose from, and letters that a name or a label may have."""
_MOST_WIDE = 8192
"""The most samples or bins that a sound input may ask for."""
_USUAL = (1920.0, 1080.0)
"""The picture (width, height) for which authors write defaults in pixels."""
COMPONENTS: Mapping[InputType, tuple[str, ...]] = {
    "point2D": ("x", "y"),
    "color": ("red", "green", "blue", "alpha"),
}
"""The parameters of inputs that have more than one, by the input's type."""
_SMOOTH = 0.03
"""Seconds: the time constant of floats, which hides the steps of controllers."""


@dataclass(frozen=True)
class IsfInput:
    """An input: a uniform of the shader. ``type`` is the format's own word for its kind.

    ``default`` has one number for each component (x and y of a point, red, green, blue and alpha of a color; else one;
    none for images and sounds), and ``low`` and ``high`` bound them. ``in_pixels``: a point whose numbers are parts of
    the picture (0..1), and which the shader wants in pixels. ``values`` are the numbers that a ``long`` may have,
    ``labels`` their names, all different; both are empty where it may have any from ``low`` to ``high``. ``samples`` is
    how many samples or bins a sound input asks for, 0 for any.
    """

    name: str
    type: InputType
    label: str = ""
    default: Numbers = ()
    low: Numbers = ()
    high: Numbers = ()
    in_pixels: bool = False
    values: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()
    samples: int = 0

    @property
    def address(self) -> str:
        """The name of its parameter, or the first part of the names of its parameters: its own, if an effect has no
        parameter of that name already."""
        return f"{self.name}-input" if self.name in ("on", "mix") else self.name

    @property
    def is_picture(self) -> bool:
        """Whether the shader reads it as a texture that shows a picture."""
        return self.type == "image"

    @property
    def is_sound(self) -> bool:
        """Whether the shader reads it as a texture that holds sound."""
        return self.type in ("audio", "audioFFT")


def read_input(table: Mapping[str, Any], code: str = "") -> IsfInput:
    """Returns the input that ``table`` describes: an entry of INPUTS, with its keys in upper case. ``code`` is the
    shader's GLSL, which can tell what a point is measured in.

    Raises BadInput for an unknown type or a name that is no identifier; numbers that make no sense are mended.
    """
    name, kind = str(table.get("NAME", "")), str(table.get("TYPE", ""))
    if len(name) > _LONGEST or not _IDENTIFIER.fullmatch(name):
        raise BadInput(f"an input has the name {name[:80]!r}, which is no word of letters, digits and _")
    if kind.lower() not in _TYPES:
        raise unknown(f"type of the input {name}:", kind, get_args(InputType))
    found = IsfInput(name, _TYPES[kind.lower()], label=str(table.get("LABEL", ""))[:_LONGEST])
    if found.type == "float":
        return _scalar(found, table)
    if found.type == "long":
        return _whole(found, table)
    if found.type == "point2D":
        return _point(found, table, code)
    if found.type == "color":
        given = numbers(table.get("DEFAULT"))[:4]
        default = tuple(min(max(part, 0.0), 1.0) for part in given) + (1.0,) * (4 - len(given))
        return replace(found, default=default, low=(0.0,) * 4, high=(1.0,) * 4)
    if found.type == "bool":
        return replace(found, default=(float(is_on(table.get("DEFAULT"))),), low=(0.0,), high=(1.0,))
    if found.type == "event":
        return replace(found, default=(0.0,), low=(0.0,), high=(1.0,))
    most = numbers(table.get("MAX")) if found.is_sound else ()
    return replace(found, samples=int(min(max(most[0], 0), _MOST_WIDE)) if most else 0)


def numbers(raw: object) -> Numbers:
    """Returns the finite numbers in ``raw``: a number, a text that is one, or a list of them. Else an empty tuple."""
    if isinstance(raw, list | tuple):
        return tuple(part for one in raw for part in numbers(one)[:1])
    try:
        value = float(raw)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return ()
    return (value,) if math.isfinite(value) and abs(value) < 1e30 else ()


def is_on(raw: object) -> bool:
    """Returns whether ``raw`` means yes: true, a number that isn't 0, or a text such as ``true`` or ``1``."""
    if isinstance(raw, str):
        return raw.strip().lower() in ("true", "yes", "on") or any(numbers(raw))
    return bool(raw)


def params_of(one: IsfInput) -> tuple[Param, ...]:
    """Returns the parameters of an input; none for one that the host feeds (the picture itself, sounds)."""
    about = one.label or one.name
    if one.type == "float":
        return (_number_param(one.address, one, 0, about),)
    if one.type == "bool":
        return (toggle(one.address, bool(one.default[0]), help=about),)
    if one.type == "event":
        return (trigger(one.address, help=about),)
    if one.type == "long" and one.labels:
        return (choice(one.address, one.labels, one.labels[one.values.index(int(one.default[0]))], help=about),)
    if one.type == "long":
        return (Param(one.address, one.low[0], one.high[0], one.default[0], kind="int", help=about),)
    if one.is_picture:
        told = f"{about}: empty for the picture itself, layer/2 for another layer's, else a picture of the library"
        return (text(one.address, help=told),)
    parts = COMPONENTS.get(one.type, ())
    return tuple(_number_param(f"{one.address}/{part}", one, at, f"{about}: {part}") for at, part in enumerate(parts))


def value_of(one: IsfInput, raw: Mapping[str, Value], prefix: str = "") -> float | int | bool | Numbers | str:
    """Returns what the shader's uniform is to be, from the values of `params_of` in ``raw``, by ``prefix`` + name.

    A missing value counts as the default. A point is as its parameters say, also if the shader wants it in pixels.
    """
    if one.type in COMPONENTS:
        parts = COMPONENTS[one.type]
        return tuple(float(raw.get(f"{prefix}{one.address}/{part}", one.default[at])) for at, part in enumerate(parts))
    value = raw.get(prefix + one.address)
    if one.is_picture or one.is_sound:
        return "" if value is None else str(value)
    if value is None:
        value = one.default[0]
    if isinstance(value, str):
        return one.values[one.labels.index(value)]
    return float(value) if one.type == "float" else int(value)


def _number_param(name: str, one: IsfInput, at: int, about: str) -> Param:
    return Param(name, one.low[at], one.high[at], one.default[at], smooth=_SMOOTH, help=about)


def _scalar(found: IsfInput, table: Mapping[str, Any]) -> IsfInput:
    """Returns ``found``, a float, with the numbers of ``table``; without any it is 0..1."""
    low, high = numbers(table.get("MIN")), numbers(table.get("MAX"))
    default = (numbers(table.get("DEFAULT")) or numbers(table.get("IDENTITY")))[:1]
    least = low[0] if low else min((0.0, *default, *high))
    most = high[0] if high else max((least + 1.0, *default))
    least, most = min(least, most), max(least, most)
    if least == most:
        most = least + 1.0
    value = min(max(default[0], least), most) if default else min(max(0.0, least), most)
    return replace(found, default=(value,), low=(least,), high=(most,))


def _whole(found: IsfInput, table: Mapping[str, Any]) -> IsfInput:
    """Returns ``found``, a ``long``, with the choices or bounds of ``table``; a default that is none becomes one."""
    labels = (
        [str(label)[:_LONGEST] for label in table.get("LABELS") or ()] if isinstance(table.get("LABELS"), list) else []
    )
    values = [int(value) for value in numbers(table.get("VALUES"))] or list(range(len(labels)))
    default = [int(value) for value in numbers(table.get("DEFAULT"))[:1]]
    if len(values) > _MOST_CHOICES:
        raise BadInput(f"the input {found.name} has {len(values)} values; at most {_MOST_CHOICES} are taken")
    if not values:
        bounds = [int(value) for key in ("MIN", "MAX") for value in numbers(table.get(key))[:1]]
        least = min([*bounds, *default, 0] if len(bounds) < 2 else bounds)
        most = max([*bounds, *default, 1] if len(bounds) < 2 else bounds)
        value = min(max(default[0] if default else 0, least), most)
        return replace(found, default=(float(value),), low=(float(least),), high=(float(max(most, least + 1)),))
    chosen = default[0] if default and default[0] in values else values[0]
    named = _named(labels, values)
    return replace(
        found,
        default=(float(chosen),),
        low=(float(min(values)),),
        high=(float(max(values)),),
        values=tuple(named.values()),
        labels=tuple(named),
    )


def _named(labels: list[str], values: list[int]) -> dict[str, int]:
    """Returns ``values`` by names, all different: their labels or, where there are none, the numbers."""
    named: dict[str, int] = {}
    for at, value in enumerate(values):
        label = (labels[at].strip() if at < len(labels) else "") or str(value)
        while named.get(label, value) != value:
            label = f"{label} ({value})"
        named[label] = value
    return named


def _point(found: IsfInput, table: Mapping[str, Any], code: str) -> IsfInput:
    """Returns ``found``, a point, with the numbers of ``table``.

    A point without bounds is in pixels, as the format has it; its parameters are parts of the picture. A default within
    0..1 other than the corner is a part of the picture, too; the shader then wants pixels only if ``code`` divides the
    point by the size of the picture.
    """
    low, high, default = (numbers(table.get(key))[:2] for key in ("MIN", "MAX", "DEFAULT"))
    if len(low) == len(high) == 2:
        least = tuple(min(pair) for pair in zip(low, high, strict=True))
        most = tuple(max(pair) if pair[0] != pair[1] else pair[0] + 1.0 for pair in zip(low, high, strict=True))
        middle = tuple((a + b) / 2 for a, b in zip(least, most, strict=True))
        given = default if len(default) == 2 else middle
        value = tuple(min(max(v, a), b) for v, a, b in zip(given, least, most, strict=True))
        return replace(found, default=value, low=least, high=most)
    if len(default) < 2:
        default = (0.0, 0.0)
    parts = any(default) and all(0.0 <= part <= 1.0 for part in default)
    if not parts:
        default = tuple(min(max(part / usual, 0.0), 1.0) for part, usual in zip(default, _USUAL, strict=True))
    divided = re.search(rf"\b{found.name}(?:\.\w+)?\s*/\s*RENDERSIZE\b", code) is not None
    return replace(found, default=default, low=(0.0, 0.0), high=(1.0, 1.0), in_pixels=not parts or divided)
