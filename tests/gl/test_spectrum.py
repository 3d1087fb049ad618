"""Sound in textures, and the strip that shows it."""

import moderngl
import numpy as np
import pytest

from tests.gl.pictures import Image, seen
from vj.base.frame import Size
from vj.gl.canvas import Canvas
from vj.gl.spectrum import POINTS, AudioTextures, Curve, LevelMeter

SIZE, GREY = Size(640, 360), 128
LOW, TALL, WIDE = 7, 36, 108
"""Of the strip on a canvas of that size: its margin, its height and its width in pixels."""


def ramp() -> Curve:
    return np.linspace(0.0, 1.0, POINTS, dtype=np.float32)


def silence() -> Curve:
    return np.zeros(POINTS, np.float32)


def floats(texture: moderngl.Texture) -> Curve:
    return np.frombuffer(texture.read(), np.float32)


def strip(ctx: moderngl.Context, spectrum: Curve, level: float) -> Image:
    """The canvas with the meter drawn on grey."""
    textures, canvas = AudioTextures(ctx), Canvas(ctx, SIZE)
    textures.upload(silence(), spectrum)
    canvas.begin()
    canvas.target.clear(GREY / 255, GREY / 255, GREY / 255, 1.0)
    ctx.blend_func = moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA  # as the layers leave it
    LevelMeter(ctx).draw(SIZE, textures.fft, level)
    return seen(canvas)


def test_they_are_silent_until_something_was_heard(ctx: moderngl.Context) -> None:
    textures = AudioTextures(ctx)
    assert (floats(textures.audio) == 0.5).all()
    assert (floats(textures.fft) == 0.0).all()


def test_samples_and_bins_arrive_as_shaders_expect_them(ctx: moderngl.Context) -> None:
    textures = AudioTextures(ctx)
    textures.upload(2.0 * ramp() - 1.0, ramp())
    assert np.allclose(floats(textures.audio), ramp(), atol=1e-6)
    assert np.array_equal(floats(textures.fft), ramp())
    assert textures.audio.size == textures.fft.size == (POINTS, 1)


def test_a_shader_sees_greys_between_the_bins_and_nothing_beyond_the_ends(ctx: moderngl.Context) -> None:
    textures = AudioTextures(ctx)
    spectrum = silence()
    spectrum[-1] = 1.0
    textures.upload(silence(), spectrum)
    program = ctx.program(
        "#version 330\nvoid main() { gl_Position = vec4(vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4.0 - 1.0, 0, 1); }",
        "#version 330\nuniform sampler2D fft; uniform float where; out vec4 colour;"
        "void main() { colour = texture(fft, vec2(where, 0.5)); }",
    )
    target = ctx.simple_framebuffer((1, 1), 4, dtype="f4")
    target.use()
    textures.fft.use(0)
    for where, expected in ((1.2, 1.0), ((POINTS - 1.0) / POINTS, 0.5), (-0.2, 0.0)):
        program["where"] = where
        ctx.vertex_array(program, []).render(moderngl.TRIANGLES, vertices=3)
        told = np.frombuffer(target.read(components=4, dtype="f4"), np.float32)
        assert told == pytest.approx((expected, expected, expected, 1.0), abs=0.01)


@pytest.mark.usefixtures("exactly")
def test_the_strip_stands_in_the_lower_left_corner_and_nowhere_else(ctx: moderngl.Context) -> None:
    rows, columns = np.nonzero((strip(ctx, silence(), 0.0) != GREY).any(axis=2))
    assert (rows.min(), rows.max() + 1) == (SIZE.height - LOW - TALL, SIZE.height - LOW)
    assert (columns.min(), columns.max() + 1) == (LOW, LOW + WIDE)


@pytest.mark.usefixtures("exactly")
def test_silence_lights_nothing_and_the_loudest_everything(ctx: moderngl.Context) -> None:
    inside = slice(SIZE.height - LOW - TALL, SIZE.height - LOW), slice(LOW, LOW + WIDE)
    assert strip(ctx, silence(), 0.0)[inside].max() < GREY
    lit = strip(ctx, np.ones(POINTS, np.float32), 1.0)[inside].max(axis=2) > 200
    assert lit.mean() > 0.6


@pytest.mark.usefixtures("exactly")
def test_low_tones_stand_left_of_high_ones_and_the_level_right_of_both(ctx: moderngl.Context) -> None:
    def middle(spectrum: Curve, level: float = 0.0) -> float:
        columns = np.nonzero(strip(ctx, spectrum, level).max(axis=2) > 200)[1]
        return float(columns.mean())

    bass, treble = silence(), silence()
    bass[2], treble[200] = 1.0, 1.0
    assert middle(bass) < LOW + 0.3 * WIDE < LOW + 0.6 * WIDE < middle(treble) < LOW + 0.9 * WIDE
    assert middle(silence(), 1.0) > LOW + 0.92 * WIDE


@pytest.mark.usefixtures("exactly")
def test_bars_grow_from_below(ctx: moderngl.Context) -> None:
    rows = np.nonzero(strip(ctx, silence(), 0.5).max(axis=2) > 150)[0]
    assert rows.max() == SIZE.height - LOW - 1
    assert rows.max() - rows.min() + 1 == pytest.approx(TALL / 2, abs=1)
