"""Writes pictures, with what they cover, into the memory that a source is given for its next picture."""

import numpy as np

from vj.base.convert import blend
from vj.base.frame import Alpha, Picture
from vj.source.source import Begin


def deliver(picture: Picture, begin: Begin) -> None:
    """Copies ``picture`` into the memory that ``begin`` gives."""
    height, width = picture.pixels.shape[:2]
    np.copyto(begin(height, width, picture.alpha), picture.pixels)


def deliver_mixed(old: Picture, new: Picture, share: float, begin: Begin) -> None:
    """Writes a mixture of two pictures of one size into the memory that ``begin`` gives: ``share`` (0..1) of ``new``,
    the rest of ``old``. It is opaque where both are."""
    alpha: Alpha | None = None
    if old.alpha is not None or new.alpha is not None:
        alpha = np.empty(old.pixels.shape[:2], np.uint8)
        blend(_alpha(old), _alpha(new), share, alpha)
    height, width = old.pixels.shape[:2]
    blend(old.pixels, new.pixels, share, begin(height, width, alpha))


def _alpha(picture: Picture) -> Alpha:
    """Returns what ``picture`` covers, as an array in any case."""
    return np.full(picture.pixels.shape[:2], 255, np.uint8) if picture.alpha is None else picture.alpha
