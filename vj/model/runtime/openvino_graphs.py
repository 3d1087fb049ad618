"""Builds the OpenVINO graphs of a network: in floats, and in 8-bit integers where the processor has them."""

from __future__ import annotations

from typing import Any, Protocol

from vj.base.frame import Size
from vj.model.network import Network
from vj.model.runtime.number_format import NumberFormat


class Graphs(Protocol):
    """What builds a network's OpenVINO graphs; classes that have these members fulfil it, such as `NetworkGraphs`.

    A graph takes a picture, uint8 [1, height, width, 3], and then the controls. Its outputs are the result, like the
    picture, and the result's mean before rounding, float32 [1], where white is 1.
    """

    version: str
    """Text for the keys of caches: it changes when the graphs do."""

    def build(self, size: Size, number_format: NumberFormat) -> Any:
        """Returns a new openvino.Model for pictures of ``size``, not compiled yet, whose convolutions are computed in
        ``number_format``."""
        ...

    def error(self, number_format: NumberFormat) -> float:
        """Returns how far the picture in ``number_format``, an 8-bit one, is off that in floats: the length of the
        difference by that of the picture (L2), so 0.06 is 6 %. It is 0.0 for graphs whose error our tests bound, which
        then isn't measured."""
        ...


class NetworkGraphs:
    """Graphs of any network: read from its ONNX file, rewritten to be faster and, in 8 bits, rounded by measured
    ranges.

    A module is first exported as an ONNX file. ``version`` identifies the network and the versions of rewriting and
    rounding.
    """

    def __init__(self, network: Network) -> None:
        """Builds nothing yet."""
        from vj.model.runtime import quantise, rewrite

        self._network = network
        self.version = f"{network.timed_as or network.key}-{rewrite.VERSION}-{quantise.VERSION}"

    def build(self, size: Size, number_format: NumberFormat) -> Any:
        """Returns a new openvino.Model for pictures of ``size``, not compiled yet. In an 8-bit format the network's
        ranges are measured first, which takes seconds, unless the cache has them.

        Inputs: ``picture``, uint8 [1, height, width, 3], then the controls. Outputs: ``result``, of the same type and
        shape, and ``mean``, float32 [1], where white is 1. A network between floats takes and gives float32 instead,
        [1, height, width, channels] and [1, height, width, 3].
        """
        from vj.model.runtime.calibrate import calibration
        from vj.model.runtime.quantise import quantise

        model = self._float(size)
        if number_format != "float":
            quantise(model, calibration(self._network, self._float, number_format).ranges, number_format)
        return model

    def error(self, number_format: NumberFormat) -> float:
        """Returns how far the picture in ``number_format``, an 8-bit one, is off that in floats: the length of the
        difference by that of the picture (L2), averaged over ten pictures; 0.06 is 6 %. It is measured now, which takes
        seconds, unless the cache has it."""
        from vj.model.runtime.calibrate import calibration

        return calibration(self._network, self._float, number_format).error

    def _float(self, size: Size) -> Any:
        from vj.model.runtime import export, picture_graph, rewrite

        model = picture_graph.build(self._network, export.onnx_file(self._network), size)
        rewrite.rewrite(model)
        return model
