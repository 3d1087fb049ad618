"""What one OSC message means for one parameter: an absolute value, a relative one, or a trigger."""

import math
from dataclasses import dataclass

from vj.base.errors import BadInput
from vj.params.control_queue import Change
from vj.params.param import Param, Value

NUDGE = 0.05
"""The part of its range by which a lone ``+`` or ``-`` moves a number."""

_RELATIVE = ("float", "int", "choice")


@dataclass(frozen=True, slots=True)
class Target:
    """One parameter that an OSC address means; ``scaled`` where a 0..1 fader was given an alias for it."""

    address: str
    param: Param
    scaled: bool = False

    def value(self, arguments: list[Value]) -> Value:
        """The one argument as the parameter's value. Raises BadInput."""
        return self.param.check(self.wanted(arguments))

    def wanted(self, arguments: list[Value]) -> Value:
        """The one argument in the parameter's unit, not checked yet: what the sender's own fader shows."""
        if len(arguments) != 1:
            raise BadInput(f"{self.address} takes one argument, not {len(arguments)}")
        return _spread(self.param, arguments[0]) if self.scaled else arguments[0]

    def shown(self, value: Value) -> Value:
        """The inverse of `wanted`: what the sender's fader is to show for ``value``."""
        param = self.param
        if not self.scaled or isinstance(value, str | bool) or param.high == param.low:
            return value
        return (float(value) - param.low) / (param.high - param.low)

    def fires(self, arguments: list[Value], at: float) -> Change | None:
        """What the trigger does: None for a button that is let go (0 or false). Raises BadInput."""
        if self.param.counts:
            return self._numbered(arguments, at)
        if self.param.low != self.param.high:
            return Change(self.address, "fire", float(self.value(arguments)), at)
        if len(arguments) > 1 or any(isinstance(value, str) for value in arguments):
            raise BadInput(f"{self.address} takes no argument, or a button's 0 or 1")
        return Change(self.address, "fire", self.param.low, at) if all(arguments) else None

    def _numbered(self, arguments: list[Value], at: float) -> Change | None:
        """The number of a slot is never clamped: a button that is released sends 0, which is no slot."""
        wanted, low, high = self.wanted(arguments), self.param.low, self.param.high
        if not wanted and not isinstance(wanted, str):
            return None
        if isinstance(wanted, str) or not low <= wanted <= high:
            raise BadInput(f"{self.address} takes a number of {low:g}..{high:g}, not {wanted!r}")
        return Change(self.address, "fire", float(self.param.check(wanted)), at)

    def moves(self, arguments: list[Value]) -> Change | None:
        """What a relative message does; None for one that isn't relative. Raises BadInput.

        ``"+" n``, ``"-" n`` and the single texts ``"+0.1"``, ``"-2"``, ``"+"``, ``"-"`` add to a number, or go
        entries further in a choice; ``"toggle"`` turns an on/off round. Texts take every word as it is.
        """
        word = arguments[0] if arguments else None
        if not isinstance(word, str):
            return None
        if self.param.kind == "bool":
            return Change(self.address, "toggle") if arguments == ["toggle"] else None
        if self.param.kind not in _RELATIVE or word[:1] not in ("+", "-") or word in self.param.choices:
            return None
        return Change(self.address, "add", self.bounded(self._amount(word, arguments[1:])))

    def bounded(self, amount: float) -> float:
        """``amount`` as far as it can matter: at most the whole range, in whole steps where there are such."""
        param = self.param
        if param.kind == "choice":
            return math.fmod(amount, len(param.choices))
        span = param.high - param.low
        held = min(max(amount, -span), span)
        if param.kind == "int" and held:
            return round(held) or math.copysign(1.0, held)
        return held

    def _amount(self, word: str, rest: list[Value]) -> float:
        """How far, in the parameter's unit or in entries."""
        span = self.param.high - self.param.low
        if word in ("+", "-") and not rest:
            return float(f"{word}1") * (1.0 if self.param.kind == "choice" else NUDGE * span)
        amount = self._number(word, rest)
        if self.param.kind != "choice":
            return amount * span if self.scaled else amount
        if amount % 1:
            raise BadInput(f"{self.address} goes by whole entries, not {amount:g}")
        return amount

    def _number(self, word: str, rest: list[Value]) -> float:
        if word in ("+", "-") and len(rest) == 1 and isinstance(rest[0], int | float) and not isinstance(rest[0], bool):
            return float(f"{word}1") * rest[0]
        try:
            amount = math.nan if rest else float(word)
        except ValueError:
            amount = math.nan
        if not math.isfinite(amount):
            said = " ".join(str(value)[:40] for value in (word, *rest))
            raise BadInput(f'{self.address} takes "+" or "-" with a number, or one text such as "+0.1", not {said!r}')
        return amount


def _spread(param: Param, raw: Value) -> Value:
    """A fader's 0..1 as a number in the range of ``param``; names and on/off stay as they are."""
    if isinstance(raw, str | bool) or param.kind == "bool":
        return raw
    along = min(max(float(raw), 0.0), 1.0)
    if param.kind == "choice":
        return min(int(along * len(param.choices)), len(param.choices) - 1)
    return param.low + along * (param.high - param.low)
