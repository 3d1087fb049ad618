"""Where something moves in a picture, found on the GPU."""

import math
from typing import Final

import moderngl

from vj.base.frame import Size
from vj.gl.program import Pass
from vj.gl.target import DrawTarget
from vj.gl.texture import PictureTexture

_ABSORBED: Final = 1.0
"""The time constant (s) with which something that has stopped moving becomes background."""
_LINGERS: Final = 0.4
"""The time constant (s) with which the mask leaves a place where nothing moves any more."""
_PICTURE, _LAST = 0, 1


class MotionMask:
    """Compares a layer's pictures with their own background, the mean of about the last second.

    ``texture`` has alpha 1 where something moves, 0 where nothing does, and its rows in the order of the pictures'; its
    colours are the background. Before the first `update` nothing moves.
    """

    def __init__(self, ctx: moderngl.Context, drawn: Pass, size: Size) -> None:
        """``drawn`` is the program ``motion``. The mask has a quarter of ``size`` each way."""
        self._drawn = drawn
        small = Size(*(max(1, side // 4) for side in size))
        self._now, self._last = (DrawTarget(ctx, small, "f2") for _ in range(2))
        self._began = False

    @property
    def texture(self) -> moderngl.Texture:
        """What `update` drew last."""
        return self._now.texture

    def update(self, picture: PictureTexture, dt: float) -> None:
        """Look at ``picture``, ``dt`` seconds after the last one. Blending must be off.

        Makes another framebuffer the one in use.
        """
        self._now, self._last = self._last, self._now
        drawn = self._drawn
        drawn["picture"], drawn["last"] = _PICTURE, _LAST
        drawn["absorbed"] = 1.0 - math.exp(-dt / _ABSORBED) if self._began else 1.0
        drawn["stays"] = math.exp(-dt / _LINGERS)
        self._began = True
        picture.bind(_PICTURE, (0, 0))
        self._last.texture.use(_LAST)
        self._now.begin()
        drawn.draw()

    def release(self) -> None:
        """Free the memory on the GPU. It can't be used any more."""
        self._now.release()
        self._last.release()
