import moderngl
import numpy as np
import pytest

from tests.gl.pictures import Image, seen
from vj.base.frame import Size
from vj.gl.canvas import Canvas
from vj.gl.text import EMPTY, Text, _draw_atlas

pytestmark = pytest.mark.usefixtures("exactly")

SIZE, GREY = Size(200, 80), 128


@pytest.fixture
def text(ctx: moderngl.Context) -> Text:
    return Text(ctx, pixels=14)


def drawn(ctx: moderngl.Context, text: Text) -> Image:
    """The text on grey."""
    canvas = Canvas(ctx, SIZE)
    canvas.begin()
    canvas.target.clear(GREY / 255, GREY / 255, GREY / 255, 1.0)
    ctx.blend_func = moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA  # as the layers leave it
    text.draw(ctx, SIZE)
    return seen(canvas)[..., 0]


def test_letters_are_white_inside_a_dark_plate_in_the_corner(ctx: moderngl.Context, text: Text) -> None:
    text.write(["frame 16.7 ms", "two"])
    picture = drawn(ctx, text)
    rows, columns = np.nonzero(picture != GREY)
    bottom, right = rows.max() + 1, columns.max() + 1
    assert (rows.min(), columns.min()) == (0, 0)
    assert bottom == 18 * 3
    assert 60 < right < 130
    plate = picture[:bottom, :right]
    assert (plate > 240).sum() > 50, "letters"
    assert plate.min() == pytest.approx(GREY * 0.45, abs=2)
    for edge in (plate[:3], plate[-3:], plate[:, :3], plate[:, -3:]):
        assert edge.max() < GREY, "a letter touches the edge of the plate"


def test_letters_are_upright(ctx: moderngl.Context, text: Text) -> None:
    """An L has its ink at the left and at the foot."""
    text.write(["L"])
    rows, columns = np.nonzero(drawn(ctx, text) > 200)
    middle, centre = (rows.min() + rows.max()) / 2, (columns.min() + columns.max()) / 2
    assert (rows > middle).sum() > (rows < middle).sum()
    assert (columns < centre).sum() > (columns > centre).sum()


def test_new_lines_replace_the_old_ones(ctx: moderngl.Context, text: Text) -> None:
    text.write(["a much longer line", "and another"])
    drawn(ctx, text)
    text.write(["x"])
    again = Text(ctx, pixels=14)
    again.write(["x"])
    assert np.array_equal(drawn(ctx, text), drawn(ctx, again))


@pytest.mark.parametrize("lines", [[], [""], ["é – 漢\n"], ["w" * 5000], ["w" * 100] * 100])
def test_any_text_can_be_written(ctx: moderngl.Context, text: Text, lines: list[str]) -> None:
    text.write(lines)
    drawn(ctx, text)


def test_a_line_break_is_a_space_and_no_bar(ctx: moderngl.Context, text: Text) -> None:
    pictures = []
    for line in ("a\nb\tc", "a b c", f"a{EMPTY}b{EMPTY}c"):
        text.write([line])
        pictures.append(drawn(ctx, text))
    assert np.array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[0], pictures[2])


def test_figures_do_not_dance(ctx: moderngl.Context, text: Text) -> None:
    widths = set()
    for line in ("111.1 x", "888.8 x", "404.7 x"):
        text.write([line])
        widths.add(int(np.nonzero(drawn(ctx, text) != GREY)[1].max()))
    assert len(widths) == 1


def test_no_letter_reaches_into_the_place_of_another() -> None:
    """A j that reached to the left would leave a dot behind every i."""
    atlas, _, (width, _) = _draw_atlas(34)
    place = ord("i") - ord(EMPTY)
    columns = atlas[:, place * width : (place + 1) * width].any(axis=0).nonzero()[0]
    assert columns.max() < width // 2
