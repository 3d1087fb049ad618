"""Keys and masks against formulas in NumPy, and what they make of a picture."""

from typing import Any

import moderngl
import numpy as np
import numpy.typing as npt
import pytest

from tests.gl.references import check_reference
from vj.base.frame import Size
from vj.gl.matte import ALPHA, LUMA, Key, Mask, MattePass, in_source
from vj.gl.program import fit_scale
from vj.gl.target import DrawTarget
from vj.gl.texture import PictureTexture

pytestmark = pytest.mark.usefixtures("exactly")

SIZE = Size(96, 54)
GREEN = (0.1, 0.8, 0.2)
WEIGHTS = np.array(LUMA[:3])


def screen() -> npt.NDArray[np.float64]:
    """A green screen that grows darker downwards, before it a disc of many colours, top row first."""
    y, x = np.mgrid[0 : SIZE.height, 0 : SIZE.width]
    back = np.array(GREEN) * (1.0 - 0.3 * y / SIZE.height)[..., None]
    front = np.stack([x / SIZE.width, 0.4 * y / SIZE.height, 1 - x / SIZE.width], -1)
    inside = np.clip(21 - np.hypot(x - 48, y - 27), 0, 1)[..., None]
    return back * (1 - inside) + front * inside


def layer_of(ctx: moderngl.Context, colours: npt.NDArray[np.float64], alpha: float = 1.0) -> DrawTarget:
    made = DrawTarget(ctx, SIZE)
    rows = np.rint(255 * np.dstack([colours * alpha, np.full(SIZE[::-1], alpha)])).astype(np.uint8)
    made.texture.write(np.ascontiguousarray(rows[::-1]))
    return made


def drawn(ctx: moderngl.Context, key: Key | None = None, mask: Mask | None = None, alpha: float = 1.0) -> Any:
    """What comes out: H×W×4, premultiplied, 0..255, top row first."""
    layer, out = layer_of(ctx, screen(), alpha), DrawTarget(ctx, SIZE)
    out.begin()
    MattePass(ctx).draw(layer.texture, key or Key(), mask)
    return np.frombuffer(out.texture.read(), np.uint8).reshape(SIZE.height, SIZE.width, 4)[::-1].astype(np.int16)


def over_pink(picture: Any) -> Any:
    return np.rint(picture[..., :3] + (255 - picture[..., 3:]) * np.array((1.0, 0.4, 0.8)))


def smoothstep(low: float, high: float, at: Any) -> Any:
    part = np.clip((at - low) / (high - low), 0.0, 1.0)
    return part * part * (3 - 2 * part)


def test_without_key_and_mask_nothing_changes(ctx: moderngl.Context) -> None:
    shown = drawn(ctx, alpha=0.6)
    assert np.abs(shown[..., :3] - 0.6 * 255 * screen()).max() <= 1.5
    assert np.all(shown[..., 3] == round(0.6 * 255))


@pytest.mark.parametrize("inverted", [False, True])
def test_a_luma_key_takes_out_the_dark(ctx: moderngl.Context, inverted: bool) -> None:
    shown = drawn(ctx, Key("luma", tolerance=0.3, soft=0.2, inverted=inverted))
    kept = smoothstep(0.3, 0.5, np.rint(255 * screen()) / 255 @ WEIGHTS)
    wanted = 255 * (1 - kept if inverted else kept)
    assert np.abs(shown[..., 3] - wanted).max() <= 1.5
    assert np.abs(shown[..., :3] - screen() * wanted[..., None]).max() <= 2


def test_a_chroma_key_takes_out_the_screen_whatever_its_brightness_and_its_spill(ctx: moderngl.Context) -> None:
    shown = drawn(ctx, Key("chroma", GREEN, tolerance=0.25, soft=0.15, spill=1.0))
    assert shown[:4, :, 3].max() == shown[-4:, :, 3].max() == 0, "bright and dark parts of the screen"
    assert shown[27, 33:63, 3].min() == 255, "the disc stays whole"
    colours = screen()[27, 34:62]
    chroma = np.array(GREEN) - np.array(GREEN) @ WEIGHTS
    tint = chroma / np.linalg.norm(chroma)
    own = colours - (colours @ WEIGHTS)[:, None]
    clean = np.clip(colours - tint * np.maximum(own @ tint, 0)[:, None], 0, 1)
    assert np.abs(shown[27, 34:62, :3] - 255 * clean).max() <= 3
    check_reference("key-chroma", over_pink(shown))


def test_a_key_keeps_the_alpha_that_is_there(ctx: moderngl.Context) -> None:
    half, whole = (drawn(ctx, Key("luma", tolerance=0.2, soft=0.4), alpha=alpha) for alpha in (0.5, 1.0))
    assert np.abs(half[..., 3] - whole[..., 3] / 2).max() <= 3, "as far as eight bits tell"


def ramp(ctx: moderngl.Context) -> PictureTexture:
    """A source's picture, brighter to the right, red at the top and blue at the bottom; row 0 is the top."""
    made, x = PictureTexture(ctx), np.linspace(0, 255, 64)
    grey = np.repeat(np.rint(x)[None, :, None].astype(np.uint8), 64, 0).repeat(3, 2)
    made.upload(np.ascontiguousarray(grey), 1)
    return made


@pytest.mark.parametrize("inverted", [False, True])
def test_a_mask_shows_the_layer_where_the_source_is_bright(ctx: moderngl.Context, inverted: bool) -> None:
    place = in_source(fit_scale("stretch", (64, 64), SIZE))
    shown = drawn(ctx, mask=Mask(ramp(ctx), LUMA, level=0.5, soft=0.5, place=place, inverted=inverted))
    across = (np.arange(SIZE.width) + 0.5) / SIZE.width
    part = np.clip((across - 0.5) / 0.5 + 0.5, 0, 1)
    wanted = 255 * (1 - part if inverted else part)
    assert np.abs(shown[..., 3] - wanted).max() <= 6
    assert np.all(shown[..., 3] == shown[0, :, 3])


@pytest.mark.parametrize("fit", ["fit", "fill", "stretch"])
def test_the_mask_lies_where_the_source_lies(ctx: moderngl.Context, fit: str) -> None:
    """A source of another shape: its upper half is white."""
    made, pixels = PictureTexture(ctx), np.zeros((64, 64, 3), np.uint8)
    pixels[:32] = 255
    made.upload(pixels, 1)
    shown = drawn(ctx, mask=Mask(made, place=in_source(fit_scale(fit, (64, 64), SIZE))))[..., 3]
    assert shown[:25, 48].min() == 255
    assert shown[-25:, 48].max() == 0


def test_a_mask_of_alpha_and_as_it_is(ctx: moderngl.Context) -> None:
    other = layer_of(ctx, np.zeros((*SIZE[::-1], 3)), 0.25)
    assert np.all(drawn(ctx, mask=Mask(other.texture, ALPHA))[..., 3] == 64)
    grey = layer_of(ctx, np.full((*SIZE[::-1], 3), 0.6))
    assert np.all(drawn(ctx, mask=Mask(grey.texture))[..., 3] == 153)
