"""What holds for every network: half precision changes little of its picture, and it runs on any device alone."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from tests.model import whole
from tests.model.elsewhere import ELSEWHERE, moved, only_elsewhere
from vj.model.files.architectures import NETS, PACKAGED
from vj.model.nets.adain import statistics
from vj.model.runtime.picture_pass import PicturePass

LARGE = (224, 320)
"""71,680 places: more than the largest number in half precision."""
NAMES = [*whole.KINDS, *whole.CLASSIFIERS]


def given(name: str) -> list[Tensor]:
    """A photograph and controls for the network."""
    kind = whole.KINDS.get(name)
    takes = kind.takes if kind else whole.CLASSIFIERS[name][2]
    controls = [torch.full(control.shape, control.sample) for control in (kind.controls if kind else ())]
    return [whole.picture(takes, *LARGE), *controls]


def test_every_network_is_among_them() -> None:
    assert set(NETS) - set(PACKAGED) <= set(NAMES)


@pytest.fixture
def as_on_a_card(monkeypatch: pytest.MonkeyPatch) -> None:
    """Convolutions in half precision add up in single precision, as cards do: processors without it take minutes."""
    for name in ("conv2d", "conv_transpose2d"):
        monkeypatch.setattr(functional, name, partial(_convolved, getattr(functional, name)))


def _convolved(
    convolve: Callable[..., Tensor], seen: Tensor, weight: Tensor, bias: Tensor | None = None, *how: Any, **more: Any
) -> Tensor:
    if seen.dtype != torch.float16:
        return convolve(seen, weight, bias, *how, **more)
    return convolve(seen.float(), weight.float(), None if bias is None else bias.float(), *how, **more).half()


@pytest.mark.usefixtures("as_on_a_card")
@pytest.mark.parametrize("name", NAMES)
def test_half_precision(name: str) -> None:
    net, inputs = whole.made(name), given(name)
    with torch.inference_mode():
        wanted = net(*inputs)
        found = net.half()(*(one.half() for one in inputs)).float()
    assert wanted.std() > 0.05 * wanted.abs().max()
    assert float((found - wanted).norm() / wanted.norm()) < 0.01


@pytest.mark.parametrize("name", NAMES)
def test_it_runs_elsewhere_without_the_processor(name: str) -> None:
    net, inputs = whole.made(name).to(ELSEWHERE).half(), [one.half() for one in moved(given(name))]
    with torch.inference_mode(), only_elsewhere():
        assert net(*inputs).device == ELSEWHERE


@pytest.mark.parametrize("name", whole.KINDS)
def test_the_whole_pass_runs_elsewhere_without_the_processor(name: str) -> None:
    """From bytes to bytes, as a card records it."""
    around = PicturePass(whole.network(name), whole.made(name).to(ELSEWHERE).half(), ELSEWHERE, torch.float16)
    seen, controls = torch.empty(1, *LARGE, 3, dtype=torch.uint8, device=ELSEWHERE), moved(given(name)[1:])
    with torch.inference_mode(), only_elsewhere():
        shown, mean = around(seen, *controls)
    assert (shown.shape, shown.dtype, shown.device, mean.device) == (seen.shape, torch.uint8, ELSEWHERE, ELSEWHERE)


@pytest.mark.parametrize(
    "work",
    [
        lambda x: torch.ones(3).to(x),
        lambda x: x + torch.zeros(8, 8),
        lambda x: torch.tensor([1.0, 2.0], device=x.device),
        lambda x: x * float(x.sum()),
    ],
    ids=["copied", "mixed", "made of numbers", "waited for"],
)
def test_what_needs_the_processor_is_found_out(work: Callable[[Tensor], Tensor]) -> None:
    with pytest.raises((AssertionError, RuntimeError)), only_elsewhere():
        work(torch.empty(8, 8, device=ELSEWHERE))


def test_the_deviation_of_features_over_many_places() -> None:
    """Their squares' sum is beyond half precision, at 1280x704 already in features an eighth as large."""
    features = 6.0 * torch.randn((1, 8, *LARGE), generator=torch.Generator().manual_seed(0)) + 3.0
    assert float(((features - 3.0) ** 2).sum((2, 3)).min()) > 65504
    (mean, deviation), (wanted, spread) = statistics(features.half()), statistics(features)
    assert torch.allclose(spread, features.std((2, 3), keepdim=True), rtol=1e-5)
    assert torch.allclose(mean.float(), wanted, rtol=1e-3)
    assert torch.allclose(deviation.float(), spread, rtol=2e-3)
