"""Any painting as a style: one network describes it by 100 numbers, another paints the camera's picture by them."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from vj.frame.frame import Pixels
from vj.model.network import UNIT, Control, Network, digest
from vj.model.network_model import Controls
from vj.model.painted import PaintedModel
from vj.model.paintings import Numbers, squares

if TYPE_CHECKING:
    from vj.model.nets.arbitrary_style import ArbitraryTransform

PREDICT, TRANSFORM = "arbitrary_predict.onnx", "arbitrary_transform.onnx"
TYPICAL: Final = np.array((
    0.3, 0.1, 1.3, 0.3, -0.9, 0.2, 0.9, 1.0, 1.4, -0.1, 0.5, -0.9, 0.8, 0.1, 1.1, 0.1, 0.8, 0.5, 2.5, 0.6,
    -1.1, 0.7, 0.0, -0.4, -0.1, 0.8, -0.7, -1.1, 0.8, 0.1, -1.3, 0.8, 0.7, 0.4, -0.6, 0.4, 0.9, 1.0, 1.1, 1.1,
    0.7, -1.4, -1.0, 0.2, -0.2, 0.0, 2.1, 0.8, 0.3, 0.1, 1.5, 1.2, -0.6, -0.6, 0.1, 0.2, 0.5, 1.3, -0.3, 0.7,
    1.8, 1.2, -1.4, -0.9, -0.3, -0.1, 0.1, 0.5, 0.2, 0.1, -1.2, -0.4, -0.3, 1.2, -1.0, 0.1, -1.7, -0.6, -0.4, -1.4,
    -0.1, 1.5, -0.6, -0.2, 1.2, 0.4, 0.3, 0.8, 1.5, -1.1, 0.8, -0.3, 0.9, 0.5, -0.7, -1.1, 0.6, -0.3, -0.7, 0.3,
), np.float32)  # fmt: skip
"""The mean style of the bundled paintings. The network counts styles from here: runtimes measure the ranges of its
numbers at zero, and zero itself is no painting's style; measured there, 8-bit integers left only noise.
"""


class ArbitraryStyle(PaintedModel):
    """Magenta's networks of Ghiasi et al. 2017."""

    name = "arbitrary_style"
    help = "any painting as a style, from one look at it"
    looked_at = False

    def network(self, variant: str) -> Network:
        return network(self.files)

    def describer(self) -> "Predictor":
        return Predictor(self.files[PREDICT])

    def of_style(self, numbers: Numbers) -> Controls:
        return (numbers - TYPICAL,)


def network(files: Mapping[str, Path]) -> Network:
    """The network that paints, of the file `TRANSFORM`; its control is the style, counted from `TYPICAL`."""

    def module() -> "ArbitraryTransform":
        from vj.model.nets.arbitrary_style import counted_from, transform

        return counted_from(TYPICAL, transform(files[TRANSFORM]))

    key = digest(files[TRANSFORM], network="arbitrary_style", version=1, counted_from=TYPICAL.tolist())
    return Network("arbitrary_style", key, UNIT, UNIT, controls=(Control("style", (100,)),), module=module)


class Predictor:
    """The network that describes: a picture [h, w, 3] of any size -> its style [100], about -3..3."""

    def __init__(self, path: Path) -> None:
        from onnxruntime import InferenceSession, SessionOptions

        options = SessionOptions()
        options.intra_op_num_threads = 1  # it runs beside the network that paints, and has time
        self._session = InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def __call__(self, picture: Pixels) -> Numbers:
        mean: Numbers = np.mean([self._numbers(square) for square in squares(picture)], axis=0, dtype=np.float32)
        return mean

    def _numbers(self, square: Pixels) -> Numbers:
        image = square[None].astype(np.float32) / 255.0
        (numbers,) = self._session.run(None, {self._session.get_inputs()[0].name: image})
        return np.asarray(numbers, np.float32).ravel()
