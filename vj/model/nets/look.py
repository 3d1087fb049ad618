"""The network of a look: small enough to be trained on stage from one painted frame.

Papers: O. Texler et al., "Interactive video stylization using few-shot patch-based training", SIGGRAPH 2020, for the
training; O. Ronneberger et al., "U-Net", 2015, for the shape, here with skips that are added. There are no norms, so
what a place becomes doesn't depend on the rest of the picture.

Shapes for a picture of h x w, with a fold f of 2 and channels a, b, c (24, 32, 48)::

    base     1x1 with bias: a linear map of colours, added at the end       3 -> 3        h   x w
    fold     f x f pixels become channels                                   3 -> 3 f f    h/2 x w/2
    inp      3x3                                                            3 f f -> a    h/2 x w/2
    down i   3x3 stride 2                                                   a -> b -> c   h/8 x w/8
    mid      3x3 twice, added to what came in                               c -> c        h/8 x w/8
    up i     3x3, doubled (nearest), the result before down i added         c -> b -> a   h/2 x w/2
    fuse i   3x3 after each up                                              b, a          h/2 x w/2
    out      3x3, unfolded                                                  a -> 3 f f    h   x w

A SiLU follows every convolution but base, the second of mid and out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vj.model import look_layout
from vj.model.look_layout import CHANNELS, FOLD

_Layer = Callable[[Tensor], Tensor]


class LookNet(nn.Module):
    """The network of one look. Takes image [n, 3, h, w], RGB in 0..1, sides multiples of ``fold`` * 2^(levels - 1),
    which is 8 for the defaults; gives [n, 3, h, w], about 0..1, unclipped.

    ``channels`` are those of its levels, two or more, from the outermost to the innermost. A new network has random
    weights, drawn from torch's generator, and adds little to what ``base`` makes of the colours.
    """

    def __init__(self, channels: Sequence[int] = CHANNELS, fold: int = FOLD) -> None:
        super().__init__()
        steps = list(pairwise(channels))
        self.channels, self.fold = tuple(channels), fold
        self.base = nn.Conv2d(3, 3, 1)
        self.inp = _conv(3 * fold * fold, channels[0])
        self.down = nn.ModuleList(_conv(outer, inner, stride=2) for outer, inner in steps)
        self.mid = nn.ModuleList(_conv(channels[-1], channels[-1]) for _ in range(2))
        self.up = nn.ModuleList(_conv(inner, outer) for outer, inner in reversed(steps))
        self.fuse = nn.ModuleList(_conv(outer, outer) for outer, _ in reversed(steps))
        self.out = _conv(channels[0], 3 * fold * fold)
        self._begin()

    def features(self, image: Tensor) -> Tensor:
        """Returns what ``out`` takes for ``image`` [n, 3, h, w]: float [n, channels[0], h / fold, w / fold]."""
        down, mid, up, fuse = (list(layers) for layers in (self.down, self.mid, self.up, self.fuse))
        return _features(image, self.fold, self.inp, down, mid, up, fuse)

    def forward(self, image: Tensor) -> Tensor:
        return F.pixel_shuffle(self.out(self.features(image)), self.fold) + cast(Tensor, self.base(image))

    @torch.no_grad()
    def _begin(self) -> None:
        """Draw the weights."""
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                if layer.bias is not None:
                    layer.bias.zero_()
        for quiet, part in ((self.mid[1], 0.3), (self.out, 0.1)):
            cast(Tensor, quiet.weight).mul_(part)


class LookGraph(nn.Module):
    """The same network with every weight an input, so that one compiled network plays every look of these ``channels``
    and this ``fold``. Takes image [1, 3, h, w] as `LookNet` and weights, float [count], as `flat` returns them."""

    def __init__(self, channels: Sequence[int] = CHANNELS, fold: int = FOLD) -> None:
        super().__init__()
        self.fold, self.steps = fold, len(channels) - 1
        self.shapes = list(look_layout.shapes(channels, fold).values())
        self.sizes = [math.prod(shape) for shape in self.shapes]

    def forward(self, image: Tensor, weights: Tensor) -> Tensor:
        parts = zip(torch.split(weights, self.sizes), self.shapes, strict=True)
        # A card's convolutions want them at round addresses.
        cut = [part.reshape(shape).clone() for part, shape in parts]
        layers = iter(zip(cut[::2], cut[1::2], strict=True))

        def take(count: int, stride: int = 1) -> list[_Layer]:
            """Returns the next ``count`` convolutions."""
            return [
                partial(F.conv2d, weight=weight, bias=bias, stride=stride, padding=weight.shape[-1] // 2)
                for weight, bias in (next(layers) for _ in range(count))
            ]

        base, inp = take(2)
        down, mid, up, fuse = take(self.steps, stride=2), take(2), take(self.steps), take(self.steps)
        (out,) = take(1)
        found = _features(image, self.fold, inp, down, mid, up, fuse)
        return F.pixel_shuffle(out(found), self.fold) + base(image)


def flat(net: LookNet) -> npt.NDArray[np.float32]:
    """Returns all weights of ``net`` in one new float32 array [count], each tensor row by row, in the order of
    ``net.parameters()``, which is that of its ``state_dict()``."""
    parts = [weight.detach().cpu().contiguous().flatten().float() for weight in net.parameters()]
    return torch.cat(parts).numpy()


@torch.no_grad()
def fill(net: LookNet, numbers: npt.NDArray[np.float32]) -> None:
    """Give ``net`` the weights ``numbers``, float [count], as `flat` returned them, wherever its tensors are. Raises
    ValueError for another count."""
    weights = list(net.parameters())
    wanted = sum(weight.numel() for weight in weights)
    if numbers.shape != (wanted,):
        raise ValueError(f"the network has {wanted} weights, not {numbers.shape}")
    parts = torch.split(torch.tensor(numbers), [weight.numel() for weight in weights])
    for weight, part in zip(weights, parts, strict=True):
        weight.copy_(part.reshape(weight.shape))


def _conv(takes: int, gives: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(takes, gives, 3, stride, 1)


def _features(
    image: Tensor,
    fold: int,
    inp: _Layer,
    down: Sequence[_Layer],
    mid: Sequence[_Layer],
    up: Sequence[_Layer],
    fuse: Sequence[_Layer],
) -> Tensor:
    """Returns what the last convolution takes: all layers but it and the map of colours, on ``image``."""
    x, kept = F.silu(inp((F.pixel_unshuffle(image, fold) - 0.45) * 2)), []
    for shrink in down:
        kept.append(x)
        x = F.silu(shrink(x))
    x = x + mid[1](F.silu(mid[0](x)))
    for grow, blend in zip(up, fuse, strict=True):
        x = F.interpolate(F.silu(grow(x)), scale_factor=2.0, mode="nearest") + kept.pop()
        x = F.silu(blend(x))
    return x
