"""VGG 11, 13, 16 and 19, with and without batch norm: classifiers of pictures.

Paper: K. Simonyan, A. Zisserman, "Very deep convolutional networks for large-scale image recognition", ICLR 2015.
Layout and names: torchvision (BSD-3-Clause).

``features`` are five stages of 3x3 convolutions, each convolution followed by a relu, each stage by a pool that halves;
for a picture of h x w (multiples of 32) they end with [1, 512, h/32, w/32]. ``classifier`` takes that at 7 x 7. Files
that people keep for style transfer hold the features alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

from torch import Tensor, nn

SIDE: Final = 7
"""The side of the features that the classifier takes, in places."""


class Vgg(nn.Module):
    """The whole network. Takes image [1, 3, h, w], RGB by ImageNet's mean and deviation, sides multiples of 32; gives
    scores [1, classes], before any softmax.

    ``stages`` are the channels of every convolution, a list for each of the five stages, ``hidden`` those of the
    classifier's first layers; with ``norm`` each convolution has a batch norm. With 0 classes there is no classifier,
    and the network gives the features, [1, 512, h/32, w/32]. The weights are random.
    """

    def __init__(self, *, stages: Sequence[Sequence[int]], norm: bool, hidden: int, classes: int) -> None:
        super().__init__()
        self.features = nn.Sequential()
        inputs = 3
        for stage in stages:
            for outputs in stage:
                self.features.append(nn.Conv2d(inputs, outputs, 3, padding=1))
                if norm:
                    self.features.append(nn.BatchNorm2d(outputs))
                self.features.append(nn.ReLU())
                inputs = outputs
            self.features.append(nn.MaxPool2d(2))
        self.avgpool = nn.AdaptiveAvgPool2d(SIDE)
        self.classifier = _classifier(inputs * SIDE**2, hidden, classes) if classes else None

    def forward(self, image: Tensor) -> Tensor:
        x = self.features(image)
        return cast(Tensor, x if self.classifier is None else self.classifier(self.avgpool(x).flatten(1)))


def _classifier(inputs: int, hidden: int, classes: int) -> nn.Sequential:
    """Returns the fully connected layers: [1, inputs] -> [1, classes]."""
    return nn.Sequential(
        *(nn.Linear(inputs, hidden), nn.ReLU(), nn.Dropout()),
        *(nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout()),
        nn.Linear(hidden, classes),
    )
