"""Torch's backends, which run a network's module: on a graphics card, or on the processor where nothing else runs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final, NamedTuple

from vj.base.frame import Size
from vj.model.network import Network
from vj.model.runtime import compiler
from vj.model.runtime.backend import Backend
from vj.model.runtime.cards import Card, cards
from vj.model.runtime.compiled_network import Runner
from vj.model.runtime.libraries import torch_build

PLAIN: Final = "torch"
"""The name of the backend on the processor: eager, in 32-bit floats."""


class CardBackend(NamedTuple):
    """How a backend on a card runs a module: ``ending`` of its name behind the device's, torch's words for the format
    of numbers and for the `way`, whether it ``takes_compiler``, and whether it is made ``later``, beside what plays."""

    ending: str
    precision: str
    way: str
    takes_compiler: bool = False
    later: bool = False


ON_CARDS: Final = (CardBackend("-f32", "float32", "last"), CardBackend("", "float16", "last"))
"""On Intel's and Apple's cards."""
ON_CUDA: Final = (
    CardBackend("-f32", "float32", "first"),
    CardBackend("", "float16", "first"),
    CardBackend("-last", "float16", "last"),
    CardBackend("-fused", "float16", "fused", takes_compiler=True),
    CardBackend("-compiled", "float16", "compiled", takes_compiler=True, later=True),
)
"""On NVIDIA's and AMD's cards: the most faithful first, then as torch itself runs a module, then in layouts and with
kernels of our own or torch's compiler."""


def torch_backends(network: Network, size: Size) -> dict[str, Backend]:
    """Returns torch's backends for the network at ``size``, by name; torch isn't imported yet.

    For each of `cards` there are 32-bit floats (``cuda-f32``) and half precision (``cuda``), also as ``xpu`` and
    ``mps``; on ``cuda`` further ways in half precision (`ON_CUDA`), of which those that take a compiler are left out
    where `compiler.trouble` finds none, and for networks that aren't recordable; then ``torch`` for the processor, as
    the last resort. Only NVIDIA's and AMD's count as cards with memory of their own. The result is empty if torch isn't
    installed or the network has no module.
    """
    build = torch_build()
    if build is None or network.module is None:
        return {}
    found: dict[str, Backend] = {}
    for card in cards():
        version = _version(build.version, card)
        own = card.device == "cuda"  # the others share the processor's memory, and may be slower than it
        for kind in _kinds(network, own):
            make = partial(_made, network, size, card.device, kind.precision, kind.way)
            exact = kind.precision == "float32"
            name = f"{card.device}{kind.ending}"
            traces = kind.way == "fused"
            found[name] = Backend(make, exact=exact, card=own, later=kind.later, traces=traces, version=version)
    on_processor = partial(_made, network, size, "cpu", "float32", "last")
    found[PLAIN] = Backend(on_processor, last=True, version=f"torch {build.version}")
    return found


def _kinds(network: Network, cuda: bool) -> Iterator[CardBackend]:
    if not cuda:
        yield from ON_CARDS
        return
    compiles = network.recordable and not compiler.trouble()
    yield from (kind for kind in ON_CUDA if compiles or not kind.takes_compiler)


def _version(torch: str, card: Card) -> str:
    return f"torch {torch} {card.name} {card.driver}"


def _made(network: Network, size: Size, device: str, precision: str, way: str) -> Runner:
    import torch

    from vj.model.runtime.torch_graph import WAYS, TorchGraph

    (chosen,) = (each for each in WAYS if each == way)
    return TorchGraph(network, size, device=device, dtype=getattr(torch, precision), way=chosen)
