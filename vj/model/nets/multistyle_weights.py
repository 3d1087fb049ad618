"""Reads the 26-style network's weights without torch: an engine that runs the static graph need not import torch."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from vj.base.errors import BadInput

STYLES: Final = 26
"""The number of styles."""
EPSILON: Final = 1e-5
"""The number that norms add to a variance."""
RES_BLOCKS: Final = 6
"""The number of residual blocks, of two convolutions each."""
LAYERS: Final = (
    "contract.0",
    "contract.1",
    "contract.2",
    *(f"res.{block}.{half}" for block in range(RES_BLOCKS) for half in (0, 1)),
    "expand.0",
    "expand.1",
    "expand.2",
)
"""Every convolution, in the order in which a picture meets them; also the prefix of its three arrays."""

Array = npt.NDArray[np.float32]
Weights = dict[str, Array]
"""The network's arrays by name, as `weights_from_onnx` returns them."""


def weights_from_onnx(path: str | Path) -> Weights:
    """Returns the network's arrays from the ONNX file at ``path``, float32, by name.

    For every layer of `LAYERS` they are ``<layer>.w`` [out, in, k, k], ``<layer>.norm.gamma`` and ``<layer>.norm.beta``
    [26, out], and no others. Raises BadInput, naming what is missing, if the file holds some other network.
    """
    import onnx
    from onnx import numpy_helper

    initializers = onnx.load(str(path)).graph.initializer
    found = {item.name: np.asarray(numpy_helper.to_array(item), np.float32) for item in initializers}
    wanted = [f"{layer}.{part}" for layer in LAYERS for part in ("w", "norm.gamma", "norm.beta")]
    missing = [name for name in wanted if name not in found]
    if missing:
        raise BadInput(f"{path} is not the 26-style network: it has no {', '.join(missing[:3])}")
    return {name: found[name] for name in wanted}
