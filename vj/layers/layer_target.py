"""A layer's picture in memory of its own on the GPU, where transitions and effects change it before it is mixed."""

from collections.abc import Callable
from typing import Protocol

import moderngl

from vj.effect.effect import EffectMoment
from vj.gl.compositor import Compositor
from vj.gl.target import DrawTarget
from vj.layers.transition import Transition


class Effects(Protocol):
    """A chain of effects. Its pictures are premultiplied and have their bottom row first."""

    @property
    def is_idle(self) -> bool:
        """Whether nothing would be drawn: the picture stays as it is."""
        ...

    def draw(self, picture: moderngl.Texture, moment: EffectMoment) -> moderngl.Texture:
        """Returns what the effects make of ``picture``; valid until the next call."""
        ...


class NoEffects:
    """A chain without effects."""

    is_idle = True

    def draw(self, picture: moderngl.Texture, moment: EffectMoment) -> moderngl.Texture:
        return picture


class LayerTarget:
    """Where a layer is drawn that isn't plain. Memory is taken when it is first needed, and kept.

    ``effects`` change the picture after the ``transition``. ``picture`` is the last picture with them, ``own`` without
    them; both are None until the first `draw`, have the canvas's size, are premultiplied and have their bottom row
    first.
    """

    def __init__(self, compositor: Compositor, draw_layer: Callable[[], None]) -> None:
        """``draw_layer`` draws the layer into the framebuffer in use, opaque, with its bottom row first."""
        self.effects: Effects = NoEffects()
        self.transition = Transition()
        self.picture: moderngl.Texture | None = None
        self.own: moderngl.Texture | None = None
        self._compositor = compositor
        self._draw_layer = draw_layer
        self._now: DrawTarget | None = None
        self._before: DrawTarget | None = None
        self._mixed: DrawTarget | None = None
        self._shown: DrawTarget | None = None
        """What was shown in the last frame, before the effects; None if the layer was plain then."""
        self._has_begun = False
        """Whether a transition has begun since the last `draw`: what it goes on from is kept already."""

    @property
    def is_needed(self) -> bool:
        """Whether the layer must be drawn here, because a transition runs or effects are on."""
        return self.transition.is_running or not self.effects.is_idle

    def skip(self) -> None:
        """Note that the layer was drawn straight on the canvas in this frame."""
        self._shown = None

    def begin_transition(self) -> None:
        """Keep what the layer shows now, and go on from there to what it shows next, unless the transition is a cut.

        Another framebuffer is in use afterwards.
        """
        self.transition.begin()
        if self._has_begun or not self.transition.is_running:
            return
        self._has_begun = True
        before = self._before or self._compositor.target()
        if self._shown is None:
            self._now = self._now or self._compositor.target()
            self._draw_into(self._now)
            self._shown = self._now
        if self._shown is self._now:
            self._now = before
        else:
            self._mixed = before
        self._before, self._shown = self._shown, None

    def draw(self, moment: EffectMoment) -> None:
        """Draw the picture, with the transition that runs and the effects. Another framebuffer is in use then."""
        self._has_begun = False
        self._now = self._now or self._compositor.target()
        self._draw_into(self._now)
        self._shown = self._now
        if self.transition.is_running and self._before:
            self._mixed = self._mixed or self._compositor.target()
            self.transition.draw(self._compositor, self._before, self._now, self._mixed, moment)
            self._shown = self._mixed
        self.own = self._shown.texture
        self.picture = self.own if self.effects.is_idle else self.effects.draw(self.own, moment)

    def release(self) -> None:
        """Free the memory on the GPU, but for that of the effects."""
        for target in dict.fromkeys((self._now, self._before, self._mixed)):
            if target:
                target.release()
        self._now = self._before = self._mixed = self._shown = self.picture = self.own = None

    def _draw_into(self, target: DrawTarget) -> None:
        self._compositor.ctx.disable(moderngl.BLEND)
        target.begin()
        self._draw_layer()
