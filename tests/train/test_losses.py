"""Each loss against its formula, written out in NumPy or in loops."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from vj.train import losses


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def close(found: Tensor, wanted: float) -> bool:
    return bool(abs(float(found) - wanted) < 1e-5 * max(1.0, abs(wanted)))


@pytest.mark.parametrize("real", [True, False])
def test_least_squares(real: bool) -> None:
    scores = random(2, 1, 3, 4)
    wanted = ((scores.numpy() - (1.0 if real else 0.0)) ** 2).mean()
    assert close(losses.adversarial(scores, real, "lsgan"), wanted)


@pytest.mark.parametrize("real", [True, False])
def test_cross_entropy(real: bool) -> None:
    scores = random(2, 1, 3, 4)
    chance = 1.0 / (1.0 + np.exp(-scores.double().numpy()))
    wanted = -np.log(chance if real else 1.0 - chance).mean()
    assert close(losses.adversarial(scores, real, "vanilla"), wanted)


@pytest.mark.parametrize("kind", losses.ADVERSARIES)
def test_a_discriminator_is_right_when_it_tells_them_apart(kind: losses.Adversary) -> None:
    real, made = random(1, 1, 2, 2), random(1, 1, 2, 2, seed=1)
    wanted = (losses.adversarial(real, True, kind) + losses.adversarial(made, False, kind)) / 2
    assert close(losses.discrimination(real, made, kind), float(wanted))
    far = 100.0 if kind == "vanilla" else 1.0
    low = far if kind == "lsgan" else 2 * far
    assert losses.discrimination(torch.full((1, 1, 2, 2), far), torch.full((1, 1, 2, 2), far - low), kind) < 1e-6


def test_absolute() -> None:
    a, b = random(2, 3, 4, 5), random(2, 3, 4, 5, seed=1)
    assert close(losses.absolute(a, b), np.abs(a.numpy() - b.numpy()).mean())


def test_patch_contrast() -> None:
    queries, keys = (nn.functional.normalize(random(2, 5, 7, seed=seed), dim=-1) for seed in (0, 1))
    errors = []
    for query, key in zip(queries.double().numpy(), keys.double().numpy(), strict=True):
        for place in range(5):
            similar = np.exp(key @ query[place] / 0.07)
            errors.append(-np.log(similar[place] / similar.sum()))
    assert close(losses.patch_contrast(queries, keys), float(np.mean(errors)))


def test_patch_contrast_teaches_only_what_was_made() -> None:
    queries, keys = random(1, 4, 3).requires_grad_(), random(1, 4, 3, seed=1).requires_grad_()
    losses.patch_contrast(queries, keys).backward()
    assert queries.grad is not None
    assert queries.grad.abs().sum() > 0
    assert keys.grad is None


def test_gram() -> None:
    features = random(2, 3, 4, 5)
    wanted = np.einsum("nahw,nbhw->nab", features.numpy(), features.numpy()) / 20
    assert np.allclose(losses.gram(features).numpy(), wanted, atol=1e-5)


def test_style_and_content() -> None:
    found = [random(2, 3, 4, 5), random(2, 6, 2, 2, seed=1)]
    wanted = [losses.gram(random(1, *features.shape[1:], seed=2)) for features in found]
    by_hand = 0.0
    for features, correlations in zip(found, wanted, strict=True):
        own = np.einsum("nahw,nbhw->nab", features.numpy(), features.numpy()) / features[0, 0].numel()
        by_hand += np.abs(own - correlations.numpy()).mean() / np.abs(correlations.numpy()).mean()
    assert close(losses.style(found, wanted), by_hand)
    other = random(2, 3, 4, 5, seed=3)
    relative = ((found[0] - other).numpy() ** 2).sum() / (other.numpy() ** 2).sum()
    assert close(losses.content(found[0], other), relative)


def test_variation() -> None:
    picture = random(1, 3, 6, 5).numpy()
    wanted = np.abs(np.diff(picture, axis=2)).mean() + np.abs(np.diff(picture, axis=3)).mean()
    assert close(losses.variation(torch.from_numpy(picture)), wanted)
