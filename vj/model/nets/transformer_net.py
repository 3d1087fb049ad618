"""Fast neural style: one network for each style, as PyTorch's examples train it.

Paper: J. Johnson, A. Alahi, L. Fei-Fei, "Perceptual losses for real-time style transfer and super-resolution", ECCV
2016, with instance norm instead of batch norm. Layout and names: pytorch/examples, `fast_neural_style` (BSD-3-Clause).

Shapes for a picture of h x w (multiples of 4) and 32 filters::

    conv1        9x9             3 ->  32   h   x w
    conv2        3x3 stride 2   32 ->  64   h/2 x w/2
    conv3        3x3 stride 2   64 -> 128   h/4 x w/4
    res1 .. 5    two 3x3       128 -> 128   h/4 x w/4   added to their input, relu between the two
    deconv1      x2, 3x3       128 ->  64   h/2 x w/2   x2 is nearest
    deconv2      x2, 3x3        64 ->  32   h   x w
    deconv3      9x9            32 ->   3   h   x w     no norm and no relu

Every convolution has reflected borders and a bias; instance norms have a scale and a shift.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class ReflectedConv(nn.Module):
    """Nearest upsampling by ``up`` and a convolution with reflected borders and a bias: [n, inputs, h, w] -> [n,
    outputs, h * up / stride, w * up / stride]."""

    def __init__(self, inputs: int, outputs: int, kernel: int, *, stride: int = 1, up: int = 1) -> None:
        super().__init__()
        self.up = up
        self.pad = nn.ReflectionPad2d(kernel // 2)
        self.conv2d = nn.Conv2d(inputs, outputs, kernel, stride=stride)

    def forward(self, x: Tensor) -> Tensor:
        if self.up > 1:
            x = F.interpolate(x, scale_factor=float(self.up), mode="nearest")
        return cast(Tensor, self.conv2d(self.pad(x)))


class ReflectedResidual(nn.Module):
    """Two convolutions with instance norms, a relu between them, added to their input: [n, channels, h, w], before and
    after. There is no relu after the sum."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = ReflectedConv(channels, channels, 3)
        self.in1 = nn.InstanceNorm2d(channels, affine=True)
        self.conv2 = ReflectedConv(channels, channels, 3)
        self.in2 = nn.InstanceNorm2d(channels, affine=True)

    def forward(self, x: Tensor) -> Tensor:
        return x + cast(Tensor, self.in2(self.conv2(torch.relu(self.in1(self.conv1(x))))))


class TransformerNet(nn.Module):
    """The whole network. Takes image [n, 3, h, w], RGB in 0-255, sides multiples of 4; gives [n, 3, h, w], about 0-255,
    unclipped."""

    def __init__(self, filters: int = 32, blocks: int = 5) -> None:
        """``filters`` are the channels of the first convolution, ``blocks`` is the number of residual blocks. The
        weights are random."""
        super().__init__()
        c1, c2, c3 = filters, 2 * filters, 4 * filters
        self.conv1 = ReflectedConv(3, c1, 9)
        self.in1 = nn.InstanceNorm2d(c1, affine=True)
        self.conv2 = ReflectedConv(c1, c2, 3, stride=2)
        self.in2 = nn.InstanceNorm2d(c2, affine=True)
        self.conv3 = ReflectedConv(c2, c3, 3, stride=2)
        self.in3 = nn.InstanceNorm2d(c3, affine=True)
        self.blocks = [f"res{number}" for number in range(1, blocks + 1)]
        for name in self.blocks:
            self.add_module(name, ReflectedResidual(c3))
        self.deconv1 = ReflectedConv(c3, c2, 3, up=2)
        self.in4 = nn.InstanceNorm2d(c2, affine=True)
        self.deconv2 = ReflectedConv(c2, c1, 3, up=2)
        self.in5 = nn.InstanceNorm2d(c1, affine=True)
        self.deconv3 = ReflectedConv(c1, 3, 9)

    def forward(self, image: Tensor) -> Tensor:
        x = torch.relu(self.in1(self.conv1(image)))
        x = torch.relu(self.in2(self.conv2(x)))
        x = torch.relu(self.in3(self.conv3(x)))
        for name in self.blocks:
            x = self.get_submodule(name)(x)
        x = torch.relu(self.in4(self.deconv1(x)))
        x = torch.relu(self.in5(self.deconv2(x)))
        return cast(Tensor, self.deconv3(x))
