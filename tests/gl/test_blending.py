"""Blend modes, each against a formula in NumPy that was written by itself, and against a picture that was looked at."""

from collections.abc import Callable

import moderngl
import numpy as np
import numpy.typing as npt
import pytest

from tests.gl.pictures import Image, seen
from tests.gl.references import check_reference
from vj.base.frame import Size
from vj.gl.blend_modes import BLENDS
from vj.gl.blending import Blending
from vj.gl.canvas import Canvas
from vj.gl.target import DrawTarget

pytestmark = pytest.mark.usefixtures("exactly")

Colours = npt.NDArray[np.float64]
SIZE = Size(96, 54)


def below() -> Colours:
    """Hues from left to right, from white at the top to black at the bottom."""
    across, down = np.arange(SIZE.width) / SIZE.width, 1 - np.arange(SIZE.height) / (SIZE.height - 1)
    hue = np.clip(np.abs((across[:, None] * 6 + np.array([0, 4, 2])) % 6 - 3) - 1, 0, 1)
    light = down[:, None, None]
    return np.rint(255 * np.where(light > 0.5, 1 - (1 - hue) * (2 - 2 * light), hue * 2 * light)) / 255


def above() -> tuple[Colours, Colours]:
    """A soft disc on a plate of many colours: colours and alpha, straight."""
    y, x = np.mgrid[0 : SIZE.height, 0 : SIZE.width]
    colours = np.stack([x / (SIZE.width - 1), y / (SIZE.height - 1), (x // 8 + y // 8) % 2 * np.ones(x.shape)], -1)
    alpha = np.clip(1.6 - np.hypot(x - 48, (y - 27) * 1.4) / 27, 0, 1)
    return colours, np.rint(alpha * 255) / 255


def lum(c: Colours) -> Colours:
    return 0.3 * c[..., 0] + 0.59 * c[..., 1] + 0.11 * c[..., 2]


def clip_colour(c: Colours) -> Colours:
    """As the W3C has it, step by step and pixel by pixel."""
    out = c.copy()
    for at in np.ndindex(c.shape[:2]):
        own, light = out[at], float(lum(out[at]))
        least, most = own.min(), own.max()
        if least < 0:
            own[:] = light + (own - light) * light / (light - least)
        if most > 1:
            own[:] = light + (own - light) * (1 - light) / (most - light)
    return out


def set_lum(c: Colours, light: Colours) -> Colours:
    return clip_colour(c + (light - lum(c))[..., None])


def sat(c: Colours) -> Colours:
    return np.ptp(c, axis=-1)


def set_sat(c: Colours, s: Colours) -> Colours:
    """The greatest part becomes ``s``, the least 0, the middle one what it was in between."""
    out = np.zeros_like(c)
    for at in np.ndindex(c.shape[:2]):
        low, mid, high = np.argsort(c[at], kind="stable")
        if c[at][high] > c[at][low]:
            out[at][mid] = (c[at][mid] - c[at][low]) * s[at] / (c[at][high] - c[at][low])
            out[at][high] = s[at]
    return out


def dodge(b: float, s: float) -> float:
    return 0.0 if b == 0 else 1.0 if s >= 1 else min(1.0, b / (1 - s))


def burn(b: float, s: float) -> float:
    return 1.0 if b == 1 else 0.0 if s <= 0 else 1 - min(1.0, (1 - b) / s)


def soft(b: float, s: float) -> float:
    if s <= 0.5:
        return b - (1 - 2 * s) * b * (1 - b)
    bent = ((16 * b - 12) * b + 4) * b if b <= 0.25 else b**0.5
    return b + (2 * s - 1) * (bent - b)


def hard(b: float, s: float) -> float:
    return b * 2 * s if s <= 0.5 else b + (2 * s - 1) - b * (2 * s - 1)


def divide(b: float, s: float) -> float:
    return min(1.0, b / s) if s > 0 else float(b > 0)


CHANNELS: dict[str, Callable[[float, float], float]] = {
    "normal": lambda b, s: s,
    "screen": lambda b, s: b + s - b * s,
    "multiply": lambda b, s: b * s,
    "overlay": lambda b, s: hard(s, b),
    "soft-light": soft,
    "hard-light": hard,
    "colour-dodge": dodge,
    "colour-burn": burn,
    "darken": min,
    "lighten": max,
    "difference": lambda b, s: abs(b - s),
    "exclusion": lambda b, s: b + s - 2 * b * s,
    "subtract": lambda b, s: max(0.0, b - s),
    "divide": divide,
    "linear-burn": lambda b, s: max(0.0, b + s - 1),
    "linear-light": lambda b, s: min(1.0, max(0.0, b + 2 * s - 1)),
    "vivid-light": lambda b, s: burn(b, 2 * s) if s < 0.5 else dodge(b, 2 * s - 1),
    "pin-light": lambda b, s: min(b, 2 * s) if s < 0.5 else max(b, 2 * s - 1),
}
PIXELS: dict[str, Callable[[Colours, Colours], Colours]] = {
    "hue": lambda b, s: set_lum(set_sat(s, sat(b)), lum(b)),
    "saturation": lambda b, s: set_lum(set_sat(b, sat(s)), lum(b)),
    "colour": lambda b, s: set_lum(s, lum(b)),
    "luminosity": lambda b, s: set_lum(b, lum(s)),
}


def expected(mode: str, b: Colours, s: Colours, alpha: Colours) -> Colours:
    """The W3C's simple alpha compositing over an opaque backdrop; ``add`` is its "lighter"."""
    if mode == "add":
        return np.minimum(1.0, b + s * alpha[..., None])
    mixed = np.vectorize(CHANNELS[mode])(b, s) if mode in CHANNELS else PIXELS[mode](b, s)
    return (1 - alpha[..., None]) * b + alpha[..., None] * mixed


def drawn(ctx: moderngl.Context, mode: str, opacity: float = 1.0) -> tuple[Image, Colours]:
    """What the canvas shows, and the layer's own colours as 8 bits of premultiplied colour keep them."""
    canvas, picture = Canvas(ctx, SIZE), DrawTarget(ctx, SIZE)
    opaque = np.dstack([np.rint(below() * 255), np.full(SIZE[::-1], 255)]).astype(np.uint8)
    canvas.texture.write(np.ascontiguousarray(opaque))
    colours, alpha = above()
    layer = np.rint(255 * np.dstack([colours * alpha[..., None], alpha])).astype(np.uint8)
    picture.texture.write(np.ascontiguousarray(layer[::-1]))
    Blending(ctx).put(canvas, picture.texture, mode, opacity)
    straight = np.minimum(1.0, layer[..., :3] / np.maximum(layer[..., 3:], 1))
    return seen(canvas), straight


def test_there_are_twenty_and_more_each_with_a_formula() -> None:
    assert len(BLENDS) > 20
    assert set(BLENDS) == {"add", *CHANNELS, *PIXELS}


@pytest.mark.parametrize("mode", BLENDS)
def test_each_mode_is_the_formula_of_its_name_and_looks_as_it_did(ctx: moderngl.Context, mode: str) -> None:
    shown, straight = drawn(ctx, mode)
    wanted = 255 * expected(mode, below(), straight, above()[1])
    off = np.abs(shown - wanted)
    assert off.max() < 1.6, f"{(off > 1.6).mean():.2%} are off by up to {off.max():.1f}"
    check_reference(f"blend-{mode}", shown)


@pytest.mark.parametrize("mode", BLENDS)
def test_opacity_mixes_with_what_lies_below(ctx: moderngl.Context, mode: str) -> None:
    untouched, _ = drawn(ctx, mode, 0.0)
    assert np.abs(untouched - np.rint(below() * 255)).max() <= 1
    if mode != "add":
        half, full = drawn(ctx, mode, 0.5)[0], drawn(ctx, mode)[0]
        assert np.abs(half - (untouched + full) / 2).max() <= 4


def test_a_canvas_goes_on_after_turning_its_page(ctx: moderngl.Context) -> None:
    canvas, clear = Canvas(ctx, SIZE), DrawTarget(ctx, SIZE)
    canvas.begin()
    canvas.target.clear(0.2, 0.4, 0.6, 1.0)
    blending, pages = Blending(ctx), set()
    for mode in BLENDS * 2:
        blending.put(canvas, clear.texture, mode, 1.0)
        pages.add(canvas.texture.glo)
        assert np.all(seen(canvas) == (51, 102, 153))
    assert len(pages) == 2, "two pages take turns"


def test_nothing_is_compiled_after_the_rehearsal(ctx: moderngl.Context, monkeypatch: pytest.MonkeyPatch) -> None:
    blending = Blending(ctx)
    clear = DrawTarget(ctx, SIZE)
    blending.rehearse(clear.texture)
    monkeypatch.setattr(type(ctx), "program", None)
    canvas = Canvas(ctx, SIZE)
    for mode in BLENDS:
        blending.put(canvas, clear.texture, mode, 1.0)
