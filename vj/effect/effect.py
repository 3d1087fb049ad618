"""Draws a shader of the Interactive Shader Format: its passes, and the buffers that it keeps from frame to frame."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import moderngl

from vj.base.errors import BadInput
from vj.base.frame import Size
from vj.effect.glsl import moves_corners, translate
from vj.effect.imported import Imported, load
from vj.effect.inputs import IsfInput
from vj.effect.isf import Isf, check_memory, pass_size, size_variables
from vj.effect.program import IsfProgram, UniformValue
from vj.effect.targets import make_target, release_target, texture_of
from vj.gl.program import Pass
from vj.gl.spectrum import AudioTextures

Four = tuple[float, float, float, float]


def _no_picture(name: str) -> moderngl.Texture | None:
    return None


@dataclass(slots=True)
class EffectMoment:
    """What shaders may know of the present besides their inputs.

    ``time`` is in seconds since the show began, ``dt`` since the last frame; ``frame`` counts frames from 0. A shader
    sees time and frames since its own first frame, as many set up their buffers in that one. ``date`` is year, month,
    day and seconds since midnight. ``sound`` has the textures of the newest sound, or is None for silence. ``picture``
    returns the texture (bottom row first) for the name that a picture input is set to, or None.
    """

    time: float = 0.0
    dt: float = 0.0
    frame: int = 0
    date: Four = (1970.0, 1.0, 1.0, 0.0)
    sound: AudioTextures | None = None
    picture: Callable[[str], moderngl.Texture | None] = field(default=_no_picture)


_EMPTY = Size(3, 3)
"""The size of textures without a picture: no power of two, as most pictures, so that a software renderer needs no other
program for them."""

InputValue = UniformValue | moderngl.Texture


class Effect:
    """A shader that draws, with its program and buffers. All textures have their bottom row first, as OpenGL has it.

    It belongs to the context that it was made with, which must be current here and in all methods.
    """

    def __init__(
        self,
        ctx: moderngl.Context,
        isf: Isf,
        size: Size,
        imported: Mapping[str, Imported] | None = None,
        *,
        in_steps: bool = False,
    ) -> None:
        """Compile ``isf`` for results of ``size``. ``imported`` are the pictures that it brings, by name; without it
        they are read here. With ``in_steps``, nothing is compiled yet: `prepare` does that.

        Raises BadInput for a shader that doesn't compile, and for a picture that can't be read.
        """
        self.ctx = ctx
        self.isf = isf
        self.size = size
        self._variables = size_variables(isf, size)
        self._sizes = [pass_size(one, size, self._variables) for one in isf.passes]
        check_memory(isf, self._sizes)
        self._varying = [bool((one.width.names | one.height.names) - {"WIDTH", "HEIGHT"}) for one in isf.passes]
        self._imported = imported if imported is not None else {one.name: load(one) for one in isf.imported}
        self._clears = moves_corners(isf)
        self._blanks = (_filled(ctx, (0.0, 0.0, 0.0, 0.0)), _filled(ctx, (0.5, 0.5, 0.5, 1.0)))
        self._nothing, self._silence = map(texture_of, self._blanks)
        self._programs: list[IsfProgram] = []
        self._textures: dict[str, moderngl.Texture | moderngl.TextureCube] = {}
        """What is read by its name: the pictures that it brings, and those of the present frame."""
        self._brought: list[moderngl.Texture | moderngl.TextureCube] = []
        self._buffers: dict[str, _Buffer] = {}
        self._sounds: dict[str, _Bins] = {}
        self._frame, self._began = 0, 0.0
        self._uniform_values: dict[str, UniformValue] = {}
        self._result: moderngl.Framebuffer | None = None
        self._copy: Pass | None = None
        if not in_steps:
            for _ in self.prepare():
                pass

    def prepare(self) -> Iterator[None]:
        """Compile and make what `draw` needs, a small part between two yields, so that a loop can do it in between.

        Raises BadInput for a shader that doesn't compile.
        """
        stages = translate(self.isf)
        depends = any(stage.depends_on_pass for stage in stages)
        for index in range(len(self.isf.passes) if depends else 1):
            self._programs.append(IsfProgram(self.ctx, self.isf, stages, index))
            yield
        self._programs += self._programs[:1] * (len(self.isf.passes) - len(self._programs))
        read = {name for program in self._programs for name in program.samplers}
        for name in read & self._imported.keys():
            self._textures[name] = self._imported[name].texture(self.ctx)
            self._brought.append(self._textures[name])
            yield
        writers = [one.target for one in self.isf.passes]
        for one, own in zip(self.isf.passes, self._sizes, strict=True):
            if one.target and one.target not in self._buffers:
                self._buffers[one.target] = _Buffer(self.ctx, own, one.float, self.isf.is_double(one))
                yield
        self._sounds = {
            one.name: _Bins(self.ctx, one.samples)
            for one in self.isf.inputs
            if one.is_sound and one.samples and one.name in read
        }
        yield
        if writers[-1]:
            self._copy = Pass(self.ctx, "copy")
            self._copy["picture"] = 0
            yield
        yield from self._rehearse()

    def _rehearse(self) -> Iterator[None]:
        """Draw one pixel of each pass, a pass between two yields: drivers finish a program at its first use."""
        bound = self._bound({}, EffectMoment())
        spare = make_target(self.ctx, _EMPTY)
        for index, one in enumerate(self.isf.passes):
            target = self._buffers[one.target].writable(self._sizes[index]) if one.target else spare
            target.viewport = (0, 0, 1, 1)
            self._draw_pass(index, spare, {}, bound)
            target.viewport = (0, 0, *target.size)
            yield
        if self._copy:
            self._copy_to(self._copy, spare, self._buffers[self.isf.passes[-1].target].front)
            yield
        for buffer in self._buffers.values():
            buffer.clear()
        release_target(spare)

    def draw(
        self,
        target: moderngl.Framebuffer | None,
        inputs: Mapping[str, InputValue],
        moment: EffectMoment,
    ) -> moderngl.Texture:
        """Draw a frame into ``target``, or into a texture of its own if that is None. Returns the texture drawn into.

        ``inputs`` are values by the names of inputs; what is missing has its default, a missing picture is transparent.
        Points are as the shader's parameters have them (see `IsfInput.in_pixels`). ``target`` has the effect's size.
        Another framebuffer may be in use afterwards, and blending is switched off. Nothing is read back.
        """
        if target is None:
            target = self._own_target()
        if not self._frame:
            self._began = moment.time
        uniforms = self._uniforms(inputs, moment)
        self._frame += 1
        bound = self._bound(inputs, moment)
        for index in range(len(self.isf.passes)):
            self._draw_pass(index, target, uniforms, bound)
        last = self.isf.passes[-1].target
        if self._copy:
            self._copy_to(self._copy, target, self._buffers[last].front)
        return texture_of(target)

    def release(self) -> None:
        """Free its program and all textures that it made."""
        for program in set(self._programs):
            program.release()
        if self._copy:
            self._copy.release()
        for one in (*self._brought, *self._buffers.values(), *self._sounds.values()):
            one.release()
        for target in (*self._blanks, *filter(None, (self._result,))):
            release_target(target)

    def _uniforms(self, inputs: Mapping[str, InputValue], moment: EffectMoment) -> dict[str, UniformValue]:
        """Returns the values of all uniforms that are the same in every pass, by name, until the next call."""
        found = self._uniform_values
        found["TIME"], found["TIMEDELTA"] = moment.time - self._began, moment.dt if self._frame else 0.0
        found["FRAMEINDEX"], found["DATE"] = self._frame, moment.date
        for one in self.isf.inputs:
            if one.is_picture or one.is_sound:
                continue
            value = inputs.get(one.name, one.default if len(one.default) > 1 else one.default[0])
            assert not isinstance(value, moderngl.Texture)
            found[one.name] = _uniform(one, value, self.size)
            if isinstance(value, int | float):
                self._variables[one.name] = float(value)
        return found

    def _bound(
        self, inputs: Mapping[str, InputValue], moment: EffectMoment
    ) -> dict[str, moderngl.Texture | moderngl.TextureCube]:
        """Returns the textures that the shader reads, without its buffers. They hold until the next call."""
        found = self._textures
        for one in self.isf.inputs:
            if one.is_picture:
                given = inputs.get(one.name)
                found[one.name] = given if isinstance(given, moderngl.Texture) else self._nothing
            elif one.is_sound:
                found[one.name] = self._sound(one, moment.sound)
        for one in self.isf.pictures:
            shown = found.get(one.name)
            if isinstance(shown, moderngl.Texture):
                self._variables[f"WIDTH_{one.name}"], self._variables[f"HEIGHT_{one.name}"] = map(float, shown.size)
        return found

    def _sound(self, one: IsfInput, sound: AudioTextures | None) -> moderngl.Texture:
        if sound is None:
            return self._silence if one.type == "audio" else self._nothing
        texture = sound.audio if one.type == "audio" else sound.fft
        return self._sounds[one.name].filled(texture) if one.name in self._sounds else texture

    def _draw_pass(
        self,
        index: int,
        target: moderngl.Framebuffer,
        uniforms: Mapping[str, UniformValue],
        bound: Mapping[str, moderngl.Texture | moderngl.TextureCube],
    ) -> None:
        if self._varying[index]:
            self._resize(index)
        one, size, program = self.isf.passes[index], self._sizes[index], self._programs[index]
        buffer = self._buffers.get(one.target)
        (buffer.writable(size) if buffer else target).use()
        self.ctx.disable(moderngl.BLEND)
        if self._clears:
            self.ctx.clear()
        program.set_all(uniforms)
        program["RENDERSIZE"] = float(size.width), float(size.height)
        for name, unit in program.samplers.items():
            if name in self._buffers:
                read = self._buffers[name]
                (read.before if name == one.target else read.front).use(unit)
            else:
                bound[name].use(unit)
        program.draw()
        if buffer:
            buffer.finish()

    def _resize(self, index: int) -> None:
        """Give a pass the size that the inputs ask for now; where they make it huge, it stays as it was."""
        with contextlib.suppress(BadInput):
            size = pass_size(self.isf.passes[index], self.size, self._variables)
            if size != self._sizes[index]:
                check_memory(self.isf, [*self._sizes[:index], size, *self._sizes[index + 1 :]])
                self._sizes[index] = size

    def _own_target(self) -> moderngl.Framebuffer:
        if self._result is None:
            self._result = make_target(self.ctx, self.size)
        return self._result

    def _copy_to(self, copy: Pass, target: moderngl.Framebuffer, texture: moderngl.Texture) -> None:
        """Draw ``texture`` over all of ``target``: the result of a shader whose last pass has a buffer."""
        target.use()
        texture.use(0)
        copy.draw()


class _Buffer:
    """A texture that passes draw into, transparent at first.

    A double one is two that take turns, so that a pass can read what was there before while it draws.
    """

    def __init__(self, ctx: moderngl.Context, size: Size, of_float: bool, double: bool) -> None:
        self._ctx = ctx
        self._dtype = "f4" if of_float else "f1"
        self._targets = [make_target(ctx, size, self._dtype) for _ in range(1 + double)]
        self._empty = make_target(ctx, _EMPTY, self._dtype)
        self._front = 0

    @property
    def front(self) -> moderngl.Texture:
        """The texture that was drawn last."""
        return texture_of(self._targets[self._front])

    @property
    def before(self) -> moderngl.Texture:
        """The texture that the buffer's own pass reads: what was there before; transparent if it isn't double."""
        return self.front if len(self._targets) > 1 else texture_of(self._empty)

    def writable(self, size: Size) -> moderngl.Framebuffer:
        """Returns what to draw into now, of this size; its content is undefined, transparent when it is new."""
        at = len(self._targets) - 1 - self._front
        if self._targets[at].size != size:
            release_target(self._targets[at])
            self._targets[at] = make_target(self._ctx, size, self._dtype)
        return self._targets[at]

    def clear(self) -> None:
        """Make it transparent."""
        for made in self._targets:
            made.clear()

    def finish(self) -> None:
        """Make what was drawn the texture to read."""
        self._front = len(self._targets) - 1 - self._front

    def release(self) -> None:
        """Free the memory on the card."""
        for made in (*self._targets, self._empty):
            release_target(made)


class _Bins:
    """Brings a sound texture to the number of samples or bins that a shader asks for."""

    def __init__(self, ctx: moderngl.Context, count: int) -> None:
        self._count = count
        self._target = make_target(ctx, Size(count, 1), "f4")
        self._pass = Pass(ctx, "bins")
        self._pass["sound"] = 0

    def filled(self, sound: moderngl.Texture) -> moderngl.Texture:
        """Returns a texture of its own with what is in ``sound``: the means of its parts."""
        self._target.use()
        sound.use(0)
        self._pass["count"] = self._count
        self._pass.draw()
        return texture_of(self._target)

    def release(self) -> None:
        """Free the memory on the card."""
        self._pass.release()
        release_target(self._target)


def _uniform(one: IsfInput, value: UniformValue, size: Size) -> UniformValue:
    """Returns ``value`` as the uniform of an input takes it."""
    if one.type in ("bool", "event"):
        return bool(value)
    if one.type == "long" and isinstance(value, int | float):
        return int(value)
    if one.in_pixels and isinstance(value, tuple):
        return value[0] * size.width, value[1] * size.height
    return value


def _filled(ctx: moderngl.Context, colour: Four) -> moderngl.Framebuffer:
    """Returns a framebuffer of one colour, filtered as others are: drivers compile anew for each way of filtering."""
    made = make_target(ctx, _EMPTY)
    made.clear(color=colour)
    return made
