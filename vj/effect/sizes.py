"""Sizes of passes, which shaders give as expressions such as ``floor($WIDTH/4.0)``: a small parser, and no `eval`."""

import math
import re
from collections.abc import Callable, Mapping

from vj.base.errors import BadInput

Variables = Mapping[str, float]
Evaluate = Callable[[Variables], float]

_LONGEST = 300
"""Characters that an expression may have."""
_DEEPEST = 40
"""How many brackets may be inside each other."""
_TOKEN = re.compile(r"\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)[fF]?|\$?([A-Za-z_]\w*)|(\*\*|.))")
_SIGNS = {"-": -1.0, "+": 1.0}


def _fraction(value: float) -> float:
    return value - math.floor(value)


def _step(edge: float, value: float) -> float:
    return float(value >= edge)


def _clamp(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


_FUNCTIONS: dict[str, tuple[int, int, Callable[..., float]]] = {
    "floor": (1, 1, math.floor),
    "ceil": (1, 1, math.ceil),
    "round": (1, 1, lambda value: math.floor(value + 0.5)),
    "trunc": (1, 1, math.trunc),
    "int": (1, 1, math.trunc),
    "float": (1, 1, float),
    "fract": (1, 1, _fraction),
    "frac": (1, 1, _fraction),
    "abs": (1, 1, abs),
    "sqrt": (1, 1, math.sqrt),
    "exp": (1, 1, math.exp),
    "log": (1, 1, math.log),
    "log2": (1, 1, math.log2),
    "sin": (1, 1, math.sin),
    "cos": (1, 1, math.cos),
    "pow": (2, 2, math.pow),
    "mod": (2, 2, math.fmod),
    "fmod": (2, 2, math.fmod),
    "step": (2, 2, _step),
    "min": (1, 16, min),
    "max": (1, 16, max),
    "clamp": (3, 3, _clamp),
}
"""The least and the most arguments of each function, and what computes it."""
_CONSTANTS = {"pi": math.pi, "e": math.e}


class SizeExpression:
    """An expression in ``$WIDTH``, ``$HEIGHT`` and ``$NAME`` of inputs, with ``+ - * / % ^``, brackets and functions.

    ``names`` are the variables in it, without ``$``.
    """

    def __init__(self, text: str) -> None:
        """Raises BadInput, which names the expression and what is wrong, if ``text`` is none."""
        self.text = text
        self.names: frozenset[str] = frozenset()
        if len(text) > _LONGEST:
            raise BadInput(f"the size {text[:40]!r}... has more than {_LONGEST} characters")
        parser = _Parser(text)
        self._evaluate = parser.parse()
        self.names = frozenset(parser.names)

    def evaluate(self, variables: Variables) -> float:
        """Returns the value with ``variables``, by their names without ``$``.

        Raises BadInput for an unknown name, and where no finite number comes out.
        """
        try:
            value = float(self._evaluate(variables))
        except KeyError as error:
            known = ", ".join(f"${name}" for name in variables)
            raise BadInput(f"the size {self.text!r} has ${error.args[0]} in it; choices: {known}") from None
        except (ArithmeticError, ValueError):
            value = math.nan
        if not math.isfinite(value):
            raise BadInput(f"the size {self.text!r} is no finite number")
        return value


class _Parser:
    """Turns an expression into a function. ``names`` are the variables met so far."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = [match.groups() for match in _TOKEN.finditer(text.strip())]
        self._at = 0
        self._depth = 0
        self.names: set[str] = set()

    def parse(self) -> Evaluate:
        """Returns the function of the whole expression. Raises BadInput."""
        found = self._sum()
        if self._at < len(self._tokens):
            raise self._error()
        return found

    def _sum(self) -> Evaluate:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise BadInput(f"the size {self._text[:40]!r}... has more than {_DEEPEST} brackets inside each other")
        left = self._product()
        while sign := self._taken("+", "-"):
            left = _combined(sign, left, self._product())
        self._depth -= 1
        return left

    def _product(self) -> Evaluate:
        left = self._signed()
        while sign := self._taken("*", "/", "%"):
            left = _combined(sign, left, self._signed())
        return left

    def _signed(self) -> Evaluate:
        factor = 1.0
        while sign := self._taken("-", "+"):
            factor *= _SIGNS[sign]
        value = self._power()
        return (lambda variables: -value(variables)) if factor < 0 else value

    def _power(self) -> Evaluate:
        left = self._atom()
        if sign := self._taken("^", "**"):
            return _combined(sign, left, self._power())
        return left

    def _atom(self) -> Evaluate:
        if self._at >= len(self._tokens):
            raise self._error()
        number, name, mark = self._tokens[self._at]
        self._at += 1
        if number is not None:
            return _constant(float(number))
        if mark == "(":
            inside = self._sum()
            self._expect(")")
            return inside
        if name is None:
            self._at -= 1
            raise self._error()
        return self._called(name) if self._taken("(") else self._variable(name)

    def _variable(self, name: str) -> Evaluate:
        if name in _CONSTANTS:
            return _constant(_CONSTANTS[name])
        self.names.add(name)
        return lambda variables: variables[name]

    def _called(self, name: str) -> Evaluate:
        if name not in _FUNCTIONS:
            raise BadInput(f"the size {self._text!r} calls {name}(); choices: {', '.join(_FUNCTIONS)}")
        least, most, function = _FUNCTIONS[name]
        arguments = [self._sum()]
        while self._taken(","):
            arguments.append(self._sum())
        self._expect(")")
        if not least <= len(arguments) <= most:
            raise BadInput(f"the size {self._text!r} gives {name}() {len(arguments)} arguments; it takes {least}")
        if len(arguments) == 1 and most > 1:
            return arguments[0]
        return lambda variables: function(*(argument(variables) for argument in arguments))

    def _taken(self, *marks: str) -> str:
        """Returns the next token, and goes on behind it, if it is one of ``marks``; else an empty text."""
        if self._at < len(self._tokens) and self._tokens[self._at][2] in marks:
            self._at += 1
            return str(self._tokens[self._at - 1][2])
        return ""

    def _expect(self, mark: str) -> None:
        if not self._taken(mark):
            raise self._error()

    def _error(self) -> BadInput:
        if self._at >= len(self._tokens):
            return BadInput(f"the size {self._text!r} ends too early")
        found = next(token for token in self._tokens[self._at] if token is not None)
        return BadInput(f"the size {self._text!r} can't be read at {found!r}")


def _constant(value: float) -> Evaluate:
    return lambda variables: value


def _combined(sign: str, left: Evaluate, right: Evaluate) -> Evaluate:
    """Returns the function that combines the values of two others, as ``sign`` says."""
    if sign == "+":
        return lambda variables: left(variables) + right(variables)
    if sign == "-":
        return lambda variables: left(variables) - right(variables)
    if sign == "*":
        return lambda variables: left(variables) * right(variables)
    if sign == "/":
        return lambda variables: left(variables) / right(variables)
    if sign == "%":
        return lambda variables: math.fmod(left(variables), right(variables))
    return lambda variables: math.pow(left(variables), right(variables))
