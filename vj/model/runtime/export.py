"""Exports a torch module, once, as an ONNX file for pictures of any height and width."""

from __future__ import annotations

import os
import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vj.base.atomic_file import move
from vj.base.errors import BadInput
from vj.base.frame import Size
from vj.base.paths import cache
from vj.model.network import Network

if TYPE_CHECKING:
    from torch import Tensor

OPSET: Final = 17
IMAGE, RESULT = "image", "result"
"""The names of an exported file's input picture and of its result."""
SIDE: Final = 64
"""The side, in pixels, of the picture that the module is traced with; the exported file doesn't depend on it."""

EXPECTED: Final = (
    "You are using the legacy TorchScript-based ONNX export",  # the new exporter needs another package
    "The feature will be removed. Please remove usage of this function",  # the exporter itself calls that function
    "ONNX export mode is set to TrainingMode.EVAL, but operator 'instance_norm'",  # the same in both modes
    "Constant folding - Only steps=1",
    "Converting a tensor to a Python",  # of sizes; they are fixed, or all take the same branch
)
"""Beginnings of the exporter's warnings that don't matter here."""


TRACING: Final = threading.RLock()
"""Held while a network's code is traced: torch can trace only in one thread at a time."""


def onnx_file(network: Network) -> Path:
    """Returns the path of the network's own ONNX file, as it is; else of one that is exported from its module.

    A module is exported once, which takes seconds, and the file is kept in the cache by the network's key. Its batch
    norms are folded, and height and width are open unless the network has a fixed size. Its inputs are ``image``,
    float32 [1, channels, h, w], and then the controls by their names, float32 of their shapes; its output is
    ``result``, float32 [1, 3, h, w] in the range ``gives``. Raises BadInput if the network has neither a file nor a
    module, and torch's or onnx's own errors if the export fails.
    """
    if network.onnx is not None:
        return network.onnx
    if network.module is None:
        raise BadInput(f"{network.name} has neither a module nor an ONNX file")
    path = cache("onnx") / f"{network.key}.onnx"
    if not path.exists():
        part = path.with_suffix(f".{os.getpid()}")
        try:
            _export(network, part)
            move(part, path)  # in one step, so that no other engine reads half a file
        finally:
            part.unlink(missing_ok=True)
    return path


def square(network: Network, side: int) -> Size:
    """Returns the smallest square that the network takes, in pixels: ``side`` or the network's ``smallest``, whichever
    is more, rounded up to its ``multiple``. If it takes a single size only, that size is returned, square or not."""
    side = -(-max(side, network.smallest) // network.multiple) * network.multiple
    return network.fixed or Size(side, side)


def _export(network: Network, path: Path) -> None:
    import onnx
    import torch

    assert network.module is not None
    net = network.module().eval()
    size = square(network, SIDE)
    image = torch.zeros(1, network.channels, size.height, size.width)
    free = {2: "height", 3: "width"}
    with TRACING, warnings.catch_warnings(), torch.inference_mode():
        for said in EXPECTED:
            warnings.filterwarnings("ignore", said)
        torch.onnx.export(
            net,
            (image, *_samples(network)),
            str(path),
            input_names=[IMAGE, *(control.name for control in network.controls)],
            output_names=[RESULT],
            dynamic_axes=None if network.fixed else {IMAGE: free, RESULT: free},
            opset_version=OPSET,
            dynamo=False,
        )
    onnx.checker.check_model(str(path))


def _samples(network: Network) -> list[Tensor]:
    import torch

    return [torch.full(control.shape, control.sample) for control in network.controls]
