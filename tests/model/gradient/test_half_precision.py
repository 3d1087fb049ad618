"""In half precision, whose numbers end at 65,504, a step computes what it does in 32-bit floats, at any size."""

from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor, nn

from tests.model.gradient.networks import Inception, Mobile, Plain
from tests.model.gradient.test_written import made, relative, samples
from vj.model.gradient.gram import Gram, described, parts
from vj.model.gradient.graph import Operation, read
from vj.model.gradient.half_precision import about_to_be_rounded, levelled, narrowed
from vj.model.gradient.objective import Guide, Objective, Towards, Units, window
from vj.model.gradient.rules import RULES, rule, summed_to
from vj.model.gradient.written import Autograd, Gradient, Written
from vj.model.network import UNIT

LARGE = (224, 320)
"""71,680 places."""
DEEP = (28, 40)


def halved(numbers: Sequence[Tensor]) -> list[Tensor]:
    return [one.half() for one in numbers]


def noise(shape: tuple[int, ...], seed: int = 0, strength: float = 1.0) -> Tensor:
    return strength * torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def styled(own: Sequence[Tensor], other: Sequence[Tensor]) -> list[Tensor]:
    """Controls of `Gram` for the style of ``other``."""
    found = [torch.tensor([0.7]), torch.tensor([0.4])]
    for row in parts(described(other), [one.shape[1] for one in own]):
        found += [torch.tensor([1.0]), *(torch.from_numpy(one.copy()) for one in row)]
    return found


@pytest.mark.parametrize("strength", [0.05, 1.0, 400.0])
def test_a_style_over_many_places(strength: float) -> None:
    """Weak features too, whose share of a mean is nearly nothing, and strong ones, whose squares are too much."""
    shapes = ((1, 6, *LARGE), (1, 8, *DEEP), (1, 4, *DEEP))
    own, other = ([noise(shape, seed + place, strength) for place, shape in enumerate(shapes)] for seed in (1, 7))
    controls, objective = styled(own[:-1], other[:-1]), Gram(("fine", "coarse"), "shapes")
    wanted = objective.seeds(own, other[-1:], controls)
    found = objective.seeds(halved(own), halved(other[-1:]), [controls[0].half(), controls[1].half(), *controls[2:]])
    for one, seed in zip(found, wanted, strict=True):
        assert relative(one, seed) < 0.02


@pytest.mark.parametrize("reach", [0.001, 0.02, 1.0])
def test_a_window_in_a_large_picture(reach: float) -> None:
    numbers, where = noise((1, 2, *LARGE)), torch.tensor((0.5, 0.25, reach))
    wanted = window(numbers, where)
    assert float(wanted.max()) > 0.02
    assert relative(window(numbers.half(), where.half()), window(numbers, where.half().float())) < 1e-6


def test_one_neuron_among_many_places() -> None:
    """Divided by the mean of all absolute numbers, its own is beyond 65,504."""
    objective, numbers = Units(["layer"]), noise((1, 4, *LARGE))
    linear = torch.zeros(1, 4, 1, 1)
    linear[0, 1] = 1.0
    controls = [torch.zeros(1, 4, 1, 1), linear, torch.ones(1), torch.tensor((0.5, 0.5, 0.001))]
    (wanted,) = objective.seeds([numbers], (), controls)
    assert float(wanted.max()) > 65504
    (found,) = objective.seeds([numbers.half()], (), halved(controls))
    assert relative(found, wanted) < 0.05


def test_nothing_is_wanted_where_nothing_is_seen() -> None:
    numbers = torch.zeros(1, 4, 8, 8, dtype=torch.float16)
    controls = halved([torch.ones(1, 4, 1, 1), torch.zeros(1, 4, 1, 1), torch.ones(1), torch.tensor((0.5, 0.5, 1.0))])
    (found,) = Units(["layer"]).seeds([numbers], (), controls)
    assert not found.any()


def test_a_guide_whose_features_are_strong() -> None:
    objective, numbers = Guide("layer"), noise((1, 64, *DEEP), 1, 100.0)
    guide = noise((Guide.count, 64), 2, 100.0)
    guide[::2, :32] = 0.0
    (wanted,) = objective.seeds([numbers.half().float()], (), [guide.half().float()])
    (found,) = objective.seeds([numbers.half()], (), [guide.half()])
    assert torch.equal(found, wanted)


def test_a_class_that_is_nearly_reached() -> None:
    """What is left to gain is nothing in half precision, and yet a direction."""
    scores = torch.zeros(1, 1000)
    scores[0, 1] = 22.0
    wanted = torch.zeros(1, 1000)
    wanted[0, 1] = 1.0
    (wished,) = Towards("fc").seeds([scores], (), [wanted])
    (found,) = Towards("fc").seeds([scores.half()], (), [wanted.half()])
    assert float(wished.abs().max()) < 1e-6
    assert relative(found, wished) < 1e-5


def test_sums_over_places_are_wider_than_they() -> None:
    gradient = noise((1, 3, *LARGE)).half() + 1.0
    found = summed_to(gradient, torch.zeros(1, 3, 1, 1, dtype=torch.float16))
    assert found.dtype == torch.float32
    assert relative(found, gradient.float().sum((2, 3), keepdim=True)) < 1e-5
    assert summed_to(gradient, gradient) is gradient


