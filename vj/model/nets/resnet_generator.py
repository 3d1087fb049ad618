"""The ResNet generator of CycleGAN, pix2pix, pix2pixHD ("global") and CUT.

Papers: J. Zhu, T. Park, P. Isola, A. Efros, "Unpaired image-to-image translation using cycle-consistent adversarial
networks", ICCV 2017; T. Wang et al., "High-resolution image synthesis and semantic manipulation with conditional GANs",
CVPR 2018; T. Park et al., "Contrastive learning for unpaired image-to-image translation", ECCV 2020, whose resampling
is that of R. Zhang, "Making convolutional networks shift-invariant again", ICML 2019. Layout and names:
junyanz/pytorch-CycleGAN-and-pix2pix and taesungp/contrastive-unpaired-translation (both BSD-2-Clause).

Shapes for a picture of h x w (multiples of 2^downs) and f filters::

    stem         7x7 reflected             inputs -> f            h x w
    down i       3x3 stride 2              f 2^i -> f 2^(i+1)     h/2^(i+1)
    block        two 3x3 reflected         f 2^downs              h/2^downs   added to its input, relu between the two
    up i         3x3 transposed stride 2   f 2^(i+1) -> f 2^i     h/2^i
    head         7x7 reflected             f -> outputs           h x w       bias, tanh

Every convolution except the head's has a norm after it and, except for the second of a block, a relu. With
anti-aliasing, the convolutions of downs and ups have stride 1 and a filter does the resampling.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vj.model.nets.norms import Norm, Statistics, norm


@dataclass(frozen=True)
class Style:
    """The settings that all convolutions of a network share.

    ``kind`` and ``statistics`` are those of the norms, as in `vj.model.nets.norms`; ``bias`` says whether convolutions
    have one, ``dropout`` whether blocks have a dropout layer (which does nothing in eval mode). ``shrinking`` and
    ``growing`` are the sides of the anti-aliasing filters of downs and ups, 0 for none.
    """

    kind: Norm = "instance"
    bias: bool = True
    dropout: bool = False
    shrinking: int = 0
    growing: int = 0
    statistics: Statistics = "eval"

    def norm(self, channels: int) -> nn.Module:
        """Returns a new norm for a convolution with so many output channels: [1, channels, h, w], before and after."""
        return norm(self.kind, channels, self.statistics)


class ResnetBlock(nn.Module):
    """Two convolutions with norms, a relu between them, added to their input: [1, channels, h, w], before and after; h
    and w are at least 2. There is no relu after the sum."""

    def __init__(self, channels: int, style: Style) -> None:
        super().__init__()
        layers = [*_reflected(channels, channels, 3, style), nn.ReLU()]
        if style.dropout:
            layers.append(nn.Dropout(0.5))
        self.conv_block = nn.Sequential(*layers, *_reflected(channels, channels, 3, style))

    def forward(self, x: Tensor) -> Tensor:
        return x + cast(Tensor, self.conv_block(x))


class Shrink(nn.Module):
    """Filters a picture and keeps every second pixel of every second row: [1, channels, h, w] to [1, channels, h/2,
    w/2], odd sides rounded up. Each channel has its own filter of ``side`` x ``side`` pixels, in ``filt`` [channels, 1,
    side, side], which is zeros until weights are loaded. Borders are reflected, so h and w must be larger than ``side
    // 2``."""

    filt: Tensor
    """The filter, zeros until a file's is loaded."""

    def __init__(self, channels: int, side: int) -> None:
        super().__init__()
        self.register_buffer("filt", torch.zeros(channels, 1, side, side))
        before, after = (side - 1) // 2, side // 2
        self.pad = nn.ReflectionPad2d((before, after, before, after))

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(self.pad(x), self.filt, stride=2, groups=self.filt.shape[0])


class Grow(nn.Module):
    """[1, channels, h, w] -> [1, channels, h*2, w*2]: zeros between the pixels, then the filter
    [channels, 1, side, side].

    The filter sums to 4. What the border of one pixel adds is cut off again.
    """

    filt: Tensor
    """The filter, zeros until a file's is loaded."""

    def __init__(self, channels: int, side: int) -> None:
        super().__init__()
        self.register_buffer("filt", torch.zeros(channels, 1, side, side))
        self.pad = nn.ReplicationPad2d(1)
        self.cut = 1 + (side - 1) // 2
        self.even = side % 2 == 0

    def forward(self, x: Tensor) -> Tensor:
        x = F.conv_transpose2d(self.pad(x), self.filt, stride=2, padding=self.cut, groups=self.filt.shape[0])
        x = x[:, :, 1:, 1:]
        return x[:, :, :-1, :-1] if self.even else x


