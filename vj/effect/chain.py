"""A chain of effects: each draws what the one before it has drawn."""

from collections.abc import Mapping, Sequence

import moderngl

from vj.base.frame import Size
from vj.effect.effect import Effect, EffectMoment, InputValue
from vj.effect.inputs import IsfInput, value_of
from vj.effect.isf import Isf
from vj.effect.live_effect import LiveEffect
from vj.effect.loader import ShaderLoader
from vj.effect.targets import make_target, release_target, texture_of
from vj.gl.program import Pass
from vj.params.param import Value

_TARGETS = 3
"""How many pictures an effect and the mix behind it need: the one before, the effect's, and the mixed one."""


class EffectChain:
    """Effects that draw one after the other. Their parameters are below ``PREFIX/INSTANCE``.

    All textures have their bottom row first. It belongs to the context ``ctx``, which must be current in all methods.
    """

    def __init__(
        self, ctx: moderngl.Context, size: Size, prefix: str, loader: ShaderLoader, wait: bool = False
    ) -> None:
        """``size`` is that of its pictures, ``prefix`` its address, such as ``/layer/1/effect``.

        ``loader`` is the show's. With ``wait``, `set_effects` returns when all effects are there: for a render, where
        none may come late.
        """
        self._ctx = ctx
        self._size = size
        self._prefix = prefix
        self._loader = loader
        self._wait = wait
        self._links: dict[str, _Link] = {}
        self._values: Mapping[str, Value] | None = None
        self._targets: list[moderngl.Framebuffer] = []
        self._mix: Pass | None = None
        self.revision = 0
        """Grows whenever an effect, or a newer version of one, begins to play: its inputs may be other ones."""

    @property
    def effects(self) -> tuple[str, ...]:
        """The names of its effects, in order, as `set_effects` was given them."""
        return tuple(self._links)

    @property
    def notice(self) -> str:
        """What is wrong with its effects, in a line for the performer; empty if nothing is."""
        return "; ".join(filter(None, (link.live.notice for link in self._links.values())))

    @property
    def is_idle(self) -> bool:
        """Whether `draw` would draw nothing: all effects are off, not there yet, or wrong."""
        return not any(link.is_drawn for link in self._links.values())

    @property
    def is_settled(self) -> bool:
        """Whether all its effects are ready or refused."""
        return all(link.live.is_settled for link in self._links.values())

    def isf(self, instance: str) -> Isf | None:
        """Returns the shader that the effect ``instance`` plays; None before it plays, and if there is none."""
        link = self._links.get(instance)
        return link.live.effect.isf if link and link.live.effect else None

    def set_effects(self, names: Sequence[str]) -> None:
        """Have the effects ``names``, in this order: shaders, of which the second one of a kind has ``-2`` behind it.

        Those that the chain has already go on. New ones are loaded aside and appear when they are ready; unless the
        chain waits, this returns at once. One that doesn't exist or can't play is left out, with a notice.
        """
        before, self._links = self._links, {}
        for name in dict.fromkeys(names):
            self._links[name] = before.pop(name) if name in before else _Link(self._opened(name))
        for gone in before.values():
            gone.live.release()
        self._values = None
        if self._wait:
            while self._make_room():
                pass
            for link in self._links.values():
                link.live.finish()

    def apply_values(self, values: Mapping[str, Value]) -> None:
        """Take the parameters of the effects from ``values``, by address; a missing one counts as its default.

        Also goes on with preparing new effects, a small part at a time: call it once a frame, before `is_idle`.
        """
        self.prepare()
        if values is not self._values:
            self._values = values
            for name, link in self._links.items():
                self.revision += link.take(values, f"{self._prefix}/{name}/")

    def prepare(self) -> bool:
        """Go on with preparing new effects by one small part. Returns whether there was something to do."""
        has_done = self._make_room() or any(link.live.advance() for link in self._links.values())  # only one of all
        if has_done:
            self._values = None  # what has come takes the same values once more
        return has_done

    def fire(self, instance: str, name: str) -> None:
        """Make the event input whose parameter is ``name``, of the effect ``instance``, true for the next frame."""
        link = self._links.get(instance)
        if link:
            link.fire(name)

    def draw(self, picture: moderngl.Texture, moment: EffectMoment) -> moderngl.Texture:
        """Returns ``picture`` as it is after all effects; ``picture`` itself if the chain is idle.

        The texture that is returned keeps its content until the next call. Another framebuffer is in use afterwards,
        and blending is switched off.
        """
        for link in self._links.values():
            if link.is_drawn and link.live.effect:
                drawn = link.live.effect.draw(self._target(picture), link.inputs(picture, moment), moment)
                picture = (
                    drawn if link.mix >= 1.0 or not self._mix else self._mixed(self._mix, picture, drawn, link.mix)
                )
        return picture

    def release(self) -> None:
        """Free everything that it has made."""
        for link in self._links.values():
            link.live.release()
        self._links = {}
        for target in self._targets:
            release_target(target)
        self._targets = []
        if self._mix:
            self._mix.release()
            self._mix = None

    def _opened(self, name: str) -> LiveEffect:
        return LiveEffect(self._ctx, self._size, self._loader, name)

    def _make_room(self) -> bool:
        """Make one of the things that effects need besides their own, before there is one to draw. Returns whether one
        was missing."""
        if not self._links:
            return False
        if len(self._targets) < _TARGETS:
            self._targets.append(make_target(self._ctx, self._size))
            return True
        if self._mix is None:
            self._mix = _mix_pass(self._ctx)
            before, drawn, _ = map(texture_of, self._targets)
            self._mixed(self._mix, before, drawn, 0.5)  # drivers finish a program at its first use
            return True
        return False

    def _target(self, *used: moderngl.Texture) -> moderngl.Framebuffer:
        """Returns a framebuffer around another texture than those in use."""
        return next(target for target in self._targets if texture_of(target) not in used)

    def _mixed(self, mix: Pass, before: moderngl.Texture, drawn: moderngl.Texture, amount: float) -> moderngl.Texture:
        target = self._target(before, drawn)
        target.use()
        before.use(0)
        drawn.use(1)
        mix["amount"] = amount
        mix.draw()
        return texture_of(target)


