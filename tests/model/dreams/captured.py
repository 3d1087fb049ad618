"""Recordings as CUDA graphs make them, on the processor: what is played back are the operations, not the work."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

WAITS = ("_local_scalar_dense", "nonzero", "is_nonzero", "lift_fresh", "lift_fresh_copy")
"""Operations that a graph can't hold: they read a number, or make a tensor of the processor's numbers."""


class Operations(TorchDispatchMode):
    """Notes all operations while it is entered: function, arguments, result."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[tuple[Any, Sequence[Any], dict[str, Any], Any]] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        name = func.overloadpacket.__name__
        assert name not in WAITS, f"{name} can't be recorded"
        result = func(*args, **(kwargs or {}))
        self.done.append((func, args, kwargs or {}, result))
        return result


class Captured:
    """A stand-in for `vj.model.runtime.cuda_graph.CudaGraph` on a graphics card: the work is run to warm up, and then
    its operations are done again on the same memory, whatever the work itself would do by then."""

    def __init__(
        self, work: Callable[[], None], device: torch.device, pool: object | None = None, *, tf32: bool = True
    ) -> None:
        with torch.inference_mode():
            work()
            work()
            with Operations() as operations:
                work()
        self.operations = operations.done

    def run(self) -> None:
        with torch.inference_mode():
            for func, args, kwargs, before in self.operations:
                _renew(before, func(*args, **kwargs))


def _renew(before: Any, result: Any) -> None:
    """Write ``result`` into the memory of ``before``, a tensor or several; a view is in its place already."""
    if not isinstance(before, Tensor):
        for one, other in zip(before, result, strict=True):
            _renew(one, other)
    elif before.data_ptr() != result.data_ptr():
        before.copy_(result)
