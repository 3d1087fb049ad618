"""What steadies results on the GPU: moving them along known motion, and mixing them with the one before."""

from itertools import pairwise

import moderngl
import numpy as np
import pytest

from tests.textures import film, texture
from vj.base.frame import Pixels, Size
from vj.gl.steadying import DrawnPicture, SteadiedPicture, SteadyPass
from vj.gl.texture import PictureTexture
from vj.layers.flow_maps import COMING_TO_SHOWN, MAPS, NEWEST_TO_SHOWN, FlowHead, FlowMap, record_size, write

SIZE, MAP = Size(96, 64), Size(48, 32)
INSIDE = slice(12, -12)


class Steadied:
    """A steadied picture, results for it, and records of one motion for all maps."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self.ctx = ctx
        self.picture = SteadiedPicture(SteadyPass(ctx))

    def result(self, pixels: Pixels) -> PictureTexture:
        made = PictureTexture(self.ctx)
        made.upload(pixels, 1)
        return made

    def flow(self, motion: tuple[float, float], agrees: float = 1.0) -> None:
        """``motion`` is in pixels of the picture."""
        moved = np.broadcast_to(np.array(motion, np.float32) / 2.0, (MAP.height, MAP.width, 2))
        one = FlowMap(moved, np.full((MAP.height, MAP.width), agrees, np.float32))
        size = record_size(MAP)
        record = np.zeros((size.height, size.width, 3), np.uint8)
        write(record, FlowHead(3, 1, 2, 7), [one] * MAPS)
        self.picture.take_flow(record)

    def seen(self) -> Pixels:
        return pixels_of(self.picture.picture)


def pixels_of(picture: PictureTexture) -> Pixels:
    assert isinstance(picture, DrawnPicture)
    width, height = picture.size
    read = np.frombuffer(picture.target(width, height).read(components=3, dtype="f2"), np.float16)
    return np.rint(read.reshape(height, width, 3).astype(np.float32) * 255.0).astype(np.uint8)


def apart(one: Pixels, other: Pixels) -> float:
    return float(np.abs(one.astype(int) - other).mean())


@pytest.fixture
def steadied(ctx: moderngl.Context) -> Steadied:
    return Steadied(ctx)


@pytest.mark.parametrize("step", [(8, 0), (0, 6), (-4, 2)])
def test_a_result_is_moved_to_where_the_source_is_now(steadied: Steadied, step: tuple[int, int]) -> None:
    then, now = film(SIZE, step, 2)
    steadied.picture.begin(steadied.result(then))
    steadied.flow((-step[0], -step[1]))
    steadied.picture.move(NEWEST_TO_SHOWN, 1.0)
    assert apart(steadied.seen()[INSIDE, INSIDE], now[INSIDE, INSIDE]) < 1.0
    assert apart(then[INSIDE, INSIDE], now[INSIDE, INSIDE]) > 10.0


def test_half_the_strength_is_half_the_way(steadied: Steadied) -> None:
    then, half, _ = film(SIZE, (4, 0), 3)
    steadied.picture.begin(steadied.result(then))
    steadied.flow((-8.0, 0.0))
    steadied.picture.move(NEWEST_TO_SHOWN, 0.5)
    assert apart(steadied.seen()[INSIDE, INSIDE], half[INSIDE, INSIDE]) < 1.0


def test_where_views_do_not_agree_it_is_a_blend_with_the_unmoved(steadied: Steadied) -> None:
    then, now = film(SIZE, (8, 0), 2)
    steadied.picture.begin(steadied.result(then))
    steadied.flow((-8.0, 0.0), agrees=0.0)
    steadied.picture.move(NEWEST_TO_SHOWN, 1.0)
    blend = np.rint((then.astype(float) + now) / 2).astype(np.uint8)
    assert apart(steadied.seen()[INSIDE, INSIDE], blend[INSIDE, INSIDE]) < 1.0


def test_a_scene_that_stands_still_is_untouched(steadied: Steadied) -> None:
    still = texture(SIZE)
    steadied.picture.begin(steadied.result(still))
    assert np.array_equal(steadied.seen(), still)
    for _ in range(5):
        steadied.flow((0.0, 0.0))
        steadied.picture.cohere(steadied.result(still), COMING_TO_SHOWN, 0.85)
        steadied.picture.move(NEWEST_TO_SHOWN, 1.0)
        assert np.array_equal(steadied.seen(), still)


def test_staying_shows_the_last_result(steadied: Steadied) -> None:
    still = texture(SIZE)
    steadied.picture.begin(steadied.result(still))
    steadied.flow((-8.0, 0.0))
    steadied.picture.move(NEWEST_TO_SHOWN, 1.0)
    assert not np.array_equal(steadied.seen(), still)
    steadied.picture.stay()
    assert np.array_equal(steadied.seen(), still)


def noisy(pixels: Pixels, seed: int) -> Pixels:
    noise = np.random.default_rng(seed).normal(0.0, 12.0, pixels.shape)
    return np.clip(pixels * 0.8 + 25 + noise, 0, 255).astype(np.uint8)


def strokes(pixels: Pixels) -> float:
    """The mean squared difference between neighbours: what a blur takes away."""
    return float((np.diff(pixels.astype(float), axis=1) ** 2).mean())


def test_shimmer_is_calmed_and_strokes_stay_strong(steadied: Steadied) -> None:
    results = [noisy(picture, seed) for seed, picture in enumerate(film(SIZE, (4, 0), 12))]
    steadied.picture.begin(steadied.result(results[0]))
    seen = [steadied.seen()]
    for result in results[1:]:
        steadied.flow((-4.0, 0.0))
        steadied.picture.cohere(steadied.result(result), COMING_TO_SHOWN, 0.85)
        seen.append(steadied.seen())

    def change(film: list[Pixels]) -> float:
        return float(np.mean([apart(now[INSIDE, 16:-12], then[INSIDE, 12:-16]) for then, now in pairwise(film)]))

    assert change(seen[4:]) < 0.5 * change(results[4:])
    assert strokes(seen[-1][INSIDE, INSIDE]) > 0.9 * strokes(results[-1][INSIDE, INSIDE])


def test_where_nothing_agrees_the_new_result_is_shown(steadied: Steadied) -> None:
    new = texture(SIZE, seed=2)
    steadied.picture.begin(steadied.result(texture(SIZE)))
    steadied.flow((-8.0, 0.0), agrees=0.0)
    steadied.picture.cohere(steadied.result(new), COMING_TO_SHOWN, 0.85)
    assert apart(steadied.seen(), new) < 0.5


def test_a_result_of_another_size_begins_anew(steadied: Steadied) -> None:
    steadied.picture.begin(steadied.result(texture(SIZE)))
    steadied.flow((0.0, 0.0))
    small = texture(Size(48, 32), seed=3)
    steadied.picture.cohere(steadied.result(small), COMING_TO_SHOWN, 0.85)
    assert np.array_equal(steadied.seen(), small)


def test_what_was_shown_is_kept_when_it_is_left(steadied: Steadied) -> None:
    steadied.picture.begin(steadied.result(texture(SIZE)))
    steadied.flow((-8.0, 0.0))
    steadied.picture.move(NEWEST_TO_SHOWN, 1.0)
    shown = steadied.seen()
    steadied.picture.leave()
    steadied.picture.begin(steadied.result(texture(SIZE, seed=4)))
    assert np.array_equal(pixels_of(steadied.picture.before), shown)
    assert apart(steadied.seen(), shown) > 10.0


def test_the_framebuffer_in_use_stays(steadied: Steadied, ctx: moderngl.Context) -> None:
    target = ctx.simple_framebuffer((8, 8))
    target.use()
    steadied.picture.begin(steadied.result(texture(SIZE)))
    steadied.flow((0.0, 0.0))
    steadied.picture.move(NEWEST_TO_SHOWN, 1.0)
    assert ctx.fbo is target


def test_rehearsal_draws_with_every_shader(ctx: moderngl.Context) -> None:
    passes = SteadyPass(ctx)
    passes.rehearse()
    assert set(passes._passes) == {"flow", "BLENDED", "CONTRAST", "RESTORED", "MOVED"}
