"""StyleImages as a classifier sees them beside pictures of some size: their strokes and colours."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from vj.base.convert import resize
from vj.base.frame import Pixels, Size
from vj.model.style_images import Numbers, StyleImages
from vj.params.param import Value

if TYPE_CHECKING:
    from vj.model.dreams.colours import Colours
    from vj.model.gradient.gram import Gram
    from vj.model.gradient.step import Steps
    from vj.model.runtime.compiled_network import Floats

_PLACE: Final = "painting"
_PATIENCE: Final = 3.0
"""Seconds that the very first picture waits for its painting."""
_LONGEST: Final = Size(768, 768)
"""Of a painting that is painted by live; still pictures look at all there is."""
_MULTIPLE: Final = 32
_KEPT: Final = 8
"""StyleImages that stay in memory: each takes some megabytes."""
LEVELS: Final = 2
"""Sizes, each half the one before, that live pictures are looked at in: the second is for large strokes."""


@dataclass(frozen=True)
class Painting:
    """What is painted by: ``numbers`` as `vj.model.gradient.gram.described` has them."""

    numbers: Numbers
    colours: Colours


class Strokes:
    """Reads and describes in threads of its own."""

    def __init__(self, steps: Steps, gram: Gram, in_thread: bool) -> None:
        """``in_thread`` as in `vj.model.model.Model`."""
        self._steps, self.gram = steps, gram
        self._channels = [steps.layers[layer].shape[1] for layer in gram.layers[:-1]]
        self._read, self._looked = (
            StyleImages(describe, _KEPT, in_thread=in_thread) for describe in (_floats, self._described_twice)
        )
        self._asked: tuple[Numbers, Size] | None = None
        self._painting: Painting | None = None
        self._patience = _PATIENCE
        self._read.start()
        self._looked.start()

    @property
    def notice(self) -> str:
        """What can't be had, and why."""
        return self._read.notice or self._looked.notice

    def at(self, name: str, size: Size, brush: float) -> Painting | None:
        """The newest of the painting ``name`` beside pictures of ``size``: until it is known and where it can't be
        read, the one before; None if there was none. ``brush`` is its size beside the picture's."""
        from vj.model.dreams.colours import Colours

        picture = self._found(self._read, name)
        if picture is None:
            return None
        asked = picture, _beside(picture, size, brush)
        if self._asked is None or self._asked[0] is not picture or self._asked[1] != asked[1]:
            self._asked = asked
            self._looked.sight(_PLACE, resize((picture * 255).astype(np.uint8), asked[1]))
        numbers = self._found(self._looked)
        self._patience = 0.0
        if numbers is not None and (self._painting is None or self._painting.numbers is not numbers):
            self._painting = Painting(numbers, Colours(picture))
        return self._painting

    def described(self, painting: Pixels, size: Size, brush: float) -> Numbers:
        """Of ``painting``, beside pictures of ``size``, for one level; takes a while."""
        return self._described(resize(painting, _beside(painting, size, brush)))

    def controls(self, numbers: Numbers, values: Mapping[str, Value]) -> list[list[Floats]]:
        """For each level what the network takes beside the pictures; see `vj.model.gradient.gram.Gram.controls`."""
        from vj.model.gradient.gram import parts

        wanted = [np.array([float(values[name])], np.float32) for name in ("content", "tones")]
        weights = np.exp(float(values["texture"]) * np.linspace(-1.0, 1.0, len(self._channels)))
        count = sum(channels * (channels + 2) for channels in self._channels)
        found: list[list[Floats]] = []
        for level in np.split(numbers, numbers.size // count):
            layers = zip(weights / weights.mean(), parts(level, self._channels), strict=True)
            found.append([*wanted, *(one for weight, row in layers for one in (np.array([weight], np.float32), *row))])
        return found

    def samples(self) -> list[Floats]:
        """Controls to try the network with."""
        shapes = [self._steps.layers[layer].shape for layer in self.gram.layers]
        return [np.full(control.shape, control.sample, np.float32) for control in self.gram.controls(shapes)]

    def _found(self, paintings: StyleImages, name: str | None = None) -> Numbers | None:
        """What was asked for last, waited for as long as there is patience."""

        def newest() -> Numbers | None:
            return paintings.sight(_PLACE) if name is None else paintings.painting(_PLACE, name)

        if newest() is None and self._patience:
            paintings.settle(self._patience)
        return newest()

    def _described_twice(self, painting: Pixels) -> Numbers:
        own = Size(painting.shape[1], painting.shape[0])
        levels = (resize(painting, _beside(painting, own, 0.5**level)) for level in range(LEVELS))
        return np.concatenate([self._described(level) for level in levels])

    def _described(self, painting: Pixels) -> Numbers:
        from vj.model.gradient.gram import described

        return described(self._steps.features(painting, self.gram.layers[:-1]))


def _floats(painting: Pixels) -> Numbers:
    """0..1, no larger than is looked at."""
    size = _LONGEST.fitted(painting.shape[1], painting.shape[0])
    return resize(painting, size) * np.float32(1 / 255)


def _beside(painting: Pixels | Numbers, size: Size, brush: float) -> Size:
    """As large as a picture of ``size``, times ``brush`` in length, in its own shape."""
    height, width = painting.shape[:2]
    scale = brush * math.sqrt(size.width * size.height / (width * height))
    return Size(*(max(2 * _MULTIPLE, round(side * scale / _MULTIPLE) * _MULTIPLE) for side in (width, height)))
