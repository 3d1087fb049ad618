"""Arbitrary style transfer by adaptive instance normalisation: any picture is a style.

Paper: X. Huang, S. Belongie, "Arbitrary style transfer in real-time with adaptive instance normalization", ICCV 2017.
Layout: naoto0804/pytorch-AdaIN (MIT), whose encoder is VGG-19 with normalised weights, up to relu4_1.

Shapes for a picture of h x w (multiples of 8)::

    encoder    1x1 to VGG's colours, then 3x3 reflected with relu; halved by the maximum after 64, 128 and 256
               3 -> 3 -> 64 64 | 128 128 | 256 256 256 256 | 512         h/8 x w/8
    AdaIN      every channel's mean and deviation become the style's      512, h/8 x w/8
    decoder    3x3 reflected with relu but after the last; doubled (nearest) after 256, 128 and 64
               512 -> 256 | 256 256 256 128 | 128 64 | 64 3               h x w
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

CHANNELS = 512
"""The number of features whose means and deviations are a style."""
_EPSILON = 1e-5
_ENCODER = (3, 64, 64, "halve", 128, 128, "halve", 256, 256, 256, 256, "halve", 512)
"""Plans for `_layers`."""
_DECODER = (512, 256, "double", 256, 256, 256, 128, "double", 128, 64, "double", 64, 3)


def _layers(plan: tuple[int | str, ...]) -> list[nn.Module]:
    """Returns the layers of a plan. It starts with the number of inputs; each further number is a 3x3 convolution's
    outputs."""
    layers: list[nn.Module] = []
    channels = int(plan[0])
    for step in plan[1:]:
        if isinstance(step, int):
            layers += [nn.ReflectionPad2d(1), nn.Conv2d(channels, step, 3), nn.ReLU()]
            channels = step
        elif step == "halve":
            layers.append(nn.MaxPool2d(2, ceil_mode=True))
        else:
            layers.append(nn.Upsample(scale_factor=2.0, mode="nearest"))
    return layers


def statistics(features: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the mean and the deviation of each channel of ``features`` [1, c, h, w] over all places: [1, c, 1, 1]
    each.

    There are at least 2 places. The variance is unbiased, and a small number is added to it, so no deviation is 0.
    """
    mean = features.mean((2, 3), keepdim=True)
    count = features.shape[2] * features.shape[3]
    spread = ((features - mean) ** 2).mean((2, 3), keepdim=True)  # half precision couldn't hold the sum
    return mean, torch.sqrt(spread * (count / (count - 1)) + _EPSILON)


class AdaIN(nn.Module):
    """The whole network. Takes image [1, 3, h, w], RGB in 0-1, sides multiples of 8, and a style's mean and deviation,
    [1, 512, 1, 1] each, as `style` returns them; gives [1, 3, h, w], about 0-1, unclipped.

    ``encoder`` and ``decoder`` are its two halves; their weights are random until a file's are loaded.
    """

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(3, 3, 1), *_layers(_ENCODER))
        self.decoder = nn.Sequential(*_layers(_DECODER)[:-1])

    def forward(self, image: Tensor, style_mean: Tensor, style_deviation: Tensor) -> Tensor:
        features = self.encoder(image)
        mean, deviation = statistics(features)
        return cast(Tensor, self.decoder((features - mean) / deviation * style_deviation + style_mean))

    def style(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the mean and the deviation, [1, 512, 1, 1] each, of the features of ``picture`` [1, 3, h, w], RGB in
        0-1, as `forward` takes them. Sides are at least 16, and may be any number."""
        return statistics(self.encoder(picture))
