"""What flashes more than three times a second over a quarter of the picture is limited; all else passes untouched."""

from collections.abc import Callable

import moderngl
import numpy as np
import numpy.typing as npt
import pytest

from tests.gl.flashes import flashes_a_second
from tests.gl.pictures import seen
from vj.base.frame import Size
from vj.gl.canvas import Canvas
from vj.gl.flash_limiter import ALLOWED, FlashLimiter

SIZE = Size(160, 90)
WHITE, BLACK, RED, BLUE, GREY = (255, 255, 255), (0, 0, 0), (255, 0, 0), (0, 0, 255), (90, 90, 90)
Colour = tuple[int, int, int]
Picture = npt.NDArray[np.uint8]
Drawn = Callable[[float], Picture]
"""The picture of a time."""


def filled(colour: Colour) -> Picture:
    return np.full((SIZE.height, SIZE.width, 3), colour, np.uint8)


def strobe(one: Colour, other: Colour, rate: float, high: float = 1.0, wide: float = 1.0) -> Drawn:
    """``rate`` flashes a second in the upper left part of the picture."""

    def drawn(at: float) -> Picture:
        picture = filled(GREY if high * wide < 1.0 else other)
        colour = one if int(at * 2 * rate + 1e-6) % 2 else other
        picture[: round(SIZE.height * high), : round(SIZE.width * wide)] = colour
        return picture

    return drawn


