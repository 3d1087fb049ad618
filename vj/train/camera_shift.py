"""Shows a network the same picture a moment later, as a camera that pans and has noise would, to teach it to be steady.

Paper: C. Gao, D. Gu, F. Zhang, Y. Yu, "ReCoNet: Real-time coherent video style transfer network", ACCV 2018. It has
pairs of frames of films and the motion between them. Here a picture is moved by whole pixels, so any picture will do,
the motion is known, and moving it blurs nothing.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from vj.train.method import StepRandom

_FURTHEST: Final = 12
"""Pixels of the longest way, in each direction."""
_NOISE: Final = 0.03
"""The standard deviation of a camera's noise, in pictures of -1..1."""


class CameraShift(NamedTuple):
    """How far what is shown has moved ``down`` and to the ``right``, in pixels; up and left below 0."""

    down: int
    right: int

    @classmethod
    def drawn(cls, random: StepRandom) -> CameraShift:
        """Returns one drawn from ``random``: often a short way, sometimes none."""
        way = random.numbers.uniform(-1.0, 1.0, 2) * random.numbers.uniform(0.0, 1.0)
        return cls(*(round(_FURTHEST * float(part)) for part in way))

    def later(self, pictures: Tensor, random: StepRandom) -> Tensor:
        """Returns ``pictures`` [n, c, h, w] as the camera sees them next: moved, with the noise of ``random``. What
        comes in at the edges is mirrored."""
        height, width = pictures.shape[2:]
        around = F.pad(pictures, (_FURTHEST,) * 4, mode="reflect")
        top, left = _FURTHEST - self.down, _FURTHEST - self.right
        noise = torch.randn(pictures.shape, generator=random.tensors).to(pictures) * _NOISE
        return around[:, :, top : top + height, left : left + width] + noise

    def overlap(self, earlier: Tensor, later: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the parts of two batches [n, c, h, w] in which the same things are seen: of what was made of the
        pictures, and of what was made of `later`."""
        return _cut(earlier, -self.down, -self.right), _cut(later, self.down, self.right)


def _cut(pictures: Tensor, down: int, right: int) -> Tensor:
    """Returns ``pictures`` without ``down`` rows at the top and ``right`` columns at the left; below 0, at the bottom
    and at the right."""
    height, width = pictures.shape[2:]
    rows = slice(max(0, down), height + min(0, down))
    return pictures[:, :, rows, max(0, right) : width + min(0, right)]
