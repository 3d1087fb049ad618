"""How a way from 0 to 1 is bent: for knobs, macros and modulators alike. Each curve has a way back."""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal, get_args

Curve = Literal["linear", "log", "exp", "s"]
"""``log`` does most at the beginning, ``exp`` at the end, ``s`` in the middle."""
CURVES: tuple[Curve, ...] = get_args(Curve)

_BEND = 4.0
"""How far exp and log bend: half way exp is at 0.12, log at 0.88."""


def bend(curve: Curve, part: float) -> float:
    """Where ``curve`` is after ``part`` (0..1) of its way."""
    return _SHAPES[curve][0](part)


def unbend(curve: Curve, level: float) -> float:
    """After which part of its way ``curve`` is at ``level`` (0..1)."""
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