def test_a_mean_over_many_places_and_back() -> None:
    mean, x = rule(Operation("mean", "mean", ("x",), {"dim": [2, 3]})), noise((1, 3, *LARGE)).half()
    gradient = noise((1, 3), 1, 0.01)
    (found,) = mean.backward(gradient, mean(x), x)
    assert relative(found, gradient[:, :, None, None].expand_as(x) / (LARGE[0] * LARGE[1])) < 1e-6


def test_only_what_is_about_to_be_rounded_is_levelled() -> None:
    half, wide = noise((1, 2, 4, 4)).half(), noise((1, 2, 4, 4), 1, 1e-7)
    assert about_to_be_rounded({"x": wide}, {"x": half})
    assert not about_to_be_rounded({"x": wide}, {"x": wide})
    assert not about_to_be_rounded({"x": half}, {"x": half})
    assert not about_to_be_rounded({"x": wide, "y": half}, {"x": half, "y": half}), "one is rounded already"
    assert not about_to_be_rounded({"x": wide[:, :, :1, :1]}, {"x": half[:, :, :1, :1]}), "it has no places"
    found = levelled({"x": wide, "y": 2.0 * wide})
    assert float(found["y"].max()) == pytest.approx(16.0)
    assert torch.allclose(found["y"], 2.0 * found["x"])
    assert narrowed(found["x"], half).dtype == torch.float16
    assert narrowed(wide[:, :, :1, :1], half[:, :, :1, :1]).dtype == torch.float32
    assert not levelled({"x": 0.0 * wide})["x"].any()


class Excited(nn.Module):
    """A picture whose channels are weighted by their means, twice: first at its full size."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.weights = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 1)
        self.second, self.fc = nn.Conv2d(8, 8, 3, 2, 1), nn.Linear(8, 6)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.tanh(self.first(x))
        x = x * torch.sigmoid(self.weights(x.mean((2, 3), keepdim=True)))
        return self.fc(torch.tanh(self.second(x)).mean((2, 3)))


def units(layer: str, shape: tuple[int, ...]) -> tuple[Objective, list[Tensor]]:
    objective = Units([layer])
    return objective, samples(objective, [shape])


def towards(layer: str, shape: tuple[int, ...]) -> tuple[Objective, list[Tensor]]:
    return Towards(layer), [torch.softmax(torch.randn(shape), 1)]


@pytest.mark.parametrize("kind", [Written, Autograd])
@pytest.mark.parametrize("wish", [units, towards])
def test_a_step_in_a_large_picture(kind: type[Gradient], wish: Callable[..., tuple[Objective, list[Tensor]]]) -> None:
    """Its mean's share of a place, and the sum over all places, are beyond half precision: here only smooth curves,
    so that no rounding switches a number off."""
    net = made(Excited)
    graph = read(net, 64)
    layer = list(graph.layers)[-1]
    objective, controls = wish(layer, graph.shapes[layer])
    image = noise((1, 3, *LARGE))
    step = Written(graph, objective, UNIT) if kind is Written else Autograd(net, objective, UNIT)
    wanted = step(image, *controls)
    found = step.half()(image.half(), *halved(controls))
    assert found.dtype == torch.float32
    assert float(found.abs().mean()) == pytest.approx(1.0, abs=1e-3)
    assert relative(found, wanted) < (0.01 if kind is Written else 0.1)


@pytest.mark.parametrize("net", [Mobile, Inception, Plain])
def test_every_rule_goes_back_in_half_precision(net: type[nn.Module]) -> None:
    """Beside 32 bits that go back from the same numbers: what a rounding on the way forward switches is left out."""
    graph = read(made(net), 64)
    layer = list(graph.layers)[-1]
    objective, controls = units(layer, graph.shapes[layer])
    image = noise((1, 3, 224, 320)).half()
    narrow, wide = Written(graph, objective, UNIT).half(), Written(graph, objective, UNIT).half().float()
    values = narrow._run(image, narrow._operations)
    seeds = list(zip(narrow._ends, objective.seeds([values[end] for end in narrow._ends], (), controls), strict=True))
    found = narrow._back(values, seeds)
    wanted = wide._back({name: numbers.float() for name, numbers in values.items()}, seeds)
    assert found.dtype == torch.float16
    scaled = found.float() * (wanted.norm() / found.float().norm())
    assert relative(scaled, wanted) < 0.02


@pytest.mark.parametrize("kind", sorted({"relu6", "clamp", "gelu", "silu", "elu", "hardswish", "sigmoid", "tanh"}))
def test_a_curve_of_large_numbers_has_a_finite_slope(kind: str) -> None:
    settings = {"min": -1.0, "max": 1.0} if kind == "clamp" else {}
    curve = RULES[kind](Operation("y", kind, ("x",), settings))
    x = torch.linspace(-3e4, 3e4, 1001).half().reshape(1, 1, 7, 143)
    result = curve(x)
    assert result.isfinite().all()
    (found,) = curve.backward(torch.ones_like(x), result, x)
    assert found.isfinite().all()
