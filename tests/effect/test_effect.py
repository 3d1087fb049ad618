"""Shaders that draw, on software GL."""

import gc
from collections.abc import Callable
from pathlib import Path

import moderngl
import numpy as np
import pytest

from tests.effect.pictures import SIZE, Shown, draw, generated, shown, texture
from tests.gl.pictures import corners, plain
from vj.base.errors import BadInput
from vj.base.frame import Size
from vj.effect.effect import Effect, EffectMoment
from vj.effect.isf import END, PICTURE, PROGRESS, START, read
from vj.gl.spectrum import POINTS, AudioTextures

OWN = Path(__file__).parent / "isf"
FILTER = '{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}]}'


def own(name: str, ctx: moderngl.Context, frames: int = 1, **inputs: object) -> Shown:
    """What one of our own test shaders makes of a picture with red top left, green top right, blue bottom left."""
    isf = read(OWN / f"{name}.fs")
    return draw(ctx, isf, {PICTURE: texture(ctx, corners(*SIZE)), **inputs}, frames)  # type: ignore[arg-type]


def quarters(picture: Shown) -> list[tuple[int, ...]]:
    """The colours in the middle of the quarters: top left, top right, bottom left, bottom right."""
    height, width = picture.shape[:2]
    places = [(height // 4, width // 4), (height // 4, 3 * width // 4)]
    places += [(3 * height // 4, x) for _, x in places]
    return [tuple(map(int, picture[y, x, :3])) for y, x in places]


RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def test_the_origin_is_at_the_bottom_left(ctx: moderngl.Context) -> None:
    drawn = own("Corners", ctx)
    assert drawn[-1, 0, :2].max() < 30
    assert drawn[-1, -1, 0] > 240
    assert drawn[0, 0, 1] > 240


@pytest.mark.parametrize(
    "name",
    ["Plain", "Own Uniforms", "Rectangle", "No Vertex Shader", "Old Corners", "Continued", "Position", "Own Names"],
)
def test_a_picture_goes_through_the_right_way_up(ctx: moderngl.Context, name: str) -> None:
    upright = [RED, GREEN, BLUE, WHITE]
    assert quarters(own(name, ctx)) == (upright[2:] + upright[:2] if name == "Continued" else upright)


def test_a_vertex_shader_moves_the_corners(ctx: moderngl.Context) -> None:
    drawn = own("Moved Corners", ctx)
    assert drawn[0, 0].tolist() == [0, 0, 0, 0]
    assert quarters(drawn[3:9, 6:18]) == [RED, GREEN, BLUE, WHITE]


def test_a_kept_buffer_reads_what_it_held_the_frame_before(ctx: moderngl.Context) -> None:
    assert own("Counter", ctx, 1)[0, 0, 0] == 0
    assert own("Counter", ctx, 5)[0, 0, 0] == round(255 * 0.4)


def test_a_buffer_that_is_not_kept_cannot_feed_itself(ctx: moderngl.Context) -> None:
    body = """
    void main() {
        if (PASSINDEX == 0) gl_FragColor = IMG_THIS_PIXEL(one) + vec4(0.1, 0.0, 0.0, 1.0);
        else gl_FragColor = IMG_THIS_PIXEL(one);
    }"""
    isf = generated(body, '{"PASSES": [{"TARGET": "one"}, {}]}')
    assert draw(ctx, isf, frames=4)[0, 0, 0] == round(255 * 0.1)


def test_passes_into_one_buffer_read_each_other(ctx: moderngl.Context) -> None:
    assert own("Same Target Twice", ctx)[0, 0, 0] == pytest.approx(64, abs=1)


def test_passes_have_their_own_sizes(ctx: moderngl.Context) -> None:
    body = """
    void main() {
        if (PASSINDEX == 0) gl_FragColor = vec4(RENDERSIZE, 0.0, 255.0) / 255.0;
        else gl_FragColor = vec4(IMG_THIS_PIXEL(one).rg, IMG_SIZE(one).x / 255.0, RENDERSIZE.x / 255.0);
    }"""
    header = '{"INPUTS": [{"NAME": "n", "TYPE": "float", "MAX": 99, "DEFAULT": 3}], '
    header += '"PASSES": [{"TARGET": "one", "WIDTH": "$n + 2", "HEIGHT": "floor($HEIGHT/5)"}, {}]}'
    isf = generated(body, header)
    assert draw(ctx, isf)[0, 0].tolist() == [5, 2, 5, SIZE.width]
    assert draw(ctx, isf, {"n": 38.0})[0, 0].tolist() == [40, 2, 40, SIZE.width]


def test_a_size_that_an_input_makes_huge_stays_possible(ctx: moderngl.Context) -> None:
    header = '{"INPUTS": [{"NAME": "n", "TYPE": "float", "MAX": 1e9, "DEFAULT": 3}], '
    header += '"PASSES": [{"TARGET": "one", "WIDTH": "$n", "HEIGHT": "2"}, {}]}'
    isf = generated("void main() { gl_FragColor = vec4(IMG_SIZE(one).x / 255.0); }", header)
    for huge in (1e9, float("nan"), float("inf")):
        assert draw(ctx, isf, {"n": huge})[0, 0, 0] == 3
    assert draw(ctx, isf, {"n": -5.0})[0, 0, 0] == 1


def test_a_float_buffer_is_not_bounded(ctx: moderngl.Context) -> None:
    body = """
    void main() {
        if (PASSINDEX == 0) gl_FragColor = vec4(-8.0, 100.0, 0.0001, 1.0);
        else gl_FragColor = IMG_THIS_PIXEL(one) / vec4(-16.0, 200.0, 0.0002, 1.0);
    }"""
    isf = generated(body, '{"PASSES": [{"TARGET": "one", "FLOAT": true}, {}]}')
    assert draw(ctx, isf)[0, 0].tolist() == [128, 128, 128, 255]


def test_the_last_pass_may_have_a_buffer(ctx: moderngl.Context) -> None:
    assert own("Last Pass Kept", ctx, 2)[..., 0].max() == 255


def test_a_shader_counts_from_its_own_first_frame(ctx: moderngl.Context) -> None:
    isf = generated("void main() { gl_FragColor = vec4(FRAMEINDEX, TIME * 4.0, TIMEDELTA * 4.0, 255.0) / 255.0; }")
    assert draw(ctx, isf, frames=1)[0, 0, :3].tolist() == [0, 0, 0]
    assert draw(ctx, isf, frames=4)[0, 0, :3].tolist() == [3, 3, 1]


def test_the_date_is_the_moments(ctx: moderngl.Context) -> None:
    isf = generated("void main() { gl_FragColor = DATE / vec4(4052.0, 24.0, 62.0, 172800.0); }")
    effect = Effect(ctx, isf, SIZE)
    drawn = effect.draw(None, {}, EffectMoment(date=(2026.0, 12.0, 31.0, 86400.0)))
    assert shown(drawn)[0, 0].tolist() == [128, 128, 128, 128]
    effect.release()


def test_points_are_in_pixels_or_parts(ctx: moderngl.Context) -> None:
    header = (
        '{"INPUTS": [{"NAME": "a", "TYPE": "point2D"}, {"NAME": "b", "TYPE": "point2D", "MAX": [1,1], "MIN": [0,0]}]}'
    )
    isf = generated("void main() { gl_FragColor = vec4(a / 255.0, b); }", header)
    assert draw(ctx, isf, {"a": (0.5, 0.25), "b": (0.2, 0.4)})[0, 0].tolist() == [12, 3, 51, 102]


def test_values_reach_the_shader(ctx: moderngl.Context) -> None:
    header = """{"INPUTS": [{"NAME": "f", "TYPE": "float"}, {"NAME": "b", "TYPE": "bool"},
     {"NAME": "e", "TYPE": "event"},
     {"NAME": "l", "TYPE": "long", "VALUES": [1, 7]}, {"NAME": "c", "TYPE": "color", "DEFAULT": [0, 0, 0, 0.2]}]}"""
    body = "void main() { gl_FragColor = l == 7 ? vec4(1) : vec4(f, b ? 0.4 : 0.0, e ? 0.6 : 0.0, 0.0) + c; }"
    isf = generated(body, header)
    assert draw(ctx, isf)[0, 0].tolist() == [0, 0, 0, 51]
    assert draw(ctx, isf, {"f": 0.2, "b": True, "e": True})[0, 0].tolist() == [51, 102, 153, 51]
    assert draw(ctx, isf, {"c": (1.0, 0.0, 1.0, 0.4)})[0, 0].tolist() == [255, 0, 255, 102]
    assert draw(ctx, isf, {"l": 7})[0, 0].tolist() == [255] * 4


def test_a_transition_goes_from_one_picture_to_the_other(ctx: moderngl.Context) -> None:
    isf = read(OWN / "Dissolve.fs")
    pictures = {START: texture(ctx, plain(*SIZE, RED)), END: texture(ctx, plain(*SIZE, BLUE))}
    assert {tuple(pixel[:3]) for pixel in draw(ctx, isf, {**pictures, PROGRESS: 0.0}).reshape(-1, 4)} == {RED}
    assert {tuple(pixel[:3]) for pixel in draw(ctx, isf, {**pictures, PROGRESS: 1.0}).reshape(-1, 4)} == {BLUE}
    half = draw(ctx, isf, {**pictures, PROGRESS: 0.5})
    assert {tuple(pixel[:3]) for pixel in half.reshape(-1, 4)} == {RED, BLUE}


def test_sound_comes_in_the_width_that_is_asked_for(ctx: moderngl.Context) -> None:
    isf = read(OWN / "Sound.fs")
    sound = AudioTextures(ctx)
    spectrum = np.zeros(POINTS, np.float32)
    spectrum[: POINTS // 4] = 1.0
    sound.upload(np.zeros(POINTS, np.float32), spectrum)
    effect = Effect(ctx, isf, SIZE)
    drawn = shown(effect.draw(None, {}, EffectMoment(sound=sound)))
    assert drawn[..., 3].min() == 255, "the sizes are as asked for"
    assert drawn[:, : SIZE.width // 4, 0].min() == 255
    assert drawn[:, SIZE.width // 4 :, 0].max() == 0
    effect.release()
    sound.release()
    assert draw(ctx, isf)[..., 0].max() == 0, "without sound it is silent"


def test_pictures_that_it_brings_are_the_right_way_up(ctx: moderngl.Context) -> None:
    for name in ("Brought List", "Cube"):
        drawn = own(name, ctx)
        top, bottom = drawn[0, SIZE.width // 2], drawn[-1, SIZE.width // 2]
        assert top[0] > 200 > 60 > top[2], name
        assert bottom[2] > 200 > 60 > bottom[0], name


def test_it_draws_into_a_given_framebuffer(ctx: moderngl.Context) -> None:
    target = ctx.framebuffer([ctx.texture(SIZE, 4)])
    effect = Effect(ctx, generated("void main() { gl_FragColor = vec4(1.0); }"), SIZE)
    assert effect.draw(target, {}, EffectMoment()) is target.color_attachments[0]
    assert np.frombuffer(target.read(components=4), np.uint8).min() == 255


def test_a_pixel_that_is_discarded_is_transparent(ctx: moderngl.Context) -> None:
    isf = generated("void main() { if (isf_FragNormCoord.x < 0.5) discard; gl_FragColor = vec4(1.0); }")
    assert draw(ctx, isf)[0, 0].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("path", sorted(OWN.glob("*.fs")), ids=lambda path: path.stem)
def test_every_shader_renders(ctx: moderngl.Context, path: Path) -> None:
    picture = texture(ctx, corners(*SIZE))
    isf = read(path)
    inputs = {one.name: picture for one in isf.pictures}
    drawn = draw(ctx, isf, inputs, frames=3)
    assert ctx.error == "GL_NO_ERROR"
    assert drawn.any() or path.stem in DARK


DARK = {"Clock", "Time Slices"}
"""Shaders that draw nothing with these pictures and values."""


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("void main() {\n\n  gl_FragColor = vec4(undeclared);\n}", 4),
        ("// one\n/* two\nthree */\nvoid main() {\n  int i = 0.5;\n}", 6),
        ("#define A 1 \\\n + 2\nvoid main() {\n  float x = A;\n  nonsense;\n}", 6),
        ("void main() {", 2),
    ],
)
def test_errors_are_told_by_the_lines_of_the_file(ctx: moderngl.Context, body: str, line: int) -> None:
    with pytest.raises(BadInput, match=rf"^line {line}: "):
        Effect(ctx, generated(body), SIZE)


def test_errors_in_a_vertex_shader_name_its_file(ctx: moderngl.Context, shader: Callable[..., Path]) -> None:
    path = shader("void main() { gl_FragColor = vec4(1.0); }", name="turned.fs")
    path.with_suffix(".vs").write_text("void main() {\n  isf_vertShaderInit();\n  wrong;\n}")
    with pytest.raises(BadInput, match=r"turned\.vs: line 3: .*wrong"):
        Effect(ctx, read(path), SIZE)


def test_it_can_be_prepared_in_small_parts(ctx: moderngl.Context) -> None:
    isf = read(OWN / "Delay Line.fs")
    effect = Effect(ctx, isf, Size(8, 8), in_steps=True)
    assert len(list(effect.prepare())) > len(isf.passes)
    effect.draw(None, {}, EffectMoment())
    effect.release()


def test_what_it_made_is_freed(ctx: moderngl.Context) -> None:
    ctx.gc_mode = "context_gc"
    for _ in range(3):
        effect = Effect(ctx, read(OWN / "Brought Picture.fs"), SIZE)
        effect.draw(None, {}, EffectMoment())
        effect.release()
    gc.collect()
    assert not [left for left in ctx.objects if hasattr(left, "release")], "all was freed, not left to be collected"
