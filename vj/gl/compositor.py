"""Puts layers' pictures on the canvas: key and mask, place, blend mode. All layers share its programs and memory."""

from dataclasses import dataclass, field
from functools import cached_property

import moderngl
import numpy as np

from vj.base.frame import Size
from vj.gl.blend_modes import NORMAL
from vj.gl.blending import Blending
from vj.gl.canvas import Canvas
from vj.gl.matte import Key, Mask, MattePass
from vj.gl.mixing import MixPass
from vj.gl.motion_mask import MotionMask
from vj.gl.placing import PlacePass, Transform
from vj.gl.program import Pass
from vj.gl.target import DrawTarget
from vj.gl.texture import PictureTexture

_A_CORNER = (0, 0, 4, 4)
"""Where the rehearsal draws."""


@dataclass(slots=True)
class Composition:
    """How a layer's picture is put over what lies below it: with a blend mode, an opacity (0..1), a key and a place."""

    blend: str = NORMAL
    opacity: float = 1.0
    key: Key = field(default_factory=Key)
    transform: Transform = field(default_factory=Transform)


class Compositor:
    """What puts pictures on canvases. Its programs and its memory are made when they are first needed, and kept.

    Pictures are premultiplied, of the size of the canvas, with their bottom row first.
    """

    def __init__(self, ctx: moderngl.Context, size: Size) -> None:
        """``size`` is that of the canvas; ``ctx`` must be current here and in all methods."""
        self.ctx = ctx
        self.size = size

    @cached_property
    def blending(self) -> Blending:
        """Blend modes."""
        return Blending(self.ctx)

    @cached_property
    def mixing(self) -> MixPass:
        """Fades and wipes."""
        return MixPass(self.ctx)

    def target(self) -> DrawTarget:
        """Returns new, transparent memory for a picture; it is the framebuffer in use."""
        return DrawTarget(self.ctx, self.size)

    def motion_mask(self) -> MotionMask:
        """Returns a new mask of what moves in a layer's source."""
        return MotionMask(self.ctx, self._motion, self.size)

    def put(self, canvas: Canvas, picture: moderngl.Texture, how: Composition, mask: Mask | None = None) -> None:
        """Put ``picture`` over what is on ``canvas``, made transparent by ``mask`` if there is one, as ``how`` says.

        The canvas is the framebuffer in use afterwards, and blending is switched off.
        """
        if mask or how.key.kind != "none":
            self._matted.begin()
            self._matte.draw(picture, how.key, mask)
            picture = self._matted.texture
        if not how.transform.is_identity:
            self._placed.begin()
            self._place.draw(picture, how.transform, self.size)
            picture = self._placed.texture
        self.blending.put(canvas, picture, how.blend, how.opacity)

    def rehearse(self) -> None:
        """Draw with all programs once, so that nothing is compiled during a show.

        The caller must make another framebuffer the one in use then.
        """
        self.ctx.disable(moderngl.BLEND)
        target, made = self.target(), PictureTexture(self.ctx)
        target.framebuffer.viewport = _A_CORNER
        picture = self._matted.texture
        target.begin()
        self._matte.draw(picture, Key(), None)
        self._place.draw(picture, Transform(scale=0.5), self.size)
        self.mixing.draw(picture, picture, 0.5)
        made.upload(np.zeros((self.size.height, self.size.width, 3), np.uint8), 1)
        motion = self.motion_mask()
        motion.update(made, 0.0)
        self.blending.rehearse(picture)
        for each in (target, motion, made):
            each.release()

    @cached_property
    def _matte(self) -> MattePass:
        return MattePass(self.ctx)

    @cached_property
    def _place(self) -> PlacePass:
        return PlacePass(self.ctx)

    @cached_property
    def _motion(self) -> Pass:
        return Pass(self.ctx, "motion")

    @cached_property
    def _matted(self) -> DrawTarget:
        return self.target()

    @cached_property
    def _placed(self) -> DrawTarget:
        return self.target()
