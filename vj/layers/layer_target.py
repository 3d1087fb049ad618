"""A layer's picture in memory of its own on the GPU, where transitions and effects change it before it is mixed."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Protocol

import moderngl

from vj.effect.chain import EffectChain
from vj.effect.effect import EffectMoment
from vj.effect.isf import Isf
from vj.effect.loader import ShaderLoader
from vj.gl.compositor import Compositor
from vj.gl.target import DrawTarget
from vj.layers.before_chain import BeforeChain
from vj.layers.transition import Transition
from vj.params.control_queue import Change, TriggerHandler
from vj.params.param import ParamTable, Value


class Effects(Protocol):
    """A chain of effects. Its pictures are premultiplied and have their bottom row first."""

    @property
    def effects(self) -> tuple[str, ...]:
        """The names of its effects, in order."""
        ...

    @property
    def notice(self) -> str:
        """What is wrong with its effects; usually empty."""
        ...

    @property
    def is_idle(self) -> bool:
        """Whether nothing would be drawn: the picture stays as it is."""
        ...

    @property
    def is_settled(self) -> bool:
        """Whether all its effects are ready or refused."""
        ...

    def set_effects(self, names: Sequence[str]) -> None:
        """Have the effects ``names``, in this order, as soon as they are ready."""
        ...

    def apply_values(self, values: Mapping[str, Value]) -> None:
        """Take the effects' parameters from ``values``, by address. To be called once a frame."""
        ...

    def prepare(self) -> bool:
        """Go on with preparing new effects by one small part. Returns whether there was something to do."""
        ...

    def fire(self, instance: str, name: str) -> None:
        """Make the event ``name`` of the effect ``instance`` true for the next frame."""
        ...

    def isf(self, instance: str) -> Isf | None:
        """Returns the shader that the effect ``instance`` plays; None before it plays."""
        ...

    def release(self) -> None:
        """Free everything that it has made."""
        ...

    def draw(self, picture: moderngl.Texture, moment: EffectMoment) -> moderngl.Texture:
        """Returns what the effects make of ``picture``; valid until the next call."""
        ...


class NoEffects:
    """A chain without effects, where no shaders are loaded."""

    effects = ()
    notice = ""
    is_idle = True
    is_settled = True

    def set_effects(self, names: Sequence[str]) -> None:
        pass

    def apply_values(self, values: Mapping[str, Value]) -> None:
        pass

    def prepare(self) -> bool:
        return False

    def fire(self, instance: str, name: str) -> None:
        pass

    def isf(self, instance: str) -> Isf | None:
        return None

    def release(self) -> None:
        pass

    def draw(self, picture: moderngl.Texture, moment: EffectMoment) -> moderngl.Texture:
        return picture


def open_effects(compositor: Compositor, prefix: str, shaders: ShaderLoader | None, waits: bool) -> Effects:
    """Returns a new chain, empty at first, whose parameters are below ``prefix``; without ``shaders`` it stays so."""
    if shaders is None:
        return NoEffects()
    return EffectChain(compositor.ctx, compositor.size, prefix, shaders, waits)


def effect_handlers(effects: Effects | BeforeChain, prefix: str, table: ParamTable) -> dict[str, TriggerHandler]:
    """Returns the handlers of the events of ``effects`` in ``table``, by address: ``PREFIX/INSTANCE/NAME``."""
    found: dict[str, TriggerHandler] = {}
    for ending, param in table.below(prefix).items():
        instance, _, name = ending.partition("/")
        if param.kind == "trigger" and name:
            found[f"{prefix}/{ending}"] = partial(_fire, effects, instance, name)
    return found


def _fire(effects: Effects | BeforeChain, instance: str, name: str, change: Change, now: float) -> None:
    effects.fire(instance, name)


class LayerTarget:
    """Where a layer is drawn that isn't plain. Memory is taken when it is first needed, and kept.

    ``effects`` change the picture after the ``transition``. ``picture`` is the last picture with them, ``own`` without
    them; both are None until the first `draw`, have the canvas's size, are premultiplied and have their bottom row
    first.
    """

    def __init__(
        self, compositor: Compositor, draw_layer: Callable[[], None], effects: Effects, transition: Transition
    ) -> None:
        """``draw_layer`` draws the layer into the framebuffer in use, opaque, with its bottom row first."""
        self.effects = effects
        self.transition = transition
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
            self.transition.draw(self._before, self._now, self._mixed, moment)
            self._shown = self._mixed
        self.own = self._shown.texture
        self.picture = self.own if self.effects.is_idle else self.effects.draw(self.own, moment)

    def release(self) -> None:
        """Free its memory on the GPU, the effects and the transition's shader. It can't be used any more."""
        for target in (self._now, self._before, self._mixed):
            if target:
                target.release()
        self._now = self._before = self._mixed = self._shown = None
        self.picture = self.own = None
        self.effects.release()
        self.transition.release()

    def _draw_into(self, target: DrawTarget) -> None:
        self._compositor.ctx.disable(moderngl.BLEND)
        target.begin()
        self._draw_layer()
