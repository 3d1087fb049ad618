"""EfficientNet-Lite 0 to 4: small classifiers of pictures, without squeeze-and-excitation, with relu6.

Paper: M. Tan, Q. V. Le, "EfficientNet: rethinking model scaling for convolutional neural networks", ICML 2019; the Lite
variant is R. Liu's (Google, 2020). Names: those of lukemelas' EfficientNet-PyTorch, as its Lite files use them.

Shapes for a picture of h x w (multiples of 32), Lite0; the others are wider and deeper::

    _conv_stem      3x3 stride 2          3 -> 32       h/2  x w/2
    _blocks.0       3x3, not widened     32 -> 16       h/2  x w/2
    _blocks.1-2     3x3, widened by 6       -> 24       h/4  x w/4
    _blocks.3-4     5x5                     -> 40       h/8  x w/8
    _blocks.5-7     3x3                     -> 80       h/16 x w/16
    _blocks.8-10    5x5                     -> 112      h/16 x w/16
    _blocks.11-14   5x5                     -> 192      h/32 x w/32
    _blocks.15      3x3                     -> 320      h/32 x w/32
    _conv_head      1x1                     -> 1280     h/32 x w/32
    _fc             of the mean             -> classes
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

from torch import Tensor, nn
from torch.nn import functional as F

STAGES: Final = ((3, 1, 1), (3, 2, 6), (5, 2, 6), (3, 2, 6), (5, 1, 6), (5, 2, 6), (3, 1, 6))
"""For every stage: kernel, stride of the first block, and the factor by which blocks widen their channels inside."""


class SameConv(nn.Conv2d):
    """A convolution without a bias: [1, inputs, h, w] -> [1, outputs, h/stride, w/stride], sides even if the stride is
    2.

    The border is TensorFlow's "same": with a stride of 2 it is a pixel wider on the right and below.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> None:
        border = kernel // 2 if stride == 1 else 0
        super().__init__(inputs, outputs, kernel, stride, border, groups=groups, bias=False)
        total = kernel - stride
        self._uneven = (total // 2, total - total // 2) * 2 if stride > 1 else None

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(F.pad(input, self._uneven) if self._uneven else input)


class MobileBlock(nn.Module):
    """[1, inputs, h, w] -> [1, outputs, h/stride, w/stride]: channels are widened, filtered one by one and reduced; the
    result is added to the input if the stride is 1 and ``outputs`` equals ``inputs``.

    ``kernel`` is the side of the filters, ``widened`` the factor by which channels are widened; 1 leaves that step out.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, widened: int) -> None:
        super().__init__()
        wide = inputs * widened
        self._widened = widened > 1
        self._added = stride == 1 and inputs == outputs
        if self._widened:
            self._expand_conv = SameConv(inputs, wide)
            self._bn0 = _norm(wide)
        self._depthwise_conv = SameConv(wide, wide, kernel, stride, wide)
        self._bn1 = _norm(wide)
        self._project_conv = SameConv(wide, outputs)
        self._bn2 = _norm(outputs)
        self._relu0 = nn.ReLU6()
        self._relu1 = nn.ReLU6()  # two, so that each is a layer with a name of its own

    def forward(self, x: Tensor) -> Tensor:
        y = self._relu0(self._bn0(self._expand_conv(x))) if self._widened else x
        y = self._relu1(self._bn1(self._depthwise_conv(y)))
        y = cast(Tensor, self._bn2(self._project_conv(y)))
        return x + y if self._added else y


class EfficientNetLite(nn.Module):
    """The whole network. Takes image [1, 3, h, w], RGB in -127/128 to 1, sides multiples of 32; gives scores [1,
    classes], before any softmax.

    ``stages`` are (number of blocks, channels) of each of the seven stages; ``stem`` and ``head`` are the channels
    before and after them. The weights are random.
    """

    def __init__(self, *, stages: Sequence[Sequence[int]], stem: int, head: int, classes: int) -> None:
        super().__init__()
        self._conv_stem = SameConv(3, stem, 3, 2)
        self._bn0 = _norm(stem)
        blocks: list[nn.Module] = []
        inputs = stem
        for (kernel, stride, widened), (count, outputs) in zip(STAGES, stages, strict=True):
            for place in range(count):
                blocks.append(MobileBlock(inputs, outputs, kernel, stride if place == 0 else 1, widened))
                inputs = outputs
        self._blocks = nn.ModuleList(blocks)
        self._conv_head = SameConv(inputs, head)
        self._bn1 = _norm(head)
        self._avg_pooling = nn.AdaptiveAvgPool2d(1)
        self._fc = nn.Linear(head, classes)
        self._relu = nn.ReLU6()

    def forward(self, image: Tensor) -> Tensor:
        x = self._relu(self._bn0(self._conv_stem(image)))
        for block in self._blocks:
            x = block(x)
        x = self._relu(self._bn1(self._conv_head(x)))
        return cast(Tensor, self._fc(self._avg_pooling(x).flatten(1)))


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3)
