import moderngl
import numpy as np
import pytest

from tests.gl.conftest import Image, corners, plain, seen
from vj.frame.frame import Size
from vj.gl import context
from vj.gl.canvas import Canvas
from vj.gl.program import Pass, fit_scale
from vj.gl.texture import Picture
from vj.paths import SHADERS

SIZE = Size(32, 16)
RED, BLUE = (240, 40, 0), (0, 80, 200)


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
    for define in ("", "MIXED"):
        shader = Pass(ctx, name, define)
        shader["no such uniform"] = 1.0


def test_a_renderer_is_named(ctx: moderngl.Context) -> None:
    """Whether it is software or not decides the size of the canvas."""
    assert context.is_software(ctx) == ("llvmpipe" in str(ctx.info["GL_RENDERER"]).lower())


class LayerBench:
    """``layer.frag`` as a layer of the show uses it: over what lies below, mixed or the result alone."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self.canvas, self._ctx = Canvas(ctx, SIZE), ctx
        self._plain, self._mixed = Pass(ctx, "layer"), Pass(ctx, "layer", define="MIXED")
        self.source, self.result = Picture(ctx), Picture(ctx)
        self.source.upload(plain(*SIZE, RED), 1)
        self.result.upload(plain(*SIZE, BLUE), 1)

    def draw(self, amount: float | None, opacity: float = 1.0, fit: str = "fill", below: float = 0.0) -> Image:
        """``amount`` None: the program that knows no mixing."""
        self.canvas.begin()
        self.canvas.target.clear(below, below, below, 1.0)
        premultiplied(self._ctx)
        drawn = self._plain if amount is None else self._mixed
        drawn["source"], drawn["result"] = 0, 1
        drawn["amount"], drawn["opacity"] = amount or 0.0, opacity
        drawn["reach"] = fit_scale(fit, self.result.size, SIZE)
        self.source.bind(0, SIZE)
        self.result.bind(1, SIZE)
        drawn.draw()
        return seen(self.canvas)


def premultiplied(ctx: moderngl.Context) -> None:
    ctx.enable(moderngl.BLEND)
    ctx.blend_func = moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA


@pytest.fixture
def bench(ctx: moderngl.Context, exactly: None) -> LayerBench:
    return LayerBench(ctx)


MIXTURES = [(None, BLUE), (0.0, RED), (0.5, (120, 60, 100)), (1.0, BLUE)]


@pytest.mark.parametrize(("amount", "colour"), MIXTURES)
def test_the_model_is_mixed_into_the_source(
    bench: LayerBench, amount: float | None, colour: tuple[int, int, int]
) -> None:
    assert np.abs(bench.draw(amount) - colour).max() <= 2


@pytest.mark.parametrize(("amount", "colour"), MIXTURES)
@pytest.mark.parametrize("opacity", [0.0, 0.25, 1.0])
def test_a_layer_covers_what_lies_below_by_its_opacity(
    bench: LayerBench, amount: float | None, colour: tuple[int, int, int], opacity: float
) -> None:
    wanted = (1 - opacity) * 102 + opacity * np.array(colour)
    assert np.abs(bench.draw(amount, opacity, below=0.4) - wanted).max() <= 2


@pytest.mark.parametrize("amount", [None, 0.0, 0.5, 1.0])
def test_pictures_are_upright_pixel_for_pixel(bench: LayerBench, amount: float | None) -> None:
    bench.source.upload(corners(*SIZE), 2)
    bench.result.upload(corners(*SIZE), 2)
    assert np.array_equal(bench.draw(amount), corners(*SIZE))


def test_a_square_fits_between_bars_that_show_what_lies_below(bench: LayerBench) -> None:
    bench.result.upload(plain(8, 8, RED), 2)
    drawn = bench.draw(None, fit="fit", below=0.4)
    assert np.abs(drawn[:, :8] - 102).max() <= 2
    assert np.abs(drawn[:, 24:] - 102).max() <= 2
    assert np.abs(drawn[:, 8:24] - RED).max() <= 2


def test_a_square_that_fills_is_cut_and_one_that_stretches_is_not(bench: LayerBench) -> None:
    square = plain(8, 8, RED)
    square[:2] = square[-2:] = BLUE  # a quarter above, a quarter below
    bench.result.upload(square, 2)
    assert np.abs(bench.draw(None, fit="fill")[3:13] - RED).max() <= 2
    stretched = bench.draw(None, fit="stretch")
    assert np.abs(stretched[:2] - BLUE).max() <= 2
    assert np.abs(stretched[-2:] - BLUE).max() <= 2


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
