"""The U-Net of pix2pix.

Paper: P. Isola, J. Zhu, T. Zhou, A. Efros, "Image-to-image translation with conditional adversarial networks", CVPR
2017. Layout: junyanz/pytorch-CycleGAN-and-pix2pix, `UnetGenerator` (BSD-2-Clause).

Shapes for a picture of h x w (multiples of 2^levels) and f filters; c(i) = f * min(2^i, 8)::

    down 0               4x4 stride 2    inputs -> c(0)         h/2 x w/2
    down i               4x4 stride 2    c(i-1) -> c(i)         h/2^(i+1)    leaky relu before, norm after
    down levels-1        4x4 stride 2    c(i-1) -> c(i)         h/2^levels   leaky relu before, no norm
    up levels-1          4x4 transposed  c(i)   -> c(i-1)       h/2^i        relu before, norm after
    up i                 4x4 transposed  2 c(i) -> c(i-1)       h/2^i        relu before, norm after
    up 0                 4x4 transposed  2 c(0) -> outputs      h   x w      relu before, tanh after

Every up except the innermost takes the result of the up below it, joined with the result of its own level's down. In
training, half of the numbers out of the ups levels-2 to 4 are dropped at random; here, masks scale whole channels.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vj.model.nets.norms import Norm, Statistics, norm

FIRST_DROPPED = 4
"""The outermost level with dropout; the innermost level has none."""


class Down(nn.Module):
    """Halves the size by a 4x4 convolution: [1, inputs, h, w] -> [1, outputs, h/2, w/2].

    ``after`` is the norm behind it, with ``outputs`` channels, or an Identity. ``first`` is True for the outermost one,
    the only one without a leaky relu before the convolution.
    """

    def __init__(self, inputs: int, outputs: int, after: nn.Module, *, bias: bool, first: bool) -> None:
        super().__init__()
        self.first = first
        self.conv = nn.Conv2d(inputs, outputs, 4, stride=2, padding=1, bias=bias)
        self.norm = after

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self.norm(self.conv(x if self.first else F.leaky_relu(x, 0.2))))


class Up(nn.Module):
    """Doubles the size by a relu and a 4x4 transposed convolution: [1, inputs, h, w] -> [1, outputs, h*2, w*2].

    ``after`` is what comes behind it: a norm with ``outputs`` channels or, for the outermost one, tanh.
    """

    def __init__(self, inputs: int, outputs: int, after: nn.Module, *, bias: bool) -> None:
        super().__init__()
        self.conv = nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1, bias=bias)
        self.norm = after

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self.norm(self.conv(torch.relu(x))))


class UNet(nn.Module):
    """The whole network. Takes image [1, inputs, h, w] in -1..1, sides multiples of 2^levels, and masks [1, 8 f, 1, 1],
    f being ``filters``; gives [1, outputs, h, w] in -1..1.

    ``kind``, ``bias`` and ``statistics`` are those of the norms and convolutions, as in `vj.model.nets.norms`.
    ``dropped`` holds the numbers of the levels that have a mask. There is a mask for each level in ``dropped``, from
    the innermost outwards, or none at all. Masks of ones leave the network as it is; in training, half of each mask was
    0 and the rest 2.
    """

    def __init__(
        self,
        inputs: int = 3,
        outputs: int = 3,
        filters: int = 64,
        levels: int = 8,
        *,
        kind: Norm = "batch",
        bias: bool = False,
        statistics: Statistics = "eval",
    ) -> None:
        super().__init__()
        wide = [filters * min(2**level, 8) for level in range(levels)]
        self.dropped = tuple(reversed(range(FIRST_DROPPED, levels - 1)))
        self.downs = nn.ModuleList()
        self.ups = nn.ModuleList()
        for level, own in enumerate(wide):
            outer, inner = level == 0, level == levels - 1
            bare = outer or inner
            below = own if inner else 2 * own
            after = nn.Identity() if bare else norm(kind, own, statistics)
            self.downs.append(Down(inputs if outer else wide[level - 1], own, after, bias=bias, first=outer))
            after = nn.Tanh() if outer else norm(kind, wide[level - 1], statistics)
            self.ups.append(Up(below, outputs if outer else wide[level - 1], after, bias=bias or outer))

    def forward(self, image: Tensor, *masks: Tensor) -> Tensor:
        by_level = dict(zip(self.dropped, masks, strict=True)) if masks else {}
        kept = []
        x = image
        for down in self.downs:
            x = down(x)
            kept.append(x)
        x = kept.pop()
        for level in reversed(range(len(self.ups))):
            x = self.ups[level](x)
            if level in by_level:
                x = x * by_level[level]
            if level:
                x = torch.cat([kept.pop(), x], 1)
        return x
