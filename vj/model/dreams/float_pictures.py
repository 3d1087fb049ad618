"""Conversions between 8-bit pictures and canvases, which are float32 [h, w, 3] in 0..1."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from vj.base.frame import Pixels, Size

if TYPE_CHECKING:
    from vj.model.runtime.compiled_network import Floats


def from_bytes(picture: Pixels, size: Size | None = None) -> Floats:
    """Returns a new canvas, float32 [h, w, 3] in 0..1, that shows ``picture``, uint8 [h, w, 3], resized to ``size`` (by
    the mean of areas, whatever its shape) if one is given. It never shares memory with ``picture``."""
    if size is not None and picture.shape[:2] != (size.height, size.width):
        picture = cv2.resize(picture, tuple(size), interpolation=cv2.INTER_AREA)
    return picture * np.float32(1 / 255)


def to_bytes(canvas: Floats, out: Pixels) -> None:
    """Write ``canvas``, 0..1, into ``out``, uint8 of the same shape, rounded to 0..255. Numbers above 1 become 255, but
    negative ones lose their sign: ``canvas`` must have none."""
    cv2.convertScaleAbs(canvas, out, 255.0)


def at_size(canvas: Floats, size: Size) -> Floats:
    """Returns ``canvas``, float32 [h, w] or [h, w, c], resized to ``size`` by linear interpolation, a new array with
    the same number of channels; ``canvas`` itself, not a copy, if it has that size already."""
    if canvas.shape[:2] == (size.height, size.width):
        return canvas
    resized: Floats = cv2.resize(canvas, tuple(size), interpolation=cv2.INTER_LINEAR)
    return resized
