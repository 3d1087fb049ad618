"""The PatchGAN discriminator of pix2pix, CycleGAN and CUT: it tells real patches of a picture from generated ones.

Papers: P. Isola, J. Zhu, T. Zhou, A. Efros, "Image-to-image translation with conditional adversarial networks", CVPR
2017, after C. Li, M. Wand, "Precomputed real-time texture synthesis with Markovian generative adversarial networks",
ECCV 2016. Layout and names: junyanz/pytorch-CycleGAN-and-pix2pix, `NLayerDiscriminator` (BSD-2-Clause).

Shapes for a picture of h x w, f filters and n layers; c(i) = f * min(2^i, 8)::

    first     4x4 stride 2    inputs -> f         h/2     x w/2       bias, no norm
    layer i   4x4 stride 2    c(i-1) -> c(i)      h/2^(i+1)           i from 1 to n-1
    layer n   4x4             c(n-1) -> c(n)      h/2^n - 1
    last      4x4             c(n)   -> 1         h/2^n - 2           bias, no norm, no leaky relu

Every convolution but the first and the last has a norm after it, and every one but the last a leaky relu. With 3
layers, a score stands for a patch of 70 x 70 pixels; with 2, for one of 34 x 34.
"""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn

from vj.model.nets.norms import Norm, norm


class PatchDiscriminator(nn.Module):
    """The whole network. Takes pictures [n, inputs, h, w] in -1..1; gives one score for each patch, [n, 1, h/2^layers -
    2, w/2^layers - 2], before any sigmoid. A conditional one takes the drawing and the picture, joined along the
    channels. Sides are at least 3 * 2^layers pixels."""

    def __init__(self, inputs: int = 3, filters: int = 64, layers: int = 3, kind: Norm = "instance") -> None:
        """``filters`` are the channels of the first convolution, ``layers`` is the number of halvings, ``kind`` that of
        the norms, as in `vj.model.nets.norms`. The weights are random."""
        super().__init__()
        bias = kind == "instance"
        found: list[nn.Module] = [nn.Conv2d(inputs, filters, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
        channels = filters
        for layer in range(1, layers + 1):
            wide = filters * min(2**layer, 8)
            stride = 2 if layer < layers else 1
            convolution = nn.Conv2d(channels, wide, 4, stride=stride, padding=1, bias=bias)
            found += [convolution, norm(kind, wide), nn.LeakyReLU(0.2)]
            channels = wide
        self.model = nn.Sequential(*found, nn.Conv2d(channels, 1, 4, padding=1))

    def forward(self, pictures: Tensor) -> Tensor:
        return cast(Tensor, self.model(pictures))
