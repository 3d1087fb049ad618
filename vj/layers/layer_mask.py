"""What a layer is masked by: the light, the motion or the people of its source, a still, or another layer."""

from typing import Literal, Protocol

from vj.base.frame import Frame
from vj.effect.effect import EffectMoment
from vj.gl.layer_pass import LayerPass
from vj.gl.matte import ALPHA, LUMA, WHOLE, Mask, in_source
from vj.gl.motion_mask import MotionMask
from vj.gl.program import fit_scale
from vj.layers.layer_pictures import LayerLook, LayerPictures

MaskKind = Literal["none", "dark", "bright", "moving", "person", "still", "layer"]
_OF_THE_SOURCE = ("dark", "bright", "moving")


class PeopleSource(Protocol):
    """Where masks of the people in a source's pictures come from."""

    @property
    def notice(self) -> str:
        """What is wrong, or that no one is seen; usually empty."""
        ...

    def ask(self, slot: int, now: float) -> None:
        """Have people found in the pictures of ``slot``, at ``now`` (monotonic s). Call it in each frame; the first
        call starts it. Never waits."""
        ...

    def rest(self) -> None:
        """Have it do nothing until the next `ask`."""
        ...

    def newest(self) -> Frame | None:
        """Returns the newest mask, a grey picture that is white where people are, if it wasn't taken yet, else None.
        Valid until the next call."""
        ...

    def end(self) -> None:
        """End what finds people; nothing else may be called afterwards. Never waits."""
        ...


class LayerMask:
    """A layer's mask. ``kind`` says what it is made of, ``level`` and ``soft`` (0..1) where dark and bright begin.

    ``name`` is the picture that it is made of, as `EffectMoment.picture` takes it: another layer's or a still's.
    """

    def __init__(self, passes: LayerPass, pictures: LayerPictures, people: PeopleSource | None = None) -> None:
        """``passes`` draws the layer, from its ``pictures``. Without ``people``, the mask ``person`` is none."""
        self.kind: MaskKind = "none"
        self.level = self.soft = 0.5
        self.name = ""
        self.inverted = False
        self._compositor = passes.compositor
        self._pictures = pictures
        self._people = people
        self._person = passes.picture()
        self._motion: MotionMask | None = None
        self._mask: Mask | None = None

    @property
    def needs_source(self) -> bool:
        """Whether it is made of the source's picture, which must be on the GPU then."""
        return self.kind in _OF_THE_SOURCE

    @property
    def notice(self) -> str:
        """What is wrong with the search for people, if that is the mask; usually empty."""
        return self._people.notice if self._people and self.kind == "person" else ""

    def look(self, slot: int, now: float) -> None:
        """Have people searched for in the source of ``slot`` at ``now`` (monotonic s), if they are the mask. Call it
        once a frame, whether the layer is drawn or not."""
        if self._people is None:
            return
        if self.kind == "person":
            self._people.ask(slot, now)
        else:
            self._people.rest()

    def update(self, amount: float, dt: float) -> None:
        """Look at the source's picture, ``dt`` seconds after the last one, if the mask is what moves in it; take the
        newest mask of people if that is it.

        ``amount`` is as in `LayerPictures.draw`. Another framebuffer may be in use then. Blending must be off.
        """
        if self.kind == "moving":
            self._motion = self._motion or self._compositor.motion_mask()
            self._motion.update(self._pictures.source_picture(amount)[0], dt)
        else:
            self._forget_motion()
        if self.kind == "person" and self._people and (found := self._people.newest()):
            self._person.upload(found.pixels, found.seq)

    def made(self, look: LayerLook, amount: float, moment: EffectMoment) -> Mask | None:
        """Returns the mask for the layer as it is drawn with ``look`` and ``amount``; the next call changes it.

        None if there is no mask, or its picture isn't there (yet): the layer shows without it then.
        """
        if self.kind == "none" or (self.kind == "person" and not self._person.texture):
            return None
        if self.kind in ("still", "layer"):
            texture = moment.picture(self.name) if self.name else None
            return self._changed(texture) if texture else None
        source, shape = self._pictures.source_picture(amount)
        mask = self._changed(self._person if self.kind == "person" else source)
        mask.place = in_source(fit_scale(look.fit, shape, self._compositor.size))
        if self.kind == "moving" and self._motion:
            mask.texture, mask.weights = self._motion.texture, ALPHA
        elif self.kind in ("dark", "bright"):
            mask.level, mask.soft = self.level, self.soft
        mask.inverted = self.inverted != (self.kind == "dark")
        return mask

    def release(self) -> None:
        """Free its memory on the GPU, and end what finds people."""
        self._forget_motion()
        self._person.release()
        if self._people:
            self._people.end()

    def _forget_motion(self) -> None:
        if self._motion:
            self._motion.release()
            self._motion = None

    def _changed(self, texture: object) -> Mask:
        """Returns the one mask that is used again and again, with ``texture`` and everything else as it is at first."""
        mask = self._mask = self._mask or Mask(texture)  # type: ignore[arg-type]
        mask.texture, mask.weights, mask.level, mask.soft = texture, LUMA, 0.5, 1.0  # type: ignore[assignment]
        mask.place, mask.inverted = WHOLE, self.inverted
        return mask
