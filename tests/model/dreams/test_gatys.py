"""Optimised style transfer: its gradient is its loss's, pictures come to look like the painting, and stay so."""

import math
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from skimage import data
from torch import Tensor, nn

from vj.base.convert import resize
from vj.base.errors import BadInput
from vj.base.frame import Pixels, Size
from vj.base.paths import picture as picture_path
from vj.model.classifier import Classifier
from vj.model.dreams.adam import Adam
from vj.model.dreams.colours import Colours
from vj.model.dreams.gatys import Gatys
from vj.model.files.library import Entry, find
from vj.model.gradient.gram import SOFT, Gram, chosen, described, parts
from vj.model.gradient.step import Steps
from vj.model.gradient.written import Autograd, Written
from vj.model.nets.efficientnet_lite import EfficientNetLite
from vj.model.nets.resnet import ResNet
from vj.model.nets.vgg import Vgg
from vj.model.network import UNIT
from vj.model.runtime.prepare import prepare
from vj.model.style_images import read
from vj.params.param import Value

SIZE = Size(96, 64)
NIGHT, WAVE = "swirling_night.jpg", "woodcut_wave.jpg"
NETS = {
    "vgg": (
        lambda: Vgg(stages=[[8] * 2, [8] * 2, [8] * 4, [8] * 4, [8] * 4], norm=False, hidden=0, classes=0),
        ("features.1", "features.6", "features.11", "features.20", "features.29"),
        "features.22",
    ),
    "resnet": (
        lambda: ResNet(blocks=[2, 2, 2, 2], filters=8, width=0, groups=1, classes=5),
        ("bn1", "maxpool", "layer2.0", "layer3.0"),
        "layer2.0",
    ),
    "lite": (
        lambda: EfficientNetLite(
            stages=[[1, 4], [2, 6], [2, 8], [3, 10], [3, 12], [1, 14], [1, 16]], stem=4, head=24, classes=7
        ),
        ("_bn0", "_blocks.1._relu0", "_blocks.2._relu0", "_blocks.4._relu0", "_blocks.6._relu0"),
        "_blocks.7",
    ),
}


@cache
def steps(name: str) -> Steps:
    torch.manual_seed(0)
    net: nn.Module = NETS[name][0]().eval().requires_grad_(False)
    return Steps(Classifier(name, f"test-gatys-{name}", UNIT, lambda: net, 7, ()))


def errors(found: Tensor, wanted: Tensor) -> Tensor:
    """Sum of absolute differences by that of what is wanted, rounded at the foot."""
    foot = SOFT * wanted.abs().mean()
    return ((found - wanted) ** 2 + foot**2).sqrt().sum() / wanted.abs().sum()


def loss(activations: Sequence[Tensor], beside: Tensor, controls: Sequence[Tensor]) -> Tensor:
    """As `Gram` says it."""
    content, tones, *rest = controls
    total = content * ((activations[-1] - beside) ** 2).sum() / (beside**2).sum()
    for place, numbers in enumerate(activations[:-1]):
        weight, gram, mean, deviation = rest[4 * place : 4 * place + 4]
        flat = numbers[0].flatten(1)
        spread = flat.var(1, correction=0, keepdim=True).sqrt()
        tone = errors(flat.mean(1, keepdim=True), mean) + errors(spread, deviation)
        total = total + weight * (errors(flat @ flat.T / flat.shape[1], gram) + tones * tone)
    return total


def pictured(seed: int) -> list[Tensor]:
    """Activations of two style layers and one of content."""
    random = torch.Generator().manual_seed(seed)
    shapes = ((1, 6, 8, 12), (1, 10, 4, 6), (1, 4, 2, 3))
    return [torch.rand(shape, generator=random, dtype=torch.float64) for shape in shapes]


def wanted(activations: Sequence[Tensor], weights: Sequence[float]) -> list[Tensor]:
    """Controls for the style of these."""
    numbers = described(activations)
    found = [torch.tensor([0.7]), torch.tensor([0.4])]
    for weight, row in zip(weights, parts(numbers, [one.shape[1] for one in activations]), strict=True):
        found += [torch.tensor([weight]), *(torch.from_numpy(one) for one in row)]
    return [one.double() for one in found]


