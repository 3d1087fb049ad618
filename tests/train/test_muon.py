"""Muon: steps that turn every direction of a kernel by about the same amount."""

import torch

from vj.train.muon import Muon


def stepped(*gradients: torch.Tensor, rate: float = 1.0) -> list[torch.Tensor]:
    """How zeros change, in one step by ``gradients``: a matrix for each."""
    kernels = [torch.zeros_like(gradient).requires_grad_() for gradient in gradients]
    muon = Muon(kernels)
    for kernel, gradient in zip(kernels, gradients, strict=True):
        kernel.grad = gradient
    muon.step(rate)
    return [kernel.detach().flatten(1) for kernel in kernels]


def test_all_directions_change_alike_however_long_gradients_are() -> None:
    torch.manual_seed(0)
    gradients = [torch.randn(24, 12, 3, 3) * 1e-6, torch.randn(48, 48, 3, 3) * 1e3, torch.randn(12, 24, 3, 3)]
    for change in stepped(*gradients):
        values = torch.linalg.svdvals(change)
        assert values.min() > 0.6
        assert values.max() < 1.3


def test_it_goes_down_the_gradient_as_far_as_the_rate_says() -> None:
    torch.manual_seed(1)
    gradient = torch.randn(8, 4, 3, 3)
    (whole,), (half,) = stepped(gradient), stepped(gradient, rate=0.5)
    assert torch.allclose(whole, 2 * half)
    assert (whole * gradient.flatten(1)).sum() < 0
    rotated, _, turned = torch.linalg.svd(gradient.flatten(1), full_matrices=False)
    assert torch.nn.functional.cosine_similarity(whole.flatten(), -(rotated @ turned).flatten(), dim=0) > 0.97


def test_a_gradient_of_zero_changes_nothing() -> None:
    (change,) = stepped(torch.zeros(8, 4, 3, 3))
    assert (change == 0).all()
