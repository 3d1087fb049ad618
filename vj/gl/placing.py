"""Where a layer's picture is on the canvas: moved, turned, scaled, cropped and flipped."""

import math
from dataclasses import dataclass

import moderngl

from vj.base.frame import Size
from vj.gl.program import Pass

_MOST_TAPS = 6
_LEAST_SCALE = 1e-3


@dataclass(slots=True)
class Transform:
    """How a layer is placed. The layer is flipped first, then cropped, scaled and turned about its middle, then moved.

    ``x`` and ``y`` are in widths and heights of the canvas, to the right and up; ``rotate`` in degrees, clockwise. The
    crops are parts (0..1) that are cut from the sides of what is seen. At a ``scale`` of 1 the layer is as large as the
    canvas.
    """

    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0
    rotate: float = 0.0
    crop_left: float = 0.0
    crop_right: float = 0.0
    crop_top: float = 0.0
    crop_bottom: float = 0.0
    flip_x: bool = False
    flip_y: bool = False

    @property
    def is_identity(self) -> bool:
        """Whether the layer stays as it is."""
        moved = self.x or self.y or self.scale != 1.0 or self.rotate % 360.0
        cropped = self.crop_left or self.crop_right or self.crop_top or self.crop_bottom
        return not (moved or cropped or self.flip_x or self.flip_y)


class PlacePass:
    """Draws a picture in its place, smoothly; it is premultiplied, its bottom row comes first, as in what is drawn."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self._drawn = Pass(ctx, "place")
        self._drawn["layer"] = 0

    def draw(self, picture: moderngl.Texture, how: Transform, size: Size) -> None:
        """Draw ``picture`` into the framebuffer in use, of ``size``; around it, that becomes transparent.

        Blending must be off.
        """
        drawn, scale = self._drawn, max(how.scale, _LEAST_SCALE)
        angle = math.radians(how.rotate)
        cos, sin = math.cos(angle) / scale, math.sin(angle) / scale
        ratio = size.width / size.height
        across, along = (cos, sin * ratio), (-sin / ratio, cos)
        drawn["across"], drawn["along"] = across, along
        drawn["origin"] = (
            0.5 - (0.5 + how.x) * across[0] - (0.5 + how.y) * along[0],
            0.5 - (0.5 + how.x) * across[1] - (0.5 + how.y) * along[1],
        )
        drawn["box"] = how.crop_left, how.crop_bottom, 1.0 - how.crop_right, 1.0 - how.crop_top
        drawn["pixels"] = size.width * scale, size.height * scale
        drawn["flips"] = -1.0 if how.flip_x else 1.0, -1.0 if how.flip_y else 1.0
        drawn["taps"] = min(_MOST_TAPS, max(1, math.ceil(0.75 / scale)))
        picture.use(0)
        drawn.draw()
