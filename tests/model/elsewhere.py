"""A device without numbers: it shows whether a pass that runs there makes or copies anything on the processor.

A pass that is recorded as a CUDA graph may not: recording it fails.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

ELSEWHERE = torch.device("meta")
_BY_HAND = ("tensor", "as_tensor", "from_numpy", "asarray", "frombuffer")
"""What makes a tensor of Python's or numpy's numbers: on the processor, whatever the device it is for."""


class _OnlyElsewhere(TorchDispatchMode):
    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        tensors = [leaf for leaf in tree_leaves((args, kwargs, result)) if isinstance(leaf, Tensor)]
        assert all(one.device == ELSEWHERE for one in tensors), f"{func} works on the processor"
        return result


@contextmanager
def only_elsewhere() -> Iterator[None]:
    """Everything in here fails that touches a tensor of the processor, or waits for a number (as `item` does)."""

    def refused(*given: object, **said: object) -> Tensor:
        raise AssertionError("a tensor is made of the processor's numbers")

    with pytest.MonkeyPatch.context() as patch, _OnlyElsewhere():
        for name in _BY_HAND:
            patch.setattr(torch, name, refused)
        yield


def moved(tensors: Sequence[Tensor]) -> list[Tensor]:
    return [one.to(ELSEWHERE) for one in tensors]
