"""MIDI bindings: what one control does to one parameter. They are tables of a preset, checked when the show starts."""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from vj.base.errors import BadInput
from vj.base.validation_messages import explain
from vj.control.midi.message import FINE, ControlType, MidiControl
from vj.control.midi.scale import Scale, bounds
from vj.control.midi.takeover import TakeoverMode
from vj.params.curves import Curve
from vj.params.param import Param, ParamTable, Value

Mode = Literal["absolute", "momentary", "toggle", "trigger", "step"]
"""What the moves of a control do; see `MidiBinding`."""
Relative = Literal["none", "offset", "sign", "complement"]
"""How an endless encoder says how far it went; see `MidiBinding`."""

ANY = -1
"""As the ``number`` of a binding, stands for every number."""
_BUTTONS = ("note", "program")
_NUMBERLESS = ("pitch", "pressure")
_SEVEN_BITS = ("note", "cc", "poly", "program")
_STEP = 1.0 / 128.0
"""The part of the range that one detent of an endless encoder moves."""

_Int = Annotated[int, Field(strict=True)]
_Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
_Flag = Annotated[bool, Field(strict=True)]
_Text = Annotated[str, Field(strict=True)]


@dataclass(frozen=True, slots=True)
class MidiBinding:
    """What a control does to the parameter at ``address``. The fields are the keys of a preset's ``[[midi]]``.

    Which control: ``port`` is a part of the port's name (empty: any), ``channel`` 1..16 (0: any), ``number`` the key's,
    controller's or program's (-1: any; a program or key of any number then sets the parameter by its number).

    What it does: ``mode`` is chosen by the parameter, unless given: triggers fire when pressed, keys toggle what is on
    or off, all else follows the control. ``momentary`` sets ``high`` while pressed and ``low`` after, ``toggle``
    switches between the two, ``step`` goes on by ``step``. ``low`` and ``high`` are in the parameter's unit (of a
    choice, entries from 0), and default to its range; a trigger with an argument gets ``low``.

    ``relative`` is how an endless encoder says how far it went: as a distance from 64 (``offset``), with a sign bit
    (``sign``), or in two's complement (``complement``). ``step`` is then for each detent: a part of the range for
    numbers, entries for choices. ``feedback`` says whether the parameter is shown by an LED or a motor; unless given,
    the controller's profile decides.

    With ``value``, a press sets the parameter to that value, and the light is lit while it has it. The fields that say
    how a control moves a parameter must not be given then. Texts can be set in this way only, and triggers that take a
    text be fired.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    address: _Text
    type: ControlType
    number: Annotated[int, Field(strict=True, ge=ANY, le=FINE)] = ANY
    channel: Annotated[int, Field(strict=True, ge=0, le=16)] = 0
    port: _Text = ""
    low: _Number | None = None
    high: _Number | None = None
    curve: Curve = "linear"
    invert: _Flag = False
    takeover: TakeoverMode = "pickup"
    mode: Mode | None = None
    relative: Relative = "none"
    step: _Number | None = None
    feedback: _Flag | None = None
    value: _Flag | _Int | _Number | _Text | None = None

    def hears(self, port: str, control: MidiControl) -> bool:
        """Returns whether the binding is for ``control`` of the port with the name ``port``: of the same type, with its
        number and channel or any, and at a port whose name has the binding's as a part, in upper or lower case.
        """
        return (
            self.type == control.type
            and self.number in (ANY, control.number)
            and self.channel in (0, control.channel)
            and self.port.lower() in port.lower()
        )

    def __str__(self) -> str:
        """Returns a name of the control, such as ``cc 7 channel 1 of nanoKONTROL2``."""
        number = f" {self.number}" if self.number != ANY and self.type not in _NUMBERLESS else ""
        channel = f" channel {self.channel}" if self.channel else ""
        return f"{self.type}{number}{channel}{f' of {self.port}' if self.port else ''}"


_ADAPTER = TypeAdapter(MidiBinding)
_USUAL: Mapping[str, Any] = {field.name: field.default for field in fields(MidiBinding)}
"""The default of each field of a binding."""
_MOVING = ("low", "high", "curve", "invert", "takeover", "mode", "relative", "step")
"""The fields that say how a control moves its parameter; a binding with a ``value`` has none of them."""


def read(table: Mapping[str, Any]) -> MidiBinding:
    """Returns the binding of one ``[[midi]]`` of a preset, whose keys are the fields of `MidiBinding`. Raises BadInput
    with key, bad value and choices. Whether a show can use it is not looked at: see `check`.
    """
    try:
        return _ADAPTER.validate_python(dict(table))
    except ValidationError as found:
        raise BadInput(explain(found, lambda _: _USUAL)) from None


def written(binding: MidiBinding) -> dict[str, Any]:
    """Returns ``binding`` as a dict that `read` takes, without fields that have their defaults."""
    return {name: getattr(binding, name) for name in _USUAL if _is_given(binding, name)}


def mode_of(binding: MidiBinding, param: Param) -> Mode | Literal["set"]:
    """Returns the mode of ``binding``: ``set`` if it has a ``value``, else the one that is given, else the one that
    suits ``param``: ``trigger`` for triggers, ``toggle`` for an on/off on a key or program, ``absolute`` for all else.

    A trigger that takes a text has it as the ``value``.
    """
    if binding.value is not None:
        return "trigger" if param.takes_text else "set"
    if binding.mode:
        return binding.mode
    if param.kind == "trigger":
        return "trigger"
    return "toggle" if param.kind == "bool" and binding.type in _BUTTONS else "absolute"


def scale_of(binding: MidiBinding, param: Param) -> Scale:
    """Returns how positions of the control become values of ``param``: from ``low`` to ``high``, by default its whole
    range, or always the binding's ``value`` if it has one. Raises BadInput for a ``value`` that ``param`` doesn't take.
    """
    if binding.value is not None and param.kind != "trigger":
        return Scale(param, *bounds(param), only=param.check(binding.value, strict=True))
    low, high = bounds(param)
    low, high = low if binding.low is None else binding.low, high if binding.high is None else binding.high
    return Scale(param, low, high, binding.curve, binding.invert)


def step_of(binding: MidiBinding, param: Param) -> float:
    """Returns how far one detent or press goes: a part of the parameter's range for numbers, entries for choices. It is
    below 0 if the binding is inverted. Unless given it is 1/128 or one entry; for numbers it is made smaller as ``low``
    and ``high`` are nearer to each other than the range.
    """
    usual = 1.0 if param.kind in ("choice", "bool") else _STEP
    size = usual if binding.step is None else binding.step
    if param.kind in ("float", "int") and param.high > param.low:
        low, high = scale_of(binding, param).low, scale_of(binding, param).high
        size *= abs(high - low) / (param.high - param.low)
    return -size if binding.invert else size


def check(binding: MidiBinding, table: ParamTable) -> None:
    """Raises BadInput, naming the control, for a binding that can't work in a show with ``table``: for an unknown
    address, a number that the type doesn't have, a mode or encoder that isn't for this control and parameter, ``low``,
    ``high``, ``step`` or ``value`` out of range, or a text parameter without ``value``.
    """
    try:
        param = table[binding.address]
        param.check_settable(binding.address)
        _check_number(binding)
        if binding.value is None:
            _check_kind(binding, param)
            _check_range(binding, param)
        else:
            _check_value(binding, binding.value, param)
    except BadInput as reason:
        raise BadInput(f"MIDI {binding}: {reason}") from None


def fits(binding: MidiBinding, table: ParamTable) -> bool:
    """Returns whether `check` accepts ``binding`` for ``table``."""
    if binding.address not in table:  # far cheaper than the error, which searches for similar names
        return False
    try:
        check(binding, table)
    except BadInput:
        return False
    return True


def overlap(one: MidiBinding, other: MidiBinding) -> bool:
    """Returns whether the two bindings can be for the same control; their parameters don't matter. They must agree in
    type, number, channel and port, where number -1, channel 0 and an empty port agree with all. A ``cc14`` n agrees
    with the ``cc`` n and n + 32.

    Ports agree if one text is a part of the other, in upper or lower case; two different parts of one port's name
    don't.
    """
    ports = one.port.lower(), other.port.lower()
    return (
        _share_number(one, other)
        and (one.channel == other.channel or 0 in (one.channel, other.channel))
        and (ports[0] in ports[1] or ports[1] in ports[0])
    )


def _share_number(one: MidiBinding, other: MidiBinding) -> bool:
    if {one.type, other.type} == {"cc", "cc14"}:  # a pair is the controllers n and n + 32
        pair, single = (one, other) if one.type == "cc14" else (other, one)
        return ANY in (pair.number, single.number) or single.number in (pair.number, pair.number + 32)
    return one.type == other.type and (
        one.number == other.number or ANY in (one.number, other.number) or one.type in _NUMBERLESS
    )


def _check_number(binding: MidiBinding) -> None:
    most = 31 if binding.type == "cc14" else 127 if binding.type in _SEVEN_BITS else FINE
    if binding.type not in _NUMBERLESS and binding.number > most:
        raise BadInput(f"a {binding.type} has a number of 0..{most}, not {binding.number}")


def _check_kind(binding: MidiBinding, param: Param) -> None:
    mode = mode_of(binding, param)
    if param.is_text or param.takes_text:
        kind = "text" if param.takes_text else param.kind
        raise BadInput(f"{binding.address} is a {kind}, which no control can give: say which with value")
    if (mode == "trigger") != (param.kind == "trigger"):
        raise BadInput(f"mode {mode} is not for {binding.address}, which is a {param.kind}")
    if (mode == "step" and param.kind == "bool") or (mode == "momentary" and binding.type == "program"):
        raise BadInput(f"mode {mode} is not for a {binding.type} on {binding.address}, which is a {param.kind}")
    if binding.relative != "none" and binding.type != "cc":
        raise BadInput(f"relative {binding.relative} is for cc, not for {binding.type}")
    if binding.relative != "none" and mode != "absolute":
        raise BadInput(f"relative {binding.relative} and mode {mode} exclude each other")
    if binding.step is not None and not 0.0 < abs(binding.step) <= 1000.0:
        raise BadInput(f"step takes a number other than 0, up to 1000, not {binding.step}")


def _check_value(binding: MidiBinding, value: Value, param: Param) -> None:
    if param.kind == "trigger" and not param.takes_text:
        raise BadInput(f"{binding.address} is a trigger and takes no value{_argument(param)}")
    for name in _MOVING:
        if _is_given(binding, name):
            raise BadInput(f"value and {name} exclude each other: {value!r} is set when it is pressed")
    param.check(value, strict=True)


def _argument(param: Param) -> str:
    return "" if param.low == param.high else f": its argument in {param.range} is low"


def _is_given(binding: MidiBinding, name: str) -> bool:
    """Returns whether the field ``name`` differs from its default."""
    return _USUAL[name] is MISSING or getattr(binding, name) != _USUAL[name]


def _check_range(binding: MidiBinding, param: Param) -> None:
    low, high = bounds(param)
    for name, value in (("low", binding.low), ("high", binding.high)):
        if value is not None and not low <= value <= high:
            raise BadInput(f"{name} takes {low:g}..{high:g} for {binding.address}, not {value:g}")
        if value is not None and value % 1 and param.kind in ("int", "choice"):
            raise BadInput(f"{name} takes whole numbers for {binding.address}, not {value:g}")


def own_first(own: Sequence[MidiBinding], defaults: Sequence[MidiBinding]) -> tuple[MidiBinding, ...]:
    """Returns ``own``, and after them those of ``defaults`` whose control belongs to none of ``own`` (see
    `overlap`).
    """
    return (*own, *(spare for spare in defaults if not any(overlap(spare, binding) for binding in own)))
