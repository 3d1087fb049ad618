"""Resizing and blending of pictures; `vj.base.frame` says how their pixels are stored."""

import numpy as np

from vj.base.frame import Pixels, Size


def resize(pixels: Pixels, size: Size, into: Pixels | None = None) -> Pixels:
    """Returns ``pixels`` stretched to ``size``, averaged by area if the width shrinks, else interpolated bicubically.

    The result (H×W×3 uint8) is a copy even if the size is the same. It is ``into`` itself, overwritten, if that has the
    right shape, else a new array. ``pixels`` stays as it is. OpenCV takes a twentieth of Pillow's time; it is imported
    here because the display's process, which never resizes, must not load it.
    """
    import cv2

    shrinks = size.width < pixels.shape[1]
    if into is None or into.shape != (size.height, size.width, 3):
        into = np.empty((size.height, size.width, 3), np.uint8)
    cv2.resize(pixels, size, dst=into, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    return into


def blend(old: Pixels, new: Pixels, share: float, into: Pixels) -> None:
    """Write a mixture into ``into``: ``share`` (0..1) of ``new``, the rest of ``old``, each value rounded.

    All three have one shape; ``into`` may be ``old`` or ``new``.
    """
    import cv2

    cv2.addWeighted(old, 1.0 - share, new, share, 0.0, dst=into)


def drop_alpha(pixels: Pixels, into: Pixels) -> None:
    """Copy the colours of ``pixels`` (H×W×4 uint8, RGBA) into ``into`` (H×W×3), as they are."""
    import cv2

    cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB, dst=into)
