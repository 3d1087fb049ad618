"""One step of gradient ascent on a card: the gradient is smoothed, and the canvas goes along it."""

from __future__ import annotations

import bisect
from collections.abc import Mapping
from functools import partial
from typing import Final

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from vj.model.dreams.ascent import BANDS
from vj.model.dreams.card_buffers import CardNumbers
from vj.model.dreams.card_canvas import CardCanvas
from vj.model.dreams.recordings import Recordings
from vj.model.runtime.compiled_network import Floats
from vj.params.param import Value

_RADII: Final = (0, 4, 8, 16)
"""Half the lengths of blurs that are recorded, in pixels; shorter ones are filled up with zeros. The last one holds
the widest, a sigma of 4."""
_LEAST_BLUR: Final = 0.05
"""The largest sigma that counts as no blur."""


class CardStep:
    """Makes steps of the canvas ``canvas`` along ``gradient``, float32 [1, 3, h, w], into which the caller writes; as
    `vj.model.dreams.ascent` does on the processor."""

    def __init__(self, canvas: CardCanvas) -> None:
        self.canvas = canvas
        self.gradient = torch.zeros_like(canvas.floats)
        self._trouble = torch.zeros((), device=canvas.device)
        """0 while all gradients of the picture were finite, else NaN."""
        shapes = {"step": (), "tv": (), "even": (), **{f"blur_{radius}": (2 * radius + 1,) for radius in _RADII}}
        self._numbers = CardNumbers(shapes, canvas.device)
        self._recordings = Recordings(canvas.device, canvas.pool, (canvas.floats, canvas.means, self._trouble))
        self._pyramid = Pyramid(canvas.device)
        self._form = (0, False, False)

    def begin(self, values: Mapping[str, Value]) -> None:
        """Begin another picture, with the ``values`` of `smoothed` and ``step``; no gradient of it has failed yet."""
        blur, tv, even = (float(values[name]) for name in ("blur", "tv", "frequencies"))
        radius, taps = blur_taps(blur)
        self._numbers.send(step=float(values["step"]), tv=tv, even=even, **{f"blur_{radius}": taps})
        self._form = (radius, tv > 0.0, even > 0.0)
        self._trouble.zero_()

    def make(self) -> None:
        """Change the canvas by one step along the gradient as far as its mask lets it, clipped to 0..1. The first of
        the canvas's ``means`` becomes the gradient's, before it was smoothed. If that isn't finite, the step isn't
        made, nor any after it, and the mean stays NaN."""
        self._recordings.run(self._form, partial(self._make, *self._form))

    def _make(self, radius: int, flat: bool, evened: bool) -> None:
        """``radius`` is that of the blur; ``flat`` says whether total variation is held down, ``evened`` whether the
        gradient's bands are evened out."""
        canvas, numbers = self.canvas, self._numbers
        mean = self.gradient.mean()
        self._trouble.add_(mean * 0.0)
        canvas.means[0].copy_(mean + self._trouble)
        step = self.gradient
        if evened:
            step = torch.lerp(step, self._pyramid.evened(step), numbers["even"])
        if radius:
            step = blurred(step, numbers[f"blur_{radius}"])
        if flat:
            step = step - card_variation(canvas.floats) * (2.0 * numbers["tv"])
        moved = torch.addcmul(canvas.floats, step, canvas.mask * numbers["step"]).clamp_(0.0, 1.0)
        torch.where(self._trouble == 0.0, moved, canvas.floats, out=canvas.floats)


