"""Pictures on the graphics card: written directly, and through the ring of pixel buffers, which is forced here."""

import moderngl
import numpy as np
import numpy.typing as npt
import pytest

from tests.gl.pictures import corners, plain, seen
from vj.base.frame import Size
from vj.gl import layer_pass
from vj.gl.canvas import Canvas
from vj.gl.layer_pass import LayerPass
from vj.gl.texture import PictureTexture, UploadRing

pytestmark = pytest.mark.usefixtures("exactly")

SIZES = [(8, 6), (8, 6), (13, 7), (5, 9), (1, 1), (65, 33), (8, 6)]
"""Rows of 24, 39, 15, 3 and 195 bytes: most are no multiple of four."""


def noise(width: int, height: int, seed: int) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def held(picture: PictureTexture) -> npt.NDArray[np.uint8]:
    """What the texture of a picture that came through a ring holds: H×W×4."""
    assert picture._texture is not None
    width, height = picture.size
    return np.frombuffer(picture._texture.read(alignment=1), np.uint8).reshape(height, width, 4)


def test_a_picture_takes_any_size_and_keeps_its_storage_while_it_stays(ctx: moderngl.Context) -> None:
    picture = PictureTexture(ctx)
    assert (picture.size, picture.seq) == ((1, 1), 0)
    for number, (width, height) in enumerate([(8, 6), (8, 6), (13, 7), (5, 9), (8, 6)], start=1):
        pixels = plain(width, height, (number, 2, 3))
        before = picture._texture
        picture.upload(pixels, number)
        assert (picture.size, picture.seq) == ((width, height), number)
        assert picture._texture is not None
        assert (picture._texture is before) == (number == 2)
        assert picture._texture.read(alignment=1) == pixels.tobytes()
    picture.release()
    picture.release()
    assert picture.size == (1, 1)


def test_a_picture_is_filtered_only_when_it_is_scaled(ctx: moderngl.Context) -> None:
    picture = PictureTexture(ctx)
    picture.upload(corners(8, 6), 1)
    picture.bind(0, (8, 6))
    assert picture._texture is not None
    assert picture._texture.filter == (moderngl.NEAREST, moderngl.NEAREST)
    picture.bind(0, (16, 12))
    assert picture._texture.filter == (moderngl.LINEAR, moderngl.LINEAR)


def test_through_the_ring_every_byte_arrives_whatever_the_size(ctx: moderngl.Context) -> None:
    picture = PictureTexture(ctx, UploadRing(ctx))
    for number, (width, height) in enumerate(SIZES * 3, start=1):
        pixels = noise(width, height, number)
        picture.upload(pixels, number)
        assert (picture.size, picture.seq) == ((width, height), number)
        assert np.array_equal(held(picture)[..., :3], pixels)
        assert np.all(held(picture)[..., 3] == 255)


def test_pictures_of_several_textures_share_a_ring(ctx: moderngl.Context) -> None:
    """More of them than it has buffers, all uploaded before the first is looked at, and the memory changed at once."""
    ring = UploadRing(ctx)
    pictures = [PictureTexture(ctx, ring) for _ in range(11)]
    for turn in range(3):
        for number, picture in enumerate(pictures):
            pixels = noise(*SIZES[number % len(SIZES)], seed=100 * turn + number)
            picture.upload(pixels, 1)
            pixels[:] = 0
        for number, picture in enumerate(pictures):
            expected = noise(*SIZES[number % len(SIZES)], seed=100 * turn + number)
            assert np.array_equal(held(picture)[..., :3], expected)


