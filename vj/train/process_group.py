"""Several processes that train one network together, as torchrun starts them; or one, which is its own group."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final

import torch
import torch.distributed as dist
from torch import Tensor, nn

_TIMEOUT: Final = timedelta(minutes=5)
"""How long a process waits for the others before it gives up."""


class ProcessGroup:
    """One process alone: every call returns what it is given. ``rank`` is its number in the group, ``size`` how many
    there are."""

    rank = 0
    size = 1

    @property
    def first(self) -> bool:
        """Returns whether this is the process that writes files and says what is going on."""
        return self.rank == 0

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replaces the gradients of ``parameters`` by their means over all processes."""

    def averaged(self, losses: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Returns the means of ``losses`` over all processes, by name."""
        return dict(losses)

    def told(self, numbers: list[float]) -> list[float]:
        """Returns the first process's ``numbers``, in every process."""
        return numbers

    def close(self) -> None:
        """Leaves the group."""


class TorchGroup(ProcessGroup):
    """The processes that torchrun started, over gloo on processors and NCCL on cards."""

    def __init__(self, device: torch.device) -> None:
        """Waits until all processes are there. The environment says which, as torchrun writes it."""
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=_TIMEOUT)
        self._device = device
        self.rank, self.size = dist.get_rank(), dist.get_world_size()

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        if not gradients:
            return
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
        dist.all_reduce(flat)
        flat /= self.size
        parts = torch.split(flat, [gradient.numel() for gradient in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))

    def averaged(self, losses: Mapping[str, Tensor]) -> dict[str, Tensor]:
        together = torch.stack(list(losses.values()))
        dist.all_reduce(together)
        return dict(zip(losses, (together / self.size).unbind(), strict=True))

    def told(self, numbers: list[float]) -> list[float]:
        message = torch.tensor(numbers, dtype=torch.float64, device=self._device)
        dist.broadcast(message, 0)
        found: list[float] = message.tolist()
        return found

    def close(self) -> None:
        dist.destroy_process_group()


def is_started() -> bool:
    """Returns whether torchrun started this process as one of several."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def opened(device: torch.device) -> ProcessGroup:
    """Returns the group that this process is in: torchrun's if it was started by that, else one of its own."""
    return TorchGroup(device) if is_started() else ProcessGroup()
