"""A network from a picture to scores, apart from what plays it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vj.model.network import Range

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Classifier:
    """What the dreaming families need to know of a network; see `vj.model.files.checkpoint.classifier`."""

    name: str
    key: str
    """Names it in caches: a digest of all that its numbers depend on; see `vj.model.network.digest`."""
    takes: Range
    module: Callable[[], nn.Module]
    """Loads it: float32, eval, without gradients; called with image [1, 3, h, w] in the range that it takes, it gives
    scores [1, classes], before any softmax; without a last layer, its features."""
    classes: int
    """0 where it has no last layer."""
    labels: tuple[str, ...]
    """The name of each class, in order; its number where the file holds no names."""
