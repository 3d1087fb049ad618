"""Macros: one knob that moves many parameters, each over a range of its own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from vj.base.errors import BadInput, unknown
from vj.params.curves import CURVES, Curve, bend
from vj.params.param import Param, ParamTable, Value
from vj.play.scene_values import Number
from vj.play.snapshots import check_name

MOST_MACROS = 8
"""The most macros that a show may have."""
_ROOM = "/macro"
_KINDS = ("float", "int", "bool", "choice")


@dataclass(frozen=True)
class MacroTarget:
    """One parameter that a macro moves: ``address`` goes from ``low`` to ``high`` while the knob goes from 0 to 1.

    ``low`` and ``high`` are in the parameter's unit, and default to the ends of its range; ``low`` may be the greater
    one. An on/off counts as 0..1 (on from 0.5), a choice by the index of its entry, from 0. ``curve`` bends the way
    between the two; see `vj.params.curves.Curve`.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    address: str
    low: Number | None = None
    high: Number | None = None
    curve: Curve = "linear"


@dataclass(frozen=True)
class Macro:
    """One macro: a ``[[macro]]`` table of a preset. The knob of the first one is ``/macro/1`` (0..1).

    ``name`` is for people; ``targets`` are what the knob moves.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    name: str = ""
    targets: Sequence[MacroTarget] = ()


def check(number: int, macro: Macro, table: ParamTable) -> None:
    """Raises BadInput, naming the macro, for a number (1..`MOST_MACROS`), name, target, range or curve that a show with
    ``table`` can't have.
    """
    try:
        if number not in range(1, MOST_MACROS + 1):
            raise BadInput(f"there are at most {MOST_MACROS} macros")
        check_name(macro.name)
        for target in macro.targets:
            _check_target(target, table)
    except BadInput as reason:
        raise BadInput(f"{' '.join(f'macro {number} {macro.name[:40]}'.split())}: {reason}") from None


def _check_target(target: MacroTarget, table: ParamTable) -> None:
    param = table[target.address]
    param.check_settable(target.address)
    if target.address == f"{_ROOM}/{param.name}":
        raise BadInput(f"a macro can't move {target.address}: they would go round for ever")
    if param.kind not in _KINDS:
        raise BadInput(f"a macro moves {', '.join(_KINDS)}, and {target.address} is a {param.kind}")
    if target.curve not in CURVES:
        raise unknown("curve", target.curve, CURVES)
    low, high = _range(param)
    for name, end in (("low", target.low), ("high", target.high)):
        if end is not None and not low <= end <= high:
            raise BadInput(f"{name} of {target.address} takes {low:g}..{high:g}, not {end}")


class Macros:
    """Computes where the knobs of macros put their targets, when a knob was moved and only then: in between the
    performer may move a target elsewhere. It sets no values.
    """

    def __init__(self, table: ParamTable, macros: Sequence[Macro], targets: Mapping[str, Value]) -> None:
        """``macros`` are numbered from 1. ``targets`` is a live view of what the parameters are set to, by address.
        Knobs that ``table`` lacks are left out, and so are targets for as long as it lacks them.
        """
        self._table = table
        self._now = targets
        numbered = {f"{_ROOM}/{number}": macro for number, macro in enumerate(macros, start=1)}
        self._targets = {knob: tuple(macro.targets) for knob, macro in numbered.items() if knob in table}
        self.take_as_seen()

    def take_as_seen(self) -> None:
        """Take the knobs where they stand, so that `moved` doesn't report them."""
        self._seen = {knob: self._now[knob] for knob in self._targets}

    def moved(self) -> dict[str, Value]:
        """Returns the values that the knobs ask for that were moved since the last call or `take_as_seen`, by address.

        Empty if none was. Where two move one parameter, the later macro counts.
        """
        values: dict[str, Value] = {}
        for knob, seen in self._seen.items():
            if self._now[knob] != seen:
                self._seen[knob] = self._now[knob]
                values.update(self.values_at(knob, self._now))
        return values

    def values_at(self, knob: str, values: Mapping[str, Value]) -> dict[str, Value]:
        """Returns the values that ``knob`` (an address such as ``/macro/1``) would set if it stood where ``values``
        have it, by address; empty if it is no knob of a macro.
        """
        return {
            target.address: _value(self._table[target.address], target, float(values[knob]))
            for target in self._led(knob)
        }

    def moved_by(self, address: str) -> tuple[str, ...]:
        """Returns the addresses that the macro's knob ``address`` (``/macro/1``) moves; empty if it is none."""
        return tuple(target.address for target in self._led(address))

    def _led(self, knob: str) -> Iterator[MacroTarget]:
        """Yield the targets of ``knob`` that the table has, and that it can move."""
        for target in self._targets.get(knob, ()):
            param = self._table.find(target.address)
            if param and param.kind in _KINDS and not param.told:
                yield target


def _range(param: Param) -> tuple[float, float]:
    if param.kind == "choice":
        return 0.0, float(len(param.choices) - 1)
    return (0.0, 1.0) if param.kind == "bool" else (param.low, param.high)


def _value(param: Param, target: MacroTarget, knob: float) -> Value:
    least, most = _range(param)
    low = least if target.low is None else target.low
    high = most if target.high is None else target.high
    value = low + (high - low) * bend(target.curve, knob)
    return param.check(round(value) if param.kind == "choice" else float(value))
