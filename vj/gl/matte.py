"""Mattes: a layer's picture is made transparent by a key (its own brightness or colour) and by a mask."""

from dataclasses import dataclass
from typing import Literal

import moderngl

from vj.gl.program import Pass
from vj.gl.texture import PictureTexture

KeyKind = Literal["none", "luma", "chroma"]
_KEYS: dict[KeyKind, int] = {"none": 0, "luma": 1, "chroma": 2}
_LAYER, _MASK = 0, 1
LUMA = (0.2126, 0.7152, 0.0722, 0.0)
"""The parts of red, green, blue and alpha in brightness (Rec. 709), for `Mask`."""
ALPHA = (0.0, 0.0, 0.0, 1.0)
"""For a `Mask` of which only alpha counts."""
WHOLE = (1.0, 1.0, 0.0, 0.0)
"""The place of a mask that has the layer's own shape and, like it, its bottom row first."""
_FILTERED = (0, 0)
_LEAST_SOFT = 1e-3


@dataclass(slots=True)
class Key:
    """What of a layer's own picture becomes transparent: dark parts (``luma``) or one colour (``chroma``).

    ``tolerance`` (0..1) is how bright or how near to ``colour`` (0..1 each) that is, ``soft`` (0..1) how far beyond it
    the layer is opaque again. ``spill`` (0..1) is how much of the colour's tint is taken from what stays. ``inverted``
    turns it round: only what would become transparent stays.
    """

    kind: KeyKind = "none"
    colour: tuple[float, float, float] = (0.0, 1.0, 0.0)
    tolerance: float = 0.0
    soft: float = 0.0
    spill: float = 0.0
    inverted: bool = False


@dataclass(slots=True)
class Mask:
    """What of ``texture`` makes a layer opaque: its colour, weighted by ``weights`` (red, green, blue, alpha; 0..1).

    Half transparent is where that is ``level``; the slope around it is ``soft`` wide. With 0.5 and 1 it is taken as it
    is. The texture is read at ``at * place[:2] + place[2:]``, where ``at`` runs 0..1 from the layer's lower left
    corner. ``inverted`` turns it round.
    """

    texture: moderngl.Texture | PictureTexture
    weights: tuple[float, float, float, float] = LUMA
    level: float = 0.5
    soft: float = 1.0
    place: tuple[float, float, float, float] = WHOLE
    inverted: bool = False


class MattePass:
    """Draws a picture with a key and a mask; both pictures are premultiplied, with their bottom row first."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self._drawn = Pass(ctx, "matte")
        self._drawn["layer"], self._drawn["mask"] = _LAYER, _MASK

    def draw(self, picture: moderngl.Texture, key: Key, mask: Mask | None) -> None:
        """Draw ``picture`` into the framebuffer in use, which has its size. Blending must be off."""
        drawn = self._drawn
        drawn["key"], drawn["key_colour"], drawn["spill"] = _KEYS[key.kind], key.colour, key.spill
        drawn["tolerance"], drawn["key_soft"] = key.tolerance, max(key.soft, _LEAST_SOFT)
        drawn["key_turned"] = float(key.inverted)
        picture.use(_LAYER)
        if mask is None:
            picture.use(_MASK)
            drawn["weights"], drawn["slope"], drawn["mask_turned"] = (0.0, 0.0, 0.0, 0.0), (-1.0, 1.0), 0.0
        else:
            self._bind(mask)
        drawn.draw()

    def _bind(self, mask: Mask) -> None:
        drawn = self._drawn
        drawn["weights"], drawn["place"] = mask.weights, mask.place
        drawn["slope"] = mask.level, max(mask.soft, _LEAST_SOFT)
        drawn["mask_turned"] = float(mask.inverted)
        if isinstance(mask.texture, PictureTexture):
            mask.texture.bind(_MASK, _FILTERED)
        else:
            mask.texture.use(_MASK)


def in_source(reach: tuple[float, float]) -> tuple[float, float, float, float]:
    """Returns the place of a mask that has the source's shape and its top row first, for `Mask`.

    ``reach`` is how far the canvas reaches across the source's picture, as `vj.gl.program.fit_scale` returns it.
    """
    return reach[0], -reach[1], 0.5 - 0.5 * reach[0], 0.5 + 0.5 * reach[1]
