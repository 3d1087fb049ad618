"""Checks a model's results, so that a broken picture is never shown."""

import math
from collections.abc import Callable

from vj.base.frame import Pixels

PATIENCE = 3
"""Bad pictures in a row after which the engine acts."""
_BLACK, _LIT = 0.002, 0.02
"""A result with a mean (0..1) below the first is bad if its input has a mean above the second."""
_EVERY = 8
"""Only every so many pixels, across and down, are looked at."""


class OutputCheck:
    """Counts a model's bad pictures, black ones and those with numbers that aren't finite: all of them (``total``), and
    those in a row up to the latest (``in_a_row``)."""

    def __init__(self, may_be_black: bool = False) -> None:
        """``may_be_black`` says that an all-black result is valid, such as a mask of nothing."""
        self._may_be_black = may_be_black
        self.total = self.in_a_row = 0

    def accepts(self, mean: float, brightness: Callable[[], float]) -> bool:
        """Returns whether a result may be shown, and counts it. It may not if its mean isn't finite, or if it is black
        (mean up to 0.002) while the input isn't (brightness from 0.02 on), unless black results are valid.

        ``mean`` is the result's mean (0..1), not finite if any of its numbers isn't. ``brightness`` returns the mean of
        the input picture (0..1); it is called only if ``mean`` isn't above 0.002 and black results aren't valid.
        """
        lit = mean > _BLACK or self._may_be_black or brightness() < _LIT
        good = math.isfinite(mean) and lit
        self.in_a_row = 0 if good else self.in_a_row + 1
        self.total += not good
        return good

    @property
    def impatient(self) -> bool:
        """Whether the latest picture made exactly `PATIENCE` (3) bad ones in a row. It is False again after the next
        picture, good or bad."""
        return self.in_a_row == PATIENCE


def brightness(picture: Pixels) -> float:
    """Returns the mean of ``picture``, uint8 [h, w, 3], as 0..1, over all channels of every eighth pixel across and
    down."""
    return float(picture[::_EVERY, ::_EVERY].mean()) / 255.0
