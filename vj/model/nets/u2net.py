"""U²-Net: a map of what stands out in a picture or, with other weights, a pencil portrait.

Paper: X. Qin et al., "U²-Net: going deeper with nested U-structure for salient object detection", Pattern Recognition
2020. Layout and names: xuebinqin/U-2-Net (Apache-2.0).

A U of six stages. Each stage is itself a U, whose result is added to that of its first convolution::

    stage    1       2       3       4       5, 6    5d      4d      3d     2d     1d
    size     h       h/2     h/4     h/8     /16 /32 h/16    h/8     h/4    h/2    h
    depth    7       6       5       4       4 flat  4 flat  4       5      6      7
    full     32,64   32,128  64,256  128,512 256,512 256,512 128,256 64,128 32,64  16,64   inner and outer channels
    small    16,64 in every stage

A 3x3 makes a map of every decoding stage and of the innermost; the six maps, brought to h x w, are blended by a 1x1.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Width = tuple[int, int]
"""Inner and outer channels of a stage."""
_DEPTHS = {"1": 7, "2": 6, "3": 5, "4": 4, "5": 0, "6": 0}
"""The number of levels in a stage; 0 is flat: four convolutions with ever wider holes instead of smaller sizes."""
_NAMES = ("1", "2", "3", "4", "5", "6", "5d", "4d", "3d", "2d", "1d")
_FULL: dict[str, Width] = dict(
    zip(
        _NAMES,
        (
            *((32, 64), (32, 128), (64, 256), (128, 512), (256, 512), (256, 512)),
            *((256, 512), (128, 256), (64, 128), (32, 64), (16, 64)),
        ),
        strict=True,
    )
)
_SMALL: dict[str, Width] = dict.fromkeys(_NAMES, (16, 64))


class DilatedConv(nn.Module):
    """A 3x3 convolution, batch norm and a relu: [1, inputs, h, w] -> [1, outputs, h, w]. ``hole`` is the distance of
    the pixels that the kernel takes; 1 is an ordinary convolution."""

    def __init__(self, inputs: int, outputs: int, hole: int = 1) -> None:
        super().__init__()
        self.conv_s1 = nn.Conv2d(inputs, outputs, 3, padding=hole, dilation=hole)
        self.bn_s1 = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.bn_s1(self.conv_s1(x)))


class ResidualU(nn.Module):
    """A stage, itself a small U: [1, inputs, h, w] -> [1, outer, h, w], sides multiples of 2^(depth - 2).

    ``depth`` is the number of its levels, each half as large as the one before except for the last two, which are
    alike; 0 is flat: four levels of one size. ``width`` is (inner, outer), the channels inside and of the result.
    """

    def __init__(self, depth: int, inputs: int, width: Width) -> None:
        super().__init__()
        inner, outer = width
        self.flat = depth == 0
        self.depth = depth or 4
        self.rebnconvin = DilatedConv(inputs, outer)
        for level in range(1, self.depth + 1):
            hole = 2 ** (level - 1) if self.flat else 2 if level == self.depth else 1
            self.add_module(f"rebnconv{level}", DilatedConv(outer if level == 1 else inner, inner, hole))
        for level in range(1, self.depth):
            hole = 2 ** (level - 1) if self.flat else 1
            self.add_module(f"rebnconv{level}d", DilatedConv(2 * inner, outer if level == 1 else inner, hole))

    def forward(self, x: Tensor) -> Tensor:
        first = x = self.rebnconvin(x)
        kept = []
        for level in range(1, self.depth):
            x = self._at(level)(x)
            kept.append(x)
            if not self.flat and level < self.depth - 1:
                x = F.max_pool2d(x, 2)
        x = self._at(self.depth)(x)
        for level in reversed(range(1, self.depth)):
            x = self.get_submodule(f"rebnconv{level}d")(torch.cat([x, kept.pop()], 1))
            if not self.flat and level > 1:
                x = _enlarged(x, 2)
        return cast(Tensor, x + first)

    def _at(self, level: int) -> nn.Module:
        return self.get_submodule(f"rebnconv{level}")


class U2NetModule(nn.Module):
    """The whole network. Takes image [1, 3, h, w], RGB by ImageNet's mean and deviation, sides multiples of 32; gives
    one map, [1, 1, h, w] in 0-1. ``small`` makes the authors' small variant, with 16 and 64 channels in every stage.
    The weights are random."""

    def __init__(self, *, small: bool = False) -> None:
        super().__init__()
        widths = _SMALL if small else _FULL
        inputs = 3
        for name in _NAMES:
            self.add_module(f"stage{name}", ResidualU(_DEPTHS[name[0]], inputs, widths[name]))
            inputs = self._taken(widths, name)
        for number in range(1, 7):
            outer = widths[f"{number}d" if number < 6 else "6"][1]
            self.add_module(f"side{number}", nn.Conv2d(outer, 1, 3, padding=1))
        self.outconv = nn.Conv2d(6, 1, 1)

    def forward(self, image: Tensor) -> Tensor:
        kept: list[Tensor] = []
        x = image
        for number in range(1, 7):
            x = self.get_submodule(f"stage{number}")(F.max_pool2d(x, 2) if kept else x)
            kept.append(x)
        maps = [self._map(6, x)]
        for number in range(5, 0, -1):
            x = self.get_submodule(f"stage{number}d")(torch.cat([_enlarged(x, 2), kept[number - 1]], 1))
            maps.append(self._map(number, x))
        return torch.sigmoid(self.outconv(torch.cat(maps[::-1], 1)))

    def _map(self, number: int, x: Tensor) -> Tensor:
        """Returns the map [1, 1, h, w] of a stage's features."""
        side = cast(Tensor, self.get_submodule(f"side{number}")(x))
        return _enlarged(side, 2 ** (number - 1)) if number > 1 else side

    @staticmethod
    def _taken(widths: dict[str, Width], name: str) -> int:
        """Returns the input channels of the stage after ``name``; a decoding stage also takes the result of the
        encoding stage of its size."""
        after = _NAMES[min(_NAMES.index(name) + 1, len(_NAMES) - 1)]
        return widths[name][1] + (widths[after[0]][1] if after.endswith("d") else 0)


def _enlarged(x: Tensor, factor: int) -> Tensor:
    return F.interpolate(x, scale_factor=float(factor), mode="bilinear", align_corners=False)
