"""The endless dream on a card, beside `vj.model.dreams.dream_zoom` for the processor."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from vj.base.frame import Pixels
from vj.model.dreams.card_journey import CardJourney
from vj.model.dreams.card_palette import CardPalette
from vj.model.dreams.journey import periods
from vj.params.param import Value

if TYPE_CHECKING:
    from vj.model.dreams.card_ascent import CardAscent
    from vj.model.runtime.compiled_network import Floats


class CardZoom:
    """Moves a canvas on and dreams on it, picture after picture. ``journey`` is what moves it. ``still`` is as for
    `Journey`."""

    def __init__(self, still: Callable[[str], Pixels | None]) -> None:
        self.journey = CardJourney(still)
        self._palette: CardPalette | None = None

    def picture(
        self,
        ascent: CardAscent,
        controls: Sequence[Floats],
        seen: Pixels,
        out: Pixels,
        values: Mapping[str, Value],
        mask: Floats | None,
        passed: float,
    ) -> float:
        """Move the canvas of ``ascent`` on by ``passed`` seconds, dream on it, and write it into ``out``, uint8 RGB [h,
        w, 3] of the canvas's size; ``seen``, of that size too, is what it may begin with. ``controls``, ``values`` and
        ``mask`` are as for `Ascent.run`; the values also hold those of `Journey.on` and `Palette.keep`, and ``hue``.

        Returns the mean of the dream, 0..1, before its colours were kept within the palette. If a gradient isn't
        finite, returns NaN; the canvas is then forgotten and ``out`` stays as it was.
        """
        canvas = ascent.canvas
        if self._palette is None or self._palette.canvas is not canvas:
            self._palette = CardPalette(canvas)
        canvas.send_mask(mask)
        self.journey.on(canvas, seen, values, passed)
        ascent.run(controls, values)
        self._palette.keep(values, passed, periods(values, passed) * float(values["hue"]))
        gradient, mean = canvas.fetch(out)
        if not math.isfinite(gradient):
            self.journey.forget()
            return gradient
        return mean
