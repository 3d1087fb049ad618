"""Small things that go to a card and back for each picture: buffers in pairs, and named numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor


class PinnedBuffer:
    """A buffer on the processor, ``here``, and one of the same shape on a device, ``there``; both begin with zeros. For
    CUDA the processor's is pinned, so that copies run beside everything else."""

    def __init__(self, shape: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> None:
        with torch.inference_mode(False):  # a compiled network would be compiled anew for tensors made in that mode
            self._here = torch.zeros(shape, dtype=dtype, pin_memory=device.type == "cuda")
            self.there = torch.zeros(shape, dtype=dtype, device=device)
        self.here: npt.NDArray[Any] = self._here.numpy()
        """The processor's numbers. They may be changed only when the copies that were begun are done."""

    def send(self, numbers: npt.ArrayLike) -> None:
        """Write ``numbers``, of the buffer's shape, here, and begin to copy them there."""
        self.here[...] = numbers
        self.there.copy_(self._here, non_blocking=True)

    def fetch(self) -> None:
        """Begin to copy what is there."""
        self._here.copy_(self.there, non_blocking=True)


class CardNumbers:
    """Named arrays of float32 on a device, which travel there in one copy: what a performer moves."""

    def __init__(self, shapes: Mapping[str, tuple[int, ...]], device: torch.device) -> None:
        """``shapes`` are those of the arrays by name; () is a single number."""
        counts = [int(np.prod(shape)) for shape in shapes.values()]
        self._all = PinnedBuffer((sum(counts),), torch.float32, device)
        ends = np.cumsum(counts)
        self._places = {
            name: slice(end - count, end) for name, end, count in zip(shapes, ends.tolist(), counts, strict=True)
        }
        self._there = {name: self._all.there[self._places[name]].view(shape) for name, shape in shapes.items()}

    def __getitem__(self, name: str) -> Tensor:
        """Returns the array ``name`` on the device: the same memory each time."""
        return self._there[name]

    def send(self, **numbers: npt.ArrayLike) -> None:
        """Begin to copy all arrays there, those of ``numbers`` with new contents, the others as they were."""
        for name, array in numbers.items():
            self._all.here[self._places[name]] = np.asarray(array).reshape(-1)
        self._all.send(self._all.here)
