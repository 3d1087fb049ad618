"""A classifier's probabilities for a picture, computed by the same runtimes as every other network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from vj.base.errors import BadInput
from vj.base.frame import Size
from vj.model.network import UNIT, Network

if TYPE_CHECKING:
    from torch import Tensor, nn

    from vj.model.gradient.step import Steps
    from vj.model.runtime.compiled_network import Floats

_VERSION: Final = 2
"""Goes up when the layout of the scores in the network's result changes."""


class Scores:
    """A classifier, compiled for canvases of one size, that gives probabilities; each call of `of` runs it once. One
    thread at a time may use it."""

    def __init__(self, steps: Steps, size: Size, runtime: str = "auto", exact: bool = False) -> None:
        """Compile the classifier of ``steps`` for canvases of ``size``, which may take a while. ``runtime`` forces a
        backend by name, or is "auto"; ``exact`` leaves out backends that compute in less than 32-bit floats.

        Raises BadInput if the classifier has no classes, Unavailable if nothing runs it here.
        """
        from vj.model.runtime.prepare import prepare

        self.labels = steps.classifier.labels
        """The names of its classes, in order."""
        self._compiled = prepare(_network(steps, size), size, runtime, exact)
        self._sheet: Floats = np.zeros((size.height, size.width, 3), np.float32)

    def of(self, canvas: Floats) -> Floats:
        """Returns the probability of each class, a new array, float32 [classes], in sum 1, for ``canvas``, float32 RGB
        [h, w, 3] in 0..1 of the compiled size."""
        self._compiled.run(canvas, (), self._sheet)
        scores = self._sheet.reshape(-1)[: len(self.labels)]
        raised: Floats = np.exp(scores - scores.max())
        raised /= raised.sum()
        return raised

    def said(self, sure: Floats) -> str:
        """Returns the likeliest of the classes, whose probabilities [classes] are ``sure`` (as from `of`), and its
        probability in whole percent as text: ``tabby 83 %``."""
        best = int(sure.argmax())
        return f"{self.labels[best]} {100.0 * sure[best]:.0f} %"


def _network(steps: Steps, size: Size) -> Network:
    """Returns the classifier as a network whose result holds the scores; see `_laid_out`."""
    known = steps.classifier
    if not known.classes:
        raise BadInput(f"{known.name} tells no classes apart: it gives features only")
    kind = f"scores-{_VERSION}-{known.key}"
    return Network(
        f"{known.name}-scores",
        f"{kind}-{size}",
        takes=UNIT,
        gives=UNIT,
        module=lambda: _laid_out(steps, size),
        steady=False,
        fixed=size,
        floats=True,
        recordable=not steps.notice,
        timed_as=kind,
    )


def _laid_out(steps: Steps, size: Size) -> nn.Module:
    """Returns a module from image [1, 3, h, w] in 0..1 to [1, 3, h, w], the shape that every runtime returns. Read as
    pixels, row by row, its result holds the scores one after the other, then zeros."""
    from torch import nn
    from torch.nn import functional as F

    from vj.model.gradient.objective import Units
    from vj.model.gradient.step import CLASSES

    class LaidOut(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = steps.written(Units([last]))  # in operations that every runtime has

        def forward(self, image: Tensor) -> Tensor:
            (scores,) = self.net.activations(image * self.net.scale + self.net.shift, [last])
            sheet = F.pad(scores, (0, 3 * size.height * size.width - scores.shape[1]))
            return sheet.reshape(1, size.height, size.width, 3).permute(0, 3, 1, 2)

    last = steps.layer(CLASSES)
    return LaidOut().eval()
