"""How near pictures come to each other, and how calm films are, in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from vj.base.frame import Pixels

Floats = npt.NDArray[np.float32]

_AGREES: Final = 0.5
"""Flicker is measured where the source agrees at least so well (0..1) with its last picture, moved along."""
_LEAST_AGREEING: Final = 0.3
"""The least part of a picture that must agree; others are cuts."""


def absolute_error(one: Pixels, other: Pixels) -> float:
    """Returns the mean absolute difference (L1), 0..1, of two pictures (uint8 [h, w, 3]) of the same size."""
    return float(np.abs(one.astype(np.float32) - other).mean()) / 255.0


def structural_similarity(one: Pixels, other: Pixels) -> float:
    """Returns the structural similarity (SSIM) of the brightness of two pictures (uint8 RGB [h, w, 3]) of the same size
    (Wang et al. 2004), at most 1: Gaussian windows of 1.5 pixels."""

    def mean(numbers: Floats) -> Floats:
        return np.asarray(cv2.GaussianBlur(numbers, (11, 11), 1.5), np.float32)

    left, right = (cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32) for picture in (one, other))
    first, second = mean(left), mean(right)
    spread = mean(left * left) - first**2 + mean(right * right) - second**2
    shared = mean(left * right) - first * second
    low, high = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    alike = (2 * first * second + low) * (2 * shared + high) / ((first**2 + second**2 + low) * (spread + high))
    return float(np.mean(alike))


class FlickerMeter:
    """Measures how much films change from picture to picture along the motion of their source, where its pictures
    agree: the mean absolute difference, 0..1. Cuts are left out.

    The motion is measured anew, at full size.
    """

    def __init__(self) -> None:
        self._method = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._grey: npt.NDArray[np.uint8] | None = None
        self._before: list[Floats] = []
        self._found: list[list[float]] = []

    def add(self, seen: Pixels, shown: Sequence[Floats]) -> None:
        """Adds the source's next picture, ``seen`` (uint8 RGB [h, w, 3]), and what the films show of it, ``shown``
        ([h, w, 3] in 0..1, one for each film, kept until the next call)."""
        grey = np.asarray(cv2.cvtColor(seen, cv2.COLOR_RGB2GRAY), np.uint8)
        if self._grey is not None:
            motion = self._method.calc(grey, self._grey, None)
            height, width = grey.shape
            grid = np.stack(np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)), -1)
            came = grid + motion
            apart = cv2.absdiff(cv2.remap(self._grey, came, None, cv2.INTER_LINEAR), grey)
            agrees = (30.0 - cv2.blur(apart.astype(np.float32), (3, 3))) / 25.0 > _AGREES
            if agrees.mean() >= _LEAST_AGREEING:
                pairs = zip(shown, self._before, strict=True)
                self._found.append([_change(now, before, came, agrees) for now, before in pairs])
        self._grey, self._before = grey, list(shown)

    def flicker(self) -> list[float]:
        """Returns the flicker of each film; empty before there are two pictures of one shot."""
        return [float(one) for one in np.mean(self._found, 0)] if self._found else []


def _change(now: Floats, before: Floats, came: Floats, agrees: npt.NDArray[np.bool_]) -> float:
    moved = cv2.remap(before, came, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return float(np.abs(now - moved)[agrees].mean())
