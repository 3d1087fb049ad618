"""Torch's backends, which run a network's module: on a graphics card, or on the processor where nothing else runs."""

from __future__ import annotations

from functools import partial
from typing import Final

from vj.base.frame import Size
from vj.model.network import Network
from vj.model.runtime.backend import Backend
from vj.model.runtime.cards import Card, cards
from vj.model.runtime.compiled_network import Runner
from vj.model.runtime.libraries import torch_build

PLAIN: Final = "torch"
"""The name of the backend on the processor: eager, in 32-bit floats."""


def torch_backends(network: Network, size: Size) -> dict[str, Backend]:
    """Returns torch's backends for the network at ``size``, by name; torch isn't imported yet.

    For each of `cards` there are 32-bit floats (``cuda-f32``) and half precision (``cuda``), also as ``xpu`` and
    ``mps``; then ``torch`` for the processor, as the last resort. Only NVIDIA's and AMD's count as cards with memory of
    their own. The result is empty if torch isn't installed or the network has no module.
    """
    build = torch_build()
    if build is None or network.module is None:
        return {}
    found: dict[str, Backend] = {}
    for card in cards():
        version = _version(build.version, card)
        own = card.device == "cuda"  # the others share the processor's memory, and may be slower than it
        for name, precision in ((f"{card.device}-f32", "float32"), (card.device, "float16")):
            make = partial(_made, network, size, card.device, precision)
            found[name] = Backend(make, exact=precision == "float32", card=own, version=version)
    found[PLAIN] = Backend(partial(_made, network, size, "cpu", "float32"), last=True, version=f"torch {build.version}")
    return found


def _version(torch: str, card: Card) -> str:
    return f"torch {torch} {card.name} {card.driver}"


def _made(network: Network, size: Size, device: str, precision: str) -> Runner:
    import torch

    from vj.model.runtime.torch_graph import TorchGraph

    return TorchGraph(network, size, device=device, dtype=getattr(torch, precision))
