"""How far two pictures are apart in what a classifier sees in them."""

from __future__ import annotations

from typing import Final

import numpy as np

from vj.base.convert import resize
from vj.base.errors import Unavailable
from vj.base.frame import Pixels, Size
from vj.model.classifier import Classifier
from vj.model.files import checkpoint, weights
from vj.model.gradient.gram import chosen
from vj.model.gradient.step import MULTIPLE, steps_of

_LARGEST: Final = Size(512, 512)
"""The box that pictures are fitted into before they are looked at."""


class FeatureDistance:
    """Compares the features of pictures in the layers by which strokes and shapes are seen (see
    `vj.model.gradient.gram`), from 0 for the same."""

    def __init__(self, classifier: Classifier) -> None:
        """Reads the classifier's layers; its weights are loaded now, if the cache doesn't know them."""
        self.name = classifier.name
        self._steps = steps_of(classifier)
        self._layers = chosen(self._steps).layers

    def __call__(self, one: Pixels, other: Pixels) -> float:
        """Returns 1 minus the cosine of the features of two pictures (uint8 RGB [h, w, 3]), averaged over all places
        and layers."""
        from torch.nn.functional import cosine_similarity

        pairs = zip(*(self._steps.features(_sized(picture), self._layers) for picture in (one, other)), strict=True)
        return float(np.mean([1.0 - float(cosine_similarity(a, b, dim=1).mean()) for a, b in pairs]))


def present_distance() -> FeatureDistance:
    """Returns the distance by the catalogue's classifier. Nothing is downloaded. Raises Unavailable if it isn't
    here."""
    asset = weights.ASSETS[weights.CLASSIFIER["model"]]
    if not asset.present:
        raise Unavailable("no classifier is here; fix: vj models fetch gatys")
    return FeatureDistance(checkpoint.classifier(asset.path, checkpoint.recognise(asset.path)))


def _sized(picture: Pixels) -> Pixels:
    size = _LARGEST.fitted(picture.shape[1], picture.shape[0], MULTIPLE)
    return resize(picture, Size(*(max(2 * MULTIPLE, side) for side in size)))
