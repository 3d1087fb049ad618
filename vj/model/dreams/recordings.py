"""Work on a card that is recorded when it is first done, and only played back from then on."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Final

import torch
from torch import Tensor

from vj.model.runtime.cuda_graph import CudaGraph, GraphPool

_KEPT: Final = 16
"""Recordings of one kind of work that are kept, those played last."""


class Recordings:
    """Recordings of one kind of work in several forms, such as with and without a fade. The work reads and writes the
    same tensors each time: what changes from picture to picture is in these. One thread at a time may use it."""

    def __init__(self, device: torch.device, pool: GraphPool | None = None, changed: Sequence[Tensor] = ()) -> None:
        """``device`` is where the work runs, and ``pool`` the memory pool of its recordings (None: each has its own).
        ``changed`` are the tensors that the work reads and then changes: recording runs it several times, and these
        are put back."""
        self._device = device
        self._pool = pool
        self._changed = changed
        self._kept: dict[Hashable, CudaGraph] = {}

    def run(self, form: Hashable, work: Callable[[], None]) -> None:
        """Do ``work``, whose form is ``form``: record it if this form hasn't been run lately, then play it back. It
        returns before the device is done."""
        graph = self._kept.pop(form, None) or self._recorded(work)
        self._kept[form] = graph
        if len(self._kept) > _KEPT:
            del self._kept[next(iter(self._kept))]
        graph.run()

    @torch.inference_mode()
    def _recorded(self, work: Callable[[], None]) -> CudaGraph:
        """Returns ``work`` as a recording; the tensors that it changes are as they were."""
        before = [tensor.clone() for tensor in self._changed]
        graph = CudaGraph(work, self._device, self._pool)
        for tensor, numbers in zip(self._changed, before, strict=True):
            tensor.copy_(numbers)
        return graph
