"""The networks that benches time, where weights are missing too."""

from pathlib import Path

import numpy as np
import pytest

from tests.model.networks import picture
from vj.base.frame import Size
from vj.bench import subjects
from vj.bench.subjects import ON_CARD, UNTRAINED, built_once, johnson_checkpoint, operations, stand_in
from vj.model.files import weights


@pytest.fixture
def no_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty cache of weights, and no way to fill it."""

    def fetch(name: str, progress: object) -> Path:
        raise AssertionError(f"{name} was to be fetched")

    monkeypatch.setattr(weights, "cache", lambda *parts: tmp_path / "cache")
    monkeypatch.setattr(weights, "fetch", fetch)


@pytest.mark.parametrize("name", ON_CARD)
def test_every_network_takes_the_size_it_is_made_for(name: str) -> None:
    subject = ON_CARD[name](Size(1280, 720), False)
    subject.network.check(subject.size)
    assert abs(subject.size.height - 720) <= 48


@pytest.mark.usefixtures("no_weights")
@pytest.mark.parametrize("name", ["style26", "painting"])
def test_without_weights_an_untrained_network_of_the_same_shape_is_timed(name: str) -> None:
    subject = ON_CARD[name](Size(64, 64), False)
    assert subject.note == UNTRAINED
    assert operations(subject.network, subject.size) > 1e7


def test_with_weights_nothing_is_said(style26_path: Path) -> None:
    assert style26_path.exists()
    trained = ON_CARD["style26"](Size(64, 64), False)
    assert trained.note == ""


def test_untrained_and_trained_cost_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    trained = ON_CARD["style26"](Size(64, 64), False)
    monkeypatch.setattr(subjects, "_reads_onnx", lambda: False)
    untrained = ON_CARD["style26"](Size(64, 64), False)
    assert untrained.note
    assert operations(untrained.network, untrained.size) == operations(trained.network, trained.size)


@pytest.mark.usefixtures("no_weights")
@pytest.mark.parametrize(
    ("name", "family"), [("style26", "fast_style"), ("dream-zoom", "dream_zoom"), ("dream-mirror", "dream_mirror")]
)
def test_without_weights_an_untrained_model_stands_in(name: str, family: str, tmp_path: Path) -> None:
    entry, note = stand_in(name, tmp_path)
    assert (entry.family, entry.present) == (family, True)
    assert UNTRAINED in note


def test_an_untrained_model_is_written_once(tmp_path: Path) -> None:
    first, again = johnson_checkpoint(tmp_path), johnson_checkpoint(tmp_path)
    assert first == again
    assert len(list(tmp_path.iterdir())) == 1


def test_an_untrained_model_gives_a_picture_that_no_engine_takes_for_a_failure(tmp_path: Path) -> None:
    size = Size(64, 64)
    model = johnson_checkpoint(tmp_path).make_model("torch")
    out = np.zeros((64, 64, 3), np.uint8)
    values = {param.name: param.default for param in model.params}
    model.prepare(size).run(picture(size), out, values, 0.0)
    assert 30 < out.mean() < 220
    assert out.std() > 3


def test_a_network_is_built_once_and_copied() -> None:
    built = []
    network = ON_CARD["johnson"](Size(64, 64), False).network
    make = network.module
    assert make

    def module() -> object:
        built.append(1)
        return make()

    object.__setattr__(network, "module", module)
    copied = built_once(network)
    assert copied.module
    first, second = copied.module(), copied.module()
    assert first is not second
    assert built == [1]
