"""What a classifier sees in a picture: how sure it is of each class, by the same runtimes as everything else."""

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
"""Goes up when the scores of the same classifier come to lie elsewhere."""


class Scores:
    """A classifier, compiled for canvases of one size."""

    def __init__(self, steps: Steps, size: Size, runtime: str = "auto", exact: bool = False) -> None:
        """Raises BadInput where it tells no classes apart."""
        from vj.model.runtime.prepare import prepare

        self.labels = steps.classifier.labels
        """What its classes are called."""
        self._compiled = prepare(_network(steps, size), size, runtime, exact)
        self._sheet: Floats = np.zeros((size.height, size.width, 3), np.float32)

    def of(self, canvas: Floats) -> Floats:
        """How sure it is of each class [classes], in sum 1, for ``canvas`` [h, w, 3], 0..1."""
        self._compiled.run(canvas, (), self._sheet)
        scores = self._sheet.reshape(-1)[: len(self.labels)]
        raised: Floats = np.exp(scores - scores.max())
        raised /= raised.sum()
        return raised

    def said(self, sure: Floats) -> str:
        """The likeliest class and how sure it is: ``tabby 83 %``."""
        best = int(sure.argmax())
        return f"{self.labels[best]} {100.0 * sure[best]:.0f} %"


def _network(steps: Steps, size: Size) -> Network:
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
    """image [1, 3, h, w] in 0..1 -> [1, 3, h, w], as every runtime gives pictures back: the scores one after the other
    where the numbers of pixels would be, row by row, then zeros."""
    from torch import nn
    from torch.nn import functional as F

    from vj.model.gradient.objective import Units
    from vj.model.gradient.step import CLASSES

    class LaidOut(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = steps.written(Units([last]))  # whose operations every runtime has, a VGG's pool among them

        def forward(self, image: Tensor) -> Tensor:
            (scores,) = self.net.activations(image * self.net.scale + self.net.shift, [last])
            sheet = F.pad(scores, (0, 3 * size.height * size.width - scores.shape[1]))
            return sheet.reshape(1, size.height, size.width, 3).permute(0, 3, 1, 2)

    last = steps.layer(CLASSES)
    return LaidOut().eval()