def test_the_seeds_are_the_losss_derivative() -> None:
    objective, own, beside = Gram(("fine", "coarse"), "shapes"), pictured(1), pictured(2)[-1]
    controls = wanted(pictured(3)[:-1], (0.5, 2.0))
    seeds = objective.seeds(own, [beside], controls)
    leaves = [one.clone().requires_grad_() for one in own]
    gradients = torch.autograd.grad(loss(leaves, beside, controls), leaves)
    places = 8 * 12
    for seed, gradient in zip(seeds, gradients, strict=True):
        assert float((seed + places * gradient).norm() / gradient.norm()) < 1e-4 * places


@pytest.mark.parametrize("name", NETS)
def test_layers_go_from_fine_to_coarse(name: str) -> None:
    objective = chosen(steps(name))
    assert objective.layers == (*NETS[name][1], NETS[name][2])
    assert objective.beside == (NETS[name][2],)


def test_a_runtime_takes_it_at_any_size() -> None:
    small = steps("lite")
    objective = chosen(small)
    network = small.network(objective, SIZE)
    controls = [np.full(control.shape, control.sample, np.float32) for control in network.controls]
    sample = network.sample(SIZE)
    results = []
    for backend in ("torch", "openvino-f32"):
        out = np.zeros((SIZE.height, SIZE.width, 3), np.float32)
        assert math.isfinite(prepare(network, SIZE, backend).run(sample, controls, out))
        results.append(out)
    assert np.linalg.norm(results[0] - results[1]) < 0.02 * np.linalg.norm(results[0])


@pytest.fixture(scope="module")
def made() -> Gatys:
    """One for all: reading the classifier takes seconds."""
    entry = find("gatys")
    entry.fetch(lambda doing, part: None)
    model = Entry.from_job(entry.to_job()).make_model("torch")
    assert isinstance(model, Gatys)
    return model


@pytest.fixture
def model(made: Gatys) -> Iterator[Gatys]:
    yield made
    made.begin_again()


def test_efficientnet_has_autograds_gradient(made: Gatys) -> None:
    objective, graph, takes = made.strokes.gram, made.steps.layers, made.steps.classifier.takes
    assert objective.layers[-1] == "_blocks.8"
    random = torch.Generator().manual_seed(5)
    shapes = [graph[layer].shape for layer in objective.layers]
    controls = [torch.rand(one.shape, generator=random).double() for one in objective.controls(shapes)]
    pictures = torch.rand(1, 6, 64, 96, generator=random, dtype=torch.float64)
    written = made.steps.written(objective)
    assert isinstance(written, Written)
    autograd = Autograd(made.steps.classifier.module().double(), objective, takes).double()
    found, right = written.double()(pictures, *controls), autograd(pictures, *controls)
    assert float((found - right).norm() / right.norm()) < 1e-4  # folded kernels are rounded to 32 bits


def settings(model: Gatys, **values: Value) -> dict[str, Value]:
    return {param.name: param.default for param in model.params} | {"style_image": NIGHT, "fade": 0.0} | values


def photograph() -> Pixels:
    return resize(np.ascontiguousarray(data.astronaut()[100:400]), SIZE)


def strangeness(model: Gatys, picture: Pixels, painting: str) -> float:
    """How far the picture's style is from the painting's: the loss without content."""
    numbers = model.strokes.described(read(picture_path(painting)), SIZE, 1.0)
    (controls,) = model.strokes.controls(numbers, settings(model, content=0.0))
    activations = model.steps.features(picture, model.strokes.gram.layers)
    return float(loss(activations, activations[-1], [torch.from_numpy(one) for one in controls]))


class Play:
    """Plays the model at 25 pictures a second on a photograph that moves on by ``across`` pixels each time."""

    def __init__(self, model: Gatys, across: int = 0) -> None:
        self.model, self.easel, self.across, self.now = model, model.prepare(SIZE), across, 0.0
        self.out = np.zeros((SIZE.height, SIZE.width, 3), np.uint8)

    def on(self, count: int, **values: Value) -> Pixels:
        for _ in range(count):
            seen = np.roll(photograph(), round(self.now * 25) * self.across, 1)
            mean = self.easel.run(seen, self.out, settings(self.model, **values), self.now)
            assert mean == pytest.approx(float(self.out.mean()) / 255, abs=0.01)
            self.now += 0.04
        return self.out.copy()