def test_the_memory_of_the_ring_is_kept_and_grows_with_the_largest_picture(
    ctx: moderngl.Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = UploadRing(ctx)
    picture = PictureTexture(ctx, ring)
    picture.upload(noise(13, 7, 0), 1)
    picture.upload(noise(7, 13, 0), 2)
    made: list[str] = []
    for kind in ("buffer", "texture", "framebuffer"):
        monkeypatch.setattr(type(ctx), kind, lambda *args, kind=kind, **options: made.append(kind))
    buffers, staging = list(ring._buffers), ring._bytes
    for number in range(3, 40):
        picture.upload(noise(7, 13, number), number)
    assert made == []
    assert ring._buffers == buffers
    assert ring._bytes is staging
    assert [buffer.size for buffer in buffers] == [3 * 7 * 13] * len(buffers)
    assert staging.size == (3 * 13, 13)


def test_what_was_drawn_from_an_earlier_picture_stays(ctx: moderngl.Context) -> None:
    picture, canvas = PictureTexture(ctx, UploadRing(ctx)), Canvas(ctx, Size(16, 6))
    passes = LayerPass(canvas)
    picture.upload(plain(16, 6, (200, 10, 20)), 1)
    canvas.begin()
    passes.draw(source=picture, result=picture)
    for number in range(2, 12):
        picture.upload(plain(16, 6, (0, number, 255)), number)
    assert np.all(seen(canvas) == (200, 10, 20))
    passes.draw(source=picture, result=picture)  # the canvas is still in use, with its own size
    assert np.all(seen(canvas) == (0, 11, 255))


def test_pictures_that_come_while_layers_are_blended_replace_the_ones_before(ctx: moderngl.Context) -> None:
    picture, canvas = PictureTexture(ctx, UploadRing(ctx)), Canvas(ctx, Size(8, 6))
    canvas.begin()
    ctx.enable(moderngl.BLEND)
    ctx.blend_func = moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA
    picture.upload(plain(8, 6, (100, 100, 100)), 1)
    picture.upload(plain(8, 6, (50, 60, 70)), 2)
    assert np.all(held(picture) == (50, 60, 70, 255))


def test_a_picture_too_wide_for_the_ring_is_written_directly(ctx: moderngl.Context) -> None:
    ring = UploadRing(ctx)
    ring._widest = 8
    picture = PictureTexture(ctx, ring)
    for number, width in enumerate((9, 8, 9), start=1):
        pixels = noise(width, 5, number)
        picture.upload(pixels, number)
        assert picture._texture is not None
        assert picture._texture.components == (4 if width == 8 else 3)
        got = np.frombuffer(picture._texture.read(alignment=1), np.uint8).reshape(5, width, -1)
        assert np.array_equal(got[..., :3], pixels)


@pytest.mark.parametrize("ringed", [False, True])
def test_alpha_comes_with_the_colours_and_goes_with_the_next_opaque_picture(
    ctx: moderngl.Context, ringed: bool
) -> None:
    picture = PictureTexture(ctx, UploadRing(ctx) if ringed else None)
    for number, (width, height) in enumerate(SIZES * 2, start=1):
        pixels, alpha = noise(width, height, number), noise(width, height, 50 + number)[..., 0]
        picture.upload(pixels, number, alpha)
        assert picture.has_alpha
        assert np.array_equal(held(picture), np.dstack([pixels, alpha]))
        if number % 3 == 0:
            picture.upload(pixels, number)
            assert not picture.has_alpha
            assert picture._texture is not None
            got = np.frombuffer(picture._texture.read(alignment=1), np.uint8).reshape(height, width, -1)
            assert np.array_equal(got[..., :3], pixels)
            assert got.shape[2] == 3 or np.all(got[..., 3] == 255)


def test_pictures_with_alpha_take_no_new_memory_while_their_size_stays(
    ctx: moderngl.Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = PictureTexture(ctx)
    picture.upload(noise(13, 7, 0), 1, noise(13, 7, 1)[..., 0])
    mixed, texture = picture._mixed, picture._texture
    picture.upload(noise(13, 7, 2), 2, noise(13, 7, 3)[..., 0])
    assert picture._mixed is mixed
    assert picture._texture is texture


def test_released_it_is_empty_and_takes_pictures_again(ctx: moderngl.Context) -> None:
    ring = UploadRing(ctx)
    picture, other = PictureTexture(ctx, ring), PictureTexture(ctx, ring)
    for each in (picture, other):
        each.upload(corners(8, 6), 1)
    picture.release()
    picture.release()
    assert picture.size == (1, 1)
    picture.upload(corners(4, 2), 2)
    assert np.array_equal(held(picture)[..., :3], corners(4, 2))
    assert np.array_equal(held(other)[..., :3], corners(8, 6))
    for each in (picture, other, ring):
        each.release()
    assert ctx.error == "GL_NO_ERROR"


@pytest.mark.parametrize("software", [True, False])
def test_only_a_graphics_card_gets_its_pictures_through_the_ring(
    ctx: moderngl.Context, monkeypatch: pytest.MonkeyPatch, software: bool
) -> None:
    monkeypatch.setattr(layer_pass, "is_software", lambda ctx: software)
    passes = LayerPass(Canvas(ctx, Size(8, 6)))
    one, other = passes.picture(), passes.picture()
    assert (one._ring is None) == software
    assert one._ring is other._ring


def test_the_rehearsal_through_the_ring_draws_on_the_canvas(
    ctx: moderngl.Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer_pass, "is_software", lambda ctx: False)
    canvas = Canvas(ctx, Size(8, 6))
    passes, picture = LayerPass(canvas), PictureTexture(ctx)
    picture.upload(corners(8, 6), 1)
    canvas.begin()
    passes.rehearse([Size(4, 4)])
    passes.draw(source=picture, result=picture)
    assert np.array_equal(seen(canvas), corners(8, 6))
