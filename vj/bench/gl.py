"""``vj bench gl``: what effects and layers cost on this machine's OpenGL, against bare moderngl in the same run."""

import gc
import statistics
import tracemalloc
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import moderngl
import numpy as np

from vj.base.clock import now
from vj.base.frame import Size
from vj.base.paths import PRESETS
from vj.bench.turns import take_turns
from vj.effect import library
from vj.effect.chain import EffectChain
from vj.effect.effect import Effect, EffectMoment
from vj.effect.glsl import translate, uniform_name
from vj.effect.isf import PICTURE, Isf
from vj.effect.loader import ShaderLoader
from vj.gl import context
from vj.layers.layer import Layer
from vj.preset import file as preset_file
from vj.preset import preset as presets
from vj.show.controllers import UNLISTED
from vj.show.show import Options, Show

SIZE: Final = Size(1280, 720)
PASSES: Final = ("posterise", "grade", "film-grain", "halftone", "crt")
"""Effects of one pass each, without buffers."""
CHAIN: Final = ("hue-rotate", "mirror", "edge-glow", "video-feedback", "rgb-split", "film-grain")
"""Six effects, one of them with a buffer that it keeps."""
OF_A_LAYER: Final = ("hue-rotate", "vignette")
"""The effects of a layer in the shows of several layers."""
MOST_OF_BARE: Final = 1.5
MOST_OF_ONE: Final = 4.4
"""What we promise: a pass as a multiple of the same shader's in a bare loop, and a frame of `LAYERS` as a multiple of
one of a single layer."""
MOST_KEPT: Final = 16.0
MOST_PASSING: Final = 65536.0
"""Bytes a frame that a chain may keep, which is noise, and allocate in passing: far less than a picture."""
LAYERS: Final = 4
STILL: Final = PRESETS / "paintings" / "swirling_night.jpg"
_DRAWS: Final = 8
"""Draws in a row that are timed as one run: waiting for the GPU after every single one would be timed as well."""
_WATCHED: Final = 120
"""Frames whose allocations are measured."""
_GL_KINDS: Final = (moderngl.Texture, moderngl.Framebuffer, moderngl.Buffer, moderngl.Program, moderngl.VertexArray)
_BARE_VERTEX: Final = 3


def measure(seconds: float) -> Iterator[str]:
    """Yields lines of text as they are known: each pass against a bare loop, what a chain of six effects allocates and
    reads back, and four layers against one, all with whether what we promise held.

    ``seconds`` is how long each pass, and each number of layers, is timed. Raises VjError without OpenGL.
    """
    ctx = context.headless()
    yield f"{ctx.info['GL_RENDERER']}, {SIZE}; effects and bare moderngl in turn, medians"
    for name in PASSES:
        yield pass_line(name, *pass_times(ctx, library.isf(name), SIZE, seconds))
    yield from chain_lines(chain_costs(ctx, CHAIN, SIZE))
    ctx.release()
    yield from _layer_lines(seconds)


def pass_times(ctx: moderngl.Context, isf: Isf, size: Size, seconds: float) -> tuple[float, float]:
    """Returns the seconds of one draw of ``isf`` at ``size``: as an effect of a show, and in a bare moderngl loop. Both
    are medians of runs that took turns for ``seconds`` each."""
    picture = _picture(ctx, size)
    effect, bare = Effect(ctx, isf, size), BareShader(ctx, isf, size)
    moment = EffectMoment(dt=1 / 60)

    def as_effect() -> None:
        for _ in range(_DRAWS):
            moment.time += moment.dt
            moment.frame += 1
            effect.draw(None, {PICTURE: picture}, moment)
        ctx.finish()

    def as_bare() -> None:
        for _ in range(_DRAWS):
            bare.draw(picture, 1 / 60)
        ctx.finish()

    runs = {"effect": as_effect, "bare": as_bare}
    found = take_turns(runs, seconds, quiet=runs).seconds
    effect.release()
    return statistics.median(found["effect"]) / _DRAWS, statistics.median(found["bare"]) / _DRAWS


