"""A network's weights under whatever keys and prefixes training scripts put them: found, and the same network."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from tests.folders import FIELD
from tests.model import authors
from vj.base.errors import BadInput
from vj.model.files.checkpoint import network, recognise

KEYS = ("gen", "generator", "weights", "net_g", "params", "params_ema", "state_dict", "whatever")
PREFIXES = (
    *("module.", "model.", "net.", "netG.", "generator.", "transformer.", "student.", "_orig_mod.", "ema."),
    *("module._orig_mod.", "generator.module.", "net.transformer."),
)
NETS: dict[str, Callable[[], nn.Module]] = {
    "fast style": lambda: authors.FastStyle(False),
    "U-Net": lambda: authors.Unet(5, 2, "batch"),
    "ResNet": authors.Resnet,
}
IMAGE = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))


def computed(path: Path) -> Tensor:
    module = network(path, recognise(path)).module
    assert module is not None
    with torch.no_grad():
        return module()(IMAGE)


@pytest.fixture(scope="module", params=NETS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Tensor], Tensor]:
    """A network's tensors, and what it makes of the image."""
    torch.manual_seed(0)
    tensors = dict(authors.seeded(NETS[request.param]()).state_dict())
    path = tmp_path_factory.mktemp("plain") / "net.pth"
    torch.save(tensors, path)
    return tensors, computed(path)


@pytest.mark.parametrize("key", KEYS)
def test_keys(key: str, made: tuple[dict[str, Tensor], Tensor], tmp_path: Path) -> None:
    tensors, expected = made
    path = tmp_path / "net.pth"
    torch.save({"epoch": 7, key: tensors, "disc": {"other.weight": torch.zeros(3)}}, path)
    assert torch.equal(computed(path), expected)
    torch.save({"checkpoint": {"step": 1, key: tensors}}, path)
    assert torch.equal(computed(path), expected)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_prefixes(prefix: str, made: tuple[dict[str, Tensor], Tensor], tmp_path: Path) -> None:
    tensors, expected = made
    path = tmp_path / "net.pth"
    named = {f"{prefix}{name}": tensor for name, tensor in tensors.items()}
    torch.save(named, path)
    assert torch.equal(computed(path), expected)
    torch.save({"state_dict": named | {"discriminator.0.weight": torch.zeros(2, 2)}}, path)
    assert torch.equal(computed(path), expected)


def test_the_file_that_was_brought() -> None:
    plain = FIELD / "checkpoint_same_network_plain_reference.pth"
    wrapped = FIELD / "checkpoint_key_generator_state_dict.pth"
    assert recognise(wrapped).options == recognise(plain).options
    assert torch.equal(computed(wrapped), computed(plain))


def test_what_is_none_is_still_refused_by_its_own_names(tmp_path: Path) -> None:
    torch.save({"gen": {"net.strange.weight": torch.zeros(3)}}, tmp_path / "net.pth")
    with pytest.raises(BadInput, match=r"net\.pth.*strange"):
        recognise(tmp_path / "net.pth")
