"""CUT: one generator learns without pairs; a patch of its result must resemble the patch that it was made from.

Paper: T. Park, A. Efros, R. Zhang, J. Zhu, "Contrastive learning for unpaired image-to-image translation", ECCV 2020.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vj.model.nets.patch_discriminator import PatchDiscriminator
from vj.model.nets.resnet_generator import ResnetBlock, ResNetGenerator, Shrink, fill_filters
from vj.train import losses
from vj.train.losses import Adversary
from vj.train.method import Method, StepRandom, detached, frozen
from vj.train.process_group import ProcessGroup
from vj.train.settings import TrainingSettings

_PLACES: Final = 256
"""The most patches of a picture that are compared, in each layer."""
_WIDTH: Final = 64
"""The numbers that a patch is compared by."""


class PatchHeads(nn.Module):
    """Two fully connected layers for each layer of features, which turn the features of a patch into `_WIDTH` numbers
    of length 1. Takes features [n, places, c] for each layer, gives [n, places, width] for each."""

    def __init__(self, channels: Sequence[int], width: int = _WIDTH) -> None:
        super().__init__()
        heads = (nn.Sequential(nn.Linear(count, width), nn.ReLU(), nn.Linear(width, width)) for count in channels)
        self.heads = nn.ModuleList(heads)

    def forward(self, features: Sequence[Tensor]) -> list[Tensor]:
        return [F.normalize(head(found).float(), dim=-1) for head, found in zip(self.heads, features, strict=True)]


class CutMethod(Method):
    """``G`` turns pictures of side a into side b, ``D`` tells real ones from generated ones, and ``F`` holds the layers
    by which patches are compared: before the first convolution, after both halvings, and in the residual blocks."""

    columns = ("a", "as b", "b", "b as b")
    played = ("G",)

    def __init__(self, settings: TrainingSettings, device: torch.device, group: ProcessGroup) -> None:
        super().__init__(settings, device, group)
        generator = ResNetGenerator(**settings.generator)
        fill_filters(generator)
        self._layers = _compared(generator)
        channels = [found.shape[1] for found in _features(generator, torch.zeros(1, 3, 32, 32), self._layers)]
        discriminator = PatchDiscriminator(**settings.discriminator)
        nets = {"G": generator, "D": discriminator, "F": PatchHeads(channels)}
        self.nets = {name: self.placed(net) for name, net in nets.items()}
        self.optimisers = {"G": self.adam("G", "F"), "D": self.adam("D")}
        self._adversary = cast(Adversary, settings.adversary)

    def step(self, a: Tensor, b: Tensor, random: StepRandom) -> dict[str, Tensor]:
        generator, discriminator = self.nets["G"], self.nets["D"]
        frozen([discriminator], learn=True)
        with self.autocast():
            made, same = generator(torch.cat([a, b])).chunk(2)
            scores = discriminator(made.detach()).float()
            seen = losses.discrimination(discriminator(b).float(), scores, self._adversary)
        self.descend("D", seen)
        frozen([discriminator])
        with self.autocast():
            fooled = losses.adversarial(discriminator(made).float(), True, self._adversary)
            contrast = 0.5 * (self._contrast(a, made, random) + self._contrast(b, same, random))
        self.descend("G", fooled + contrast)
        return detached({"contrast": contrast, "G": fooled, "D": seen})

    def shown(self, nets: Mapping[str, nn.Module], a: Tensor, b: Tensor) -> list[Tensor]:
        return [a, nets["G"](a), b, nets["G"](b)]

    def _contrast(self, given: Tensor, made: Tensor, random: StepRandom) -> Tensor:
        """Returns the mean over the layers of how badly patches of ``made`` are found in ``given``."""
        generator, heads = self.nets["G"], self.nets["F"]
        both = _features(generator, torch.cat([given, made]), self._layers)
        picked = [_at_places(found, random) for found in both]
        numbers = heads(picked)
        errors = []
        for found in numbers:
            keys, queries = found.chunk(2)
            errors.append(losses.patch_contrast(queries, keys))
        return torch.stack(errors).mean()


def _compared(generator: ResNetGenerator) -> list[int]:
    """Returns the places in the generator of the layers whose features are compared."""
    kinds = list(enumerate(generator.model))
    blocks = [place for place, layer in kinds if isinstance(layer, ResnetBlock)]
    halvings = [place for place, layer in kinds if isinstance(layer, nn.Conv2d) and 1 < place < blocks[0]]
    shrinks = [place for place, layer in kinds if isinstance(layer, Shrink)]
    return sorted({0, *(shrinks or halvings), blocks[0], blocks[len(blocks) // 2]})


def _features(generator: nn.Module, pictures: Tensor, layers: Sequence[int]) -> list[Tensor]:
    """Returns what the generator's ``layers`` give for ``pictures``; what comes behind the last isn't computed."""
    found = []
    x = pictures
    for place, layer in enumerate(cast(nn.Sequential, generator.model)):
        x = layer(x)
        if place in layers:
            found.append(x)
        if place == layers[-1]:
            break
    return found


def _at_places(features: Tensor, random: StepRandom) -> Tensor:
    """Returns the features at random places, the same in all pictures: [n, c, h, w] -> [n, places, c]."""
    flat = features.flatten(2).transpose(1, 2)
    chosen = torch.randperm(flat.shape[1], generator=random.tensors)[:_PLACES]
    return flat[:, chosen.to(flat.device)]
