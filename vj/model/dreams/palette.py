"""Keeps a picture that feeds on itself from bleaching, burning out or losing its colours."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
import numpy.typing as npt

from vj.params.param import Value

if TYPE_CHECKING:
    from vj.model.runtime.compiled_network import Floats

OPPONENT: Final = np.array(
    ((1 / 3**0.5,) * 3, (0.5**0.5, -(0.5**0.5), 0.0), (6**-0.5, 6**-0.5, -2 * 6**-0.5)), np.float64
)
"""From RGB to grey and two colour axes, at right angles: turning the two turns the hue."""
EVERY: Final = 4
"""Only every so many pixels, across and down, are looked at."""
MOST: Final = 1.25
"""The largest factor by which one picture's contrast or colours are multiplied or divided."""


class Palette:
    """Keeps pictures that feed on themselves at a brightness, a contrast and a saturation; see `keep`. Between two
    pictures it keeps nothing but `mean`."""

    def __init__(self) -> None:
        self.mean = 0.0
        """The mean, 0..1, of the last picture before it was changed."""

    def keep(self, picture: Floats, values: Mapping[str, Value], seconds: float, hue: float) -> None:
        """Turn the hue of ``picture``, float32 RGB [h, w, 3] in 0..1, by ``hue`` degrees, in place, and bring its mean,
        its contrast and its colourfulness nearer to the values ``brightness``, ``contrast`` and ``saturation``.

        How near depends on ``seconds``, the time since the last picture, and on the value ``keep`` (/s; 0: not at all).
        Contrast and colours change by a factor of at most 1.25. The result is clamped to 0..1. Also sets `mean`. All is
        measured on every fourth pixel across and down.
        """
        seen = picture[::EVERY, ::EVERY].reshape(-1, 3)
        means = seen.mean(0, dtype=np.float64)
        self.mean = float(means.mean())
        axes = (seen - means.astype(np.float32)) @ OPPONENT.T.astype(np.float32)
        spread = axes.std(0, dtype=np.float64)
        part = 1.0 - math.exp(-float(values["keep"]) * seconds)
        grey = _gain(float(values["contrast"]) * 3**0.5, spread[0], part)
        colours = _gain(float(values["saturation"]) * 2**0.5, math.hypot(spread[1], spread[2]), part)
        turned = turn(hue)
        matrix = OPPONENT.T @ turned @ np.diag((grey, colours, colours)) @ OPPONENT
        wanted = OPPONENT.T @ turned @ OPPONENT @ means
        wanted += part * (float(values["brightness"]) - wanted)  # each channel alike: no colour takes over
        cv2.transform(picture, np.hstack((matrix, (wanted - matrix @ means)[:, None])), picture)
        np.clip(picture, 0.0, 1.0, out=picture)


def turn(hue: float) -> npt.NDArray[np.float64]:
    """Returns the matrix [3, 3] that turns grey and the two colour axes of `OPPONENT` by ``hue`` degrees."""
    angle = math.radians(hue)
    return np.array(((1, 0, 0), (0, math.cos(angle), -math.sin(angle)), (0, math.sin(angle), math.cos(angle))))


def _gain(wanted: float, found: float, part: float) -> float:
    """Returns the factor that brings ``found`` nearer to ``wanted``, by the power ``part`` (0..1) of their ratio."""
    ratio = (wanted + 1e-4) / (found + 1e-4)
    return float(min(MOST, max(1.0 / MOST, ratio**part)))
