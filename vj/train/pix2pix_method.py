"""pix2pix: a U-Net learns pairs, and a discriminator that sees both sides says whether they could be one.

Paper: P. Isola, J. Zhu, T. Zhou, A. Efros, "Image-to-image translation with conditional adversarial networks", CVPR
2017.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

import torch
from torch import Tensor, nn

from vj.model.nets.patch_discriminator import PatchDiscriminator
from vj.model.nets.unet import UNet
from vj.train import losses
from vj.train.losses import Adversary
from vj.train.method import Method, StepRandom, detached, frozen
from vj.train.process_group import ProcessGroup
from vj.train.settings import TrainingSettings

_RECONSTRUCTION: Final = 100.0
"""The weight of L1, in -1..1, beside the adversarial loss, as in the paper."""
_PLAIN_BETAS: Final = (0.9, 0.999)


class UNetMethod(Method):
    """A U-Net learns pairs by their absolute difference alone, with or without skip connections. Without them, the
    weights that take what an outer level has kept are 0 and stay so: the file is an ordinary U-Net's."""

    columns = ("given", "made", "wanted")
    played = ("G",)

    def __init__(self, settings: TrainingSettings, device: torch.device, group: ProcessGroup) -> None:
        super().__init__(settings, device, group)
        self.nets = {"G": self.placed(UNet(**settings.generator))}
        if not settings.skips:
            _without_skips(cast(UNet, self.nets["G"]))
        self.optimisers = {"G": self.adam("G", betas=_PLAIN_BETAS)}

    def step(self, a: Tensor, b: Tensor, random: StepRandom) -> dict[str, Tensor]:
        with self.autocast():
            made = self.nets["G"](a, *_masks(self.nets["G"], a, random))
            loss = losses.absolute(made.float(), b)
        self.descend("G", loss)
        return detached({"L1": loss / 2})

    def shown(self, nets: Mapping[str, nn.Module], a: Tensor, b: Tensor) -> list[Tensor]:
        return [a, nets["G"](a), b]


class Pix2PixMethod(Method):
    """A U-Net and its discriminator learn pairs."""

    columns = ("given", "made", "wanted")
    played = ("G",)

    def __init__(self, settings: TrainingSettings, device: torch.device, group: ProcessGroup) -> None:
        super().__init__(settings, device, group)
        generator = UNet(**settings.generator)
        channels = settings.generator.get("inputs", 3) + settings.generator.get("outputs", 3)
        kind = settings.generator["kind"]
        discriminator = PatchDiscriminator(channels, kind=kind, **settings.discriminator)
        self.nets = {"G": self.placed(generator), "D": self.placed(discriminator)}
        if not settings.skips:
            _without_skips(generator)
        self.optimisers = {"G": self.adam("G"), "D": self.adam("D")}
        self._adversary = cast(Adversary, settings.adversary)

    def step(self, a: Tensor, b: Tensor, random: StepRandom) -> dict[str, Tensor]:
        generator, discriminator = self.nets["G"], self.nets["D"]
        frozen([discriminator], learn=True)
        with self.autocast():
            made = generator(a, *_masks(generator, a, random))
            scores = discriminator(torch.cat([a, made.detach()], 1)).float()
            seen = losses.discrimination(discriminator(torch.cat([a, b], 1)).float(), scores, self._adversary)
        self.descend("D", seen)
        frozen([discriminator])
        with self.autocast():
            fooled = losses.adversarial(discriminator(torch.cat([a, made], 1)).float(), True, self._adversary)
            error = losses.absolute(made.float(), b)
        self.descend("G", fooled + _RECONSTRUCTION * error)
        return detached({"L1": error / 2, "G": fooled, "D": seen})

    def shown(self, nets: Mapping[str, nn.Module], a: Tensor, b: Tensor) -> list[Tensor]:
        return [a, nets["G"](a), b]


def _masks(generator: nn.Module, pictures: Tensor, random: StepRandom) -> list[Tensor]:
    """Returns the factors of a U-Net's dropout for this step, 0 or 2, one for every number that a level gives."""
    unet = cast(UNet, generator)
    found = []
    for level in unet.dropped:
        channels = cast(nn.Conv2d, unet.ups[level].conv).out_channels
        shape = (len(pictures), channels, pictures.shape[2] >> level, pictures.shape[3] >> level)
        kept = torch.randint(0, 2, shape, generator=random.tensors)
        found.append((2.0 * kept).to(pictures.device))
    return found


def _without_skips(unet: UNet) -> None:
    """Sets the weights that take the results of a U-Net's downs to 0, and keeps their gradients there."""
    for level in range(len(unet.ups) - 1):
        weight = cast(nn.ConvTranspose2d, unet.ups[level].conv).weight
        used = torch.ones(len(weight), 1, 1, 1, device=weight.device)
        used[: len(weight) // 2] = 0.0
        with torch.no_grad():
            weight *= used
        weight.register_hook(lambda gradient, used=used: gradient * used)  # type: ignore[no-untyped-call]
