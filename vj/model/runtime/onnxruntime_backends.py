"""ONNX Runtime's backends, which run a network's ONNX file: on the processor, and by other execution providers."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from functools import partial
from typing import Any, Final, NamedTuple

from vj.base.frame import Size
from vj.base.paths import cache
from vj.model.network import Network
from vj.model.runtime import libraries
from vj.model.runtime.backend import Backend
from vj.model.runtime.cards import nvidia_card
from vj.model.runtime.compiled_network import Runner
from vj.model.runtime.export import onnx_file

PROCESSOR: Final = "CPUExecutionProvider"
_TENSORRT: Final = "TensorrtExecutionProvider"


class Provider(NamedTuple):
    """One of ONNX Runtime's execution providers, as a backend."""

    backend: str
    """The backend's name, such as ``onnxruntime-cuda``."""
    options: Mapping[str, Any] = {}
    """ONNX Runtime's own options for the provider."""
    exact: bool = True
    """Whether it keeps to 32-bit floats."""
    card: bool = False
    """Whether it uses a graphics card with memory of its own."""


PROVIDERS: Final[Mapping[str, Provider]] = {
    PROCESSOR: Provider("onnxruntime"),
    "CUDAExecutionProvider": Provider("onnxruntime-cuda", {"use_tf32": 0}, card=True),
    _TENSORRT: Provider(
        "onnxruntime-tensorrt", {"trt_fp16_enable": True, "trt_engine_cache_enable": True}, exact=False, card=True
    ),
    "MIGraphXExecutionProvider": Provider("onnxruntime-migraphx", {"migraphx_fp16_enable": 1}, exact=False, card=True),
    "DmlExecutionProvider": Provider("onnxruntime-directml"),
    "WebGpuExecutionProvider": Provider("onnxruntime-webgpu", exact=False),
    "CoreMLExecutionProvider": Provider("onnxruntime-coreml", {"ModelFormat": "MLProgram"}, exact=False),
}
"""The execution providers that are used here, by ONNX Runtime's names for them; all others are ignored."""


def onnxruntime_backends(network: Network, size: Size) -> dict[str, Backend]:
    """Returns a backend for each of `PROVIDERS` that the installed ONNX Runtime lists, by the backend's name, in that
    order.

    A provider may be listed although it can't work here: the backend's ``make`` then raises RuntimeError. Nothing is
    compiled or exported yet. The result is empty if ONNX Runtime can't be used here or the network isn't recordable.
    """
    if libraries.why_not("onnxruntime") or not network.recordable:
        return {}
    listed = libraries.onnxruntime().get_available_providers()
    version = f"onnxruntime {libraries.version('onnxruntime')} {'+'.join(listed)}"
    found: dict[str, Backend] = {}
    for name, provider in PROVIDERS.items():
        if name in listed:
            device = "" if name == PROCESSOR else _device(provider)
            make = partial(_made, network, size, name)
            found[provider.backend] = Backend(
                make, exact=provider.exact, card=provider.card, version=f"{version}{device}"
            )
    return found


def _device(provider: Provider) -> str:
    """Returns what a provider computes on, as far as is known: the NVIDIA card, else the system with its drivers."""
    card = nvidia_card() if provider.card else None
    return f" {card.name} {card.driver}" if card else f" {platform.platform()}"


def _made(network: Network, size: Size, provider: str) -> Runner:
    from vj.model.runtime.ort import OrtRunner

    options = dict(PROVIDERS[provider].options)
    if provider == _TENSORRT:
        options["trt_engine_cache_path"] = str(cache("tensorrt"))
    return OrtRunner(network, onnx_file(network), size, provider, options)