def blur_taps(sigma: float) -> tuple[int, Floats]:
    """Returns the radius (one of a few) and the weights [2 * radius + 1] of a blur of ``sigma`` pixels, up to 4; up to
    0.05 it is none."""
    if sigma <= _LEAST_BLUR:
        return 0, np.ones(1, np.float32)
    count = round(sigma * 8.0 + 1.0) | 1  # OpenCV's own choice for floats
    taps = cv2.getGaussianKernel(count, sigma, cv2.CV_32F).ravel()
    radius = _RADII[bisect.bisect_left(_RADII[1:-1], count // 2) + 1]
    return radius, np.pad(taps, radius - count // 2)


def blurred(picture: Tensor, taps: Tensor) -> Tensor:
    """Returns ``picture``, float32 [1, c, h, w], blurred along both axes by the weights ``taps`` [2 * radius + 1],
    where beyond the border it is mirrored. It must be larger than the radius."""
    channels, radius = picture.shape[1], taps.shape[0] // 2
    weights = taps.expand(channels, 1, 1, -1)
    padded = F.pad(picture, (radius,) * 4, "reflect")
    across = F.conv2d(padded, weights.contiguous(), groups=channels)
    return F.conv2d(across, weights.transpose(2, 3).contiguous(), groups=channels)


class Pyramid:
    """Laplacian pyramids of pictures with three channels, blurred as by `cv2.pyrDown` and `cv2.pyrUp`. Its constants
    lie on the device from the beginning, as a recording can't copy any from the processor."""

    def __init__(self, device: torch.device) -> None:
        down = torch.tensor((1.0, 4.0, 6.0, 4.0, 1.0)) / 16.0
        even, odd = torch.tensor((1.0, 6.0, 1.0)) / 8.0, torch.tensor((0.0, 4.0, 4.0)) / 8.0
        self._down = torch.outer(down, down).expand(3, 1, 5, 5).contiguous().to(device)
        phases = torch.stack([torch.outer(row, column) for row in (even, odd) for column in (even, odd)])
        self._up = phases[:, None].repeat(3, 1, 1, 1).to(device)

    def evened(self, gradient: Tensor) -> Tensor:
        """Returns ``gradient``, float32 [1, 3, h, w], with every band of its pyramid brought to one strength, scaled to
        a mean absolute value of 1."""
        bands: list[Tensor] = []
        rest = gradient
        for _ in range(BANDS):
            if min(rest.shape[2:]) < 8:
                break
            coarse = self.halved(rest)
            bands.append(rest - self.doubled(coarse, rest))
            rest = coarse
        whole = _of_strength(rest)
        for band in reversed(bands):
            whole = self.doubled(whole, band) + _of_strength(band)
        return whole / whole.abs().mean().clamp(min=1e-6)

    def halved(self, picture: Tensor) -> Tensor:
        """Returns ``picture`` [1, 3, h, w] at half its size, rounded up."""
        return F.conv2d(F.pad(picture, (2,) * 4, "reflect"), self._down, stride=2, groups=3)

    def doubled(self, picture: Tensor, like: Tensor) -> Tensor:
        """Returns ``picture`` [1, 3, h, w] at twice its size, cut to that of ``like``."""
        bordered = F.pad(F.pad(picture, (1, 0, 1, 0), "reflect"), (0, 1, 0, 1), "replicate")
        phases = F.conv2d(bordered, self._up, groups=3)
        return F.pixel_shuffle(phases, 2)[..., : like.shape[2], : like.shape[3]]


def _of_strength(band: Tensor) -> Tensor:
    """Returns ``band`` brought to a deviation of 1."""
    return band / band.std(correction=0).clamp(min=1e-6)


def card_variation(picture: Tensor) -> Tensor:
    """Returns the derivative of the total variation by each number of ``picture``, float32 [1, c, h, w], as
    `vj.model.dreams.ascent.variation` does."""
    across = F.pad(picture.diff(dim=3), (0, 1, 0, 0))
    down = F.pad(picture.diff(dim=2), (0, 0, 0, 1))
    length = torch.rsqrt(across * across + down * down + 1e-4)
    across *= length
    down *= length
    found = -across - down
    found[..., 1:] += across[..., :-1]
    found[..., 1:, :] += down[..., :-1, :]
    return found
