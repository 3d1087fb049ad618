"""Where a layer goes: to the right, up, clockwise, and with clean edges."""

import moderngl
import numpy as np
import numpy.typing as npt
import pytest

from tests.gl.pictures import corners
from tests.gl.references import check_reference
from vj.base.frame import Size
from vj.gl.placing import PlacePass, Transform
from vj.gl.target import DrawTarget

pytestmark = pytest.mark.usefixtures("exactly")

SIZE = Size(96, 54)
RED, GREEN, BLUE, WHITE = (255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255), (255, 255, 255, 255)
CLEAR = (0, 0, 0, 0)
Rows = npt.NDArray[np.uint8]


def placed(ctx: moderngl.Context, how: Transform, picture: Rows | None = None) -> Rows:
    """What comes out of red, green, blue and white quarters: H×W×4, premultiplied, top row first."""
    layer, out = DrawTarget(ctx, SIZE), DrawTarget(ctx, SIZE)
    shown = corners(*SIZE) if picture is None else picture
    rgba = np.dstack([shown, np.full(SIZE[::-1], 255, np.uint8)])
    layer.texture.write(np.ascontiguousarray(rgba[::-1]))
    out.begin()
    PlacePass(ctx).draw(layer.texture, how, SIZE)
    return np.frombuffer(out.texture.read(), np.uint8).reshape(SIZE.height, SIZE.width, 4)[::-1]


def at(picture: Rows, x: float, y: float) -> tuple[int, ...]:
    """The pixel at parts of width and height from the upper left corner."""
    return tuple(map(int, picture[int(y * SIZE.height), int(x * SIZE.width)]))


def test_left_alone_it_is_exactly_what_it_was(ctx: moderngl.Context) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*SIZE[::-1], 3), np.uint8)
    assert np.array_equal(placed(ctx, Transform(), noise)[..., :3], noise)
    assert Transform().is_identity
    assert Transform(rotate=-360.0).is_identity
    for moved in (Transform(x=0.1), Transform(crop_top=0.1), Transform(flip_y=True), Transform(scale=0.5)):
        assert not moved.is_identity


@pytest.mark.parametrize(
    ("how", "upper_left", "upper_right", "lower_left", "lower_right"),
    [
        (Transform(), RED, GREEN, BLUE, WHITE),
        (Transform(x=0.5), CLEAR, RED, CLEAR, BLUE),
        (Transform(y=0.5), BLUE, WHITE, CLEAR, CLEAR),
        (Transform(flip_x=True), GREEN, RED, WHITE, BLUE),
        (Transform(flip_y=True), BLUE, WHITE, RED, GREEN),
        (Transform(rotate=180.0), WHITE, BLUE, GREEN, RED),
        (Transform(scale=0.4), CLEAR, CLEAR, CLEAR, CLEAR),
        (Transform(crop_left=0.3), CLEAR, GREEN, CLEAR, WHITE),
        (Transform(crop_right=0.3), RED, CLEAR, BLUE, CLEAR),
        (Transform(crop_top=0.3), CLEAR, CLEAR, BLUE, WHITE),
        (Transform(crop_bottom=0.3), RED, GREEN, CLEAR, CLEAR),
        (Transform(crop_left=0.3, flip_x=True), CLEAR, RED, CLEAR, BLUE),
    ],
    ids=str,
)
def test_each_setting_does_what_its_name_says(
    ctx: moderngl.Context,
    how: Transform,
    upper_left: object,
    upper_right: object,
    lower_left: object,
    lower_right: object,
) -> None:
    shown = placed(ctx, how)
    assert at(shown, 0.2, 0.2) == upper_left
    assert at(shown, 0.8, 0.2) == upper_right
    assert at(shown, 0.2, 0.8) == lower_left
    assert at(shown, 0.8, 0.8) == lower_right


def test_a_quarter_turn_is_clockwise_and_keeps_the_shape(ctx: moderngl.Context) -> None:
    shown = placed(ctx, Transform(rotate=90.0))
    assert at(shown, 0.4, 0.2) == BLUE
    assert at(shown, 0.6, 0.2) == RED
    assert at(shown, 0.6, 0.8) == GREEN
    covered = shown[27, :, 3] > 127
    assert covered.sum() == SIZE.height, "as wide as the canvas is high"


def test_it_grows_and_shrinks_about_its_middle(ctx: moderngl.Context) -> None:
    shown = placed(ctx, Transform(scale=0.5))
    assert shown[..., 3].sum() / 255 == pytest.approx(SIZE.width * SIZE.height / 4, rel=0.02)
    covered = shown[..., 3] > 64
    assert np.all(covered == covered[::-1, ::-1])
    assert at(placed(ctx, Transform(scale=4.0)), 0.1, 0.1) == RED


def test_edges_are_smooth_and_premultiplied(ctx: moderngl.Context) -> None:
    white = np.full((*SIZE[::-1], 3), 255, np.uint8)
    shown = placed(ctx, Transform(rotate=7.0, scale=0.7), white)
    assert np.all(shown[..., :3] == shown[..., 3:])
    assert ((shown[..., 3] > 20) & (shown[..., 3] < 235)).sum() > 60


def test_a_fine_pattern_made_small_is_grey_and_not_noise(ctx: moderngl.Context) -> None:
    y, x = np.mgrid[0 : SIZE.height, 0 : SIZE.width]
    pattern = np.repeat(((x + y) % 2 * 255).astype(np.uint8)[..., None], 3, 2)
    for scale in (0.5, 0.3, 0.2):
        shown = placed(ctx, Transform(scale=scale, rotate=3.0), pattern)
        inside = shown[24:30, 44:52, 0].astype(int)
        assert np.abs(inside - 127).max() < 45, scale


def test_it_looks_as_it_did(ctx: moderngl.Context) -> None:
    how = Transform(x=0.1, y=0.15, scale=0.8, rotate=20.0, crop_left=0.1, crop_bottom=0.2, flip_x=True)
    check_reference("place", placed(ctx, how)[..., :3])
