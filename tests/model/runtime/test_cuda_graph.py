"""Recording on a card, which is made up: torch records one graph at a time in a process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace

import pytest
import torch

from tests.waiting import rest
from vj.model.runtime.cuda_graph import CudaGraph


def test_two_threads_record_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    under_way, most, done = 0, 0, []

    @contextmanager
    def graph(made: object, pool: object, capture_error_mode: str) -> Iterator[None]:
        nonlocal under_way, most
        assert capture_error_mode == "thread_local"
        under_way += 1
        most = max(most, under_way)
        for _ in range(5):
            rest()
        yield
        under_way -= 1

    stream = SimpleNamespace(wait_stream=lambda other: None)
    for name, stand_in in {
        "Stream": lambda device: stream,
        "current_stream": lambda device: stream,
        "stream": lambda given: nullcontext(),
        "CUDAGraph": lambda: SimpleNamespace(replay=lambda: done.append("replayed")),
        "graph": graph,
    }.items():
        monkeypatch.setattr(torch.cuda, name, stand_in)

    def record() -> None:
        CudaGraph(lambda: done.append("worked"), torch.device("cuda")).run()

    threads = [threading.Thread(target=record) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert done.count("worked") == 3 * 4, "three runs to warm up, one that is recorded"
    assert done.count("replayed") == 3
