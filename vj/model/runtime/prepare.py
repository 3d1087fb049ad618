"""Making a network ready for pictures of one size, by whatever runs it best here."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import partial
from importlib.util import find_spec
from typing import Any, Final

import numpy as np

from vj.frame.frame import Pixels, Size
from vj.model.network import Network
from vj.model.runtime import export
from vj.model.runtime.choose import Way, has_cuda, pick
from vj.model.runtime.graphs import GraphRunner, Graphs, NetworkGraphs
from vj.model.runtime.running import Floats, Runner, Running
from vj.paths import cache

__all__ = ["Running", "prepare", "raw", "ways"]

MOST_ERROR: Final = 0.06
"""Of 8-bit integers, relative, in the picture as shown: beyond that they are not chosen by themselves."""


def prepare(
    network: Network, size: Size, runtime: str = "auto", exact: bool = False, graphs: Graphs | None = None
) -> Running:
    """``network`` for pictures of ``size``.

    ``runtime`` forces one of its `ways`; ``exact`` leaves "auto" those that compute in 32-bit floats; ``graphs`` are
    OpenVINO graphs made by hand for it. Raises BadInput on a size or a runtime that can't be, Unavailable when nothing
    runs it here, and whatever says that memory ran out.
    """
    network.check(size)
    return pick(lambda at: _ways(network, at, graphs), network, size, runtime, exact)


def ways(network: Network, size: Size) -> tuple[str, ...]:
    """The names of what could run ``network`` on this machine, the most faithful first."""
    network.check(size)
    return tuple(_ways(network, size, None))


def raw(network: Network, picture: Pixels) -> Floats:
    """What the network itself makes of ``picture``, float32 [3, h, w] in its own range; controls at their samples.

    In plain torch if it has a module, else in ONNX Runtime. Raises BadInput on a size that can't be; one that a live
    picture wouldn't have is tried, as the authors' own code would, and may give a picture of another size.
    """
    scale, shift = (np.asarray(term, np.float32) for term in (network.takes.scale, network.takes.shift))
    numbers = picture.astype(np.float32) * (scale / np.float32(255)) + shift
    image: Floats = np.ascontiguousarray(numbers.transpose(2, 0, 1)[None], np.float32)
    controls = [np.full(control.shape, control.sample, np.float32) for control in network.controls]
    try:
        return _raw_torch(network, image, controls) if network.module else _raw_onnx(network, image, controls)
    except Exception:
        network.check(Size(picture.shape[1], picture.shape[0]))
        raise


def _raw_torch(network: Network, image: Floats, controls: list[Floats]) -> Floats:
    import torch

    assert network.module is not None
    with torch.inference_mode():
        result: Any = network.module()(*(torch.from_numpy(array) for array in (image, *controls)))
    return np.asarray(result[0], np.float32)


def _raw_onnx(network: Network, image: Floats, controls: list[Floats]) -> Floats:
    from vj.model.runtime.ort import session

    nchw = network.layout == "nchw"
    given = image if nchw else np.ascontiguousarray(image.transpose(0, 2, 3, 1))
    run = session(export.onnx_file(network))
    names = [port.name for port in run.get_inputs()]
    (result,) = run.run(None, dict(zip(names, (given, *controls), strict=True)))
    return np.asarray(result[0] if nchw else result[0].transpose(2, 0, 1), np.float32)


def _ways(network: Network, size: Size, graphs: Graphs | None) -> Mapping[str, Way]:
    """By name, the most faithful first."""
    found: dict[str, Way] = {}
    if network.module and has_cuda():
        found["cuda-f32"] = Way(partial(_torch, network, size, "cuda", "float32"))
        found["cuda"] = Way(partial(_torch, network, size, "cuda", "float16"), exact=False)
    if network.module and _has_mps():
        found["mps"] = Way(partial(_torch, network, size, "mps", "float32"))
    if find_spec("openvino") and network.recordable:
        found |= _openvino_ways(size, graphs or NetworkGraphs(network), network)
    if find_spec("onnxruntime") and network.recordable:
        found["onnxruntime"] = Way(partial(_onnxruntime, network, size), timed=True)
    if network.module:
        found["torch"] = Way(partial(_torch, network, size, "cpu", "float32"))
    return found


def _openvino_ways(size: Size, graphs: Graphs, network: Network) -> dict[str, Way]:
    """In 32-bit floats first. What goes between floats isn't rounded to 8-bit integers."""
    from vj.model.runtime.openvino import has_bf16, has_vnni

    def way(rounded: bool, precision: str) -> Way:
        make = partial(_openvino, graphs, size, rounded, precision)
        check = partial(_close, graphs, network.steady) if rounded else None
        return Way(make, check, exact=not rounded and precision == "f32", timed=True, version=graphs.version)

    found = {"openvino-f32": way(False, "f32")}
    if has_bf16():
        found["openvino-bf16"] = way(False, "bf16")
    if (
        has_vnni() and not network.floats
    ):  # older processors clip pairs of 8-bit products, which would harm the picture unseen
        found["openvino-int8"] = way(True, "f32")
        if has_bf16():
            found["openvino-int8-bf16"] = way(True, "bf16")
    return found


def _close(graphs: Graphs, steady: bool) -> None:
    """Raises RuntimeError when 8-bit integers change the picture too much, or may do so with other controls."""
    if not steady:
        raise RuntimeError("its numbers' ranges move with its controls")
    if graphs.error() > MOST_ERROR:
        raise RuntimeError(f"its picture is {graphs.error():.1%} off")


def _openvino(graphs: Graphs, size: Size, rounded: bool, precision: str) -> Runner:
    from vj.model.runtime.openvino import Graph

    graph = Graph(graphs.build(size, rounded), precision=precision, cache=cache("openvino"))
    error = graphs.error() if rounded else 0.0
    return GraphRunner(graph, f"its picture is {error:.1%} off" if error else "")


def _onnxruntime(network: Network, size: Size) -> Runner:
    from vj.model.runtime.ort import OrtRunner

    return OrtRunner(network, export.onnx_file(network), size)


def _torch(network: Network, size: Size, device: str, precision: str) -> Runner:
    import torch

    from vj.model.runtime.torch_graph import TorchGraph

    return TorchGraph(network, size, device=device, dtype=getattr(torch, precision))


def _has_mps() -> bool:
    if sys.platform != "darwin" or not find_spec("torch"):
        return False
    import torch

    return torch.backends.mps.is_available()
