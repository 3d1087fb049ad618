"""The tensors of a look's network: their names, shapes and order, for all that reads its weights; it takes no torch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

CHANNELS: Final = (24, 32, 48)
"""The usual channels, from the outermost level to the innermost."""
FOLD: Final = 2
"""How many pixels of a row, and of a column, usually become channels of one place."""


def shapes(channels: Sequence[int] = CHANNELS, fold: int = FOLD) -> dict[str, tuple[int, ...]]:
    """Returns the shape of every tensor of `vj.model.nets.look.LookNet` for these arguments, by name: the weight, then
    the bias of each convolution, in the order of the network's parameters and of the flat weights."""
    steps, folded = list(pairwise(channels)), 3 * fold * fold
    grown = list(reversed(steps))
    convolutions = {
        "base": (3, 3, 1, 1),
        "inp": (channels[0], folded, 3, 3),
        **{f"down.{place}": (inner, outer, 3, 3) for place, (outer, inner) in enumerate(steps)},
        **{f"mid.{place}": (channels[-1], channels[-1], 3, 3) for place in range(2)},
        **{f"up.{place}": (outer, inner, 3, 3) for place, (outer, inner) in enumerate(grown)},
        **{f"fuse.{place}": (outer, outer, 3, 3) for place, (outer, _) in enumerate(grown)},
        "out": (folded, channels[0], 3, 3),
    }
    named: dict[str, tuple[int, ...]] = {}
    for name, shape in convolutions.items():
        named |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    return named


def count(channels: Sequence[int] = CHANNELS, fold: int = FOLD) -> int:
    """Returns how many numbers the weights are: 102 864 for the defaults."""
    return sum(math.prod(shape) for shape in shapes(channels, fold).values())


def multiple(channels: Sequence[int] = CHANNELS, fold: int = FOLD) -> int:
    """Returns what the sides of pictures must be multiples of: 8 for the defaults."""
    return int(fold * 2 ** (len(channels) - 1))
