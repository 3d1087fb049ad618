"""The Adam optimiser (D. P. Kingma, J. Ba, 2015) on a canvas that moves: its memory of each pixel moves along."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from vj.base.frame import Size

if TYPE_CHECKING:
    from vj.model.runtime.compiled_network import Floats

_TINY: Final = 1e-8


class Adam:
    """Adam for float32 canvases [h, w, 3] of ``size``, which changes when `move` is given another. Gradients must have
    a mean absolute value of 1: squares begin with 1, not 0."""

    def __init__(self, size: Size, drift: float = 0.9, spread: float = 0.98) -> None:
        """``drift`` and ``spread`` are Adam's decay rates, for the mean of gradients and for that of their squares."""
        shape = (size.height, size.width, 3)
        self.size = size
        self._drift = drift
        self._spread = spread
        self._mean = np.zeros(shape, np.float32)
        self._square = np.ones(shape, np.float32)

    def climb(self, canvas: Floats, gradient: Floats, step: float) -> None:
        """Change ``canvas``, float32 [h, w, 3] in 0..1, in place along the gradient (upwards), by about ``step`` where
        gradients agree, and clip it to 0..1.

        ``gradient``, float32 [h, w, 3], is overwritten.
        """
        cv2.accumulateWeighted(gradient, self._mean, 1.0 - self._drift)
        np.multiply(gradient, gradient, out=gradient)
        cv2.accumulateWeighted(gradient, self._square, 1.0 - self._spread)
        np.sqrt(self._square, out=gradient)
        gradient += _TINY
        np.divide(self._mean, gradient, out=gradient)
        cv2.scaleAdd(gradient, step, canvas, canvas)
        np.clip(canvas, 0.0, 1.0, out=canvas)

    def move(self, carried: Callable[[Floats], Floats], kept: Floats) -> None:
        """Move the memory along with a canvas that was moved: ``carried`` returns an array [h, w, 3] warped as the
        canvas was, at its new size. ``kept``, float32 [h, w, 1] in 0..1 of the new size, says how much of the memory
        stays at each place."""
        self._mean = carried(self._mean) * kept
        self._square = (carried(self._square) - 1.0) * kept + 1.0
        height, width = self._mean.shape[:2]
        self.size = Size(width, height)
