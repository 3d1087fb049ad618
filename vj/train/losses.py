"""The losses of the papers, each a function of tensors that gives one number.

Papers: P. Isola et al., "Image-to-image translation with conditional adversarial networks", CVPR 2017; X. Mao et al.,
"Least squares generative adversarial networks", ICCV 2017; J. Zhu et al., "Unpaired image-to-image translation using
cycle-consistent adversarial networks", ICCV 2017; T. Park et al., "Contrastive learning for unpaired image-to-image
translation", ECCV 2020; L. Gatys et al., "A neural algorithm of artistic style", 2015; J. Johnson et al., "Perceptual
losses for real-time style transfer and super-resolution", ECCV 2016.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import torch
from torch import Tensor
from torch.nn import functional as F

Adversary = Literal["lsgan", "vanilla"]
"""How scores are judged: by squared distances from 0 and 1, or as logits by cross-entropy, as in the first GANs."""
ADVERSARIES: Final[tuple[Adversary, ...]] = ("lsgan", "vanilla")
TEMPERATURE: Final = 0.07
"""What similarities of patches are divided by, in CUT."""
_TINY: Final = 1e-6


def adversarial(scores: Tensor, real: bool, kind: Adversary) -> Tensor:
    """Returns how far ``scores`` of patches, of any shape, are from saying ``real`` (1) or generated (0): the mean over
    all patches. A generator uses it with ``real=True`` on what it has made."""
    wanted = torch.full_like(scores, float(real))
    if kind == "lsgan":
        return F.mse_loss(scores, wanted)
    return F.binary_cross_entropy_with_logits(scores, wanted)


def discrimination(real: Tensor, generated: Tensor, kind: Adversary) -> Tensor:
    """Returns the discriminator's loss, from its scores of ``real`` and of ``generated`` patches: the mean of both
    sides' `adversarial` loss, so that it learns half as fast as its generator."""
    return 0.5 * (adversarial(real, True, kind) + adversarial(generated, False, kind))


def absolute(found: Tensor, wanted: Tensor) -> Tensor:
    """Returns the mean absolute difference (L1) of two tensors of the same shape: the reconstruction of pix2pix, and
    the cycle and identity losses of CycleGAN."""
    return F.l1_loss(found, wanted)


def patch_contrast(queries: Tensor, keys: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """Returns the patchwise contrastive loss (PatchNCE): the mean cross-entropy of finding, among all patches of the
    source's picture, the one at the same place.

    ``queries`` [n, places, c] are features of the generated pictures, ``keys`` those of the sources at the same places;
    both have length 1 along c. Patches are only compared within their own picture. No gradient flows into ``keys``.
    """
    alike = torch.bmm(queries, keys.detach().transpose(1, 2)) / temperature
    places = torch.arange(alike.shape[1], device=alike.device).expand(alike.shape[:2])
    return F.cross_entropy(alike.flatten(0, 1), places.flatten())


def gram(features: Tensor) -> Tensor:
    """Returns the correlations of the channels of ``features`` [n, c, h, w]: for every two channels the mean over all
    places of their product, [n, c, c]."""
    flat = features.flatten(2)
    return torch.bmm(flat, flat.transpose(1, 2)) / flat.shape[2]


def style(found: Sequence[Tensor], wanted: Sequence[Tensor]) -> Tensor:
    """Returns how far the strokes of pictures are from a painting's: the sum over the layers of the absolute difference
    of the correlations, relative to the painting's own.

    ``found`` are the features of the pictures, [n, c, h, w] for each layer; ``wanted`` are the painting's correlations,
    [1, c, c] for each layer, as `gram` returns them. Being relative, all layers weigh alike.
    """
    errors = [
        (gram(features) - correlations).abs().mean() / (correlations.abs().mean() + _TINY)
        for features, correlations in zip(found, wanted, strict=True)
    ]
    return torch.stack(errors).sum()


def content(found: Tensor, wanted: Tensor) -> Tensor:
    """Returns how far the shapes in pictures are from those in their sources: the squared difference of the features,
    both [n, c, h, w], relative to the sources' own square."""
    wanted = wanted.detach()
    return F.mse_loss(found, wanted) / (wanted.square().mean() + _TINY)


def variation(pictures: Tensor) -> Tensor:
    """Returns the total variation of ``pictures`` [n, c, h, w]: the mean absolute difference of neighbours, down plus
    across. It keeps single pixels from sticking out."""
    down = (pictures[:, :, 1:] - pictures[:, :, :-1]).abs().mean()
    across = (pictures[:, :, :, 1:] - pictures[:, :, :, :-1]).abs().mean()
    return down + across
