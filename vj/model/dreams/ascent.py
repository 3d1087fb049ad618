"""Gradient ascent on a canvas: from coarse to fine, with random shifts, a smoothed gradient, and a mask of where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from vj.base.frame import Size
from vj.model.runtime.compiled_network import Floats
from vj.params.param import Value

if TYPE_CHECKING:
    from vj.model.runtime.compiled_network import CompiledNetwork

BANDS: Final = 4
"""How many bands of a Laplacian pyramid are evened out, at most."""


def sizes(size: Size, octaves: int, scale: float, multiple: int) -> list[Size]:
    """Returns the sizes of a canvas's octaves, at most ``octaves`` (1 or more), the coarsest first, the last one
    ``size`` as it is; sizes that would come twice come once, so there may be fewer.

    ``scale``, above 1, is the ratio of lengths from one octave to the next. Sides of all but the last are rounded to
    the nearest multiples of ``multiple``, and are at least two of these.
    """
    found: list[Size] = []
    for octave in reversed(range(octaves)):
        part = scale**-octave
        sides = (max(2 * multiple, round(side * part / multiple) * multiple) for side in size)
        found.append(Size(*sides) if octave else size)
    return list(dict.fromkeys(found))


class Ascent:
    """Makes steps along the gradients of networks, one network for each octave, on canvases of one size. It keeps only
    its buffers and its random numbers, no canvas. One thread at a time may use it."""

    def __init__(self, networks: Sequence[tuple[Size, CompiledNetwork]], seed: int = 0) -> None:
        """``networks`` are sizes, at least one, each with the gradient's network compiled for it (float32 [h, w, 3] in
        0..1 and the controls in, the gradient [h, w, 3] out), from coarse to fine; the last size is the canvas's own.
        ``seed`` is that of the random shifts."""
        self._octaves = [_Octave(size, compiled) for size, compiled in networks]
        self._random = np.random.default_rng(seed)
        size = networks[-1][0]
        self._change = np.zeros((size.height, size.width, 3), np.float32)

    def run(
        self, canvas: Floats, controls: Sequence[Floats], values: Mapping[str, Value], mask: Floats | None
    ) -> float:
        """Change ``canvas``, float32 [h, w, 3] in 0..1 of the last octave's size, in place: as often as the value
        ``steps`` says, one step in each octave, clipped to 0..1. ``mask``, float32 [h, w], says how much each place
        changes, 0..1 (None: all of it).

        ``controls`` are the inputs of every network beside its picture. ``values`` hold ``step``, ``steps``,
        ``jitter``, ``blur``, ``tv`` and ``frequencies``. Returns the mean of the last gradient, unsmoothed, of either
        sign. If that isn't finite, its step isn't made, nor any after it.
        """
        mean = 0.0
        for _ in range(int(values["steps"])):
            for octave in self._octaves:
                mean = self._climb(octave, canvas, controls, values, mask)
                if not np.isfinite(mean):
                    return mean
        return mean

    def warm(self, controls: Sequence[Floats]) -> None:
        """Run every network once, on a black picture, with ``controls`` as its inputs beside the picture. No canvas
        changes."""
        for octave in self._octaves:
            octave.gradient(np.zeros_like(self._change), controls, (0, 0), self._change)

    def _climb(
        self,
        octave: _Octave,
        canvas: Floats,
        controls: Sequence[Floats],
        values: Mapping[str, Value],
        mask: Floats | None,
    ) -> float:
        """Make one step in one octave. Returns the mean of its gradient; if that isn't finite, the step isn't made."""
        most = int(values["jitter"])
        shift = (int(self._random.integers(-most, most + 1)), int(self._random.integers(-most, most + 1)))
        mean = octave.gradient(canvas, controls, shift, self._change)
        if np.isfinite(mean):
            step = smoothed(self._change, canvas, values)
            if mask is not None:
                step *= mask[..., None]
            cv2.scaleAdd(step, float(values["step"]), canvas, canvas)
            np.clip(canvas, 0.0, 1.0, out=canvas)
        return mean


class _Octave:
    """One octave: its size, its network and its buffers."""

    def __init__(self, size: Size, compiled: CompiledNetwork) -> None:
        self._size = size
        self._compiled = compiled
        shape = (size.height, size.width, 3)
        self._seen, self._shifted, self._found = (np.zeros(shape, np.float32) for _ in range(3))

    def gradient(self, canvas: Floats, controls: Sequence[Floats], shift: tuple[int, int], out: Floats) -> float:
        """Write the gradient for ``canvas`` into ``out``, both of the canvas's size. Returns the gradient's mean.

        The network sees the canvas at this octave's size, shifted round by ``shift`` (rows, columns).
        """
        whole = canvas.shape == self._seen.shape
        if not whole:
            cv2.resize(canvas, (self._size.width, self._size.height), self._seen, interpolation=cv2.INTER_AREA)
        rolled(canvas if whole else self._seen, shift, self._shifted)
        mean = self._compiled.run(self._shifted, controls, self._found)
        back = (-shift[0], -shift[1])
        if whole:
            rolled(self._found, back, out)
        else:
            rolled(self._found, back, self._seen)
            cv2.resize(self._seen, (out.shape[1], out.shape[0]), out, interpolation=cv2.INTER_LINEAR)
        return mean


def rolled(picture: Floats, shift: tuple[int, int], out: Floats) -> None:
    """Write ``picture`` into ``out``, another array of the same shape [h, w, c], moved by ``shift``: rows down and
    columns to the right. What leaves at one side enters at the other."""
    height, width = picture.shape[:2]
    down, across = shift[0] % height, shift[1] % width
    out[down:, across:] = picture[: height - down, : width - across]
    out[:down, across:] = picture[height - down :, : width - across]
    out[down:, :across] = picture[: height - down, width - across :]
    out[:down, :across] = picture[height - down :, width - across :]


def smoothed(gradient: Floats, canvas: Floats, values: Mapping[str, Value]) -> Floats:
    """Returns ``gradient``, float32 [h, w, 3], the same array, regularised in place, in this order: ``frequencies``
    (0..1) mixes in the gradient with all its bands evened out, to a mean absolute value of 1; ``blur`` is a sigma in
    pixels; ``tv`` subtracts 2·``tv`` times `variation` of ``canvas``. Each does nothing at 0, and ``blur`` up to 0.05.
    ``canvas``, of the same shape, isn't changed."""
    if (even := float(values["frequencies"])) > 0.0:
        evened = _evened(gradient)
        cv2.addWeighted(gradient, 1.0 - even, evened, even, 0.0, gradient)
    if (blur := float(values["blur"])) > 0.05:
        cv2.GaussianBlur(gradient, (0, 0), blur, gradient, blur)
    if (tv := float(values["tv"])) > 0.0:
        gradient -= 2.0 * tv * variation(canvas)
    return gradient