def pass_line(name: str, took: float, bare: float) -> str:
    """Returns the line on one pass: ``took`` and ``bare`` are the seconds of `pass_times`."""
    ratio = took / bare
    return f"pass {name}: {took * 1e3:.2f} ms, bare {bare * 1e3:.2f} ms: {ratio:.2f} ({verdict(ratio, MOST_OF_BARE)})"


class BareShader:
    """A shader of one pass as one would draw it with moderngl alone: a program, a framebuffer, a triangle."""

    def __init__(self, ctx: moderngl.Context, isf: Isf, size: Size) -> None:
        vertex, fragment = translate(isf)
        self._program = ctx.program(vertex.source(0), fragment.source(0))
        self._mesh = ctx.vertex_array(self._program, [])
        self._texture = ctx.texture(size, 4)
        self._target = ctx.framebuffer([self._texture])
        self._time = 0.0
        self._set("RENDERSIZE", (float(size.width), float(size.height)))
        for one in isf.inputs:
            if not (one.is_picture or one.is_sound):
                value = one.default if len(one.default) > 1 else one.default[0]
                self._set(uniform_name(one.name), value if isinstance(value, tuple) else _number(one.type, value))

    def draw(self, picture: moderngl.Texture, dt: float) -> None:
        """Draw ``picture`` through the shader, ``dt`` seconds after the last time."""
        self._time += dt
        self._set("TIME", self._time)
        self._target.use()
        picture.use(0)
        self._mesh.render(moderngl.TRIANGLE_STRIP, vertices=_BARE_VERTEX)

    def _set(self, name: str, value: Any) -> None:
        if name in self._program:
            self._program[name] = value


class ChainCosts(NamedTuple):
    """What a chain of effects costs besides time: bytes allocated in passing and kept, a frame; objects left in cycles,
    objects of OpenGL made, and readings back from the GPU, in all frames."""

    passing: float
    kept: float
    cycles: int
    made: int
    read: int


def _number(kind: str, value: float) -> float | int:
    """Returns ``value`` as the uniform of an input of this kind takes it."""
    return int(value) if kind == "long" else value


def chain_costs(ctx: moderngl.Context, names: Sequence[str], size: Size) -> ChainCosts:
    """Returns the costs of a chain of the effects ``names``, on pictures of ``size``."""
    chain = EffectChain(ctx, size, "/layer/1/effect", ShaderLoader(size, background=False), wait=True)
    chain.set_effects(names)
    picture, moment = _picture(ctx, size), EffectMoment(dt=1 / 60)
    values: Mapping[str, Any] = {}

    def frame() -> None:
        moment.time += moment.dt
        moment.frame += 1
        chain.apply_values(values)
        chain.draw(picture, moment)

    for _ in range(10):  # everything is made
        frame()
    with _readbacks() as count:
        before = _gl_objects()
        passing, kept, cycles = _allocated(frame)
        made = _gl_objects() - before
    ctx.finish()
    chain.release()
    return ChainCosts(passing, kept, cycles, made, count[0])


def chain_lines(costs: ChainCosts) -> Iterator[str]:
    """Yields the lines on what the chain `CHAIN` costs."""
    yield f"chain of {len(CHAIN)} ({', '.join(CHAIN)}), a frame:"
    yield f"  allocated in passing {costs.passing:.0f} bytes ({verdict(costs.passing, MOST_PASSING)})"
    yield f"  kept {costs.kept:.1f} bytes ({verdict(costs.kept, MOST_KEPT)})"
    for what, count in (
        ("objects in cycles", costs.cycles),
        ("OpenGL objects made", costs.made),
        ("read back", costs.read),
    ):
        yield f"  {what} {count} ({verdict(count, 0)})"


def verdict(value: float, most: float) -> str:
    """Returns what is promised of ``value``, and whether it held."""
    return f"at most {most:g}: {'held' if value <= most else 'NOT held'}"


def _allocated(frame: Callable[[], None]) -> tuple[float, float, int]:
    """Returns the bytes that ``frame`` allocates in passing (median) and those that it keeps (mean), as tracemalloc
    sees them, and how many objects it leaves in cycles, which a show never collects.

    Memory that Python itself keeps for new objects doesn't count: a collection frees it.
    """
    peaks = array("q", bytes(8 * _WATCHED))
    gc.collect()
    gc.disable()
    try:
        tracemalloc.start()
        frame()
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        for place in range(_WATCHED):
            level, _ = tracemalloc.get_traced_memory()
            tracemalloc.reset_peak()
            frame()
            peaks[place] = tracemalloc.get_traced_memory()[1] - level
        cycles = gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.enable()
    return statistics.median(peaks), (after - before) / _WATCHED, cycles


