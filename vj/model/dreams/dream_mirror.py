"""The live dream: what the network sees grows into the camera's picture, and moves along with what it grew on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from vj.base.frame import Pixels
from vj.model.dreams.dream_model import Dream, DreamModel
from vj.params.param import Param, Value

if TYPE_CHECKING:
    from vj.model.dreams.card_mirror import CardMirror
    from vj.model.runtime.compiled_network import Floats

_LONGEST: Final = 0.1
"""Seconds that count as passed between two pictures, at most."""
_SHORTEST: Final = 0.001
"""Seconds that count as passed between two pictures, at least."""
UNSURE: Final = 2.0
"""The time constant with which a place that came into view becomes able to hold a dream, in units of ``release``. By
then, a seventh is left of a dream that lay there."""


class DreamMirror(DreamModel):
    """Keeps the dream's difference from the camera's picture, moves it along with the motion, and dreams on from there.

    Outside the mask the live picture comes back, as it does where something moves.
    """

    name = "dream_mirror"
    help = "dreams into the live picture"
    params = (
        *DreamModel.params,
        Param("linger", 0.1, 60.0, default=6.0, unit="s", help="how long what was dreamed on still things stays"),
        Param("release", 0.02, 5.0, default=0.3, unit="s", help="how soon the live picture is back where it is new"),
        Param("fast", 0.02, 4.0, default=0.6, unit="/s", help="widths that move too fast to be held"),
        Param(
            "limit", 0.02, 1.0, default=0.45, smooth=0.05, help="how far it may leave the live picture (1: any grey)"
        ),
    )

    def begin(self) -> None:
        super().begin()
        self.begin_again()

    def begin_again(self) -> None:
        """Forget the dream and the motion: the next picture begins with the live one."""
        super().begin_again()
        from vj.model.dreams.motion import Motion

        self._motion = Motion()
        self._difference: Floats | None = None
        """What the last dream added to the camera's picture, [h, w, 3]."""
        self._held: Floats | None = None
        """How well each place held the last dream, 0..1 [h, w]."""
        self._card: CardMirror | None = None
        """What keeps both where the dream plays on a card."""
        self._last = -math.inf

    def play(self, dream: Dream, seen: Pixels, out: Pixels, values: Mapping[str, Value], now: float) -> float:
        """Dream into the live picture ``seen`` from what is left of the last dream, and write it into ``out``; both are
        uint8 RGB [h, w, 3] of the dream's size. ``values`` hold those of ``params``; ``now`` is the monotonic time (s),
        of which 1 to 100 ms count as passed since the last call.

        Returns the mean of the result, 0..1. If a gradient isn't finite, returns its mean; everything is then
        forgotten, and ``out`` stays as it was.
        """
        from vj.model.dreams.float_pictures import from_bytes, to_bytes

        passed, self._last = min(_LONGEST, max(_SHORTEST, now - self._last)), now
        mask = self.masks.at(seen, dream.size, values, now)
        self.tell("mask", self.masks.notice)
        controls = dream.controls(values)
        if dream.card is not None:
            mean = self._on_card().picture(dream.card, controls, seen, out, values, mask, passed)
            if not math.isfinite(mean):
                self.begin_again()
            return mean
        camera = from_bytes(seen)
        self._motion.follow(seen)
        canvas = self._dreamed(camera, values, mask, passed)
        mean = dream.ascent.run(canvas, controls, values, mask)
        if not math.isfinite(mean):
            self.begin_again()
            return mean
        to_bytes(canvas, out)
        self._difference = np.subtract(canvas, camera, out=camera)
        return float(canvas.mean())

    def _on_card(self) -> CardMirror:
        """Returns what plays the dream on a card."""
        if self._card is None:
            from vj.model.dreams.card_mirror import CardMirror

            self._card = CardMirror()
        return self._card

    def _dreamed(self, camera: Floats, values: Mapping[str, Value], mask: Floats | None, passed: float) -> Floats:
        """Returns ``camera`` [h, w, 3] plus what is left of the last dream after ``passed`` seconds."""
        held = self._holding(values, passed)
        if self._difference is None:
            return camera.copy()
        canvas = self._motion.carried(self._difference)
        canvas *= kept(canvas, held if mask is None else held * mask, values, passed)[..., None]
        canvas += camera
        return np.clip(canvas, 0.0, 1.0, out=canvas)

    def _holding(self, values: Mapping[str, Value], passed: float) -> Floats:
        """Returns how well each place holds a dream, 0..1 [h, w]: badly where it moves fast, or is newly visible."""
        motion, release = self._motion, float(values["release"])
        if self._held is None:
            self._held = np.ones_like(motion.agrees)
            return self._held
        haste = motion.speed / (passed * float(values["fast"]) * motion.speed.shape[1])
        haste *= haste
        held = motion.carried(self._held)
        held += (1.0 - held) * (1.0 - math.exp(-passed / (UNSURE * release)))
        self._held = np.minimum(held, motion.agrees / (1.0 + haste * haste), out=held)
        return held


def kept(difference: Floats, held: Floats, values: Mapping[str, Value], passed: float) -> Floats:
    """Returns the part of ``difference``, the dream minus the live picture, float32 [h, w, 3], that is left after
    ``passed`` seconds: a new array of factors 0..1, float32 [h, w], by which the caller multiplies.

    The time constant is the value ``linger`` (s) where ``held``, 0..1 [h, w], is 1, and ``release`` (s) where it is 0.
    Larger differences, compared with ``limit``, lose more at every call, whatever ``passed`` is.
    """
    lost = passed / float(values["release"])
    left: Floats = np.exp(held * (lost - passed / float(values["linger"])) - lost)
    red, green, blue = (difference[..., channel] for channel in range(3))
    size = red * red + green * green + blue * blue  # of all three channels, so that a strong one keeps its hue
    left /= np.sqrt(1.0 + size / (3.0 * float(values["limit"]) ** 2))
    return left
