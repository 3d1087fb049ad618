"""The built-in picture that is shown where there has never been another one: a quiet gradient."""

import moderngl
import numpy as np

from vj.base.frame import Size
from vj.gl.texture import PictureTexture


def built_in_still(ctx: moderngl.Context, size: Size) -> PictureTexture:
    """Returns a new texture of ``size`` with a gradient from dark blue (upper left) to orange (lower right).

    Its ``seq`` is 1. ``ctx`` must be current.
    """
    down, across = np.mgrid[0 : 1 : size.height * 1j, 0 : 1 : size.width * 1j]
    dusk, ember = np.array([28, 24, 64]), np.array([196, 92, 64])
    mixture = (0.65 * down + 0.35 * across)[..., None]
    picture = PictureTexture(ctx)
    picture.upload((dusk * (1 - mixture) + ember * mixture).astype(np.uint8), seq=1)
    return picture
