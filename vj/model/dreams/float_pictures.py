"""Between pictures of bytes and canvases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from vj.base.frame import Pixels, Size

if TYPE_CHECKING:
    from vj.model.runtime.compiled_network import Floats


def from_bytes(picture: Pixels, size: Size | None = None) -> Floats:
    """A new canvas showing ``picture``, at ``size`` where one is given."""
    if size is not None and picture.shape[:2] != (size.height, size.width):
        picture = cv2.resize(picture, tuple(size), interpolation=cv2.INTER_AREA)
    return picture * np.float32(1 / 255)


def to_bytes(canvas: Floats, out: Pixels) -> None:
    """Write ``canvas`` into ``out``, rounded, clamped."""
    cv2.convertScaleAbs(canvas, out, 255.0)


def at_size(canvas: Floats, size: Size) -> Floats:
    """``canvas``, brought to ``size`` if it has another one."""
    if canvas.shape[:2] == (size.height, size.width):
        return canvas
    resized: Floats = cv2.resize(canvas, tuple(size), interpolation=cv2.INTER_LINEAR)
    return resized
