"""ResNet, ResNeXt and wide ResNet: classifiers of pictures.

Papers: K. He et al., "Deep residual learning for image recognition", CVPR 2016; S. Xie et al., "Aggregated residual
transformations for deep neural networks", CVPR 2017; S. Zagoruyko, N. Komodakis, "Wide residual networks", BMVC 2016.
Layout and names: torchvision (BSD-3-Clause), where the 3x3 of a bottleneck has the stride.

Shapes for a picture of h x w (multiples of 32); wide is 64 channels in plain blocks, 256 in bottlenecks::

    conv1, maxpool    7x7 stride 2, 3x3 stride 2       3 -> 64      h/4  x w/4
    layer1                                               -> wide    h/4  x w/4
    layer2                                               -> 2 wide  h/8  x w/8
    layer3                                               -> 4 wide  h/16 x w/16
    layer4                                               -> 8 wide  h/32 x w/32
    fc                of the mean                        -> classes
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

from torch import Tensor, nn

EXPANSION: Final = 4
"""By how much a bottleneck's result is wider than the filters that its layer is named after."""


class BasicBlock(nn.Module):
    """Two 3x3 convolutions with batch norms, added to their input, and a relu: [1, inputs, h, w] -> [1, outputs,
    h/stride, w/stride]. Where the shapes differ, ``downsample`` brings the input to the result's; else it is None."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = _conv(inputs, outputs, 3, stride)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = _conv(outputs, outputs, 3)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU()
        self.downsample = _shortcut(inputs, outputs, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return cast(Tensor, self.relu(y + (x if self.downsample is None else self.downsample(x))))


class Bottleneck(nn.Module):
    """A 3x3 of ``width`` channels in ``groups`` between two 1x1, with batch norms, added to their input, and a relu:
    [1, inputs, h, w] -> [1, outputs, h/stride, w/stride]. Where the shapes differ, ``downsample`` brings the input to
    the result's; else it is None."""

    def __init__(self, inputs: int, outputs: int, stride: int, width: int, groups: int) -> None:
        super().__init__()
        self.conv1 = _conv(inputs, width, 1)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = _conv(width, width, 3, stride, groups)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = _conv(width, outputs, 1)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU()
        self.downsample = _shortcut(inputs, outputs, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return cast(Tensor, self.relu(y + (x if self.downsample is None else self.downsample(x))))


class ResNet(nn.Module):
    """The whole network. Takes image [1, 3, h, w], RGB by ImageNet's mean and deviation, sides multiples of 32; gives
    scores [1, classes], before any softmax. The weights are random.

    ``blocks`` are the numbers of blocks in the four layers, ``filters`` the channels of the first convolution.
    ``width`` is that of the first layer's bottlenecks, whose 3x3 has ``groups``; a width of 0 stands for plain blocks.
    """

    def __init__(self, *, blocks: Sequence[int], filters: int, width: int, groups: int, classes: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, filters, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(filters)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        inputs, outputs = filters, filters * (EXPANSION if width else 1)
        for level, count in enumerate(blocks):
            layer = nn.Sequential()
            for place in range(count):
                stride = 2 if level and not place else 1
                layer.append(_block(inputs, outputs, stride, width << level, groups))
                inputs = outputs
            self.add_module(f"layer{level + 1}", layer)
            outputs *= 2
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(inputs, classes)

    def forward(self, image: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(image))))
        for level in range(1, 5):
            x = self.get_submodule(f"layer{level}")(x)
        return cast(Tensor, self.fc(self.avgpool(x).flatten(1)))


def _block(inputs: int, outputs: int, stride: int, width: int, groups: int) -> nn.Module:
    if width:
        return Bottleneck(inputs, outputs, stride, width, groups)
    return BasicBlock(inputs, outputs, stride)


def _conv(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=kernel // 2, groups=groups, bias=False)


def _shortcut(inputs: int, outputs: int, stride: int) -> nn.Module | None:
    """Returns the layers that bring a block's input to the shape of its result, or None if it has that shape
    already."""
    if stride == 1 and inputs == outputs:
        return None
    return nn.Sequential(_conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))
