"""Finds pictures that are the same, or nearly: saved twice, scaled, or a film standing still."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from vj.base.convert import resize
from vj.base.frame import Pixels, Size

Thumbnail = npt.NDArray[np.uint8]
"""The mean colours of 32×32 parts of one or more pictures: flat, 3072 numbers for each picture."""

_SIDE: Final = 32
_COARSE: Final = 4
"""The sides of a thumbnail, and of the means of it that are compared first."""
_NEAR: Final = 16.0
"""The most grey levels by which neighbours of one film differ on average."""


def thumbnail(pictures: Sequence[Pixels]) -> Thumbnail:
    """Returns the thumbnail of ``pictures`` (uint8 RGB [h, w, 3]), one behind the other."""
    return np.concatenate([resize(one, Size(_SIDE, _SIDE)).reshape(-1) for one in pictures])


def are_near(one: Thumbnail, other: Thumbnail) -> bool:
    """Returns whether two thumbnails look like neighbours in a film."""
    return one.shape == other.shape and bool(_difference(one, other).mean() <= _NEAR)


class Seen:
    """The thumbnails that were there already; a new one is looked for among them in less than a millisecond for each
    ten thousand.

    Two are the same if none of their parts differ by more than ``tolerance`` grey levels. Their coarse means can't
    differ by more either, so only those with near means are compared in full, and none is missed.
    """

    def __init__(self, tolerance: float) -> None:
        self._tolerance = tolerance
        self._thumbnails: list[Thumbnail] = []
        self._means = np.empty((0, 0), np.float32)

    def find(self, new: Thumbnail) -> int | None:
        """Returns the number of the first thumbnail, counted from 0, that is the same as ``new``; None without one."""
        if not self._thumbnails:
            return None
        means = self._means[: len(self._thumbnails)]
        close = np.flatnonzero((np.abs(means - _coarse(new)) <= self._tolerance).all(1))
        same = (int(place) for place in close if _difference(self._thumbnails[place], new).max() <= self._tolerance)
        return next(same, None)

    def add(self, new: Thumbnail) -> None:
        """Adds ``new``, which has as many numbers as those before it."""
        means, count = _coarse(new), len(self._thumbnails)
        if count == len(self._means):
            grown = np.empty((max(64, 2 * count), means.size), np.float32)
            grown[:count] = self._means[:count].reshape(count, means.size)
            self._means = grown
        self._means[count] = means
        self._thumbnails.append(new)


def _difference(one: Thumbnail, other: Thumbnail) -> npt.NDArray[np.int16]:
    difference: npt.NDArray[np.int16] = np.abs(one.astype(np.int16) - other)
    return difference


def _coarse(thumbnail: Thumbnail) -> npt.NDArray[np.float32]:
    """Returns the means of 4×4 parts of each picture."""
    width = _SIDE // _COARSE
    parts = thumbnail.reshape(-1, _COARSE, width, _COARSE, width, 3)
    means: npt.NDArray[np.float32] = parts.mean((2, 4), dtype=np.float32).reshape(-1)
    return means
