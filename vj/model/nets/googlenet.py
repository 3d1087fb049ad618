"""GoogLeNet, the first Inception network, with batch norm: a classifier of pictures, and the one first used to dream.

Paper: C. Szegedy et al., "Going deeper with convolutions", CVPR 2015. Layout and names: torchvision (BSD-3-Clause),
whose weights are TensorFlow's: the paper's 5x5 are 3x3, and pixels are -1 to 1 (torchvision takes ImageNet's mean and
deviation, and its ``transform_input`` turns them into just that). The two auxiliary classifiers, which only training
uses, are left out.

Shapes for a picture of h x w (multiples of 32)::

    conv1, maxpool1          7x7 stride 2, pool     3 -> 64              h/4  x w/4
    conv2, conv3, maxpool2   1x1, 3x3, pool           -> 64 -> 192       h/8  x w/8
    inception3a-3b, pool                              -> 256 -> 480      h/16 x w/16
    inception4a-4e, pool                              -> 512 ... 832     h/32 x w/32
    inception5a-5b                                    -> 832 -> 1024     h/32 x w/32
    fc                       of the mean              -> classes
"""

from __future__ import annotations

from typing import Final, cast

import torch
from torch import Tensor, nn

Widths = tuple[int, int, int, int, int, int]
"""The channels in a block, in the order of `INCEPTIONS`."""
INCEPTIONS: Final[dict[str, Widths]] = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
"""The channels in each block: the 1x1 branch; the first 3x3 branch's 1x1, then its 3x3; the second 3x3 branch's 1x1,
then its 3x3; the 1x1 of the branch that pools."""


class BasicConv2d(nn.Module):
    """A convolution with a border of zeros, batch norm and a relu: [1, inputs, h, w] -> [1, outputs, h/stride,
    w/stride], rounded up."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=1e-3)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self.relu(self.bn(self.conv(x))))


class Inception(nn.Module):
    """Four branches side by side, joined along the channels: [1, inputs, h, w] -> [1, outputs, h, w].

    ``widths`` are the channels of the branches, in the order of `INCEPTIONS`; ``outputs`` is the sum of their last
    ones.
    """

    def __init__(self, inputs: int, widths: Widths) -> None:
        super().__init__()
        one, before_first, first, before_second, second, pooled = widths
        self.outputs = one + first + second + pooled
        self.branch1 = BasicConv2d(inputs, one)
        self.branch2 = nn.Sequential(BasicConv2d(inputs, before_first), BasicConv2d(before_first, first, 3))
        self.branch3 = nn.Sequential(BasicConv2d(inputs, before_second), BasicConv2d(before_second, second, 3))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), BasicConv2d(inputs, pooled))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)


class GoogLeNet(nn.Module):
    """The whole network. Takes image [1, 3, h, w], RGB in -1 to 1, sides multiples of 32; gives scores [1, classes],
    before any softmax. The weights are random."""

    def __init__(self, *, classes: int) -> None:
        super().__init__()
        self.conv1 = BasicConv2d(3, 64, 7, 2)
        self.maxpool1 = _pool(3)
        self.conv2 = BasicConv2d(64, 64)
        self.conv3 = BasicConv2d(64, 192, 3)
        self.maxpool2 = _pool(3)
        self.maxpool3 = _pool(3)
        self.maxpool4 = _pool(2)
        inputs = 192
        for name, widths in INCEPTIONS.items():
            block = Inception(inputs, widths)
            self.add_module(f"inception{name}", block)
            inputs = block.outputs
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(inputs, classes)

    def forward(self, image: Tensor) -> Tensor:
        x = self.maxpool1(self.conv1(image))
        x = self.maxpool2(self.conv3(self.conv2(x)))
        for name in INCEPTIONS:
            x = self.get_submodule(f"inception{name}")(x)
            x = {"3b": self.maxpool3, "4e": self.maxpool4}.get(name, nn.Identity())(x)
        return cast(Tensor, self.fc(self.avgpool(x).flatten(1)))


def _pool(kernel: int) -> nn.MaxPool2d:
    """Returns a pool that halves; odd sides are rounded up."""
    return nn.MaxPool2d(kernel, stride=2, ceil_mode=True)