def test_a_still_picture_comes_nearer_with_every_size(model: Gatys) -> None:
    pictures = [one.copy() for one in model.develop(photograph(), settings(model), 15)]
    assert len(pictures) == 16
    assert {one.shape for one in pictures} == {(64, 96, 3)}
    assert np.array_equal(pictures[0], photograph())
    first, middle, last = (strangeness(model, pictures[at], NIGHT) for at in (0, 8, 15))
    assert last < middle < 0.7 * first
    assert last < 0.4 * first


def test_a_live_picture_comes_nearer_and_follows_another_painting(model: Gatys) -> None:
    play = Play(model, across=1)
    begun, painted = play.on(1), play.on(12)
    assert strangeness(model, painted, NIGHT) < 0.75 * strangeness(model, begun, NIGHT)
    night = model.strokes.at(NIGHT, SIZE, 1.0)
    while model.strokes.at(WAVE, SIZE, 1.0) is night:
        play.on(1, style_image=WAVE)
    repainted = play.on(14, style_image=WAVE)
    assert strangeness(model, repainted, WAVE) < 0.6 * strangeness(model, painted, WAVE)


def test_a_still_source_comes_to_rest(model: Gatys) -> None:
    play = Play(model)
    assert strangeness(model, play.on(15), NIGHT) < 0.6 * strangeness(model, photograph(), NIGHT)
    changes = [np.abs(play.on(1).astype(int) - before).mean() for before in (play.out.astype(int) for _ in range(5))]
    assert max(changes) < 3.0  # grey levels


def test_what_is_new_begins_in_the_paintings_colours(model: Gatys) -> None:
    play = Play(model)
    play.on(10)
    wave = Colours(read(picture_path(WAVE)) / np.float32(255))
    other = np.ascontiguousarray(data.chelsea()[:64, :96])
    play.easel.run(other, play.out, settings(model, style_image=NIGHT, step=0.0), play.now)
    own = model.strokes.at(NIGHT, SIZE, 1.0)
    assert own is not None
    assert np.allclose(play.out.mean((0, 1)) / 255, own.colours.mean, atol=0.06)
    assert not np.allclose(play.out.mean((0, 1)) / 255, wave.mean, atol=0.06)


def test_a_painting_that_cannot_be_read_leaves_the_last_one(model: Gatys, tmp_path: Path) -> None:
    play = Play(model)
    play.on(1)
    (tmp_path / "broken.png").write_bytes(b"none")
    while not model.notice:
        play.on(1, style_image=str(tmp_path / "broken.png"))
    assert "broken.png can't be read" in model.notice
    with pytest.raises(BadInput, match=r"broken\.png can't be read"):
        list(islice(model.develop(photograph(), settings(model, style_image=str(tmp_path / "broken.png")), 1), 2))


def test_the_size_may_change(model: Gatys) -> None:
    Play(model).on(3)
    small = np.zeros((64, 64, 3), np.uint8)
    seen = resize(photograph(), Size(64, 64))
    assert math.isfinite(model.prepare(Size(64, 64)).run(seen, small, settings(model), 1.0))
    assert small.std() > 10


def test_colours_are_brought_over() -> None:
    random = np.random.default_rng(0)
    one = (random.random((64, 64, 3), np.float32) * (0.4, 0.6, 0.5) + (0.1, 0.2, 0.3)).astype(np.float32)
    other = Colours(
        random.random((64, 64, 3), np.float32) @ np.array(((0.4, 0.2, 0), (0, 0.3, 0.1), (0, 0, 0.4))) + 0.2
    )
    found = Colours(other.on(one))
    assert np.allclose(found.mean, other.mean, atol=0.01)
    assert np.allclose(found.covariance, other.covariance, atol=0.003)
    assert np.allclose(other.on(one, 0.0), one, atol=1e-4)


def test_steps_add_up_only_where_gradients_agree() -> None:
    adam, canvas = Adam(Size(2, 1)), np.full((1, 2, 3), 0.5, np.float32)
    for sign in (1, -1) * 10:
        adam.climb(canvas, np.array([[[1.0] * 3, [float(sign)] * 3]], np.float32), 0.01)
    assert np.all(canvas[0, 0] > 0.6)
    assert np.allclose(canvas[0, 1], 0.5, atol=0.01)
    adam.move(lambda learned: learned[:, ::-1], np.array([[[0.0], [1.0]]], np.float32))
    before = canvas.copy()
    adam.climb(canvas, np.zeros((1, 2, 3), np.float32), 0.01)
    assert np.array_equal(canvas[0, 0], before[0, 0])
    assert np.all(canvas[0, 1] > before[0, 1])
