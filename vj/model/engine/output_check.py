"""Watches what a model gives: a picture that isn't one is never shown."""

import math
from collections.abc import Callable

from vj.base.frame import Pixels

PATIENCE = 3
"""Bad pictures in a row after which something must be done."""
_BLACK, _LIT = 0.002, 0.02
"""A result darker than the first, made of a picture brighter than the second, is no result."""
_EVERY = 8
"""Pixels between two that are looked at, along both sides."""


class OutputCheck:
    """Counts bad pictures, all of them and those in a row."""

    def __init__(self, may_be_black: bool = False) -> None:
        """``may_be_black``: a mask of nothing is a picture too."""
        self._may_be_black = may_be_black
        self.total = self.in_a_row = 0

    def accepts(self, mean: float, brightness: Callable[[], float]) -> bool:
        """Whether a result of that mean (0..1, not finite where the result isn't) may be shown.

        ``brightness`` gives that of the picture that it was made of (0..1); asked for only where the result is black.
        """
        lit = mean > _BLACK or self._may_be_black or brightness() < _LIT
        good = math.isfinite(mean) and lit
        self.in_a_row = 0 if good else self.in_a_row + 1
        self.total += not good
        return good

    @property
    def impatient(self) -> bool:
        """Whether it is now time to do something."""
        return self.in_a_row == PATIENCE


def brightness(picture: Pixels) -> float:
    """The mean of some of the picture's pixels, 0..1."""
    return float(picture[::_EVERY, ::_EVERY].mean()) / 255.0
