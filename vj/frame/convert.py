"""The conversions that the one picture convention needs anywhere else."""

import numpy as np
from PIL import Image

from vj.frame.frame import Pixels, Size


def resize(pixels: Pixels, size: Size, into: Pixels | None = None) -> Pixels:
    """``pixels`` at ``size`` (area-averaged when shrinking), written into ``into`` if that has the right shape."""
    scaled = Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    if into is None or into.shape != (size.height, size.width, 3):
        into = np.empty((size.height, size.width, 3), np.uint8)
    np.copyto(into, np.asarray(scaled))
    return into
