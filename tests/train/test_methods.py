"""Every method: what a step does, and what it can learn."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.train.sets import blobs
from vj.model.classifier import Classifier
from vj.model.network import UNIT
from vj.train.batches import as_floats
from vj.train.cut_method import CutMethod
from vj.train.cyclegan_method import CycleGanMethod
from vj.train.image_pool import ImagePool
from vj.train.method import Method, StepRandom, average_weight, fades
from vj.train.pix2pix_method import Pix2PixMethod, UNetMethod
from vj.train.process_group import ProcessGroup
from vj.train.settings import METHODS, TrainingSettings, usual
from vj.train.style_method import StyleMethod

CPU = torch.device("cpu")
KINDS = {"pix2pix": Pix2PixMethod, "unet": UNetMethod, "cyclegan": CycleGanMethod, "cut": CutMethod}
UNET = {"filters": 8, "levels": 4, "kind": "instance", "bias": True}
RESNET = {"filters": 8, "blocks": 1}
JUDGE = {"filters": 8, "layers": 1}


def small(method: str, **other: object) -> TrainingSettings:
    """Settings that take milliseconds a step."""
    generator = UNET if method in ("pix2pix", "unet") else RESNET
    if method == "cut":
        generator = {**RESNET, "shrinking": 3, "growing": 4}
    judged = JUDGE if method in ("pix2pix", "cyclegan", "cut") else {}
    given = {
        "generator": generator,
        "discriminator": judged,
        "side": 32,
        "batch": 2,
        "rate": 2e-3,
        "numbers": "float32",
    }
    return usual(method, "tiny", **{**given, **other})


def made(method: str, **other: object) -> Method:
    settings = small(method, **other)
    if method == "style":
        return StyleMethod(settings, CPU, ProcessGroup(), seeing(), blobs(9, 64))
    return KINDS[method](settings, CPU, ProcessGroup())


def seeing() -> Classifier:
    """A classifier with random weights."""

    def module() -> nn.Module:
        torch.manual_seed(0)
        layers = [nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU(), nn.Conv2d(8, 8, 3, 2, 1), nn.ReLU(), nn.Conv2d(8, 8, 3, 2, 1)]
        net = nn.Sequential(*layers, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3))
        return net.eval().requires_grad_(False)

    return Classifier("random", "training-test", UNIT, module, 3, ("1", "2", "3"))


@pytest.fixture
def pictures() -> tuple[Tensor, Tensor]:
    a = as_floats([blobs(1), blobs(2)])
    return a, -a.flip(1)


@pytest.mark.parametrize("method", METHODS)
def test_a_step_changes_every_network_and_repeats(method: str, pictures: tuple[Tensor, Tensor]) -> None:
    first, again = made(method), made(method)
    before = {name: [p.clone() for p in net.parameters()] for name, net in first.nets.items()}
    losses = [one.step(*pictures, StepRandom(0, 0)) for one in (first, again)]
    assert losses[0] == losses[1]
    assert all(torch.isfinite(loss) for loss in losses[0].values())
    for name, parameters in before.items():
        assert any(not torch.equal(*two) for two in zip(parameters, first.nets[name].parameters(), strict=True)), name
    shown = first.shown(first.nets, *pictures)
    assert len(shown) == len(first.columns)
    assert all(column.shape == pictures[0].shape for column in shown)


@pytest.mark.parametrize("method", ["pix2pix", "unet"])
def test_one_pair_is_learned_by_heart(method: str) -> None:
    pair = as_floats([blobs(1)]), as_floats([blobs(2)])
    learner = made(method, batch=1, discriminator=JUDGE if method == "pix2pix" else {})
    error = 1.0
    for step in range(400):
        learner.set_rate(fades(step / 400))
        error = float(learner.step(*pair, StepRandom(0, step))["L1"])
    assert error < 0.02


def test_a_known_change_of_colours_is_found_without_pairs() -> None:
    """Side b has its channels exchanged; no picture is in both. Few bright squares on dark ones, so that the negative
    is no answer."""

    def warm(numbers: range) -> Tensor:
        """Pictures in shades of orange."""
        found = []
        for number in numbers:
            random = np.random.default_rng(number)
            bright, dark = 0.6 + 0.4 * random.random((4, 4, 1)), 0.2 * random.random((4, 4, 1))
            light = np.where(random.random((4, 4, 1)) < 0.25, bright, dark)
            colours = (0.1 + 0.9 * light) * [1.0, 0.6, 0.25] * (0.9 + 0.1 * random.random((4, 4, 3)))
            found.append((255 * colours).astype(np.uint8).repeat(4, 0).repeat(4, 1))
        return as_floats(found)

    exchanged = [2, 0, 1]
    generator = {"filters": 8, "blocks": 1, "downs": 0}
    learner = made("cyclegan", generator=generator, discriminator={"filters": 16, "layers": 1}, batch=4, pool=20)
    for step in range(200):
        learner.set_rate(fades(step / 200))
        seen = warm(range(8 * step, 8 * step + 8))
        learner.step(seen[:4], seen[4:, exchanged], StepRandom(0, step))
    held = warm(range(90_000, 90_016))
    with torch.no_grad():
        there, back = learner.nets["AB"](held), learner.nets["BA"](held[:, exchanged])
    assert float((there - held[:, exchanged]).abs().mean()) / 2 < 0.05
    assert float((back - held).abs().mean()) / 2 < 0.05
    assert float((held - held[:, exchanged]).abs().mean()) / 2 > 0.1, "doing nothing is no answer"


def test_without_skips_nothing_passes_by_the_inside(pictures: tuple[Tensor, Tensor]) -> None:
    """Shifting a detail that the innermost level can't hold changes nothing beyond it."""
    learner = made("unet", skips=False)
    for step in range(3):
        learner.step(*pictures, StepRandom(0, step))
    for level in range(3):
        weight = learner.nets["G"].ups[level].conv.weight  # type: ignore[index, union-attr]
        half = len(weight) // 2
        assert not weight[:half].any()
        assert weight[half:].abs().min() > 0 or weight[half:].any()


