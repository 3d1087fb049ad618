"""Recording on a card, which is made up: one graph at a time in a process, again if it was spoilt, and nothing kept."""

import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from tests.waiting import rest
from vj.model.runtime import cuda_graph
from vj.model.runtime.cuda_graph import CudaGraph, GraphPool

CARD = torch.device("cuda")


class MadeUp:
    """Stands for torch.cuda. ``pools`` are the handles that recordings were given, ``fails`` the errors to come."""

    def __init__(self) -> None:
        self.under_way = self.most = self.handles = self.replayed = 0
        self.pools: list[int] = []
        self.fails: list[str] = []
        self.collects: list[bool] = []

    @contextmanager
    def graph(self, made: object, pool: int, stream: object, capture_error_mode: str) -> Iterator[None]:
        assert capture_error_mode == "thread_local"
        self.pools.append(pool)
        self.collects.append(gc.isenabled())
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        for _ in range(5):
            rest()
        yield
        self.under_way -= 1
        if self.fails:
            raise RuntimeError(self.fails.pop(0))

    def handle(self) -> int:
        self.handles += 1
        return self.handles

    def replay(self) -> None:
        self.replayed += 1


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> MadeUp:
    card, stream = MadeUp(), SimpleNamespace(wait_stream=lambda other: None)
    cuda_graph._stream.cache_clear()
    stand_ins: dict[str, Any] = {
        "Stream": lambda device: stream,
        "current_stream": lambda device: stream,
        "stream": lambda given: nullcontext(),
        "CUDAGraph": lambda: SimpleNamespace(replay=card.replay),
        "graph": card.graph,
        "graph_pool_handle": card.handle,
    }
    for name, stand_in in stand_ins.items():
        monkeypatch.setattr(torch.cuda, name, stand_in)
    yield card  # type: ignore[misc]
    cuda_graph._stream.cache_clear()


def test_two_threads_record_one_after_the_other(card: MadeUp) -> None:
    done: list[str] = []
    threads = [threading.Thread(target=lambda: CudaGraph(lambda: done.append("worked"), CARD).run()) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert card.most == 1
    assert len(done) == 3 * 5, "one run that may compile, three to warm up, one that is recorded"
    assert card.replayed == 3


def test_a_recording_that_another_thread_spoilt_is_made_again_in_other_memory(card: MadeUp) -> None:
    card.fails = ["CUDA error: operation failed due to a previous error during capture"]
    graph = CudaGraph(lambda: None, CARD, GraphPool())
    assert card.pools == [1, 2]
    graph.run()
    assert card.replayed == 1


@pytest.mark.parametrize("fails", [["CUDA error: out of memory"], ["error in capture", "error in capture"]])
def test_other_errors_and_a_second_one_are_raised(card: MadeUp, fails: list[str]) -> None:
    card.fails = fails
    with pytest.raises(RuntimeError):
        CudaGraph(lambda: None, CARD)


def test_graphs_of_a_pool_share_its_memory_as_long_as_one_of_them_is_there(card: MadeUp) -> None:
    pool = GraphPool()
    graphs = [CudaGraph(lambda: None, CARD, pool) for _ in range(2)]
    assert card.pools == [1, 1]
    graphs.clear()
    graphs.append(CudaGraph(lambda: None, CARD, pool))
    assert card.pools == [1, 1, 2], "torch refuses a pool whose graphs are all gone"


def test_a_graph_holds_nothing_of_what_made_it(card: MadeUp) -> None:
    class Owner:
        def __init__(self) -> None:
            self.graph = CudaGraph(self.work, CARD)

        def work(self) -> None:
            """Does nothing."""

    gc.disable()
    try:
        owner = Owner()
        seen = weakref.ref(owner)
        del owner
        assert seen() is None, "weights would stay on the card until Python looks for cycles"
    finally:
        gc.enable()


def test_nothing_is_freed_in_the_middle_of_a_recording(card: MadeUp) -> None:
    CudaGraph(lambda: None, CARD)
    assert card.collects == [False]
    assert gc.isenabled()


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_what_cannot_be_recorded_is_done_each_time(card: MadeUp, device: str) -> None:
    done: list[bool] = []
    work: Callable[[], None] = lambda: done.append(torch.backends.cudnn.allow_tf32)  # noqa: E731
    graph = CudaGraph(work, torch.device(device), tf32=False, recorded=False)
    assert not done
    graph.run()
    graph.run()
    assert len(done) == 2
    assert device == "cpu" or done == [False, False], "32-bit floats stay 32 bits"
    assert not card.pools
