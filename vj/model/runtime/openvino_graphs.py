"""Builds the OpenVINO graphs of a network: in floats, and in 8-bit integers where the processor has them."""

from __future__ import annotations

from typing import Any, Protocol

from vj.base.frame import Size
from vj.model.network import Network
from vj.model.runtime.number_format import NumberFormat


class Graphs(Protocol):
    """Builds a network's graphs between bytes, whose second output is the mean; see `picture_graph.build`."""

    version: str
    """Changes when the graphs do."""

    def build(self, size: Size, number_format: NumberFormat) -> Any:
        """Returns an openvino.Model for pictures of ``size`` whose convolutions are computed in ``number_format``."""
        ...

    def error(self, number_format: NumberFormat) -> float:
        """Returns the relative error of the picture in an 8-bit format; 0.0 if the tests bound it."""
        ...


class NetworkGraphs:
    """Graphs of any network: read from ONNX, rewritten, and rounded by measured ranges."""

    def __init__(self, network: Network) -> None:
        from vj.model.runtime import quantise, rewrite

        self._network = network
        self.version = f"{network.timed_as or network.key}-{rewrite.VERSION}-{quantise.VERSION}"

    def build(self, size: Size, number_format: NumberFormat) -> Any:
        from vj.model.runtime.calibrate import calibration
        from vj.model.runtime.quantise import quantise

        model = self._float(size)
        if number_format != "float":
            quantise(model, calibration(self._network, self._float, number_format).ranges, number_format)
        return model

    def error(self, number_format: NumberFormat) -> float:
        from vj.model.runtime.calibrate import calibration

        return calibration(self._network, self._float, number_format).error

    def _float(self, size: Size) -> Any:
        from vj.model.runtime import export, picture_graph, rewrite

        model = picture_graph.build(self._network, export.onnx_file(self._network), size)
        rewrite.rewrite(model)
        return model
