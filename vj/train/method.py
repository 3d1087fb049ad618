"""The base of all methods: networks, their optimisers, and one step that changes them."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from vj.train.process_group import ProcessGroup
from vj.train.settings import TrainingSettings

_SPREAD: Final = 0.02
"""The standard deviation of new weights, as in the papers."""
_GAN_BETAS: Final = (0.5, 0.999)


class StepRandom:
    """The random numbers of one step in one process, which depend on nothing but the numbers it is made with.

    So a training that goes on from a checkpoint needs no state of a generator. ``numbers`` is for choices on the
    processor, ``tensors`` for random tensors.
    """

    def __init__(self, seed: int, step: int, rank: int = 0, attempt: int = 0) -> None:
        self.numbers = np.random.default_rng((seed, attempt, step, rank, 1))
        self.tensors = torch.Generator().manual_seed(int(self.numbers.integers(2**62)))


class Method(ABC):
    """Networks that learn together. ``nets`` and ``optimisers`` hold them by name; ``played`` are the names of those
    that make pictures, the first of which is the model that a show plays; they are averaged and exported.

    Pictures are float32 [n, 3, h, w] in -1..1, RGB.
    """

    nets: dict[str, nn.Module]
    optimisers: dict[str, torch.optim.Adam]
    played: tuple[str, ...]
    columns: tuple[str, ...]
    """What `shown` returns, in words: the headings of a sample sheet."""

    def __init__(self, settings: TrainingSettings, device: torch.device, group: ProcessGroup) -> None:
        self.settings = settings
        self.device = device
        self.group = group
        self.factor = 1.0
        """What the learning rate is multiplied by now, set with `set_rate`."""

    @abstractmethod
    def step(self, a: Tensor, b: Tensor, random: StepRandom) -> dict[str, Tensor]:
        """Changes all networks once. ``a`` and ``b`` are pictures of the two sides, pairs or not; a style ignores
        ``b``. Returns the losses by name, single numbers without gradients."""

    @abstractmethod
    def shown(self, nets: Mapping[str, nn.Module], a: Tensor, b: Tensor) -> list[Tensor]:
        """Returns the pictures of a sample sheet, a batch for each of `columns`, made by ``nets``: those of ``played``,
        by name, in eval mode."""

    def extra_state(self) -> dict[str, Tensor]:
        """Returns what a checkpoint must hold beside the networks and optimisers: nothing here."""
        return {}

    def restore_extra(self, state: Mapping[str, Tensor]) -> None:  # noqa: B027 - most methods have nothing
        """Takes over what `extra_state` returned: nothing here."""

    def set_rate(self, factor: float) -> None:
        """Sets every optimiser's learning rate to ``factor`` (0..1) times the settings'."""
        self.factor = factor
        for optimiser in self.optimisers.values():
            for group in optimiser.param_groups:
                group["lr"] = self.settings.rate * factor

    def autocast(self) -> AbstractContextManager[object]:
        """Returns a context in which convolutions compute in the settings' number format."""
        halved = self.settings.numbers == "bfloat16"
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=halved)

    def placed(self, net: nn.Module) -> nn.Module:
        """Returns ``net``, newly initialised as in the papers, on the device, in training mode."""
        return initialised(net, self.settings.seed).to(self.device).train()

    def adam(self, *names: str, betas: tuple[float, float] = _GAN_BETAS) -> torch.optim.Adam:
        """Returns an optimiser of the networks called ``names``."""
        parameters = [parameter for name in names for parameter in self.nets[name].parameters()]
        return torch.optim.Adam(parameters, self.settings.rate, betas)

    def descend(self, optimiser: str, loss: Tensor) -> None:
        """Takes one step of ``optimiser`` down the gradient of ``loss``, averaged over all processes."""
        chosen = self.optimisers[optimiser]
        chosen.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.group.average_gradients(parameter for group in chosen.param_groups for parameter in group["params"])
        chosen.step()


def initialised(net: nn.Module, seed: int) -> nn.Module:
    """Returns ``net`` with new weights, the same for the same ``seed`` on every machine: a normal distribution of
    deviation 0.02 for convolutions and matrices, norms of about 1, biases of 0."""
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for module in net.modules():
            weight, bias = getattr(module, "weight", None), getattr(module, "bias", None)
            if isinstance(weight, nn.Parameter):
                norm = weight.dim() == 1
                weight.copy_(torch.randn(weight.shape, generator=random) * _SPREAD + (1.0 if norm else 0.0))
            if isinstance(bias, nn.Parameter):
                bias.zero_()
    return net


def frozen(nets: Iterable[nn.Module], learn: bool = False) -> None:
    """Switches the gradients of all weights of ``nets`` off or, with ``learn``, on again: a generator's step needs none
    of its discriminator's."""
    for net in nets:
        net.requires_grad_(learn)


def detached(losses: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Returns ``losses`` without gradients."""
    return {name: loss.detach().float() for name, loss in losses.items()}


def fades(progress: float) -> float:
    """Returns what the learning rate is multiplied by at ``progress`` (0..1) of a training: 1 in the first half, then
    falling evenly to 0 at the end."""
    return max(0.0, min(1.0, 2.0 * (1.0 - progress)))


def average_weight(step: int, most: float) -> float:
    """Returns how much of the averaged weights stays at ``step``: ``most`` later on, less at first, when what they
    stand for is still noise."""
    return min(most, (1.0 + step) / (10.0 + step))


def finite(losses: Sequence[float]) -> bool:
    """Returns whether all ``losses`` are numbers."""
    return all(math.isfinite(loss) for loss in losses)