class Stage:
    """A canvas with a limiter, on which a film is drawn frame by frame."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self.canvas = Canvas(ctx, SIZE)
        self.limiter = FlashLimiter(self.canvas)
        texture = ctx.texture(SIZE, 4)
        self.other = texture, ctx.framebuffer([texture])
        self.now = 1000.0

    def turn(self) -> None:
        """Another texture of the canvas is shown from now on."""
        self.other, kept = (self.canvas.texture, self.canvas.target), self.other
        self.canvas.texture, self.canvas.target = kept

    def play(self, drawn: Drawn, seconds: float, fps: float, limit: bool = True) -> tuple[Picture, Picture]:
        """What came and what was shown, T×H×W×3."""
        came, shown = [], []
        for frame in range(round(seconds * fps)):
            picture = drawn(frame / fps)
            self.turn()
            self.canvas.texture.write(np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)]))
            self.limiter.apply(self.now, limit)
            self.now += 1 / fps
            came.append(picture)
            shown.append(seen(self.canvas).astype(np.uint8))
        return np.stack(came), np.stack(shown)


@pytest.fixture
def stage(ctx: moderngl.Context) -> Stage:
    return Stage(ctx)


@pytest.mark.parametrize(
    ("colours", "part", "fps"),
    [
        ((WHITE, BLACK), (1.0, 1.0), 25.0),
        ((WHITE, BLACK), (1.0, 1.0), 60.0),
        ((RED, BLACK), (1.0, 1.0), 30.0),
        ((WHITE, BLACK), (0.5, 0.5), 30.0),
        ((RED, BLACK), (0.5, 0.5), 60.0),
        ((RED, BLUE), (0.6, 0.6), 25.0),
    ],
)
def test_twelve_flashes_a_second_become_three(
    stage: Stage, colours: tuple[Colour, Colour], part: tuple[float, float], fps: float
) -> None:
    came, shown = stage.play(strobe(*colours, 12.0, *part), 2.4, fps)
    assert flashes_a_second(came, fps) in (11, 12)
    assert flashes_a_second(shown, fps) <= ALLOWED
    counts = stage.limiter.finish()
    assert counts.most_came in (11, 12)
    assert counts.most_shown <= ALLOWED
    assert abs(counts.came - 12 * 1.9) <= 3  # each counts for the second that it is in
    assert 1 <= counts.shown <= 4


@pytest.mark.parametrize("rate", [3.6, 5.0, 15.0])
def test_no_rate_above_three_gets_through(stage: Stage, rate: float) -> None:
    came, shown = stage.play(strobe(WHITE, BLACK, rate), 3.0, 30.0)
    assert flashes_a_second(came, 30.0) > ALLOWED
    assert flashes_a_second(shown, 30.0) <= ALLOWED


def test_a_strobe_that_pauses_and_a_moving_one_are_limited_too(stage: Stage) -> None:
    def pauses(at: float) -> Picture:
        return strobe(WHITE, BLACK, 12.0)(at) if at % 1.5 < 0.7 else filled(BLACK)

    def moves(at: float) -> Picture:  # the halves flash in turn
        picture = strobe(WHITE, BLACK, 10.0)(at)
        picture[:, : SIZE.width // 2] = 255 - picture[:, : SIZE.width // 2]
        return picture

    for drawn in (pauses, moves):
        came, shown = stage.play(drawn, 4.0, 30.0)
        assert flashes_a_second(came, 30.0) > ALLOWED
        assert flashes_a_second(shown, 30.0) <= ALLOWED


def textured(at: float) -> Picture:
    """A picture with structure, another one after each second and a half: cuts."""
    y, x = np.mgrid[: SIZE.height, : SIZE.width]
    seed = int(at / 1.5)
    red, green, blue = (x * (3 + seed) % 256, y * (5 + 2 * seed) % 256, (x + y) * (1 + seed) % 256)
    return np.dstack([red, green, blue]).astype(np.uint8)


def fades(at: float) -> Picture:
    """From black to white and back in four seconds."""
    return filled((int(255 * (1 - abs(1 - at / 2 % 2))),) * 3)


@pytest.mark.parametrize(
    "drawn",
    [textured, fades, strobe(WHITE, BLACK, 3), strobe(WHITE, BLACK, 12, 0.4, 0.4), strobe(WHITE, (240, 240, 240), 12)],
    ids=["cuts", "slow", "three a second", "a sixth of the picture", "bright and too faint"],
)
def test_what_may_be_shown_passes_to_the_bit(stage: Stage, drawn: Drawn) -> None:
    came, shown = stage.play(drawn, 3.0, 30.0)
    assert np.array_equal(came, shown)


@pytest.mark.parametrize("limit", [False, True])
def test_what_was_drawn_before_the_show_began_is_no_part_of_a_flash(stage: Stage, limit: bool) -> None:
    """A rehearsal is drawn a moment before, and the first picture was dark then."""
    stage.play(strobe(WHITE, BLACK, 12.0), 0.5, 60.0, limit=limit)
    stage.limiter.begin()
    assert not any(stage.limiter.counts)
    stage.play(lambda at: filled(WHITE if at < 0.2 else BLACK), 1.0, 60.0, limit=limit)
    assert not any(stage.limiter.finish()), "one change is no flash"
    stage.play(strobe(WHITE, BLACK, 2.0), 2.0, 60.0, limit=limit)
    assert stage.limiter.finish().most_came == 2


def test_flashes_are_counted_also_when_they_are_let_through(stage: Stage) -> None:
    came, shown = stage.play(strobe(WHITE, BLACK, 12.0), 2.0, 60.0, limit=False)
    assert np.array_equal(came, shown)
    counts = stage.limiter.finish()
    assert counts.most_came == counts.most_shown == 12
    assert counts.came == counts.shown > 12
    stage.play(lambda at: filled(BLACK), 2.0, 60.0, limit=False)
    assert abs(stage.limiter.finish().came - 24) <= 1  # all of them, once the last one is a second ago


def test_what_does_not_flash_beside_a_strobe_moves_on(stage: Stage) -> None:
    def drawn(at: float) -> Picture:
        picture = strobe(WHITE, BLACK, 12.0, 1.0, 0.5)(at)
        picture[:, 120:] = textured(at)[:, 120:]
        return picture

    came, shown = stage.play(drawn, 3.0, 30.0)
    assert np.array_equal(came[:, :, 120:], shown[:, :, 120:])
    assert not np.array_equal(came[:, :, :80], shown[:, :, :80])


def test_the_picture_comes_back_after_a_strobe(stage: Stage) -> None:
    stage.play(strobe(WHITE, BLACK, 12.0), 2.0, 30.0)
    came, shown = stage.play(textured, 1.4, 30.0)
    assert not np.array_equal(came[5], shown[5])  # it fades
    came, shown = stage.play(lambda at: textured(1.0), 2.0, 30.0)
    assert np.array_equal(came[-1], shown[-1])


def test_the_limiter_switched_on_in_a_strobe_shows_nothing_old(stage: Stage) -> None:
    stage.play(strobe(WHITE, BLACK, 12.0), 2.0, 60.0)  # holds a grey
    stage.play(strobe(RED, BLACK, 12.0), 2.0, 60.0, limit=False)
    _, shown = stage.play(strobe(RED, BLACK, 12.0), 1.0, 60.0)
    assert shown[..., 1:].max() == 0


def test_the_counts_come_without_being_waited_for(stage: Stage) -> None:
    stage.play(strobe(WHITE, BLACK, 12.0), 2.0, 60.0)
    counts = stage.limiter.counts
    assert counts.most_came == 12
    assert counts.most_shown == ALLOWED
