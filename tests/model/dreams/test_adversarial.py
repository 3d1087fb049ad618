"""The smallest change that makes the catalogue's own classifier see something else."""

from collections.abc import Mapping
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from skimage import data

from tests.model.elsewhere import ELSEWHERE, only_elsewhere
from tests.model.gradient.networks import Plain, settled
from vj.base.errors import BadInput
from vj.base.frame import Pixels, Size
from vj.model.classifier import Classifier
from vj.model.dreams.adversarial import Adversarial
from vj.model.dreams.scores import Scores, _network
from vj.model.files.library import Entry, find
from vj.model.files.weights import fetch
from vj.model.gradient.step import Steps
from vj.model.network import UNIT
from vj.params.param import Value

SIZE = Size(160, 96)


@pytest.fixture(scope="module")
def shared() -> Adversarial:
    entry = find("adversarial")
    for asset in entry.assets:
        fetch(asset, lambda doing, part: None)
    made = Entry.from_job(entry.to_job()).make_model("torch")
    assert isinstance(made, Adversarial)
    return made


@pytest.fixture
def model(shared: Adversarial) -> Adversarial:
    """What has been read stays."""
    steps = shared.steps
    shared.begin()
    shared.steps = steps
    return shared


@pytest.fixture(scope="module")
def cat() -> Pixels:
    return np.ascontiguousarray(cv2.resize(data.chelsea()[:270], tuple(SIZE), interpolation=cv2.INTER_AREA))


def values(model: Adversarial, **wanted: Value) -> Mapping[str, Value]:
    return {**{param.name: param.default for param in model.params}, "blur": 0.0, **wanted}


def run(model: Adversarial, picture: Pixels, count: int, **wanted: Value) -> Pixels:
    out, said, prepared = np.empty_like(picture), values(model, **wanted), model.prepare(SIZE)
    for step in range(count):
        assert 0.0 <= prepared.run(picture, out, said, step / 25) <= 1.0
    return out


def sure(model: Adversarial, picture: np.ndarray) -> torch.Tensor:
    """By the classifier's own module; ``picture`` in 0..255."""
    takes = model.steps.classifier.takes
    image = torch.from_numpy(np.asarray(picture, np.float32)).permute(2, 0, 1)[None] / 255
    scale, shift = (torch.tensor(term)[None, :, None, None] for term in (takes.scale, takes.shift))
    net = model.steps.classifier.module()
    with torch.inference_mode():
        return torch.softmax(net(image * scale + shift), 1)[0]


def test_a_cat_becomes_a_goldfish_by_a_change_that_nobody_sees(model: Adversarial, cat: Pixels) -> None:
    fish = model.steps.classifier.labels.index("goldfish")
    assert sure(model, cat)[fish] < 0.01
    # shown in 256 greys, so small a change is rounded: so the change itself is looked at, and then what is shown
    out = run(model, cat, 25, toward="goldfish", amplify=100.0)
    assert model._change is not None
    assert np.abs(model._change).mean() < 1.0 / 255
    changed = np.clip(cat + 255.0 * model._change, 0, 255)
    assert sure(model, changed)[fish] > 0.5
    assert model.says.partition(" > ")[2].startswith("goldfish ")
    assert not model.says.startswith("goldfish")
    assert np.abs(out.astype(int) - cat).mean() > 20.0


def test_a_change_that_is_enough_shrinks(model: Adversarial, cat: Pixels) -> None:
    run(model, cat, 8, toward="goldfish", push=2.0, stay=60.0)
    assert model._change is not None
    much = float(np.abs(model._change).mean())
    run(model, cat, 30, toward="goldfish", push=0.05, stay=60.0)
    assert np.abs(model._change).mean() < 0.5 * much
    assert sure(model, np.clip(cat + 255.0 * model._change, 0, 255)).argmax() == 1


def test_without_a_wish_it_leads_to_the_second_best(model: Adversarial, cat: Pixels) -> None:
    first, second = (model.steps.classifier.labels[int(place)] for place in sure(model, cat).topk(2).indices)
    run(model, cat, 15)
    one, _, other = model.says.partition(" > ")
    assert (one.rpartition(" ")[0].rpartition(" ")[0], other.rpartition(" ")[0].rpartition(" ")[0]) == (first, second)


def test_a_class_that_there_is_not_is_told(model: Adversarial, cat: Pixels) -> None:
    run(model, cat, 1, toward="unicorn")
    assert "unicorn" in model.notice


def test_scores_are_the_classifiers(model: Adversarial, cat: Pixels) -> None:
    scores = Scores(model.steps, SIZE, "openvino-f32")
    found = scores.of(cat.astype(np.float32) / 255)
    expected = sure(model, cat)
    assert np.abs(found - expected.numpy()).max() < 1e-3
    best = int(expected.argmax())
    assert scores.said(found) == f"{scores.labels[best]} {100 * float(expected[best]):.0f} %"


def test_features_alone_are_refused(model: Adversarial) -> None:
    known = replace(model.steps.classifier, classes=0, labels=())
    with pytest.raises(BadInput, match="tells no classes apart"):
        Scores(Steps(known), SIZE, "torch")


def test_scores_of_a_network_with_a_grid_of_means_at_any_size() -> None:
    """As VGG's: its pool doesn't divide the picture, which ONNX has no operation for."""
    torch.manual_seed(0)
    net = settled(Plain())
    labels = tuple(map(str, range(7)))
    steps = Steps(Classifier("plain", "test-adversarial-plain", UNIT, lambda: net, 7, labels))
    canvas = np.random.default_rng(0).random((64, 160, 3), np.float32)
    found = Scores(steps, Size(160, 64), "openvino-f32").of(canvas)
    with torch.no_grad():
        wanted = torch.softmax(net(torch.from_numpy(canvas).permute(2, 0, 1)[None]), 1)[0].numpy()
    assert np.abs(found - wanted).max() < 1e-5
    assert len(found) == 7


def test_scores_are_computed_where_the_picture_is() -> None:
    """So that a graphics card can record it."""
    net = settled(Plain())
    labels = tuple(map(str, range(7)))
    steps = Steps(Classifier("plain", "test-adversarial-plain", UNIT, lambda: net, 7, labels))
    made = _network(steps, Size(160, 64)).module
    assert made
    module = made().to(ELSEWHERE).half()
    with torch.inference_mode(), only_elsewhere():
        found = module(torch.empty(1, 3, 64, 160, dtype=torch.float16, device=ELSEWHERE))
    assert (found.shape, found.device) == ((1, 3, 64, 160), ELSEWHERE)