def _evened(gradient: Floats) -> Floats:
    """Returns ``gradient`` with every band of its Laplacian pyramid brought to one strength (Mordvintsev et al. 2015),
    scaled to a mean absolute value of 1."""
    bands: list[Floats] = []
    rest = gradient
    for _ in range(BANDS):
        if min(rest.shape[:2]) < 8:
            break
        coarse = cv2.pyrDown(rest)
        bands.append(rest - cv2.pyrUp(coarse, dstsize=(rest.shape[1], rest.shape[0])))
        rest = coarse
    whole = rest / max(1e-6, float(rest.std()))
    for band in reversed(bands):
        whole = cv2.pyrUp(whole, dstsize=(band.shape[1], band.shape[0])) + band / max(1e-6, float(band.std()))
    result: Floats = whole / max(1e-6, float(np.abs(whole).mean()))
    return result


def variation(picture: Floats) -> Floats:
    """Returns the derivative of the total variation by each number of ``picture``, float32 [h, w, 3]: a new float32
    array of the same shape, within -3.5..3.5, each channel by itself (Rudin et al. 1992). It points to where the
    variation grows."""
    across = np.diff(picture, axis=1, append=picture[:, -1:])
    down = np.diff(picture, axis=0, append=picture[-1:])
    length = np.sqrt(across * across + down * down + 1e-4)
    across /= length
    down /= length
    found = -across - down
    found[:, 1:] += across[:, :-1]
    found[1:] += down[:-1]
    return found
