"""Pictures that a generator made some time ago, for a discriminator that shouldn't only know the newest ones.

Paper: A. Shrivastava et al., "Learning from simulated and unsupervised images through adversarial training", CVPR 2017.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from torch import Tensor

CAPACITY: Final = 50
"""How many pictures the papers keep."""


class ImagePool:
    """Keeps up to ``capacity`` pictures of one generator, as bytes, like the real pictures that they are held against.

    ``kept`` is uint8 [count, 3, h, w]; assigning it restores a pool. A capacity of 0 keeps nothing.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self.kept = torch.empty(0, 3, 1, 1, dtype=torch.uint8)

    def exchanged(self, pictures: Tensor, random: np.random.Generator) -> Tensor:
        """Returns a batch for the discriminator, of the shape of ``pictures`` [n, 3, h, w] in -1..1, which are new.

        While the pool isn't full, they are kept and returned. Afterwards, by the toss of a coin for each, either it is
        returned itself, or it takes the place of a picture in the pool, and that one is returned.
        """
        if not self._capacity:
            return pictures
        found = [self._exchanged(picture, random) for picture in torch.split(pictures.detach(), 1)]
        return torch.cat(found)

    def _exchanged(self, picture: Tensor, random: np.random.Generator) -> Tensor:
        if len(self.kept) < self._capacity:
            new = _bytes(picture)
            self.kept = torch.cat([self.kept, new]) if len(self.kept) else new
            return picture
        if random.random() < 0.5:
            return picture
        place = int(random.integers(self._capacity))
        older = self.kept[place : place + 1].to(picture.device, picture.dtype) / 127.5 - 1.0
        self.kept[place] = _bytes(picture)[0]
        return older


def _bytes(picture: Tensor) -> Tensor:
    return ((picture.float() + 1.0) * 127.5).round().clamp(0, 255).to("cpu", torch.uint8)
