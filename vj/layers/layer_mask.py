"""What a layer is masked by: the light or the motion of its source, a still, or another layer."""

from typing import Literal

from vj.effect.effect import EffectMoment
from vj.gl.compositor import Compositor
from vj.gl.matte import ALPHA, LUMA, WHOLE, Mask, in_source
from vj.gl.motion_mask import MotionMask
from vj.gl.program import fit_scale
from vj.layers.layer_pictures import LayerLook, LayerPictures

MaskKind = Literal["none", "dark", "bright", "moving", "still", "layer"]
_OF_THE_SOURCE = ("dark", "bright", "moving")


class LayerMask:
    """A layer's mask. ``kind`` says what it is made of, ``level`` and ``soft`` (0..1) where dark and bright begin.

    ``name`` is the picture that it is made of, as `EffectMoment.picture` takes it: another layer's or a still's.
    """

    def __init__(self, compositor: Compositor, pictures: LayerPictures) -> None:
        self.kind: MaskKind = "none"
        self.level = self.soft = 0.5
        self.name = ""
        self.inverted = False
        self._compositor = compositor
        self._pictures = pictures
        self._motion: MotionMask | None = None
        self._mask: Mask | None = None

    @property
    def needs_source(self) -> bool:
        """Whether it is made of the source's picture, which must be on the GPU then."""
        return self.kind in _OF_THE_SOURCE

    def update(self, amount: float, dt: float) -> None:
        """Look at the source's picture, ``dt`` seconds after the last one, if the mask is what moves in it.

        ``amount`` is as in `LayerPictures.draw`. Another framebuffer may be in use then. Blending must be off.
        """
        if self.kind == "moving":
            self._motion = self._motion or self._compositor.motion_mask()
            self._motion.update(self._pictures.source_picture(amount)[0], dt)
        else:
            self.release()

    def made(self, look: LayerLook, amount: float, moment: EffectMoment) -> Mask | None:
        """Returns the mask for the layer as it is drawn with ``look`` and ``amount``; the next call changes it.

        None if there is no mask, or its picture isn't there (yet): the layer shows without it then.
        """
        if self.kind == "none":
            return None
        if self.kind in _OF_THE_SOURCE:
            source, shape = self._pictures.source_picture(amount)
            mask = self._changed(source)
            mask.place = in_source(fit_scale(look.fit, shape, self._compositor.size))
            if self.kind == "moving" and self._motion:
                mask.texture, mask.weights = self._motion.texture, ALPHA
            elif self.kind != "moving":
                mask.level, mask.soft = self.level, self.soft
            mask.inverted = self.inverted != (self.kind == "dark")
            return mask
        texture = moment.picture(self.name) if self.name else None
        return self._changed(texture) if texture else None

    def release(self) -> None:
        """Free its memory on the GPU."""
        if self._motion:
            self._motion.release()
            self._motion = None

    def _changed(self, texture: object) -> Mask:
        """Returns the one mask that is used again and again, with ``texture`` and everything else as it is at first."""
        mask = self._mask = self._mask or Mask(texture)  # type: ignore[arg-type]
        mask.texture, mask.weights, mask.level, mask.soft = texture, LUMA, 0.5, 1.0  # type: ignore[assignment]
        mask.place, mask.inverted = WHOLE, self.inverted
        return mask
