"""The shapes of a low-frequency oscillator: pure functions from a phase (0..1) to a level (0..1)."""

import math
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from types import MappingProxyType

from vj.base.errors import BadInput
from vj.params.curves import bend

Shape = Callable[[float, float], float]
"""From a phase (0..1) and a width (0..1, which only the square uses) to a level (0..1)."""

MOST_STEPS = 64
"""The most levels that a drawn shape may have."""

SHAPES: Mapping[str, Shape] = MappingProxyType(
    {
        "sine": lambda phase, _: 0.5 - 0.5 * math.cos(2.0 * math.pi * phase),
        "triangle": lambda phase, _: 1.0 - abs(2.0 * phase - 1.0),
        "saw": lambda phase, _: phase,
        "fall": lambda phase, _: 1.0 - phase,
        "square": lambda phase, width: float(phase < width),
    }
)
"""The shapes by name. ``sine`` and ``triangle`` begin at 0 and are at 1 in the middle of the cycle; ``saw`` rises,
``fall`` falls; ``square`` is 1 for the first part ``width`` of the cycle, then 0.
"""


def random_level(seed: int, cycle: int) -> float:
    """Returns a random level (0..1) that depends on ``seed`` and ``cycle`` only, so that a show can be played again.

    It is the same on every machine.
    """
    digest = blake2b(b"%d %d" % (seed, cycle), digest_size=4).digest()
    return int.from_bytes(digest, "big") / 0xFFFFFFFF


def wander(seed: int, cycle: int, phase: float) -> float:
    """Returns a level (0..1) that goes smoothly (an s-curve), by ``phase`` (0..1), from `random_level` of ``seed`` and
    ``cycle`` to that of the next cycle.
    """
    before, after = random_level(seed, cycle), random_level(seed, cycle + 1)
    return before + (after - before) * bend("s", phase)


def parse_steps(text: str) -> tuple[float, ...]:
    """Returns the levels in a text such as ``0 0.5 1``, in order; commas may stand between them, too.

    Raises BadInput unless there are 1 to `MOST_STEPS` numbers of 0..1.
    """
    words = text.replace(",", " ").split()
    try:
        levels = tuple(float(word) for word in words)
    except ValueError:
        levels = ()
    if not 0 < len(levels) <= MOST_STEPS or not all(0.0 <= level <= 1.0 for level in levels):
        raise BadInput(f"steps are 1 to {MOST_STEPS} numbers of 0..1, such as '0 0.5 1 0.5', not {text[:80]!r}")
    return levels


def step_level(levels: Sequence[float], phase: float) -> float:
    """Returns the one of ``levels`` that ``phase`` (0..1) falls on: each has an equal part of the cycle."""
    return levels[min(int(phase * len(levels)), len(levels) - 1)]
