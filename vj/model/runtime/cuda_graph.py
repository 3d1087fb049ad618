"""Records work on a graphics card once, as a CUDA graph, and replays it: the card then waits for no Python."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any, Final
from weakref import WeakSet, WeakValueDictionary

import torch

_WARM_UPS: Final = 3
"""Runs before the recording, in which cuDNN picks its kernels and lazily made tensors are made."""
_SPOILT: Final = "captur"
"""What CUDA's errors about a recording have in common: another thread's waiting for the whole card can spoil it."""

_finding = threading.Lock()
_recording = threading.Lock()
"""Held while a graph is warmed up and recorded: torch records only one at a time in a process, and the choice of
kernels waits for the whole card, which ends any recording that is going on."""


class GraphPool:
    """Memory of a card that several graphs use for what lies between their first and their last operation.

    They may share it because all are replayed on one stream, one after the other, and because nothing in it is needed
    after a replay: what goes in and what comes out lies elsewhere. The memory is freed with the last of them.
    """

    def __init__(self) -> None:
        self._handle: Any = None
        self._graphs: WeakSet[CudaGraph] = WeakSet()

    def take(self, graph: CudaGraph, *, anew: bool = False) -> Any:
        """Returns torch's handle of the memory for ``graph``, which counts as one of its graphs from now on. Once all
        of them are gone the handle is a new one, as it is with ``anew``, after a recording that failed."""
        if anew or self._handle is None or not self._graphs:
            self._handle = torch.cuda.graph_pool_handle()
        self._graphs.add(graph)
        return self._handle


_pools: WeakValueDictionary[str, GraphPool] = WeakValueDictionary()


def pool_of(key: str) -> GraphPool:
    """Returns the pool that all graphs of the network ``key`` share: the same one as long as any of them lives."""
    with _finding:
        pool = _pools.get(key)
        if pool is None:
            pool = _pools[key] = GraphPool()
        return pool


class CudaGraph:
    """A function's work on one device. On "cuda" it is recorded when the instance is made, which takes seconds; on
    other devices the function itself is called each time.

    The function takes and returns nothing, reads and writes tensors that stay the same, and runs the same operations
    every time. It may neither copy between the card and the processor nor wait for the card. Once it is recorded the
    instance doesn't hold it any more, so the caller must hold the tensors.
    """

    def __init__(
        self,
        work: Callable[[], None],
        device: torch.device,
        pool: GraphPool | None = None,
        *,
        tf32: bool = True,
        recorded: bool = True,
    ) -> None:
        """``pool`` is the memory to work in (None: memory of its own). ``tf32`` allows cuDNN to round 32-bit floats to
        19 bits; numbers in half precision don't regard it. With ``recorded`` false the function is called each time on
        "cuda" too, as for networks that run other operations from time to time."""
        self._work: Callable[[], None] | None = torch.inference_mode()(work)
        self._device = device
        self._pool = pool or (GraphPool() if device.type == "cuda" else None)
        self._flags = partial(torch.backends.cudnn.flags, enabled=True, benchmark=True, allow_tf32=tf32)
        self._graph: Any = None
        if device.type == "cuda" and recorded:
            self._graph = self._recorded(self._work)
            self._work = None

    def run(self) -> None:
        """Has the device do the work, on its current stream, without waiting for it."""
        if self._graph is not None:
            self._graph.replay()
        elif self._work is not None and self._device.type == "cuda":
            with self._flags():
                self._work()
        elif self._work is not None:
            self._work()

    def _recorded(self, work: Callable[[], None]) -> Any:
        """Returns the work as a CUDA graph. It is run first, which may compile it; then with the choice of kernels."""
        work()
        with _recording, self._flags():
            self._warm_up(work)
            try:
                return self._captured(work)
            except RuntimeError as error:
                if _SPOILT not in str(error):
                    raise
            return self._captured(work, anew=True)

    def _warm_up(self, work: Callable[[], None]) -> None:
        """Runs the work on the stream on which it will be recorded."""
        stream, current = _stream(self._device), torch.cuda.current_stream(self._device)
        stream.wait_stream(current)
        try:
            with torch.cuda.stream(stream):
                for _ in range(_WARM_UPS):
                    work()
        finally:
            current.wait_stream(stream)  # also after an error: what was freed may be used for something else here

    def _captured(self, work: Callable[[], None], *, anew: bool = False) -> Any:
        assert self._pool is not None
        graph, handle = torch.cuda.CUDAGraph(), self._pool.take(self, anew=anew)
        # Another thread may be replaying or copying meanwhile: only what this one does wrong ends the recording.
        where = {"pool": handle, "stream": _stream(self._device), "capture_error_mode": "thread_local"}
        with _no_collection(), torch.cuda.graph(graph, **where):
            work()
        return graph


@cache
def _stream(device: torch.device) -> Any:
    """Returns the stream of this process on which everything is recorded on ``device``."""
    return torch.cuda.Stream(device)  # type: ignore[no-untyped-call]


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keep Python from freeing what is unused, such as memory of the card, which a recording doesn't allow."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
