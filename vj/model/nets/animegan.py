"""The generator of AnimeGANv2.

Paper: J. Chen, G. Liu, X. Chen, "AnimeGAN: a novel lightweight GAN for photo animation", ISICA 2019. Layout and names:
bryandlee/animegan2-pytorch (MIT).

Shapes for a picture of h x w (multiples of 4; the authors use 32)::

    block_a     7x7, 3x3 stride 2, 3x3              3 ->  32 ->  64 ->  64    h/2 x w/2
    block_b     3x3 stride 2, 3x3                  64 -> 128 -> 128           h/4 x w/4
    block_c     3x3, four inverted residual        128 -> 256 -> 128          h/4 x w/4
                blocks (256), 3x3
    block_d     x2, two 3x3                       128 -> 128                  h/2 x w/2   x2 is bilinear
    block_e     x2, two 3x3, 7x7                  128 -> 64 -> 64 -> 32       h x w
    out_layer   1x1, tanh                          32 -> 3                    h x w

Borders are reflected. Each convolution is followed by a norm over all channels of the picture, and a leaky relu.
"""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn
from torch.nn import functional as F

_HALVING = (0, 1, 0, 1)
"""The border of a convolution with stride 2: left, right, top, bottom."""


class NormedConv(nn.Sequential):
    """A convolution with reflected borders, a norm over all channels and a leaky relu: [1, inputs, h, w] -> [1,
    outputs, h/stride, w/stride]."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 3, *, stride: int = 1, groups: int = 1, bias: bool = False
    ) -> None:
        super().__init__(
            nn.ReflectionPad2d(kernel // 2 if stride == 1 else _HALVING),
            nn.Conv2d(inputs, outputs, kernel, stride=stride, groups=groups, bias=bias),
            nn.GroupNorm(1, outputs),
            nn.LeakyReLU(0.2),
        )


class InvertedResidual(nn.Module):
    """[1, inputs, h, w] -> [1, outputs, h, w]: channels are doubled, filtered one by one and reduced; the result is
    added to the input if ``outputs`` equals ``inputs``."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        wide = 2 * inputs
        self.added = inputs == outputs
        self.layers = nn.Sequential(
            NormedConv(inputs, wide, 1),
            NormedConv(wide, wide, 3, groups=wide, bias=True),
            nn.Conv2d(wide, outputs, 1, bias=False),
            nn.GroupNorm(1, outputs),
        )

    def forward(self, x: Tensor) -> Tensor:
        result = cast(Tensor, self.layers(x))
        return x + result if self.added else result


class AnimeGAN(nn.Module):
    """The whole network. Takes image [1, 3, h, w], RGB in -1..1, sides multiples of 4; gives [1, 3, h, w] in -1..1.

    With ``aligned``, bilinear doubling keeps the corners in place, which is the default in the authors' code. The
    weights are random.
    """

    def __init__(self, *, aligned: bool = True) -> None:
        super().__init__()
        self.aligned = aligned
        self.block_a = nn.Sequential(NormedConv(3, 32, 7), NormedConv(32, 64, stride=2), NormedConv(64, 64))
        self.block_b = nn.Sequential(NormedConv(64, 128, stride=2), NormedConv(128, 128))
        residual = (InvertedResidual(inputs, 256) for inputs in (128, 256, 256, 256))
        self.block_c = nn.Sequential(NormedConv(128, 128), *residual, NormedConv(256, 128))
        self.block_d = nn.Sequential(NormedConv(128, 128), NormedConv(128, 128))
        self.block_e = nn.Sequential(NormedConv(128, 64), NormedConv(64, 64), NormedConv(64, 32, 7))
        self.out_layer = nn.Sequential(nn.Conv2d(32, 3, 1, bias=False), nn.Tanh())

    def forward(self, image: Tensor) -> Tensor:
        x = self.block_c(self.block_b(self.block_a(image)))
        x = self.block_d(self._doubled(x))
        return cast(Tensor, self.out_layer(self.block_e(self._doubled(x))))

    def _doubled(self, x: Tensor) -> Tensor:
        return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=self.aligned)
