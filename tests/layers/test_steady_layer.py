"""A whole layer with a model that is slow: its result moves on with the source, or is held as ever."""

import moderngl
import numpy as np
import pytest

from tests.gl.pictures import Image
from tests.layers.made import RED, SIZE, MadeLayer
from tests.textures import film
from vj.gl.canvas import Canvas

INSIDE = (slice(6, -6), slice(12, -12))


def apart(one: Image, other: Image) -> float:
    return float(np.abs(one[INSIDE].astype(int) - other[INSIDE]).mean())


@pytest.fixture
def made(ctx: moderngl.Context) -> MadeLayer:
    return MadeLayer(Canvas(ctx, SIZE), steadied=True)


def play(made: MadeLayer, steady: str, **model: float) -> list[Image]:
    """A slow model that changes nothing: its result of the first picture is there while the source shows four."""
    pictures = film(SIZE, (2, 0), 4)
    for number, picture in enumerate(pictures, 1):
        made.shoot(picture)
        if number == 1:
            made.model(picture, of=1)
        made.frame(steady=steady, **model)
    return [picture.astype(np.int16) for picture in pictures]


def test_the_last_result_moves_on_with_the_source(made: MadeLayer) -> None:
    first, *_, last = play(made, "on")
    assert apart(first, last) > 15.0
    assert apart(made.drawn(), last) < 4.0


@pytest.mark.parametrize(("steady", "model"), [("off", {}), ("auto", {}), ("on", {"reproject": 0.0})])
def test_else_it_is_held_to_the_bit(made: MadeLayer, steady: str, model: dict[str, float]) -> None:
    """``auto`` too: no model is known to be slow by its first result."""
    first, *_ = play(made, steady, **model)
    assert np.array_equal(made.drawn(), first)


def test_the_next_result_is_mixed_in_and_moved_on(made: MadeLayer) -> None:
    *_, third, last = play(made, "on")
    made.model(third.astype(np.uint8), of=3)
    made.frame()
    made.frame()
    assert apart(made.drawn(), last) < 5.0


def test_what_is_mixed_with_a_result_is_the_picture_that_it_was_moved_to(made: MadeLayer) -> None:
    pictures = film(SIZE, (2, 0), 3)
    for number, picture in enumerate(pictures, 1):
        made.shoot(picture)
        if number == 1:
            made.model(RED, of=1)
        made.frame(steady="on", strength=0.5)
    wanted = np.rint(0.5 * pictures[-1] + 0.5 * np.array(RED)).astype(np.int16)
    assert apart(made.drawn(), wanted) < 2.0


def test_a_frozen_picture_stays(made: MadeLayer) -> None:
    play(made, "on")
    frozen = made.drawn()
    made.shoot(film(SIZE, (2, 0), 5)[4])
    made.frame(frozen=True)
    assert np.array_equal(made.drawn(), frozen)
