"""Records work on a graphics card once, as a CUDA graph, and replays it: the card then waits for no Python."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final
from weakref import WeakValueDictionary

import torch

_WARM_UPS: Final = 3
"""Runs before the recording, in which cuDNN picks its kernels and lazily made tensors are made."""


class GraphPool:
    """Memory of a card that several graphs use for what lies between their first and their last operation.

    They may share it because all are replayed on one stream, one after the other, and because nothing in it is needed
    after a replay: what goes in and what comes out lies elsewhere. The memory is freed with the last of them.
    """

    def __init__(self) -> None:
        self.handle: Any = torch.cuda.graph_pool_handle()


_pools: WeakValueDictionary[str, GraphPool] = WeakValueDictionary()
_finding = threading.Lock()
_recording = threading.Lock()
"""Held while a graph is recorded: torch takes only one at a time in a process."""


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
    every time. It may neither copy between the card and the processor nor wait for the card.
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
        self._work = torch.inference_mode()(work)
        self._pool = pool
        self._device = device
        self._graph: Any = None
        if device.type == "cuda" and recorded:
            with torch.backends.cudnn.flags(enabled=True, benchmark=True, allow_tf32=tf32):
                self._graph = self._recorded()

    def run(self) -> None:
        """Has the device do the work, on its current stream, without waiting for it."""
        if self._graph is None:
            self._work()
        else:
            self._graph.replay()

    def _recorded(self) -> Any:
        """Returns the work as a CUDA graph. It is run on a side stream first."""
        side = torch.cuda.Stream(self._device)  # type: ignore[no-untyped-call]
        side.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(side):
            for _ in range(_WARM_UPS):
                self._work()
        torch.cuda.current_stream(self._device).wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        handle = self._pool.handle if self._pool else None
        # Another thread may be replaying or copying meanwhile: only what this one does wrong ends the recording.
        with _recording, torch.cuda.graph(graph, pool=handle, capture_error_mode="thread_local"):
            self._work()
        return graph