def _mix_pass(ctx: moderngl.Context) -> Pass:
    """Returns the program that mixes what an effect drew with what it was given."""
    made = Pass(ctx, "mix")
    made["before"], made["drawn"] = 0, 1
    return made


class _Link:
    """One effect of a chain: the shader, and what its inputs are."""

    def __init__(self, live: LiveEffect) -> None:
        self.live = live
        self.mix = 1.0
        self._on = True
        self._playing: Effect | None = None
        self._values: dict[str, InputValue] = {}
        self._given: dict[str, InputValue] = {}
        self._named: dict[str, str] = {}
        """The names that picture inputs are set to, by input."""
        self._fed: tuple[str, ...] = ()
        """The inputs that get the picture itself."""
        self._events: dict[str, str] = {}
        """The names of event inputs, by their parameters."""

    @property
    def is_drawn(self) -> bool:
        """Whether there is something to draw."""
        return self._on and self.mix > 0.0 and self.live.effect is not None

    def take(self, values: Mapping[str, Value], prefix: str) -> bool:
        """Take the parameters from ``values``, whose addresses begin with ``prefix``.

        Returns whether the effect, or a newer version of it, plays for the first time.
        """
        self._on = bool(values.get(f"{prefix}on", True))
        self.mix = float(values.get(f"{prefix}mix", 1.0))
        if self.live.effect is None:
            return False
        begins = self.live.effect is not self._playing
        if begins:
            self._begin(self.live.effect)
        for one in self.live.effect.isf.shown:
            self._take_input(one, value_of(one, values, prefix))
        return begins

    def fire(self, name: str) -> None:
        """Make the event whose parameter is ``name`` true for one frame."""
        if name in self._events:
            self._values[self._events[name]] = True

    def inputs(self, picture: moderngl.Texture, moment: EffectMoment) -> Mapping[str, InputValue]:
        """Returns the values of all inputs for the next frame, until the next call. Events are over with it."""
        given = self._given
        given.update(self._values)
        for name in self._fed:
            given[name] = picture
        for name, wanted in self._named.items():
            found = moment.picture(wanted) if wanted else picture
            if found is None:
                given.pop(name, None)
            else:
                given[name] = found
        for name in self._events.values():
            self._values[name] = False
        return given

    def _begin(self, effect: Effect) -> None:
        """Forget the inputs of an earlier version: ``effect`` may have others."""
        isf = effect.isf
        self._playing, self._values, self._given = effect, {}, {}
        self._fed = tuple(one.name for one in isf.pictures if one not in isf.shown)
        self._named = {one.name: "" for one in isf.pictures if one in isf.shown}
        self._events = {one.address: one.name for one in isf.inputs if one.type == "event"}

    def _take_input(self, one: IsfInput, value: float | int | bool | tuple[float, ...] | str) -> None:
        if isinstance(value, str):
            self._named[one.name] = value
        elif one.type != "event":
            self._values[one.name] = value
