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
    """A parameter that an OSC address leads to. ``address`` is the parameter's own. It is ``scaled`` if the address on
    the wire is an alias, whose 0..1 is spread over the parameter's range.
    """

    address: str
    param: Param
    scaled: bool = False

    def value(self, arguments: list[Value]) -> Value:
        """Returns the one argument as a value of the parameter: spread if it is ``scaled``, checked, and clamped to the
        range. Raises BadInput if there isn't one argument or it can't be such a value.
        """
        return self.param.check(self.wanted(arguments))

    def wanted(self, arguments: list[Value]) -> Value:
        """Returns the one argument in the parameter's unit, not checked yet: what the sender's own fader shows. Unless
        the target is ``scaled``, that is the argument as it came; a scaled choice gives the number of the entry, from
        0. Raises BadInput unless there is one argument.
        """
        if len(arguments) != 1:
            raise BadInput(f"{self.address} takes one argument, not {len(arguments)}")
        return _spread(self.param, arguments[0]) if self.scaled else arguments[0]

    def shown(self, value: Value) -> Value:
        """Returns what the sender's fader is to show for ``value``, a value of the parameter. For a number whose target
        is ``scaled`` that is its place in the parameter's range, 0..1, evenly; else it is ``value`` as it is. Choices
        stay names."""
        param = self.param
        if not self.scaled or isinstance(value, str | bool) or param.high == param.low:
            return value
        return (float(value) - param.low) / (param.high - param.low)

    def fires(self, arguments: list[Value], at: float) -> Change | None:
        """Returns the change that fires the trigger, or None if the message only says that a button was released.
        ``at`` is the time of the batch (monotonic seconds).

        A trigger without a range takes no argument, or one number or on/off, of which 0 and false are a release. One
        that takes the number of a slot or the like needs one number within its range; 0 is a release, and nothing is
        clamped. Any other takes one number, which is clamped to its range; there 0 fires, too. One that takes a text
        takes a whole number for it as well, unless that is a button's 0. Raises BadInput for other arguments.
        """
        if self.param.takes_text:
            return self._told(arguments, at)
        if self.param.counts:
            return self._numbered(arguments, at)
        if self.param.low != self.param.high:
            return Change(self.address, "fire", float(self.value(arguments)), at)
        if len(arguments) > 1 or any(isinstance(value, str) for value in arguments):
            raise BadInput(f"{self.address} takes no argument, or a button's 0 or 1")
        return Change(self.address, "fire", self.param.low, at) if all(arguments) else None

    def _told(self, arguments: list[Value], at: float) -> Change | None:
        """Returns the change for a trigger that takes a text."""
        said = arguments[0] if len(arguments) == 1 else None
        if isinstance(said, float) and said.is_integer():
            said = int(said)
        if said == 0:
            return None
        if said is None or isinstance(said, bool | float):
            raise BadInput(f"{self.address} takes a text, not {arguments if said is None else said}")
        return Change(self.address, "fire", at=at, text=str(self.param.check(str(said))))

    def _numbered(self, arguments: list[Value], at: float) -> Change | None:
        """Returns the change for a trigger that takes a number, such as a slot's.

        The number is never clamped: a button that is released sends 0, which is no slot.
        """
        wanted, low, high = self.wanted(arguments), self.param.low, self.param.high
        if not wanted and not isinstance(wanted, str):
            return None
        if isinstance(wanted, str) or not low <= wanted <= high:
            raise BadInput(f"{self.address} takes a number of {low:g}..{high:g}, not {wanted!r}")
        return Change(self.address, "fire", float(self.param.check(wanted)), at)

    def moves(self, arguments: list[Value]) -> Change | None:
        """Returns the relative change that a message asks for, or None if it isn't relative. Raises BadInput for a
        malformed one.

        ``"+" n``, ``"-" n`` and the single texts ``"+0.1"``, ``"-2"`` add to a number in its unit (a part of the range
        if the target is ``scaled``), or go entries further in a choice; a lone ``"+"`` or ``"-"`` goes by `NUDGE` of
        the range, or one entry. ``"toggle"`` switches an on/off. Text parameters take every word as it is, so for them
        None is returned.
        """
        word = arguments[0] if arguments else None
        if not isinstance(word, str) or self.param.told:
            return None
        if self.param.kind == "bool":
            return Change(self.address, "toggle") if arguments == ["toggle"] else None
        if self.param.kind not in _RELATIVE or word[:1] not in ("+", "-") or word in self.param.choices:
            return None
        return Change(self.address, "add", self.bounded(self._amount(word, arguments[1:])))

    def bounded(self, amount: float) -> float:
        """Returns ``amount``, a relative change, as far as it can matter. For numbers that is at most the whole range
        either way, and for ints a whole number that isn't 0 unless ``amount`` is; for a choice it is what is left when
        whole rounds through the entries are taken off.
        """
        param = self.param
        if param.kind == "choice":
            return math.fmod(amount, len(param.choices))
        span = param.high - param.low
        held = min(max(amount, -span), span)
        if param.kind == "int" and held:
            return round(held) or math.copysign(1.0, held)
        return held

    def _amount(self, word: str, rest: list[Value]) -> float:
        """Returns how far a relative message goes, in the parameter's unit or in entries."""
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
    """Returns a fader's 0..1 as a number in the range of ``param``; texts and on/off stay as they are."""
    if isinstance(raw, str | bool) or param.kind == "bool":
        return raw
    along = min(max(float(raw), 0.0), 1.0)
    if param.kind == "choice":
        return min(int(along * len(param.choices)), len(param.choices) - 1)
    return param.low + along * (param.high - param.low)
