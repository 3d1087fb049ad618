"""The 26-style network for the same backends as any other, with OpenVINO graphs written by hand."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vj.base.frame import Size
from vj.model.nets.multistyle_weights import STYLES, weights_from_onnx
from vj.model.network import UNIT, Network, NetworkControl, digest
from vj.model.runtime.compiled_network import CompiledNetwork
from vj.model.runtime.number_format import NumberFormat
from vj.model.runtime.prepare import prepare

if TYPE_CHECKING:
    from torch import nn


def style26(file: Path) -> Network:
    """Returns the network in ``file``; its control is the styles' weights, float32 [26], which sum to 1."""
    control = NetworkControl("style_weights", (STYLES,), 1 / STYLES)
    return Network("style26", digest(file), UNIT, UNIT, controls=(control,), module=partial(_module, file), onnx=file)


def prepare_style26(file: Path, size: Size, runtime: str = "auto", exact: bool = False) -> CompiledNetwork:
    """Returns the network in ``file``, compiled for ``size`` with the graphs written by hand; see `prepare`."""
    return prepare(style26(file), size, runtime, exact, lambda: Style26Graphs(file))


class Style26Graphs:
    """The OpenVINO graphs written by hand; see `vj.model.nets.multistyle_graph`."""

    def __init__(self, file: Path) -> None:
        from vj.model.nets import multistyle_graph

        self.version = f"multistyle26-{multistyle_graph.VERSION}"
        self._file = file

    def build(self, size: Size, number_format: NumberFormat) -> Any:
        from vj.model.nets import multistyle_graph

        return multistyle_graph.build(weights_from_onnx(self._file), size.height, size.width, number_format)

    def error(self, number_format: NumberFormat) -> float:
        """Returns 0: the tests hold every style to an SSIM above 0.93 in both 8-bit formats."""
        return 0.0


def _module(file: Path) -> nn.Module:
    from vj.model.nets import multistyle

    return multistyle.from_onnx(file)