def _gl_objects() -> int:
    """Returns how many objects of OpenGL there are that are still in use."""
    gc.collect()
    # told by their types: some objects of other libraries warn when they are asked for their class
    return sum(issubclass(type(thing), _GL_KINDS) for thing in gc.get_objects())


@contextmanager
def _readbacks() -> Iterator[list[int]]:
    """Gives a list of one number: how often anything was read back from the GPU since the block began."""
    count = [0]
    methods = [(kind, name) for kind in _GL_KINDS[:3] for name in ("read", "read_into")]
    own = [(kind, name, getattr(kind, name)) for kind, name in methods]

    def counted(method: Callable[..., Any]) -> Callable[..., Any]:
        def read(*given: Any, **named: Any) -> Any:
            count[0] += 1
            return method(*given, **named)

        return read

    for kind, name, method in own:
        setattr(kind, name, counted(method))
    try:
        yield count
    finally:
        for kind, name, method in own:
            setattr(kind, name, method)


def _picture(ctx: moderngl.Context, size: Size) -> moderngl.Texture:
    """Returns a texture of noise that is smooth, as pictures are."""
    y, x = np.mgrid[: size.height, : size.width]
    waves = [np.sin(x / 40 + y / 90), np.sin(x / 23 - y / 31), np.cos(y / 17), np.full_like(x, 1.0, dtype=float)]
    pixels = np.dstack([(127.5 + 127.5 * wave).astype(np.uint8) for wave in waves])
    made = ctx.texture(size, 4, pixels.tobytes())
    made.repeat_x = made.repeat_y = False
    return made


def _layer_lines(seconds: float) -> Iterator[str]:
    """Yields the line on a frame of a show of `LAYERS`, with two effects each, against one of the lowest alone."""
    options = Options(headless=True, size=SIZE, network_options=UNLISTED, autosave=0.0)
    with Show(_preset(LAYERS), options) as show:
        for layer in show.layers:
            layer.target.effects = _chain(show.canvas.ctx, layer.prefix)
        one, every = (partial(_frame, show, show.layers[:count]) for count in (1, LAYERS))
        found = take_turns({"one": one, "every": every}, seconds, quiet=("one", "every")).seconds
    one_took, every_took = statistics.median(found["one"]), statistics.median(found["every"])
    ratio = every_took / one_took
    yield (
        f"a frame of one layer {one_took * 1e3:.2f} ms, of {LAYERS} {every_took * 1e3:.2f} ms, each with "
        f"{len(OF_A_LAYER)} effects: {ratio:.2f} ({verdict(ratio, MOST_OF_ONE)})"
    )


def _frame(show: Show, layers: Sequence[Layer]) -> None:
    """Do what the display thread does for a frame with these ``layers``, and wait for the GPU. They show stills, so
    that nothing else runs meanwhile."""
    step, at = show.loop.step, now()
    step.layers = layers
    step.advance(None, at, 0.0)
    step.apply_values()
    step.update_layers(at)
    step.draw()
    show.surface.present(show.canvas, False, "fit")


def _chain(ctx: moderngl.Context, prefix: str) -> EffectChain:
    made = EffectChain(ctx, SIZE, f"{prefix}/effect", ShaderLoader(SIZE, background=False), wait=True)
    made.set_effects(OF_A_LAYER)
    return made


def _preset(layers: int) -> presets.Preset:
    """Returns a show of so many layers, each of which lets those below shine through."""
    entry = f'[[layer]]\nsource = "still:{STILL.as_posix()}"\nmodel = "identity"\n'
    faint = "".join(f'"/layer/{number}/opacity" = 0.5\n' for number in range(2, layers + 1))
    path = Path("bench.toml")
    return presets.checked(path, preset_file.parse(path, f"{entry * layers}[set]\n{faint}"))
