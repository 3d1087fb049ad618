"""Paintings as a classifier sees them at the scale of the pictures: their strokes and colours."""

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
"""Seconds that the first picture waits for its painting."""
_LONGEST: Final = Size(768, 768)
"""The largest size of a painting for live pictures; still pictures use larger ones."""
_MULTIPLE: Final = 32
_KEPT: Final = 8
"""Paintings that stay in memory; each takes some megabytes."""
LEVELS: Final = 2
"""How many sizes, each half the one before, live pictures are looked at in: the second is for large strokes."""


@dataclass(frozen=True)
class Painting:
    """A painting to paint by: ``numbers``, float32 [n], which describe its strokes for all `LEVELS`, from fine to
    coarse, each level as `Strokes.described` returns it; and ``colours``, its own colours."""

    numbers: Numbers
    colours: Colours


class Strokes:
    """Reads paintings and describes their strokes, in two threads that the constructor starts. It has one painting at a
    time."""

    def __init__(self, steps: Steps, gram: Gram, in_thread: bool) -> None:
        """``steps`` has the classifier's layers; ``gram`` is the objective that compares strokes, kept as an attribute.
        ``in_thread`` is as in `vj.model.model.Model`: if it is false, the caller's thread does it all."""
        self._steps = steps
        self.gram = gram
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
        """Why the painting that was asked for last can't be read or described; empty if it can."""
        return self._read.notice or self._looked.notice

    def at(self, name: str, size: Size, brush: float) -> Painting | None:
        """Returns the newest description of the painting ``name`` (a path, or a name in the library or among the
        bundled pictures); the same object until there is a newer one. It describes the painting at ``brush``² times the
        area of pictures of ``size``: in its own shape, with sides rounded to multiples of 32 and at least 64.

        Until it is known, and if the painting can't be read (`notice` says why), the earlier one is returned; None if
        there is none. The first calls wait, at most 3 s for reading and 3 s for describing; once a painting has been
        read, later ones don't.
        """
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
        """Returns the numbers of ``painting``, uint8 RGB [h, w, 3], for one level: a new float32 array [n], for each
        layer c·c correlations, c means and c deviations of its channels.

        Before, the painting is resized to about ``brush``² times the area of ``size``; it keeps its own shape, its
        sides are rounded to multiples of 32 and at least 64. The classifier runs in the caller's thread: it takes long.
        """
        return self._described(resize(painting, _beside(painting, size, brush)))

    def controls(self, numbers: Numbers, values: Mapping[str, Value]) -> list[list[Floats]]:
        """Returns the network's inputs beside the pictures: a list for each level that ``numbers`` describe, from fine
        to coarse.

        Each list holds the values ``content`` and ``tones``, [1] each, and for each layer of strokes its weight [1] (by
        the value ``texture``), its correlations [c, c], means [c, 1] and deviations [c, 1]; these three are views of
        ``numbers``.
        """
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
        """Returns controls for one level, to try the network with: new float32 arrays in the order and shapes of one
        list of `controls`, each filled with one constant number; they describe no painting."""
        shapes = [self._steps.layers[layer].shape for layer in self.gram.layers]
        return [np.full(control.shape, control.sample, np.float32) for control in self.gram.controls(shapes)]

    def _found(self, paintings: StyleImages, name: str | None = None) -> Numbers | None:
        """Returns the newest description, of ``name`` if one is given; the first time it waits for `_PATIENCE`."""

        def newest() -> Numbers | None:
            return paintings.sight(_PLACE) if name is None else paintings.painting(_PLACE, name)

        if newest() is None and self._patience:
            paintings.settle(self._patience)
        return newest()

    def _described_twice(self, painting: Pixels) -> Numbers:
        """Returns the numbers of ``painting`` for all `LEVELS`, one after the other."""
        own = Size(painting.shape[1], painting.shape[0])
        levels = (resize(painting, _beside(painting, own, 0.5**level)) for level in range(LEVELS))
        return np.concatenate([self._described(level) for level in levels])

    def _described(self, painting: Pixels) -> Numbers:
        """Returns the numbers of ``painting`` at its own size."""
        from vj.model.gradient.gram import described

        return described(self._steps.features(painting, self.gram.layers[:-1]))


def _floats(painting: Pixels) -> Numbers:
    """Returns ``painting`` as floats in 0..1, no larger than `_LONGEST`."""
    size = _LONGEST.fitted(painting.shape[1], painting.shape[0])
    return resize(painting, size) * np.float32(1 / 255)


def _beside(painting: Pixels | Numbers, size: Size, brush: float) -> Size:
    """Returns the size of ``painting`` that keeps its shape and has ``brush``² times the area of ``size``."""
    height, width = painting.shape[:2]
    scale = brush * math.sqrt(size.width * size.height / (width * height))
    return Size(*(max(2 * _MULTIPLE, round(side * scale / _MULTIPLE) * _MULTIPLE) for side in (width, height)))
