"""Conversions between 8-bit pictures and canvases, which are float32 [h, w, 3] in 0..1."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from vj.base.frame import Pixels, Size

if TYPE_CHECKING:
    from vj.model.runtime.compiled_network import Floats


def from_bytes(picture: Pixels, size: Size | None = None) -> Floats:
    """Returns a new canvas that shows ``picture``, at ``size`` if one is given."""
    if size is not None and picture.shape[:2] != (size.height, size.width):
        picture = cv2.resize(picture, tuple(size), interpolation=cv2.INTER_AREA)
    return picture * np.float32(1 / 255)


def to_bytes(canvas: Floats, out: Pixels) -> None:
    """Write ``canvas`` into ``out`` as bytes, rounded and clamped."""
    cv2.convertScaleAbs(canvas, out, 255.0)


def at_size(canvas: Floats, size: Size) -> Floats:
    """Returns ``canvas`` at ``size``; itself if it has that size already."""
    if canvas.shape[:2] == (size.height, size.width):
        return canvas
    resized: Floats = cv2.resize(canvas, tuple(size), interpolation=cv2.INTER_LINEAR)
    return resized
