import moderngl
import numpy as np
import pytest

from tests.gl.pictures import corners, seen
from vj.base.frame import Size
from vj.base.paths import SHADERS
from vj.gl import context
from vj.gl.canvas import Canvas
from vj.gl.program import Pass, fit_scale

SIZE = Size(32, 16)


@pytest.mark.parametrize(
    ("mode", "picture", "target", "reach"),
    [
        ("fit", (100, 100), (200, 100), (2.0, 1.0)),  # bars left and right
        ("fit", (200, 100), (100, 100), (1.0, 2.0)),  # bars above and below
        ("fill", (100, 100), (200, 100), (1.0, 0.5)),  # upper and lower part cut off
        ("fill", (200, 100), (100, 100), (0.5, 1.0)),  # left and right part cut off
        ("stretch", (100, 100), (200, 100), (1.0, 1.0)),
        ("stretch", (200, 100), (100, 100), (1.0, 1.0)),
        ("fit", (16, 9), (1600, 900), (1.0, 1.0)),
        ("fill", (16, 9), (1600, 900), (1.0, 1.0)),
        ("fit", (1280, 720), (1024, 768), (1.0, 4 / 3)),
        ("fill", (1080, 1920), (1920, 1080), (1.0, (9 / 16) ** 2)),
    ],
)
def test_where_a_picture_of_another_shape_goes(
    mode: str, picture: tuple[int, int], target: tuple[int, int], reach: tuple[float, float]
) -> None:
    assert fit_scale(mode, picture, target) == pytest.approx(reach)


@pytest.mark.parametrize("name", sorted(path.stem for path in (SHADERS / "lib").glob("*.frag") if path.stem != "text"))
def test_shaders_compile_and_take_what_they_do_not_use(ctx: moderngl.Context, name: str) -> None:
    for defines in ((), ("MIXED",), ("NEVER", "ASKED")):
        shader = Pass(ctx, name, *defines)
        shader["no such uniform"] = 1.0


def test_a_renderer_is_named(ctx: moderngl.Context) -> None:
    """Whether it is software or not decides the size of the canvas."""
    assert context.is_software(ctx) == ("llvmpipe" in str(ctx.info["GL_RENDERER"]).lower())


def premultiplied(ctx: moderngl.Context) -> None:
    ctx.enable(moderngl.BLEND)
    ctx.blend_func = moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA


@pytest.mark.parametrize("dark", [0.0, 0.5, 1.0])
def test_the_master_fades_everything_to_black(ctx: moderngl.Context, exactly: None, dark: float) -> None:
    canvas, fade = Canvas(ctx, SIZE), Pass(ctx, "fade")
    canvas.begin()
    canvas.target.clear(200 / 255, 100 / 255, 50 / 255, 1.0)
    premultiplied(ctx)
    fade["dark"] = dark
    fade.draw()
    assert np.abs(seen(canvas) - np.array((200, 100, 50)) * (1 - dark)).max() <= 2


@pytest.mark.usefixtures("exactly")
def test_the_window_turns_the_picture_over(ctx: moderngl.Context) -> None:
    """Row 0 of a window is its lowest: what is read from there must be upside down."""
    canvas, window = Canvas(ctx, SIZE), Canvas(ctx, SIZE)
    canvas.texture.write(np.dstack([corners(*SIZE), np.full(SIZE[::-1], 255, np.uint8)]).tobytes())
    shader = Pass(ctx, "window")
    window.begin()
    shader["reach"] = (1.0, 1.0)
    canvas.texture.use(0)
    shader.draw()
    assert np.array_equal(seen(window)[::-1], corners(*SIZE))