def stem(inputs: int, outputs: int, style: Style) -> list[nn.Module]:
    """Returns the first layers, to be called one after the other: [1, inputs, h, w] -> [1, outputs, h, w].

    They are four: a reflected border, a 7x7 convolution, a norm and a relu.
    """
    return [*_reflected(inputs, outputs, 7, style), nn.ReLU()]


def down(channels: int, style: Style) -> list[nn.Module]:
    """Returns layers that halve the size: [1, channels, h, w] -> [1, 2 * channels, h/2, w/2].

    They are three: a 3x3 convolution, a norm and a relu; with an anti-aliasing filter (``style.shrinking``) `Shrink` is
    the fourth.
    """
    stride = 1 if style.shrinking else 2
    convolution = nn.Conv2d(channels, 2 * channels, 3, stride=stride, padding=1, bias=style.bias)
    layers = [convolution, style.norm(2 * channels), nn.ReLU()]
    return [*layers, Shrink(2 * channels, style.shrinking)] if style.shrinking else layers


def up(channels: int, style: Style) -> list[nn.Module]:
    """Returns layers that double the size: [1, channels, h, w] -> [1, channels / 2, h*2, w*2].

    They are three: a 3x3 transposed convolution, a norm and a relu; with an anti-aliasing filter (``style.growing``)
    they are four: `Grow`, an ordinary convolution, a norm and a relu.
    """
    half = channels // 2
    if style.growing:
        filtered = [Grow(channels, style.growing), nn.Conv2d(channels, half, 3, padding=1, bias=style.bias)]
        return [*filtered, style.norm(half), nn.ReLU()]
    spread = nn.ConvTranspose2d(channels, half, 3, stride=2, padding=1, output_padding=1, bias=style.bias)
    return [spread, style.norm(half), nn.ReLU()]


def head(inputs: int, outputs: int) -> list[nn.Module]:
    """Returns the last layers, a reflected border, a 7x7 convolution and tanh: [1, inputs, h, w] -> [1, outputs, h, w]
    in -1..1."""
    return [nn.ReflectionPad2d(3), nn.Conv2d(inputs, outputs, 7), nn.Tanh()]


def trunk(inputs: int, filters: int, downs: int, blocks: int, style: Style) -> list[nn.Module]:
    """Returns all layers but the head, in order: [1, inputs, h, w] -> [1, filters, h, w], sides multiples of 2^downs.

    They are the stem, ``downs`` halvings, ``blocks`` residual blocks and as many doublings.
    """
    layers = stem(inputs, filters, style)
    for level in range(downs):
        layers += down(filters * 2**level, style)
    layers += [ResnetBlock(filters * 2**downs, style) for _ in range(blocks)]
    for level in reversed(range(downs)):
        layers += up(filters * 2 ** (level + 1), style)
    return layers


class ResNetGenerator(nn.Module):
    """The whole network. Takes image [1, inputs, h, w] in -1..1, sides multiples of 2^downs; gives [1, outputs, h, w]
    in -1..1."""

    def __init__(
        self, inputs: int = 3, outputs: int = 3, filters: int = 64, downs: int = 2, blocks: int = 9, **style: object
    ) -> None:
        """``inputs`` and ``outputs`` are channels of the pictures, ``filters`` those of the first convolution;
        ``downs`` and ``blocks`` are the numbers of halvings and residual blocks. ``style`` are the fields of `Style`,
        such as ``kind="batch"``. The weights are random."""
        super().__init__()
        layers = trunk(inputs, filters, downs, blocks, Style(**style))  # type: ignore[arg-type]
        self.model = nn.Sequential(*layers, *head(filters, outputs))

    def forward(self, image: Tensor) -> Tensor:
        return cast(Tensor, self.model(image))


def fill_filters(net: nn.Module) -> None:
    """Fills every anti-aliasing filter in ``net``, which is zeros when it is new, with the binomial one of its side:
    those of `Shrink` sum to 1, those of `Grow` to 4."""
    for module in net.modules():
        if isinstance(module, Shrink | Grow):
            side = module.filt.shape[-1]
            line = torch.tensor([float(comb(side - 1, place)) for place in range(side)])
            line = line / line.sum() * (2.0 if isinstance(module, Grow) else 1.0)
            module.filt.copy_((line[:, None] * line).expand_as(module.filt))


def _reflected(inputs: int, outputs: int, kernel: int, style: Style) -> list[nn.Module]:
    """Returns a convolution with reflected borders and its norm."""
    convolution = nn.Conv2d(inputs, outputs, kernel, bias=style.bias)
    return [nn.ReflectionPad2d(kernel // 2), convolution, style.norm(outputs)]
