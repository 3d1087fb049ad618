"""Converts between positions of a control (0..1) and values of a parameter: range, curve and direction."""

from dataclasses import dataclass

from vj.params.curves import Curve, bend, unbend
from vj.params.param import Param, Value


@dataclass(frozen=True, slots=True)
class Scale:
    """How the positions of a control become values of ``param``, and values positions.

    ``low`` and ``high`` are in the parameter's unit; of a choice they are entries, counted from 0. Numbers spread
    evenly along the curve, and ints are rounded; the entries of a choice have equal shares of the way; an on/off is on
    from the half. With ``only``, every position means that value, and any other value is at 0.
    """

    param: Param
    low: float
    high: float
    curve: Curve = "linear"
    invert: bool = False
    only: Value | None = None

    def value(self, position: float) -> Value:
        """Returns the parameter's value, checked, when the control stands at ``position`` (0..1, and clamped to that):
        a float, an int, a bool, or of a choice the entry's name; with ``only`` always that value.
        """
        if self.only is not None:
            return self.only
        x = min(max(position, 0.0), 1.0)
        part = bend(self.curve, 1.0 - x if self.invert else x)
        if self.param.kind == "bool":
            return part >= 0.5
        if self.param.kind == "choice":
            entries = abs(self.high - self.low) + 1.0
            entry = min(int(part * entries), int(entries) - 1)
            return self.param.check(int(self.low + entry if self.high >= self.low else self.low - entry))
        return self.param.check(self.low + (self.high - self.low) * part)

    def position(self, value: Value) -> float:
        """Returns where the control would stand for ``value``, a value of the parameter that is no text: 0..1, at the
        nearer end for what lies outside the scale's range, and for a choice in the middle of its share.
        """
        if self.only is not None:
            return float(value == self.only)
        x = unbend(self.curve, min(max(self._part(value), 0.0), 1.0))
        return 1.0 - x if self.invert else x

    def _part(self, value: Value) -> float:
        if self.param.kind == "bool":
            return float(value)
        number = self.param.encode(value)
        if self.param.kind == "choice":
            entry = number - self.low if self.high >= self.low else self.low - number
            return (entry + 0.5) / (abs(self.high - self.low) + 1.0)
        return (number - self.low) / (self.high - self.low) if self.high != self.low else 0.0


def bounds(param: Param) -> tuple[float, float]:
    """Returns the lowest and the highest value of ``param``, as `Scale` counts them: 0 and the last entry's number for
    a choice, 0 and 1 for an on/off, else ``low`` and ``high``.
    """
    if param.kind == "choice":
        return 0.0, float(len(param.choices) - 1)
    return (0.0, 1.0) if param.kind == "bool" else (param.low, param.high)
