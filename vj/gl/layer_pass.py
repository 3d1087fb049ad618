"""Draws one layer: the source's picture, the model's result, and the result of the model that played before."""

from collections.abc import Iterable
from itertools import product
from typing import Any

import numpy as np

from vj.base.frame import Size
from vj.gl.canvas import Canvas
from vj.gl.compositor import Compositor
from vj.gl.context import is_software
from vj.gl.program import Pass, fit_scale
from vj.gl.texture import PictureTexture, UploadRing

VARIANTS = (
    ("EXACT",),
    (),
    ("MIXED",),
    ("KEPT",),
    ("KEPT", "FADED"),
    ("KEPT", "SHARP"),
    ("KEPT", "SHARP", "FADED"),
    ("ALPHA",),
    ("KEPT", "ALPHA"),
    ("KEPT", "FADED", "ALPHA"),
    ("KEPT", "SHARP", "ALPHA"),
    ("KEPT", "SHARP", "FADED", "ALPHA"),
)
"""The sets of words that ``layer.frag`` is compiled with.

Three cheap ones are for what is drawn most of the time. The others do everything that the source's picture is needed
for, with the two costly parts of that on or off. With ``ALPHA``, the source's picture has transparent parts.
"""

_MIXTURES: tuple[dict[str, Any], ...] = ({}, {"amount": 0.5}, {"keep": 1.0}, {"fade": 0.5})
"""Arguments of `LayerPass.draw` that make it choose each of the variants, except for the sharp ones."""

_FILTERED = (0, 0)
"""A size that no picture has, so that whatever is bound for it is filtered; see `PictureTexture.bind`."""


_NOTICEABLY = 0.9
"""A picture counts as smaller than another only below this part of its pixels: many networks cut sides to multiples of
32, such as 1280×720 to 1280×704, where there is nothing to enlarge."""