def test_dropout_drops_half_of_single_numbers() -> None:
    from vj.train.pix2pix_method import _masks

    unet = made("unet", generator={**UNET, "filters": 2, "levels": 7}, side=128).nets["G"]
    masks = _masks(unet, torch.zeros(2, 3, 128, 128), StepRandom(0, 0))
    assert [tuple(mask.shape) for mask in masks] == [(2, 16, 4, 4), (2, 16, 8, 8)]
    assert all(set(mask.unique().tolist()) == {0.0, 2.0} for mask in masks)
    assert abs(float(masks[1].mean()) - 1.0) < 0.1


def test_the_pool_returns_older_pictures() -> None:
    pool = ImagePool(4)
    random = np.random.default_rng(0)
    flat = [torch.full((1, 3, 2, 2), value) for value in np.linspace(-1, 1, 60)]
    found = [pool.exchanged(picture, random) for picture in flat]
    assert all(torch.equal(*two) for two in zip(found[:4], flat[:4], strict=True)), "while it isn't full"
    older = [not torch.allclose(*two, atol=0.01) for two in zip(found[4:], flat[4:], strict=True)]
    assert 0.3 < np.mean(older) < 0.7
    assert pool.kept.shape == (4, 3, 2, 2)
    assert ImagePool(0).exchanged(flat[0], random) is flat[0]


def test_the_rate_fades_in_the_second_half() -> None:
    assert [fades(progress) for progress in (0.0, 0.5, 0.75, 1.0, 1.1)] == [1.0, 1.0, 0.5, 0.0, 0.0]


def test_averages_begin_at_once() -> None:
    assert average_weight(0, 0.999) == pytest.approx(0.1)
    assert average_weight(10**6, 0.999) == 0.999
