"""What is told of a network on a card, with ways that are quick, fail or come too late."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.model.networks import KINDS
from vj.base.clock import FakeClock
from vj.base.frame import Size
from vj.bench import card_networks
from vj.bench.card_networks import network, shared
from vj.bench.device import BenchDevice
from vj.bench.gpu_task import Order, Told
from vj.bench.promises import CARD_LIMITS
from vj.bench.subjects import Subject
from vj.model.network import Network
from vj.model.runtime.compiled_network import CompiledNetwork
from vj.model.runtime.page_locked import mapping_of
from vj.model.runtime.prepare import prepare

SIZE = Size(64, 48)
NAMES = ("cuda-f32", "cuda", "cuda-fused", "openvino-f32", "torch")


class Card:
    """Ways of a card of which each runs the network in torch on the processor, or does what a test puts in place."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.does: dict[str, Callable[[], object]] = {}
        self.asked: list[str] = []

    def prepare(self, network: Network, size: Size, way: str) -> CompiledNetwork:
        self.asked.append(way)
        self.does.get(way, lambda: None)()
        return prepare(network, size, "torch")

    def tell(self, seconds: float = 100.0) -> list[Told]:
        order = Order("johnson", True, self.clock.now() + seconds, Path(), self.clock)
        return list(network(order))


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Card:
    made = Card()
    subject = Subject(
        "fast_style", "Johnson", KINDS["johnson"], SIZE, lambda way: made.prepare(KINDS["johnson"], SIZE, way)
    )
    monkeypatch.setattr(card_networks, "ON_CARD", {"johnson": lambda size, thin: subject})
    monkeypatch.setattr(card_networks, "backends", lambda network, size: NAMES)
    monkeypatch.setattr(card_networks, "prepare", made.prepare)
    return made


def lines(told: Sequence[Told]) -> list[str]:
    return [message["line"] for message in told if "line" in message]


def raising(error: Exception) -> Callable[[], object]:
    def run() -> object:
        raise error

    return run


def test_every_way_of_the_card_is_timed_and_no_other(card: Card) -> None:
    told = card.tell()
    assert card.asked == ["cuda", "cuda-fused", "cuda-f32"], "those in 32-bit floats last"
    rows = [line for line in lines(told) if line.startswith("Johnson ")]
    assert [row.split()[2] for row in rows] == ["eager", "cuda", "cuda-fused", "cuda-f32"]
    assert all(float(row.split()[-1]) < 0.05 for row in rows[1:]), "the error against 32-bit floats"
    last = [message for message in told if "figure" in message][-1]
    assert (last["figure"], last["how"] in card.asked) == ("johnson", True)
    assert last["value"] > 0.0
    assert last["eager"] > 0.0


def test_a_way_that_fails_is_a_line_and_the_next_is_timed(card: Card) -> None:
    card.does["cuda"] = raising(RuntimeError("CUDA out of memory.\nTried to allocate"))
    card.does["cuda-f32"] = raising(MemoryError())
    told = card.tell()
    assert any("cuda" in line and line.endswith("doesn't run: CUDA out of memory.") for line in lines(told))
    assert any("cuda-f32" in line and line.endswith("doesn't run: MemoryError") for line in lines(told))
    assert {message["how"] for message in told if "figure" in message} == {"cuda-fused"}


def test_eager_torch_that_fails_leaves_the_ways(card: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BenchDevice, "eager", lambda *given: raising(RuntimeError("no room"))())
    told = card.tell()
    assert any(line.endswith("doesn't run: no room") for line in lines(told))
    assert all(message["eager"] == 0.0 for message in told if "figure" in message)


def test_ways_for_which_no_time_is_left_are_named(card: Card) -> None:
    def slow() -> None:
        card.clock.time += 200.0

    card.does["cuda"] = slow
    told = card.tell(100.0)
    assert card.asked == ["cuda"]
    assert any("cuda-fused" in line and line.endswith("left out: no time") for line in lines(told))


@pytest.mark.parametrize(("bound", "profiled"), [(1e-6, True), (1e6, False)])
def test_what_falls_short_is_profiled(
    card: Card, monkeypatch: pytest.MonkeyPatch, bound: float, profiled: bool
) -> None:
    limits = {"johnson": replace(CARD_LIMITS["johnson"], bound=bound, everywhere=True)}
    monkeypatch.setattr(card_networks, "CARD_LIMITS", limits)
    monkeypatch.setattr(BenchDevice, "eager", lambda *given: raising(RuntimeError("no peer"))())
    told = card.tell()
    assert any("where its time goes" in line for line in lines(told)) is profiled


def test_pictures_lie_in_mapped_memory_as_those_of_a_show() -> None:
    array = shared((4, 5, 3), np.dtype(np.uint8))
    array[...] = 7
    assert array.flags.c_contiguous
    assert mapping_of(array) is not None
    assert array.sum() == 7 * 60
