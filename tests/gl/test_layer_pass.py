from itertools import product
from typing import Any

import moderngl
import numpy as np
import numpy.typing as npt
import pytest

from tests.gl.pictures import Image, corners, plain, seen
from vj.base.frame import Pixels, Size
from vj.gl.canvas import Canvas
from vj.gl.layer_pass import VARIANTS, LayerPass
from vj.gl.program import Pass, fit_scale
from vj.gl.texture import PictureTexture

pytestmark = pytest.mark.usefixtures("exactly")

SIZE, HALF = Size(32, 16), Size(16, 8)
RED, BLUE = (240, 40, 0), (0, 80, 200)
LUMA = np.array((0.2126, 0.7152, 0.0722))


class Bench:
    """A canvas and a pass over it, as the mixer leaves them for a layer."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self.ctx, self._passes = ctx, dict[tuple[str, ...], Pass]()

    def picture(self, pixels: Pixels, alpha: Pixels | None = None) -> PictureTexture:
        made = PictureTexture(self.ctx)
        made.upload(np.ascontiguousarray(pixels), 1, alpha)
        return made

    def draw(
        self, source: Pixels, result: Pixels, before: Pixels | None = None, below: float = 0.0, **how: Any
    ) -> Image:
        canvas = Canvas(self.ctx, how.pop("size", SIZE))
        canvas.begin()
        canvas.target.clear(below, below, below, 1.0)
        self.ctx.enable(moderngl.BLEND)
        self.ctx.blend_func = moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA
        replaced = None if before is None else self.picture(before)
        of_source = self.picture(source, how.pop("alpha", None))
        alone = how.pop("alone", False)
        pictures = {"source": of_source, "result": of_source if alone else self.picture(result), "before": replaced}
        layer_pass = LayerPass(canvas)
        layer_pass._passes = self._passes
        layer_pass.draw(**pictures, **how)
        return seen(canvas)

    @property
    def used(self) -> list[tuple[str, ...]]:
        """The variants drawn with so far."""
        return list(self._passes)


@pytest.fixture
def bench(ctx: moderngl.Context) -> Bench:
    return Bench(ctx)


def noise(size: Size, seed: int = 0) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (size.height, size.width, 3), dtype=np.uint8)


def luma(picture: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return picture @ LUMA


def error(picture: Image, truth: Pixels) -> float:
    return float(np.abs(picture - truth.astype(np.int16)).mean())


def test_a_result_of_the_canvas_size_is_shown_pixel_for_pixel(bench: Bench) -> None:
    assert np.array_equal(bench.draw(noise(SIZE), noise(SIZE, 1)), noise(SIZE, 1))
    assert bench.used == [("EXACT",)]


@pytest.mark.parametrize("how", [{}, {"sharp": True}, {"keep": 1.0}, {"before": noise(HALF, 2), "fade": 0.5}], ids=str)
@pytest.mark.parametrize("size", [SIZE, HALF], ids=str)
def test_without_any_of_the_model_the_source_is_shown_pixel_for_pixel(
    bench: Bench, how: dict[str, Any], size: Size
) -> None:
    assert np.array_equal(bench.draw(noise(SIZE), noise(size, 1), amount=0.0, **how), noise(SIZE))
    assert bench.used == [("EXACT",)]


MIXTURES = [(0.0, RED), (0.5, (120, 60, 100)), (1.0, BLUE)]


@pytest.mark.parametrize(("amount", "colour"), MIXTURES)
@pytest.mark.parametrize("opacity", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("how", [{}, {"sharp": True}, {"before": plain(*HALF, BLUE), "fade": 0.5}], ids=str)
def test_the_model_is_mixed_into_the_source_over_what_lies_below(
    bench: Bench, amount: float, colour: tuple[int, int, int], opacity: float, how: dict[str, Any]
) -> None:
    drawn = bench.draw(plain(*SIZE, RED), plain(*HALF, BLUE), amount=amount, opacity=opacity, below=0.4, **how)
    wanted = (1 - opacity) * 102 + opacity * np.array(colour)
    assert np.abs(drawn - wanted).max() <= 2


@pytest.mark.parametrize(("sharp", "size"), [(False, SIZE), (False, HALF), (True, HALF)], ids=str)
def test_half_way_through_a_fade_is_the_average(bench: Bench, sharp: bool, size: Size) -> None:
    source, result, before = noise(SIZE), noise(size, 1) // 2 + 64, noise(size, 2) // 2 + 64
    first, last = (bench.draw(source, shown, sharp=sharp) for shown in (before, result))
    half = bench.draw(source, result, before, fade=0.5, sharp=sharp)
    allowed = 24 if sharp else 2  # what is sharpened is held between its neighbours, which are others while it fades
    assert np.abs(half - (first + last) / 2).max() <= allowed
    assert np.abs(half - (first + last) / 2).mean() <= 2
    for fade, shown in ((0.0, first), (1.0, last)):
        assert np.array_equal(bench.draw(source, result, before, fade=fade, sharp=sharp), shown)


@pytest.mark.parametrize("sharp", [False, True])
def test_pictures_of_two_sizes_fade(bench: Bench, sharp: bool) -> None:
    drawn = bench.draw(noise(SIZE), plain(*HALF, RED), plain(20, 10, BLUE), fade=0.25, sharp=sharp)
    assert np.abs(drawn - (0.25 * np.array(RED) + 0.75 * np.array(BLUE))).max() <= 2


def muted(size: Size, seed: int) -> Pixels:
    """Noise with colours that any middling luma can be shown with."""
    return noise(size, seed) // 4 + 96


def test_the_source_keeps_its_colours_and_the_result_its_light(bench: Bench) -> None:
    source, result = muted(SIZE, 0), muted(SIZE, 1)
    drawn = bench.draw(source, result, keep=1.0)
    assert np.abs(luma(drawn) - luma(result)).max() <= 1.5
    own, shown = source - luma(source)[..., None], drawn - luma(drawn)[..., None]
    assert np.abs(shown - own).max() <= 2


@pytest.mark.parametrize("sharp", [False, True])
def test_some_of_the_colours_may_stay(bench: Bench, sharp: bool) -> None:
    source, result = plain(*SIZE, (120, 90, 100)), plain(*HALF, (90, 110, 140))
    none, half, full = (bench.draw(source, result, keep=keep, sharp=sharp) for keep in (0.0, 0.5, 1.0))
    assert np.abs(none - (90, 110, 140)).max() <= 1
    assert np.abs(half - (none + full) / 2).max() <= 1
    assert np.abs(full - none).max() > 20


@pytest.mark.parametrize("grey", [0, 10, 128, 245, 255])
@pytest.mark.parametrize("own", [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 200, 0), (40, 40, 40)])
def test_colours_that_cannot_be_shown_pale_but_neither_turn_nor_darken(
    bench: Bench, grey: int, own: tuple[int, int, int]
) -> None:
    drawn = bench.draw(plain(*SIZE, own), plain(*SIZE, (grey, grey, grey)), keep=1.0)[0, 0]
    assert abs(luma(drawn) - grey) <= 1.5
    chroma, wanted = drawn - luma(drawn), np.array(own) - luma(np.array(own))
    share = chroma @ wanted / max(1.0, wanted @ wanted)
    assert -0.01 <= share <= 1.01
    assert np.abs(chroma - share * wanted).max() <= 2


def leaning(size: Size, low: int, high: int) -> Pixels:
    """A hard edge, not along the pixels."""
    across = np.arange(size.width) + 0.4 * np.arange(size.height)[:, None] > 0.6 * size.width
    return np.repeat(np.where(across, high, low)[..., None], 3, 2).astype(np.uint8)


def smaller(pixels: Pixels, times: int, blurred: bool) -> Pixels:
    """Means of blocks, and if wanted those of three neighbours across."""
    height, width = pixels.shape[0] // times, pixels.shape[1] // times
    means = pixels.reshape(height, times, width, times, 3).mean((1, 3))
    padded = np.pad(means, ((0, 0), (1, 1), (0, 0)), "edge")
    return ((padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]) / 3 if blurred else means).astype(np.uint8)


@pytest.mark.parametrize("times", [2, 4])
@pytest.mark.parametrize(("low", "high"), [(40, 200), (220, 60)])
@pytest.mark.parametrize(("blurred", "left"), [(False, 0.2), (True, 0.8)])
def test_sharp_puts_an_edge_where_the_source_has_it(
    bench: Bench, times: int, low: int, high: int, blurred: bool, left: float
) -> None:
    """``left`` of the error of bilinear filtering at most, without a halo."""
    size = Size(64, 32)
    source, truth = leaning(size, 30, 180), leaning(size, low, high)
    result = smaller(truth, times, blurred)
    soft, sharp = (bench.draw(source, result, sharp=sharp, size=size) for sharp in (False, True))
    assert error(sharp, truth) < left * error(soft, truth)
    assert sharp.min() >= result.min() - 1
    assert sharp.max() <= result.max() + 1


def test_sharp_draws_nothing_of_the_source_into_a_plain_result(bench: Bench) -> None:
    assert np.abs(bench.draw(noise(SIZE), plain(*HALF, BLUE), sharp=True) - BLUE).max() <= 1


def test_sharp_has_the_strokes_crisper_where_the_source_is_plain(bench: Bench) -> None:
    wave = (128 + 90 * np.sin(np.arange(64) * 2 * np.pi / 10))[None, :, None]
    truth = np.broadcast_to(wave, (32, 64, 3)).astype(np.uint8)
    size = Size(64, 32)
    soft, sharp = (bench.draw(plain(*size, RED), smaller(truth, 2, False), sharp=on, size=size) for on in (False, True))
    assert error(sharp, truth) < 0.8 * error(soft, truth)


@pytest.mark.parametrize("size", [SIZE, Size(64, 32)], ids=str)
def test_sharp_has_nothing_to_do_for_a_result_that_is_not_smaller(bench: Bench, size: Size) -> None:
    """Neither than its place, nor than the source."""
    bench.draw(noise(Size(64, 32)), noise(size), sharp=True, size=SIZE)
    bench.draw(noise(HALF), noise(HALF), sharp=True, size=SIZE)
    assert not any("SHARP" in words for words in bench.used)


HOW = [
    {},
    {"amount": 0.5},
    {"keep": 0.5},
    {"fade": 0.5, "before": True},
    {"sharp": True},
    {"sharp": True, "fade": 0.5, "before": True},
]


@pytest.mark.parametrize("how", HOW, ids=str)
def test_the_shape_of_the_source_says_where_the_result_goes(bench: Bench, how: dict[str, Any]) -> None:
    """A result that the network made a little wider or narrower is neither cropped nor moved."""
    source, result = corners(64, 36), corners(50, 26)
    before = {"before": corners(50, 26)} if how.get("before") else {}
    drawn = bench.draw(source, result, **(how | before), size=Size(64, 36))
    apart = np.abs(drawn - source.astype(np.int16)).max(2) > 10
    apart[16:20] = apart[:, 30:34] = False  # the edges between the corners
    assert not apart.any()


@pytest.mark.parametrize("fit", ["fit", "fill", "stretch"])
@pytest.mark.parametrize("how", HOW, ids=str)
def test_every_way_shows_a_square_in_the_same_place_and_upright(bench: Bench, fit: str, how: dict[str, Any]) -> None:
    """Red top left, green top right, blue bottom left, white bottom right, whatever is done on the way."""
    square = corners(24, 24)
    before = {"before": corners(12, 12)} if how.get("before") else {}
    drawn = bench.draw(square, corners(12, 12), below=0.4, fit=fit, **(how | before))
    across, down = (reach / 2 for reach in fit_scale(fit, (24, 24), SIZE))
    for row, column in product((0, 3, 12, 15), (0, 3, 10, 21, 28, 31)):
        x, y = ((column + 0.5) / 32 - 0.5) * 2 * across + 0.5, ((row + 0.5) / 16 - 0.5) * 2 * down + 0.5
        wanted = square[int(y * 24), int(x * 24)] if 0 <= x < 1 and 0 <= y < 1 else (102, 102, 102)
        assert np.abs(drawn[row, column] - wanted).max() <= 2, (row, column)


def test_a_result_of_the_canvas_size_goes_where_its_source_goes(bench: Bench) -> None:
    """The source is square, so what the network made of it as wide as the canvas is square too when it is shown."""
    drawn = bench.draw(plain(20, 20, RED), plain(*SIZE, BLUE), fit="fit", below=0.4)
    assert np.abs(drawn[:, 8:24] - BLUE).max() <= 1
    assert np.abs(drawn[:, :8] - 102).max() <= 1
    assert np.abs(drawn[:, 24:] - 102).max() <= 1


@pytest.mark.parametrize(
    ("words", "how"),
    [
        (("EXACT",), {"result": noise(SIZE)}),
        ((), {}),
        (("MIXED",), {"amount": 0.5}),
        (("KEPT",), {"keep": 0.1}),
        (("KEPT", "FADED"), {"before": noise(HALF), "fade": 0.5}),
        (("KEPT", "SHARP"), {"sharp": True}),
        (("KEPT", "SHARP", "FADED"), {"sharp": True, "before": noise(HALF), "fade": 0.5}),
        ((), {"before": noise(HALF), "fade": 1.0}),
    ],
    ids=str,
)
def test_no_more_is_done_than_is_asked_for(bench: Bench, words: tuple[str, ...], how: dict[str, Any]) -> None:
    bench.draw(noise(SIZE), **({"result": noise(HALF)} | how))
    assert bench.used == [words]


HALVED = np.repeat(np.array([[0, 128, 255, 255]], np.uint8), SIZE.height, 0).repeat(SIZE.width // 4, 1)
"""What a picture covers: nothing of the left quarter, half of the next, all of the right half."""


def covered(colour: tuple[int, int, int], below: int = 102) -> npt.NDArray[Any]:
    """What such a picture of one colour shows, over a grey."""
    share = HALVED[..., None] / 255.0
    return np.array(colour) * share + below * (1.0 - share)


def premultiplied(colour: tuple[int, int, int]) -> Pixels:
    return (np.array(colour) * (HALVED[..., None] / 255.0)).round().astype(np.uint8)


def test_a_picture_with_alpha_lets_what_lies_below_be_seen(bench: Bench) -> None:
    source = premultiplied(RED)
    drawn = bench.draw(source, source, below=0.4, alpha=HALVED, alone=True)
    assert np.abs(drawn - covered(RED)).max() <= 1
    faint = bench.draw(source, source, below=0.4, alpha=HALVED, alone=True, opacity=0.5)
    assert np.abs(faint - (covered(RED) + 102) / 2).max() <= 1
    assert bench.used == [("ALPHA",)]


def halves(colour: tuple[int, int, int]) -> Pixels:
    """What a model makes of it: the same in small."""
    return np.ascontiguousarray(premultiplied(colour)[::2, ::2])


@pytest.mark.parametrize(
    "how", [{}, {"sharp": True}, {"before": halves(BLUE), "fade": 0.5}, {"before": halves(RED)}], ids=str
)
@pytest.mark.parametrize(("amount", "colour"), MIXTURES)
def test_a_models_result_covers_as_much_as_its_source(
    bench: Bench, how: dict[str, Any], amount: float, colour: tuple[int, int, int]
) -> None:
    """It was made from the picture over black."""
    drawn = bench.draw(premultiplied(RED), halves(BLUE), below=0.4, alpha=HALVED, amount=amount, **how)
    apart = np.abs(drawn - covered(colour))
    apart[:, [7, 8, 15, 16]] = 0  # small pictures are soft between what they cover and what not
    assert apart.max() <= 2


@pytest.mark.parametrize("how", [{}, {"keep": 0.5}, {"sharp": True}], ids=str)
def test_what_a_model_paints_where_nothing_is_isnt_seen(bench: Bench, how: dict[str, Any]) -> None:
    drawn = bench.draw(premultiplied(RED), plain(*HALF, (255, 255, 255)), below=0.4, alpha=HALVED, **how)
    assert np.abs(drawn[:, :8] - 102).max() <= 1
    assert drawn[:, 8:16].max() <= 128 + 51


def test_a_rehearsal_draws_with_every_variant(bench: Bench) -> None:
    canvas = Canvas(bench.ctx, SIZE)
    canvas.begin()
    layer_pass = LayerPass(canvas)
    layer_pass._passes = bench._passes
    layer_pass.rehearse([Size(16, 8)])
    assert set(bench.used) == set(VARIANTS)
