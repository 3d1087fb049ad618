"""Pictures in and out of effects."""

from collections.abc import Mapping

import moderngl
import numpy as np
import numpy.typing as npt

from vj.base.frame import Size
from vj.effect.effect import Effect, EffectMoment, InputValue
from vj.effect.isf import Isf, parse

SIZE = Size(24, 12)
Shown = npt.NDArray[np.int16]
"""H×W×4, the top row first, signed so that pictures can be compared."""


def texture(ctx: moderngl.Context, pixels: npt.NDArray[np.uint8]) -> moderngl.Texture:
    """A texture of RGB ``pixels``, whose top row is first, with the bottom row first as effects have it."""
    opaque = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
    made = ctx.texture(pixels.shape[1::-1], 4, np.ascontiguousarray(opaque[::-1]).tobytes())
    made.repeat_x = made.repeat_y = False
    return made


def shown(drawn: moderngl.Texture) -> Shown:
    flat = np.frombuffer(drawn.read(), np.uint8)
    return flat.reshape(drawn.height, drawn.width, 4)[::-1].astype(np.int16)


def generated(body: str, header: str = "{}", name: str = "made", vertex: str = "") -> Isf:
    return parse(f"/*{header}*/\n{body}", name, vertex=vertex)


def draw(
    ctx: moderngl.Context, isf: Isf, inputs: Mapping[str, InputValue] | None = None, frames: int = 1, size: Size = SIZE
) -> Shown:
    """What the last of some frames of a new effect looks like."""
    effect = Effect(ctx, isf, size)
    for frame in range(frames):
        drawn = effect.draw(None, inputs or {}, EffectMoment(10.0 + frame / 4, 0.25, 100 + frame))
    found = shown(drawn)
    effect.release()
    return found
