"""OpenVINO's backends, which run a network as graphs: on the processor in several formats, and on Intel's graphics."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING, Final

from vj.base.frame import Size
from vj.base.paths import cache
from vj.model.network import Network
from vj.model.runtime import libraries, processor
from vj.model.runtime.backend import Backend, Unsuitable
from vj.model.runtime.compiled_network import Runner
from vj.model.runtime.export import onnx_file
from vj.model.runtime.number_format import NumberFormat, integer_format

if TYPE_CHECKING:
    from collections.abc import Callable

    from vj.model.runtime.openvino_graphs import Graphs

MOST_ERROR: Final = 0.06
"""The relative error of the picture above which 8-bit integers aren't chosen unless asked for."""
_NAMES: Final = {"float": "openvino", "int8": "openvino-int8", "int8-reduced": "openvino-int8-reduced"}


def openvino_backends(
    network: Network, size: Size, make_graphs: Callable[[], Graphs] | None = None
) -> dict[str, Backend]:
    """Returns OpenVINO's backends for the network at ``size``, by name; nothing is compiled yet.

    They are ``openvino-f32``; ``openvino-bf16`` where the processor multiplies such numbers; on x86 ``openvino-int8``
    or ``openvino-int8-reduced``, and again with ``-bf16`` behind the name; and ``openvino-gpu``, ``openvino-gpu1`` and
    so on for Intel's graphics, in 16-bit floats. Networks between floats have no backends in integers. The ``check`` of
    those in integers raises `Unsuitable` if the picture is more than `MOST_ERROR` off, or if the network isn't steady.

    ``make_graphs`` is called at once and returns what builds the processor's graphs; by default that is
    `NetworkGraphs`. The result is empty if OpenVINO can't be used here or the network isn't recordable.
    """
    if libraries.why_not("openvino") or not network.recordable:
        return {}
    graphs = make_graphs() if make_graphs else _usual_graphs(network)
    version = f"{_version()} {graphs.version}"

    def backend(number_format: NumberFormat, precision: str) -> Backend:
        make = partial(_on_processor, graphs, size, number_format, precision)
        check = None if number_format == "float" else partial(_check_error, graphs, number_format, network.steady)
        return Backend(make, check, exact=number_format == "float" and precision == "f32", version=version)

    found = {"openvino-f32": backend("float", "f32")}
    bf16 = _has_bf16()
    if bf16:
        found["openvino-bf16"] = backend("float", "bf16")
    integers = None if network.floats else integer_format()
    if integers:
        found[_NAMES[integers]] = backend(integers, "f32")
        if bf16:
            found[f"{_NAMES[integers]}-bf16"] = backend(integers, "bf16")
    for device, name in _graphics().items():
        make = partial(_on_graphics, network, size, device)
        found[_graphics_name(device)] = Backend(make, exact=False, version=f"{_version()} {name}")
    return found


def in_floats(name: str) -> str:
    """Returns the name of the backend that computes in floats what the one called ``name`` computes in 8-bit integers,
    for which ranges are measured for seconds; any other name as it is."""
    if not any(name.removesuffix("-bf16") == integers for integers in (_NAMES["int8"], _NAMES["int8-reduced"])):
        return name
    return "openvino-bf16" if name.endswith("-bf16") else "openvino-f32"


def _usual_graphs(network: Network) -> Graphs:
    from vj.model.runtime.openvino_graphs import NetworkGraphs

    return NetworkGraphs(network)


def _check_error(graphs: Graphs, number_format: NumberFormat, steady: bool) -> None:
    """Raises `Unsuitable` if 8-bit integers change the picture too much, or might with other controls."""
    if not steady:
        raise Unsuitable("its numbers' ranges move with its controls")
    error = graphs.error(number_format)
    if error > MOST_ERROR:
        raise Unsuitable(f"its picture is {error:.1%} off")


def _on_processor(graphs: Graphs, size: Size, number_format: NumberFormat, precision: str) -> Runner:
    """Returns a runner on the processor."""
    from vj.model.runtime.openvino import OpenVinoGraph, OpenVinoRunner

    model = graphs.build(size, number_format)
    integers = number_format != "float" or not processor.clips_products()  # the file itself may be rounded
    graph = OpenVinoGraph(model, precision=precision, integers=integers, cache=cache("openvino"))
    error = 0.0 if number_format == "float" else graphs.error(number_format)
    return OpenVinoRunner(graph, f"its picture is {error:.1%} off" if error else "")


def _on_graphics(network: Network, size: Size, device: str) -> Runner:
    """Returns a runner on Intel's graphics in half precision. Its graph isn't rewritten: what suits a processor's
    vector units is no help there."""
    from vj.model.runtime import picture_graph
    from vj.model.runtime.openvino import OpenVinoGraph, OpenVinoRunner

    model = picture_graph.build(network, onnx_file(network), size)
    return OpenVinoRunner(OpenVinoGraph(model, device=device, precision="f16", cache=cache("openvino")))


def _has_bf16() -> bool:
    """Returns whether the processor computes in bfloat16; OpenVINO answers for processors other than x86."""
    if processor.is_x86():  # here OpenVINO ignores the limit of `processor.LIMIT_VARIABLES`
        return processor.has_bf16()
    return "BF16" in libraries.openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def _graphics() -> dict[str, str]:
    """Returns Intel's graphics devices by OpenVINO's names (GPU, GPU.0, GPU.1), with their own names and drivers."""
    core = libraries.openvino().Core()
    found: dict[str, str] = {}
    with contextlib.suppress(RuntimeError):  # a broken driver
        for device in core.available_devices:
            if device.startswith("GPU"):
                found[device] = " ".join(filter(None, (_property(core, device, key) for key in _DESCRIBED)))
    return found


_DESCRIBED: Final = ("FULL_DEVICE_NAME", "DRIVER_VERSION", "DEVICE_ARCHITECTURE")


def _property(core: object, device: str, key: str) -> str:
    try:
        return str(core.get_property(device, key))  # type: ignore[attr-defined]
    except RuntimeError:
        return ""


def _graphics_name(device: str) -> str:
    """Returns ``openvino-gpu`` for the only or first device, ``openvino-gpu1`` for the second."""
    number = device.partition(".")[2]
    return f"openvino-gpu{number if number not in ('', '0') else ''}"


def _version() -> str:
    return f"openvino {libraries.version('openvino')}"