class LayerPass:
    """Mixes up to three pictures of the same view into one, and draws that with one draw call.

    The shape of the source's picture decides where they go. Shader programs are compiled when they are first needed.
    """

    def __init__(self, canvas: Canvas) -> None:
        """``canvas`` is what is drawn on; ``ctx`` is its context."""
        self._canvas = canvas
        self.ctx = canvas.ctx
        self.compositor = Compositor(self.ctx, canvas.size)
        """Composes the layers that aren't drawn straight on the canvas."""
        self._ring = None if is_software(self.ctx) else UploadRing(self.ctx)
        self._passes: dict[tuple[str, ...], Pass] = {}

    def picture(self) -> PictureTexture:
        """Returns a new, empty texture for `draw`. All of them share what brings pictures to the graphics card."""
        return PictureTexture(self.ctx, self._ring)

    def guides(self, result: tuple[int, int], source: tuple[int, int], fit: str) -> bool:
        """Returns whether `draw` with ``sharp`` enlarges a result along the source's edges: only if it is noticeably
        smaller than the source, and than the place that a picture of the source's shape has on the canvas with this
        ``fit``. Sizes are width and height in pixels.
        """
        place = _place(self._canvas.size, fit_scale(fit, source, self._canvas.size))
        return _pixels(result) < _NOTICEABLY * min(_pixels(source), _pixels(place))

    def draw(
        self,
        *,
        source: PictureTexture,
        result: PictureTexture,
        before: PictureTexture | None = None,
        shape: tuple[int, int] | None = None,
        amount: float = 1.0,
        keep: float = 0.0,
        fade: float = 1.0,
        sharp: bool = False,
        opacity: float = 1.0,
        fit: str = "fill",
        upside_down: bool = False,
    ) -> None:
        """Draw over what is on the canvas, or on a target of its size, which must be in use; no picture may be empty.

        ``amount`` (0..1) of ``result`` is mixed into ``source``, of whose colours ``keep`` (0..1) stays; at 0 only
        ``source`` is drawn. While ``fade`` (0..1) is below 1, the result fades in over ``before`` (0: only ``before``).
        With ``sharp``, a result that is too small is enlarged along the source's edges (see `guides`). ``fit`` is as in
        `fit_scale`, for pictures of ``shape`` (width, height; by default that of ``source``), to which all of them are
        brought. ``opacity`` (0..1) is that of the whole layer. If ``source`` has alpha, the layer covers as much as
        that, whatever is shown. Colours come out premultiplied; every pixel of the canvas is written unless the caller
        has switched blending on. ``upside_down`` puts the bottom row first, as effects have it.
        """
        if amount <= 0.0:
            result, before, amount, keep = source, None, 1.0, 0.0
        elif before and fade <= 0.0:
            result, before = before, None
        elif fade >= 1.0:
            before = None
        canvas = self._canvas
        shape = shape or source.size
        reach = fit_scale(fit, shape, canvas.size)
        place = _place(canvas.size, reach)
        guided = sharp and self.guides(result.size, shape, fit)
        grid = result.size if guided else canvas.size if place == canvas.size else _FILTERED
        words = _words(result.size == grid and not upside_down, amount < 1.0, keep > 0.0, before is not None, guided)
        if source.has_alpha:
            words = ("ALPHA",) if result is source and not before else _with_alpha(words)
        drawn = self._pass(words)
        drawn["amount"], drawn["keep"], drawn["fade"] = amount, keep, fade
        drawn["opacity"], drawn["reach"] = opacity, (reach[0], -reach[1] if upside_down else reach[1])
        source.bind(0, grid)
        result.bind(1, grid)
        if before:
            before.bind(2, _FILTERED)
        drawn.draw()

    def rehearse(self, sizes: Iterable[Size] = (), sharp: bool = True) -> None:
        """Draw all that `draw` can draw with black results of these ``sizes``, of the canvas's size and of half of it.

        So nothing is compiled during a show. What was on the canvas, which must be in use, is lost. Drivers finish a
        program at its first use, some of them once for each kind of filtering, and a software renderer once more for
        sides that are powers of two. Without ``sharp``, the sharp variants are left out: in a software renderer they
        take most of the time.
        """
        full = self._canvas.size
        half = Size(*(max(1, side // 2) for side in full))
        sources, results, befores = ([self._black(size) for size in (full, half, *set(sizes))] for _ in range(3))
        clear = self._black(full, transparent=True)
        choices = [*product(sources[:2], results, befores, _MIXTURES, {False, sharp})]
        choices += product([clear], results[1:2], befores[1:2], ({"amount": 0.0}, {}, {"fade": 0.5}), {False, sharp})
        for source, result, before, mixture, guided in choices:
            self.draw(source=source, result=result, before=before, sharp=guided, **mixture, fit="stretch")
        self.draw(source=sources[0], result=results[0], fit="stretch", upside_down=True)
        for picture in (*sources, *results, *befores, clear):
            picture.release()

    def _black(self, size: Size, transparent: bool = False) -> PictureTexture:
        made, black = self.picture(), np.zeros((size.height, size.width, 3), np.uint8)
        made.upload(black, 1, black[..., 0] if transparent else None)
        return made

    def _pass(self, words: tuple[str, ...]) -> Pass:
        if words not in self._passes:
            made = self._passes[words] = Pass(self.ctx, "layer", *words)
            made["source"], made["result"], made["before"] = 0, 1, 2
        return self._passes[words]


def _words(exact: bool, mixed: bool, kept: bool, faded: bool, sharp: bool) -> tuple[str, ...]:
    """Returns the cheapest of `VARIANTS` that does what is wanted."""
    if kept or faded or sharp:
        return ("KEPT", *["SHARP"] * sharp, *["FADED"] * faded)
    return ("MIXED",) if mixed else ("EXACT",) if exact else ()


def _with_alpha(words: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the one of `VARIANTS` that does what ``words`` does for a source with transparent parts."""
    return ("KEPT", *(word for word in words if word in ("SHARP", "FADED")), "ALPHA")


def _place(canvas: Size, reach: tuple[float, float]) -> tuple[int, int]:
    """Returns the size in pixels that the whole view has on the canvas, with what is cropped of it."""
    return round(canvas.width / reach[0]), round(canvas.height / reach[1])


def _pixels(size: tuple[int, int]) -> int:
    return size[0] * size[1]
