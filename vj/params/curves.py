"""Curves from 0 to 1, for knobs, macros and modulators alike, each with its inverse."""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal, get_args

Curve = Literal["linear", "log", "exp", "s"]
"""``log`` rises most at the beginning, ``exp`` at the end, ``s`` in the middle, ``linear`` everywhere alike."""
CURVES: tuple[Curve, ...] = get_args(Curve)

_BEND = 4.0
"""How far exp and log bend: in the middle exp is at 0.12, log at 0.88."""


def bend(curve: Curve, part: float) -> float:
    """Returns the level (0..1) of ``curve`` after ``part`` (0..1) of its length; 0 at 0, 1 at 1. Clamps nothing."""
    return _SHAPES[curve][0](part)


def unbend(curve: Curve, level: float) -> float:
    """Returns the inverse of `bend`: the part (0..1) of its length after which ``curve`` is at ``level`` (0..1)."""
    return _SHAPES[curve][1](level)


def _exp(part: float) -> float:
    return math.expm1(_BEND * part) / math.expm1(_BEND)


def _log(part: float) -> float:
    return math.log1p(part * math.expm1(_BEND)) / _BEND


def _s(part: float) -> float:
    return part * part * (3.0 - 2.0 * part)


def _s_back(level: float) -> float:
    return 0.5 - math.sin(math.asin(1.0 - 2.0 * level) / 3.0)


_SHAPES: Mapping[Curve, tuple[Callable[[float], float], Callable[[float], float]]] = MappingProxyType(
    {"linear": (float, float), "log": (_log, _exp), "exp": (_exp, _log), "s": (_s, _s_back)}
)
