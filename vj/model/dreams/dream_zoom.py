"""The endless dream: each picture is the last one, moved a little and dreamed again (Mordvintsev et al. 2015)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vj.base.errors import VjError
from vj.base.frame import Pixels, Size
from vj.base.picture import load
from vj.model.common_params import FADE
from vj.model.dreams.dream_model import PACE, RESTART, Dream, DreamModel
from vj.model.dreams.dream_params import PALETTE
from vj.params.param import Param, Value, choice, picture

if TYPE_CHECKING:
    from vj.model.dreams.card_zoom import CardZoom

_LONGEST: Final = 0.1
"""Seconds that count as passed between two pictures, at most."""
_STILL: Final = Size(2048, 2048)
"""The largest size at which a still is read."""


class DreamZoom(DreamModel):
    """Begins with a seed and then feeds on its own pictures; ``PALETTE`` keeps them from bleaching or burning out. The
    trigger ``restart`` fades to the seed again."""

    name = "dream_zoom"
    help = "the endless dream zoom"
    params = (
        *DreamModel.params,
        Param("zoom", -2.0, 2.0, default=0.3, smooth=0.1, help="inwards for each period, as a power of e; below 0 out"),
        Param("rotate", -180.0, 180.0, default=6.0, unit="°", smooth=0.1, help="turn for each period"),
        Param("pan_x", -1.0, 1.0, default=0.0, smooth=0.1, help="widths to the side for each period"),
        Param("pan_y", -1.0, 1.0, default=0.0, smooth=0.1, help="heights down for each period"),
        Param("hue", -360.0, 360.0, default=0.0, unit="°", smooth=0.1, help="turn of the colours for each period"),
        choice("period", ("second", "beat"), "second", help="what all of these are counted by"),
        choice("seed", ("camera", "still", "noise"), "camera", help="what the dream starts from"),
        picture("still", help="the picture to start from"),
        Param("feed", 0.0, 10.0, default=0.0, unit="/s", smooth=0.05, help="how fast the camera's picture flows in"),
        RESTART,
        FADE,
        *PALETTE,
        PACE,
    )

    def begin(self) -> None:
        super().begin()
        self.begin_again()

    def begin_again(self) -> None:
        """Forget the canvas: the next picture begins with the seed."""
        super().begin_again()
        from vj.model.dreams.journey import Journey
        from vj.model.dreams.palette import Palette

        self.tell("still", "")
        self._journey, self._palette = Journey(self._still), Palette()
        self._card: CardZoom | None = None
        """What stands for both where the dream plays on a card."""
        self._last = -math.inf

    def handle_trigger(self, name: str, amount: float) -> None:
        """Fade to the seed, from the next picture on, if ``name`` is ``restart``; ``amount`` doesn't matter."""
        if name == RESTART.name:
            self._journey.reseed()
            if self._card is not None:
                self._card.journey.reseed()

    def play(self, dream: Dream, seen: Pixels, out: Pixels, values: Mapping[str, Value], now: float) -> float:
        """Move the canvas on by the time since the last call (at most 0.1 s), dream on it, and write it into ``out``;
        ``seen`` is only a seed, what feeds in, and what the mask is made of. Both are uint8 RGB [h, w, 3] of the
        dream's size. ``values`` hold those of ``params``, and maybe ``tempo``; ``now`` is the monotonic time (s).

        Returns the mean of the dream, 0..1, before its colours were kept within the palette. If a gradient isn't
        finite, returns its mean; the canvas is then forgotten and ``out`` stays as it was.
        """
        from vj.model.dreams.float_pictures import to_bytes
        from vj.model.dreams.journey import periods

        passed = min(_LONGEST, max(0.0, now - self._last))
        self._last = now
        mask = self.masks.at(seen, dream.size, values, now)
        self.tell("mask", self.masks.notice)
        controls = dream.controls(values)
        if dream.card is not None:
            return self._on_card().picture(dream.card, controls, seen, out, values, mask, passed)
        canvas = self._journey.on(dream.size, seen, values, passed)
        mean = dream.ascent.run(canvas, controls, values, mask)
        if not math.isfinite(mean):
            self._journey.forget()
            return mean
        self._palette.keep(canvas, values, passed, periods(values, passed) * float(values["hue"]))
        to_bytes(canvas, out)
        return self._palette.mean

    def _on_card(self) -> CardZoom:
        """Returns what plays the dream on a card."""
        if self._card is None:
            from vj.model.dreams.card_zoom import CardZoom

            self._card = CardZoom(self._still)
        return self._card

    def _still(self, name: str) -> Pixels | None:
        """Returns the picture at the path ``name``; None, and a notice, if it can't be read."""
        self.tell("still", "")
        try:
            return load(Path(name), _STILL)
        except VjError as error:
            self.tell("still", str(error))
            return None
