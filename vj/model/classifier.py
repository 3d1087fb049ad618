"""A network from a picture to class scores, as data, independent of what plays it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vj.model.network import Range

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Classifier:
    """A network that gives class scores, or only features, as the dreaming families need it;
    `vj.model.files.checkpoint.classifier` makes one.

    ``name`` says what the file was recognised as, such as ``VGG-19``; ``takes`` is the range of the numbers that go in.
    Nothing is loaded before ``module`` is called.
    """

    name: str
    key: str
    """Names the classifier in caches: a digest of everything that its numbers depend on; see
    `vj.model.network.digest`."""
    takes: Range
    module: Callable[[], nn.Module]
    """Loads the weights anew with each call and returns the network: float32, in eval mode, without gradients. Called
    with image [1, 3, h, w] (RGB) in the range ``takes``, the network returns scores [1, classes] before any softmax,
    float32, or its feature maps [1, channels, h // 32, w // 32] if it has no last layer (`classes` is 0)."""
    classes: int
    """How many classes the network distinguishes; 0 if it has no last layer."""
    labels: tuple[str, ...]
    """The name of each class, in order, ``classes`` in all: from the manifest's list, or ImageNet's; where neither is
    known, the class's number as text, from ``0``."""
