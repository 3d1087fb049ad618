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
    """Returns the network in ``file``, which is read for the network's key only; pictures are 0..1 in and out, [1, 3,
    h, w]. Its one control, ``style_weights``, is float32 [26], of sum 1. It has both ``module`` and ``onnx`` (``file``
    itself). Raises OSError if ``file`` can't be read."""
    control = NetworkControl("style_weights", (STYLES,), 1 / STYLES)
    return Network("style26", digest(file), UNIT, UNIT, controls=(control,), module=partial(_module, file), onnx=file)


def prepare_style26(file: Path, size: Size, runtime: str = "auto", exact: bool = False) -> CompiledNetwork:
    """Returns the network in ``file``, compiled for pictures of ``size``, by OpenVINO's graphs written by hand where
    OpenVINO runs it. Its ``run(picture, (weights,), out)`` takes uint8 RGB [h, w, 3] and the styles' weights, float32
    [26], of sum 1, writes the result into ``out`` and returns its mean (white is 1). ``runtime`` forces a backend by
    name, or is "auto"; ``exact`` leaves out backends that compute in less than 32-bit floats. Raises BadInput for an
    impossible size or runtime, Unavailable if nothing runs it here."""
    return prepare(style26(file), size, runtime, exact, lambda: Style26Graphs(file))


class Style26Graphs:
    """Builds the 26-style network's OpenVINO graphs as they were written by hand (`vj.model.nets.multistyle_graph`), in
    the place of `NetworkGraphs`. ``version`` changes when the graphs do."""

    def __init__(self, file: Path) -> None:
        """``file`` holds the weights; `build` reads it each time."""
        from vj.model.nets import multistyle_graph

        self.version = f"multistyle26-{multistyle_graph.VERSION}"
        self._file = file

    def build(self, size: Size, number_format: NumberFormat) -> Any:
        """Reads the weights file and returns a new openvino.Model of fixed shapes, not compiled yet. ``number_format``
        says how its convolutions are computed: "float", or in 8-bit integers as "int8" or "int8-reduced".

        The model takes ``image``, uint8 RGB [1, height, width, 3] of ``size``, and ``style_weights``, float32 [26]. It
        gives ``stylized``, of the same type and shape as ``image``, and ``mean``, float32 [1], the mean of the result
        before rounding (white is 1). Raises BadInput for an unknown format, for sides that aren't multiples of 4 or are
        below 16, and if the file holds another network.
        """
        from vj.model.nets import multistyle_graph

        return multistyle_graph.build(weights_from_onnx(self._file), size.height, size.width, number_format)

    def error(self, number_format: NumberFormat) -> float:
        """Returns 0 for every format, as no error needs to be measured: the tests hold every style to an SSIM above
        0.93 in both 8-bit formats."""
        return 0.0


def _module(file: Path) -> nn.Module:
    from vj.model.nets import multistyle

    return multistyle.from_onnx(file)
