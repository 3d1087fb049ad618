"""Any painting as a style: one network describes it by 100 numbers, another paints the camera's picture with them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from vj.base.frame import Pixels
from vj.model.families.network_model import Controls
from vj.model.families.style_model import StyleModel
from vj.model.network import UNIT, Network, NetworkControl, digest
from vj.model.runtime import libraries
from vj.model.style_images import Numbers, squares

if TYPE_CHECKING:
    from vj.model.nets.arbitrary_style import ArbitraryTransform

Run = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]
"""A network as a function from one array to another."""
PREDICT, TRANSFORM = "arbitrary_predict.onnx", "arbitrary_transform.onnx"
"""The file of the network that describes, and that of the one that paints."""
TYPICAL: Final = np.array((
    0.3, 0.1, 1.3, 0.3, -0.9, 0.2, 0.9, 1.0, 1.4, -0.1, 0.5, -0.9, 0.8, 0.1, 1.1, 0.1, 0.8, 0.5, 2.5, 0.6,
    -1.1, 0.7, 0.0, -0.4, -0.1, 0.8, -0.7, -1.1, 0.8, 0.1, -1.3, 0.8, 0.7, 0.4, -0.6, 0.4, 0.9, 1.0, 1.1, 1.1,
    0.7, -1.4, -1.0, 0.2, -0.2, 0.0, 2.1, 0.8, 0.3, 0.1, 1.5, 1.2, -0.6, -0.6, 0.1, 0.2, 0.5, 1.3, -0.3, 0.7,
    1.8, 1.2, -1.4, -0.9, -0.3, -0.1, 0.1, 0.5, 0.2, 0.1, -1.2, -0.4, -0.3, 1.2, -1.0, 0.1, -1.7, -0.6, -0.4, -1.4,
    -0.1, 1.5, -0.6, -0.2, 1.2, 0.4, 0.3, 0.8, 1.5, -1.1, 0.8, -0.3, 0.9, 0.5, -0.7, -1.1, 0.6, -0.3, -0.7, 0.3,
), np.float32)  # fmt: skip
"""The mean style of the bundled paintings, [100]. The painting network takes styles relative to it, because runtimes
measure the ranges of its numbers with controls of zero. A style of zero is no painting's: measured there, 8-bit
integers left only noise."""


class ArbitraryStyle(StyleModel):
    """The networks of Ghiasi et al. 2017, as trained by Magenta. ``files`` hold the two by the names `PREDICT` and
    `TRANSFORM`. A style is 100 numbers."""

    name = "arbitrary_style"
    help = "any painting as a style, from one look at it"
    looked_at = False

    def network(self, variant: str) -> Network:
        """Returns a new `Network` of the painting network, whatever ``variant`` is; see the function `network` of this
        module. Its weights aren't loaded yet."""
        return network(self.files)

    def describer(self) -> "Predictor":
        """Load the describing network, which takes a while. Returns it as a function from a picture, uint8 RGB [h, w,
        3], to its style, float32 [100]."""
        return Predictor(self.files[PREDICT])

    def of_style(self, numbers: Numbers) -> Controls:
        """Returns the one control, a new array float32 [100]: ``numbers``, a style [100], minus `TYPICAL`."""
        return (numbers - TYPICAL,)


def network(files: Mapping[str, Path]) -> Network:
    """Returns the painting network in the file that ``files`` hold as `TRANSFORM`; the file is read for the network's
    key, but its weights are loaded only by ``module``. Pictures are 0..1 in and out, [1, 3, h, w]; the one control
    ``style``, float32 [100], is the style minus `TYPICAL`. Raises KeyError without the file, OSError if it can't be
    read."""

    def module() -> "ArbitraryTransform":
        from vj.model.nets.arbitrary_style import counted_from, transform

        return counted_from(TYPICAL, transform(files[TRANSFORM]))

    key = digest(files[TRANSFORM], network="arbitrary_style", version=1, counted_from=TYPICAL.tolist())
    return Network("arbitrary_style", key, UNIT, UNIT, controls=(NetworkControl("style", (100,)),), module=module)


class Predictor:
    """The describing network as a function: from a picture [h, w, 3] of any size to its style [100], about -3..3.

    ONNX Runtime runs it, or torch if that is missing. Its numbers are rounded to bytes between layers, but computed in
    floats: in bytes, processors without VNNI clip them, and styles come out 17 % off.
    """

    def __init__(self, path: Path) -> None:
        """Load the network in the ONNX file at ``path``, which takes a while."""
        self._run = _by_torch(path) if libraries.why_not("onnxruntime") else _by_onnxruntime(path)

    def __call__(self, picture: Pixels) -> Numbers:
        """Returns the style of ``picture``, uint8 RGB [h, w, 3]: a new array, float32 [100], the mean over the
        picture's `squares`."""
        mean: Numbers = np.mean([self._numbers(square) for square in squares(picture)], axis=0, dtype=np.float32)
        return mean

    def _numbers(self, square: Pixels) -> Numbers:
        return self._run(square[None].astype(np.float32) / 255.0).ravel()


def _by_onnxruntime(path: Path) -> Run:
    onnxruntime = libraries.onnxruntime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # it runs beside the painting network, and isn't urgent
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda image: np.asarray(session.run(None, {name: image})[0], np.float32)


def _by_torch(path: Path) -> Run:
    import torch

    from vj.model.nets.quantised_onnx import QuantisedOnnx

    net = QuantisedOnnx(path)
    return lambda image: np.asarray(net(torch.from_numpy(image)), np.float32)
