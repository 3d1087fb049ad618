"""CycleGAN: two generators learn to turn two kinds of pictures into each other, so that there and back is the same.

Paper: J. Zhu, T. Park, P. Isola, A. Efros, "Unpaired image-to-image translation using cycle-consistent adversarial
networks", ICCV 2017.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn

from vj.model.nets.patch_discriminator import PatchDiscriminator
from vj.model.nets.resnet_generator import ResNetGenerator
from vj.train import losses
from vj.train.image_pool import ImagePool
from vj.train.losses import Adversary
from vj.train.method import Method, StepRandom, detached, frozen
from vj.train.process_group import ProcessGroup
from vj.train.settings import TrainingSettings


class CycleGanMethod(Method):
    """``AB`` turns pictures of side a into side b, ``BA`` the other way; ``DA`` and ``DB`` tell real ones of each side
    from generated ones, and are shown older ones too."""

    columns = ("a", "as b", "and back", "b", "as a", "and back")
    played = ("AB", "BA")

    def __init__(self, settings: TrainingSettings, device: torch.device, group: ProcessGroup) -> None:
        super().__init__(settings, device, group)
        self.nets = {name: self.placed(ResNetGenerator(**settings.generator)) for name in ("AB", "BA")}
        self.nets |= {name: self.placed(PatchDiscriminator(**settings.discriminator)) for name in ("DA", "DB")}
        self.optimisers = {"G": self.adam("AB", "BA"), "D": self.adam("DA", "DB")}
        self._pools = {name: ImagePool(settings.pool) for name in ("A", "B")}
        self._adversary = cast(Adversary, settings.adversary)

    def step(self, a: Tensor, b: Tensor, random: StepRandom) -> dict[str, Tensor]:
        there, back = self.nets["AB"], self.nets["BA"]
        judges = (self.nets["DA"], self.nets["DB"])
        frozen(judges)
        with self.autocast():
            as_b, as_a = there(a), back(b)
            cycle = losses.absolute(back(as_b).float(), a) + losses.absolute(there(as_a).float(), b)
            same = self._changed(back, a) + self._changed(there, b)
            fooled = self._judged(judges[0], as_a) + self._judged(judges[1], as_b)
        self.descend("G", fooled + self.settings.cycle * (cycle + self.settings.identity * same))
        frozen(judges, learn=True)
        old_a, old_b = (
            pool.exchanged(made.detach(), random.numbers)
            for pool, made in zip(self._pools.values(), (as_a, as_b), strict=True)
        )
        with self.autocast():
            seen_a, seen_b = self._told_apart(judges[0], a, old_a), self._told_apart(judges[1], b, old_b)
        self.descend("D", seen_a + seen_b)
        return detached({"cycle": cycle / 4, "identity": same / 4, "G": fooled / 2, "D": (seen_a + seen_b) / 2})

    def shown(self, nets: Mapping[str, nn.Module], a: Tensor, b: Tensor) -> list[Tensor]:
        as_b, as_a = nets["AB"](a), nets["BA"](b)
        return [a, as_b, nets["BA"](as_b), b, as_a, nets["AB"](as_a)]

    def extra_state(self) -> dict[str, Tensor]:
        return {f"pool.{name}": pool.kept for name, pool in self._pools.items()}

    def restore_extra(self, state: Mapping[str, Tensor]) -> None:
        for name, pool in self._pools.items():
            pool.kept = state[f"pool.{name}"].clone()

    def _changed(self, generator: nn.Module, wanted: Tensor) -> Tensor:
        """Returns how much ``generator`` changes pictures that are of the wanted kind already."""
        if not self.settings.identity:
            return wanted.new_zeros(())
        return losses.absolute(generator(wanted).float(), wanted)

    def _judged(self, judge: nn.Module, made: Tensor) -> Tensor:
        return losses.adversarial(judge(made).float(), True, self._adversary)

    def _told_apart(self, judge: nn.Module, real: Tensor, made: Tensor) -> Tensor:
        return losses.discrimination(judge(real).float(), judge(made).float(), self._adversary)
