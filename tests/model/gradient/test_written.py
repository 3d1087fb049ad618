"""The gradient written out is autograd's, for every operation, at any size, in every runtime."""

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.model.gradient import networks
from tests.model.gradient.networks import Attention, Inception, Mobile, Plain, settled
from vj.base.errors import BadInput
from vj.base.frame import Size
from vj.model.classifier import Classifier
from vj.model.files.library import Entry, find
from vj.model.gradient.graph import read
from vj.model.gradient.names import main
from vj.model.gradient.objective import Guide, Objective, Towards, Units
from vj.model.gradient.step import Steps
from vj.model.gradient.written import Autograd, Written
from vj.model.network import UNIT, digest
from vj.model.runtime.prepare import backends, prepare

WRITTEN = digest(Path(networks.__file__), Path(__file__))
"""In the keys of the networks here: what is kept of them is of no use once they change."""
SIZES = ((64, 64), (96, 64), (70, 83))


def relative(found: Tensor, wanted: Tensor) -> float:
    return float((found - wanted).norm() / wanted.norm())


def made(net: type[nn.Module]) -> nn.Module:
    torch.manual_seed(0)
    return settled(net())


def steps(net: nn.Module, classes: int = 5) -> Steps:
    labels = tuple(str(number) for number in range(classes))
    return Steps(Classifier("small", f"test-{type(net).__name__}-{WRITTEN}", UNIT, lambda: net, classes, labels))


def samples(objective: Objective, shapes: list[tuple[int, ...]]) -> list[Tensor]:
    torch.manual_seed(1)
    controls = objective.controls(shapes)
    return [
        torch.rand(control.shape) if "where" in control.name else torch.randn(control.shape) for control in controls
    ]


@pytest.fixture(scope="module")
def lite() -> Steps:
    entry = find("dream-zoom")
    entry.fetch(lambda doing, part: None)
    model = Entry.from_job(entry.to_job()).make_model()
    return model.steps  # type: ignore[attr-defined]


@pytest.mark.parametrize("net", [Mobile, Inception, Plain])
@pytest.mark.parametrize("size", SIZES)
def test_every_operation_has_autograds_gradient(net, size):
    made_net = made(net)
    graph = read(made_net, 64)
    layer = list(graph.layers)[-1]
    objective = Units([layer])
    controls = samples(objective, [graph.shapes[layer]])
    image = torch.randn(1, 3, *size)
    written, autograd = Written(graph, objective, UNIT), Autograd(made_net, objective, UNIT)
    with torch.inference_mode():
        found = written(image, *controls)
    assert relative(found, autograd(image, *controls)) < 1e-4


def test_efficientnet_has_autograds_gradient(lite):
    """In 64-bit floats: in 32 of them, a rounding may switch a ReLU6 off, in autograd as well."""
    assert lite.notice == ""
    layers = [lite.layer("patterns"), lite.layer("classes")]
    for objective in (Units(layers[:1]), Units(layers), Guide(layers[0]), Towards(layers[1])):
        controls = [
            one.double() for one in samples(objective, [lite.layers[layer].shape for layer in objective.layers])
        ]
        image = torch.rand(1, 3, 96, 128, dtype=torch.float64)
        built = lite.written(objective).double()
        autograd = Autograd(lite.classifier.module().double(), objective, lite.classifier.takes).double()
        assert relative(built(image, *controls), autograd(image, *controls)) < 1e-5


@pytest.mark.parametrize("layer", ["edges", "textures", "patterns", "parts", "objects", "classes"])
def test_efficientnet_has_it_in_32_bit_floats_too(lite, layer):
    """Beside autograd through the same folded operations."""
    objective = Units([lite.layer(layer)])
    controls = samples(objective, [lite.layers[objective.layers[0]].shape])
    image = torch.rand(1, 3, 96, 128)
    built = lite.written(objective)
    given = (image * built.scale + built.shift).requires_grad_()
    (activations,) = built.activations(given, objective.layers)
    (seed,) = objective.seeds([activations.detach()], [], controls)
    (wanted,) = torch.autograd.grad(activations, given, seed)
    with torch.inference_mode():
        found = built(image, *controls)
    assert relative(found, wanted * built.scale / (wanted * built.scale).abs().mean()) < 1e-5


@pytest.mark.parametrize("net", [Mobile, Inception, Plain])
def test_every_runtime_gives_the_same_step(net):
    size = Size(96, 64)
    its = steps(made(net))
    objective = Units([its.layer("classes")])
    network = its.network(objective, size)
    controls = [np.full(control.shape, 0.5, np.float32) for control in network.controls]
    found = {}
    for backend in backends(network, size):
        compiled = prepare(network, size, backend)
        found[backend] = np.empty((size.height, size.width, 3), np.float32)
        assert np.isfinite(compiled.run(network.sample(size), controls, found[backend]))
    assert {"openvino-f32", "onnxruntime", "torch"} <= found.keys()
    for backend, result in found.items():
        half = backend in ("openvino-bf16", "cuda")  # there another of two near-equal numbers may be the greater one
        assert np.linalg.norm(result - found["torch"]) < (0.2 if half else 1e-3) * np.linalg.norm(found["torch"]), (
            backend
        )
    assert abs(np.abs(found["torch"]).mean() - 1.0) < 1e-3


