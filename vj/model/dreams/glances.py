"""Random views of a picture, so that what is dreamed into it stays the same when it is moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from vj.base.frame import Size
from vj.params.param import Value

if TYPE_CHECKING:
    from vj.model.runtime.compiled_network import Floats


class Glances:
    """Shifts, turns and zooms pictures of ``size`` at random (Olah et al. 2017), drawing from ``random``; pictures
    repeat at their borders."""

    def __init__(self, size: Size, random: np.random.Generator) -> None:
        self._size = size
        self._random = random
        self._seen, self._found = (np.zeros((size.height, size.width, 3), np.float32) for _ in range(2))
        self._there = np.eye(2, 3)
        """The affine map [2, 3] from the picture to the last view."""

    def at(self, picture: Floats, values: Mapping[str, Value]) -> Floats:
        """Returns ``picture``, float32 [h, w, 3] of this size, in another random view: turned by up to ``turning``
        degrees, zoomed by 1 ± ``zooming`` and shifted by up to ``jitter`` pixels (all from ``values``), repeated beyond
        its borders. It is of the same shape, in an array that the next call overwrites; ``picture`` isn't changed."""
        self._there = self._move(values)
        return _warped(picture, self._there, self._seen, cv2.BORDER_WRAP)

    def back(self, gradient: Floats) -> Floats:
        """Returns ``gradient``, float32 [h, w, 3], measured in the last view that `at` returned, moved back to the
        picture; zero outside the view. The array is overwritten by the next call.

        This applies the inverse map. The exact gradient needs the transposed map, which differs only by the
        interpolation and by a factor, the ratio of areas, that Adam cancels.
        """
        return _warped(gradient, cv2.invertAffineTransform(self._there), self._found, cv2.BORDER_CONSTANT)

    def _move(self, values: Mapping[str, Value]) -> npt.NDArray[np.float64]:
        """Returns a random affine map [2, 3] within ``turning`` (degrees), ``zooming`` and ``jitter`` (pixels)."""
        turn, zoom, *shift = self._random.uniform(-1.0, 1.0, 4)
        width, height = self._size
        angle, length = turn * float(values["turning"]), 1.0 + zoom * float(values["zooming"])
        found: npt.NDArray[np.float64] = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, length)
        found[:, 2] += np.array(shift) * float(values["jitter"])
        return found


def _warped(picture: Floats, move: npt.NDArray[np.float64], out: Floats, border: int) -> Floats:
    warped: Floats = cv2.warpAffine(picture, move, (out.shape[1], out.shape[0]), out, cv2.INTER_LINEAR, border)
    return warped
