import moderngl
import numpy as np
import pytest

from tests.gl.pictures import corners, seen
from vj.base.frame import Size
from vj.gl.canvas import Canvas, Readback

pytestmark = pytest.mark.usefixtures("exactly")


def paint(canvas: Canvas, level: int) -> None:
    canvas.target.use()
    canvas.target.clear(level / 255, level / 255, level / 255, 1.0)


def test_cleared_it_is_black(ctx: moderngl.Context) -> None:
    canvas = Canvas(ctx, Size(7, 5))
    paint(canvas, 200)
    canvas.begin()
    assert seen(canvas).min() == 200
    canvas.clear()
    assert seen(canvas).max() == 0


@pytest.mark.parametrize("size", [Size(8, 6), Size(13, 7)], ids=str)
def test_row_0_is_the_top(ctx: moderngl.Context, size: Size) -> None:
    canvas = Canvas(ctx, size)
    rows = np.zeros((size.height, size.width, 4), np.uint8)
    rows[...] = (np.arange(size.height) * 10)[:, None, None]
    canvas.texture.write(rows)
    assert seen(canvas)[:, 0, 0].tolist() == [10 * row for row in range(size.height)]


def test_reading_back_gives_what_was_last_asked_for(ctx: moderngl.Context) -> None:
    """Asked for one picture and drawing the next: it is the former that comes, and each in turn."""
    canvas = Canvas(ctx, Size(5, 3))
    readback = Readback(canvas)
    assert not readback.pending
    into = bytearray(5 * 3 * 4)
    paint(canvas, 10)
    readback.ask_for_copy()
    assert readback.pending
    for level in range(20, 100, 10):
        paint(canvas, level)
        readback.copy_into(memoryview(into))
        assert set(into) == {level - 10, 255}
        readback.ask_for_copy()


def test_reading_back_keeps_row_0_at_the_top(ctx: moderngl.Context) -> None:
    canvas = Canvas(ctx, Size(6, 4))
    rgba = np.dstack([corners(6, 4), np.full((4, 6), 255, np.uint8)])
    canvas.texture.write(np.ascontiguousarray(rgba))
    readback, into = Readback(canvas), np.empty((4, 6, 4), np.uint8)
    readback.ask_for_copy()
    readback.copy_into(into.data)
    assert np.array_equal(into, rgba)
