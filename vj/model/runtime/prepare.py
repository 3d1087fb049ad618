"""Compiles a network for pictures of one size, by the backend that runs it best here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from vj.base.frame import Pixels, Size
from vj.model.network import Network
from vj.model.runtime import export, onnx_once
from vj.model.runtime.backend import Backends
from vj.model.runtime.choose import pick
from vj.model.runtime.compiled_network import CompiledNetwork, Floats
from vj.model.runtime.onnxruntime_backends import onnxruntime_backends
from vj.model.runtime.openvino_backends import openvino_backends
from vj.model.runtime.torch_backends import torch_backends

if TYPE_CHECKING:
    from vj.model.runtime.openvino_graphs import Graphs

__all__ = ["CompiledNetwork", "backends", "prepare", "raw"]


def prepare(
    network: Network,
    size: Size,
    runtime: str = "auto",
    exact: bool = False,
    graphs: Callable[[], Graphs] | None = None,
) -> CompiledNetwork:
    """Compiles ``network`` for pictures of ``size`` and returns it, a new one at each call.

    ``runtime`` is "auto" or the name of one of its `backends`, which is then taken without a trial. "auto" prefers
    graphics cards with memory of their own and else takes the fastest; the first time on a machine, it times the
    backends, which takes seconds, and keeps the verdict in the cache. ``exact`` leaves "auto" only backends that
    compute in 32-bit floats. ``graphs`` returns what builds OpenVINO's graphs, by default `NetworkGraphs`.

    Raises BadInput for an impossible size or runtime, Unavailable if nothing runs the network here, and a runtime's own
    error if memory runs out or if a runtime that was named doesn't run.
    """
    network.check(size)
    return pick(lambda at: _backends(network, at, graphs), network, size, runtime, exact)


def backends(network: Network, size: Size) -> tuple[str, ...]:
    """Returns the names of the backends for ``network`` at ``size`` on this machine; none is compiled or tried.

    First come torch's on graphics cards, then OpenVINO's, ONNX Runtime's, and torch on the processor; of each library
    the most faithful first. The result is empty if no library is here. Raises BadInput for a size that the network
    doesn't take.
    """
    network.check(size)
    return tuple(_backends(network, size, None))


def raw(network: Network, picture: Pixels) -> Floats:
    """Returns the network's own result for ``picture``, uint8 H×W×3: float32 [3, h, w] in the network's own range.

    It is neither clamped nor rounded; controls are at their samples. The network is loaded anew and run once, in plain
    torch if it has a module, else as its ONNX file stands. A size that a live picture can't have is tried too, as the
    authors' code would, and the result may then have another size; if that fails, BadInput is raised. Other failures
    raise the library's own error.
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
    import onnx

    nchw = network.layout == "nchw"
    given = image if nchw else np.ascontiguousarray(image.transpose(0, 2, 3, 1))
    file = export.onnx_file(network)
    names = [entry.name for entry in onnx.load(str(file)).graph.input]
    (result,) = onnx_once.opened(file)(dict(zip(names, (given, *controls), strict=True)))
    return np.asarray(result[0] if nchw else result[0].transpose(2, 0, 1), np.float32)


def _backends(network: Network, size: Size, graphs: Callable[[], Graphs] | None) -> Backends:
    """Returns all backends by name, each runtime's most faithful first."""

    on_torch = torch_backends(network, size)
    plain = {name: backend for name, backend in on_torch.items() if backend.last}
    on_cards = {name: backend for name, backend in on_torch.items() if not backend.last}
    return {**on_cards, **openvino_backends(network, size, graphs), **onnxruntime_backends(network, size), **plain}
