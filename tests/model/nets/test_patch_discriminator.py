"""The discriminator: its authors' layout, and the patch that a score stands for."""

import pytest
import torch
from torch import nn

from vj.model.nets.patch_discriminator import PatchDiscriminator


def theirs(filters: int, layers: int, norm: type[nn.Module], bias: bool) -> nn.Sequential:
    """Put together as in the authors' code."""
    sequence: list[nn.Module] = [nn.Conv2d(3, filters, 4, 2, 1), nn.LeakyReLU(0.2, True)]
    now = 1
    for layer in range(1, layers):
        before, now = now, min(2**layer, 8)
        sequence += [nn.Conv2d(filters * before, filters * now, 4, 2, 1, bias=bias), norm(filters * now)]
        sequence += [nn.LeakyReLU(0.2, True)]
    before, now = now, min(2**layers, 8)
    sequence += [nn.Conv2d(filters * before, filters * now, 4, 1, 1, bias=bias), norm(filters * now)]
    return nn.Sequential(*sequence, nn.LeakyReLU(0.2, True), nn.Conv2d(filters * now, 1, 4, 1, 1))


@pytest.mark.parametrize("kind", ["batch", "instance"])
def test_it_has_its_authors_layout(kind: str) -> None:
    norm = nn.BatchNorm2d if kind == "batch" else nn.InstanceNorm2d
    other = theirs(4, 3, norm, kind == "instance").eval()
    own = PatchDiscriminator(3, 4, 3, kind).eval()  # type: ignore[arg-type]
    own.model.load_state_dict(other.state_dict())
    picture = torch.rand(1, 3, 64, 64)
    assert torch.allclose(own(picture), other(picture), atol=1e-6)


@pytest.mark.parametrize(("layers", "patch", "side"), [(3, 70, 6), (2, 34, 14)])
def test_the_patch_of_a_score(layers: int, patch: int, side: int) -> None:
    """The pixels that one score depends on, found by their gradients."""
    own = PatchDiscriminator(3, 4, layers)
    for place, layer in enumerate(own.model):
        if isinstance(layer, nn.InstanceNorm2d):
            own.model[place] = nn.Identity()
    picture = torch.rand(1, 3, 128 if layers == 3 else 64, 128 if layers == 3 else 64, requires_grad=True)
    scores = own(picture)
    middle = scores.shape[-1] // 2
    scores[0, 0, middle, middle].backward()
    assert picture.grad is not None
    touched = picture.grad[0].abs().sum(0).sum(0).nonzero()
    assert int(touched.max() - touched.min()) + 1 == patch
    assert scores.shape[-1] == (14 if layers == 3 else side)