def test_what_can_not_be_written_out_goes_by_autograd_and_says_so():
    size = Size(96, 64)
    its = steps(made(Attention), 4)
    network = its.network(Units(["stem"]), size)
    assert its.notice == "", "the layers before it can be"
    network = its.network(Units([its.layer("classes")]), size)
    assert "no written-out gradient of a view" in its.notice
    assert "autograd" in its.notice
    assert set(backends(network, size)) <= {"torch", "cuda", "cuda-f32", "mps"}
    controls = [np.full(control.shape, 0.5, np.float32) for control in network.controls]
    out = np.empty((size.height, size.width, 3), np.float32)
    compiled = prepare(network, size)
    assert np.isfinite(compiled.run(network.sample(size), controls, out))
    assert abs(np.abs(out).mean() - 1.0) < 1e-3


def test_a_neuron_is_wanted_where_it_is(lite):
    """The gradient is around the place that is asked for."""
    layer = lite.layer("textures")
    objective = Units([layer])
    energy, linear, gain, _ = (torch.ones(control.shape) for control in objective.controls([lite.layers[layer].shape]))
    image = torch.rand(1, 3, 128, 128)
    found = lite.written(objective)(image, energy, linear, gain, torch.tensor((0.25, 0.75, 0.05)))
    weights = found.abs().sum(1)[0]
    down, across = (torch.arange(128) / 128 for _ in range(2))
    assert float((weights.sum(0) * across).sum() / weights.sum()) == pytest.approx(0.25, abs=0.05)
    assert float((weights.sum(1) * down).sum() / weights.sum()) == pytest.approx(0.75, abs=0.05)


def test_layers_are_found_by_word_and_by_the_networks_own_name(lite):
    assert [lite.layer(word) for word in ("edges", "textures", "patterns", "parts", "objects", "classes")] == [
        *(f"_blocks.{block}" for block in (2, 4, 8, 11, 14)),
        "_fc",
    ]
    assert lite.layer("_blocks.3") == "_blocks.3"
    with pytest.raises(BadInput, match=r"unknown layer .mixed4a.; choices: .*_blocks.0.*edges"):
        lite.layer("mixed4a")


def test_main_layers_are_blocks():
    resnet = ["conv1", "layer1.0.conv1", "layer1.0.downsample.0", "layer1.0", "layer1.1", "layer1", "fc"]
    assert main(resnet) == ["conv1", "layer1.0", "layer1.1", "fc"]
    googlenet = [
        "conv1.conv",
        "conv1",
        "mixed4a.branch1.conv",
        "mixed4a.branch2.0.conv",
        "mixed4a.branch2.0",
        "mixed4a",
    ]
    assert main(googlenet) == ["conv1", "mixed4a"]
    assert main(["features.0", "features.1", "features"]) == ["features.0", "features.1"]
    convnext = ["stages.0.downsample.0", "stages.0.blocks.0.conv", "stages.0.blocks.0", "stages.0.blocks", "stages.0"]
    assert main(convnext) == ["stages.0.downsample.0", "stages.0.blocks.0"]


class Lopsided(nn.Module):
    """Borders that differ from side to side, a cut before a convolution, a batch norm behind a matrix."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Sequential(nn.ZeroPad2d((2, 0, 0, 1)), nn.Conv2d(3, 6, (2, 1), (3, 2), (1, 0)))
        self.two = nn.Sequential(nn.ZeroPad2d(-1), nn.Conv2d(6, 8, 3, padding=1), nn.ReLU())
        self.fc = nn.Sequential(nn.Linear(8, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 5))

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.two(self.one(x)).mean((2, 3)))


@pytest.mark.parametrize("size", SIZES)
def test_lopsided_borders_and_cuts(size):
    net = made(Lopsided)
    graph = read(net, 64)
    for layer in ("two", list(graph.layers)[-1]):
        objective = Units([layer])
        controls = samples(objective, [graph.shapes[layer]])
        image = torch.randn(1, 3, *size)
        found, wanted = (
            built(image, *controls) for built in (Written(graph, objective, UNIT), Autograd(net, objective, UNIT))
        )
        assert relative(found, wanted) < 1e-4


def test_autograd_may_be_used_by_two_threads():
    """Each has a copy of its own: hooks of one don't catch what the other runs."""
    net = made(Attention)
    objective = Units(["fc"])
    controls = samples(objective, [(1, 4)])
    image = torch.rand(1, 3, 64, 64)
    one, other = Autograd(net, objective, UNIT), Autograd(net, objective, UNIT)
    wanted, failed = one(image, *controls), []

    def play() -> None:
        for _ in range(40):
            if relative(other(image, *controls), wanted) > 1e-5:
                failed.append("differs")

    thread = threading.Thread(target=play)
    thread.start()
    while thread.is_alive():
        assert relative(one(image, *controls), wanted) < 1e-5
    assert not failed


def test_what_was_found_out_needs_no_network_the_next_time(monkeypatch, tmp_path):
    """So that an engine that comes back plays at once."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = steps(made(Mobile))
    size, objective = Size(96, 64), Units([first.layer("classes")])
    network = first.network(objective, size)

    def gone() -> nn.Module:
        raise AssertionError("it was read again")

    again = Steps(replace(first.classifier, module=gone))
    assert again.layers == first.layers
    assert again.network(objective, size).key == network.key
    lost = steps(made(Attention), 4)
    lost.network(Units([lost.layer("classes")]), size)
    told = Steps(replace(lost.classifier, module=gone))
    assert not told.network(Units([told.layer("classes")]), size).recordable
    assert told.notice == lost.notice != ""


@pytest.mark.parametrize("damage", ["", "[]", "{}", '{"layers": []}', "nonsense"])
def test_damage_to_what_was_kept_of_a_classifier_costs_a_second_reading(
    damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    wanted = list(steps(made(Plain)).layers)
    (kept,) = tmp_path.rglob("gradients/*.json")
    kept.write_text(damage)
    assert list(steps(made(Plain)).layers) == wanted
