"""A canvas that travels: each picture is the last one, seen from a little further on."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from vj.base.frame import Pixels, Size
from vj.model.dreams.float_pictures import at_size, from_bytes
from vj.params.param import Value

_TEMPO = 120.0
"""Beats a minute where no tempo is known: in a picture that is made outside a show."""

if TYPE_CHECKING:
    from vj.model.runtime.compiled_network import Floats


class Journey:
    """Moves a canvas on with time; see `on`. ``still`` returns the picture that a text, the value ``still``, names:
    uint8 [h, w, 3], or None if there is none."""

    def __init__(self, still: Callable[[str], Pixels | None]) -> None:
        self._seeds = Seeds(still)
        self._canvas: Floats | None = None
        self._spare: Floats | None = None
        self._coming: Floats | None = None
        """The picture that a new start fades to; None if no fade is going on."""
        self._arrival = Arrival()
        self._again = False

    def reseed(self) -> None:
        """Have the next call of `on` begin a fade to the seed, which takes the value ``fade`` (s)."""
        self._again = True

    def forget(self) -> None:
        """Discard the canvas; the next call of `on` begins with the seed at once, without a fade. A fade that had begun
        goes on from there."""
        self._canvas = None

    def on(self, size: Size, seen: Pixels, values: Mapping[str, Value], seconds: float) -> Floats:
        """Returns the canvas, float32 RGB [h, w, 3] in 0..1 (noise to begin with goes a little beyond), at ``size``,
        moved on by ``seconds``; it begins with the seed. ``seen`` is the source's picture, uint8 RGB of any size. The
        canvas is kept and valid until the next call, which moves on what the caller has changed in it.

        ``values`` say where it moves (``zoom``, ``rotate``, ``pan_x``, ``pan_y``, counted by ``period``, maybe with
        ``tempo``), how it begins (``seed``: camera, still or noise; ``still``; ``fade``), and how fast ``seen`` flows
        in (``feed``). Without a readable still, ``seen`` is the seed.
        """
        if self._canvas is None:
            self._canvas = self._seeds.at(size, seen, values)
        canvas = at_size(self._canvas, size)
        if self._again:
            self._again = False
            self._arrival.begin(float(values["fade"]))
            self._coming = self._seeds.at(size, seen, values)
        canvas = self._moved(canvas, values, seconds)
        self._fade(canvas, seconds)
        if (feed := float(values["feed"])) > 0.0:
            cv2.accumulateWeighted(from_bytes(seen, size), canvas, 1.0 - math.exp(-feed * seconds))
        self._canvas = canvas
        return canvas

    def _moved(self, canvas: Floats, values: Mapping[str, Value], seconds: float) -> Floats:
        """Returns ``canvas`` zoomed and turned about its middle and panned; beyond the border it is mirrored."""
        size = Size(canvas.shape[1], canvas.shape[0])
        back = way_back(size, values, seconds)
        if self._spare is None or self._spare.shape != canvas.shape:
            self._spare = np.empty_like(canvas)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        moved: Floats = cv2.warpAffine(canvas, back, size, self._spare, flags, cv2.BORDER_REFLECT_101)
        self._spare = canvas
        return moved

    def _fade(self, canvas: Floats, seconds: float) -> None:
        """Bring ``canvas``, in place, nearer to the new seed; it is reached when the fade's time is over."""
        if self._coming is None:
            return
        part = self._arrival.part(seconds)
        cv2.addWeighted(
            canvas, 1.0 - part, at_size(self._coming, Size(canvas.shape[1], canvas.shape[0])), part, 0.0, canvas
        )
        if part >= 1.0:
            self._coming = None


class Seeds:
    """Pictures to begin with. ``still`` returns the picture that a text names: uint8 [h, w, 3], or None if there is
    none."""

    def __init__(self, still: Callable[[str], Pixels | None]) -> None:
        self._still = still
        self._random = np.random.default_rng(0)

    def at(self, size: Size, seen: Pixels, values: Mapping[str, Value]) -> Floats:
        """Returns a new canvas, float32 RGB [h, w, 3] of ``size``: noise (a little beyond 0..1), the picture that the
        value ``still`` names, or ``seen``, the source's picture, as the value ``seed`` says."""
        if values["seed"] == "noise":
            noise = self._random.random((max(1, size.height // 4), max(1, size.width // 4), 3), np.float32)
            resized: Floats = cv2.resize(noise, tuple(size), interpolation=cv2.INTER_CUBIC)
            return resized
        still = self._still(str(values["still"])) if values["seed"] == "still" else None
        return from_bytes(seen if still is None else still, size)


class Arrival:
    """The time that a fade takes."""

    def __init__(self) -> None:
        self._left = 0.0

    def begin(self, seconds: float) -> None:
        """Begin a fade of ``seconds``."""
        self._left = seconds

    def part(self, seconds: float) -> float:
        """Let ``seconds`` pass. Returns the part, 0..1, of the way still to go that they take; 1 is the end."""
        part = min(1.0, seconds / self._left) if self._left > 0.0 else 1.0
        self._left -= seconds
        return part


def way_back(size: Size, values: Mapping[str, Value], seconds: float) -> npt.NDArray[np.float64]:
    """Returns the matrix [2, 3] that takes each place of a picture of ``size`` (x, y and 1, in pixels) to where it was
    ``seconds`` before; ``values`` are those of `Journey.on`."""
    passed = periods(values, seconds)
    angle, length = -float(values["rotate"]) * passed, math.exp(-float(values["zoom"]) * passed)
    back = cv2.getRotationMatrix2D(((size.width - 1) / 2, (size.height - 1) / 2), angle, length)
    back[:, 2] -= float(values["pan_x"]) * passed * size.width, float(values["pan_y"]) * passed * size.height
    return np.asarray(back, np.float64)


def periods(values: Mapping[str, Value], seconds: float) -> float:
    """Returns how many periods pass in ``seconds``: as many as seconds if the value ``period`` is ``second``, else
    beats at the value ``tempo`` (beats a minute; 120 if there is none). It may be a fraction."""
    return seconds * float(values.get("tempo", _TEMPO)) / 60.0 if values["period"] == "beat" else seconds
