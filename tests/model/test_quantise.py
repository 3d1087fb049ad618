"""8-bit integers: what is measured, what is rounded, and that the picture stays."""

import numpy as np
import pytest

from tests.model.networks import KINDS, SIZE, picture, samples
from vj.frame.frame import Size
from vj.model.runtime import calibrate, quantise
from vj.model.runtime.graphs import GraphRunner, NetworkGraphs
from vj.model.runtime.openvino import Graph


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))
    monkeypatch.setattr(calibrate, "SIDE", 64)


def spans(*inputs: np.ndarray) -> list[quantise.Span]:
    return quantise.measure([inputs])


def test_the_range_holds_what_was_seen_with_room() -> None:
    x = np.zeros((1, 2, 4, 4), np.float32)
    x[0, 0, 1, 1], x[0, 1, 2, 2] = 8, 2
    (span,) = spans(x)
    assert not span.signed
    assert span.channel == [1.0, 0.5]
    assert span.high == pytest.approx(8 * quantise.ROOM)


def test_both_signs_are_noticed() -> None:
    (span,) = spans(np.linspace(-3, 2, 32, dtype=np.float32).reshape(1, 2, 4, 4))
    assert span.signed
    assert span.high == pytest.approx(3 * quantise.ROOM)


def test_the_widest_of_all_pictures_counts() -> None:
    ones = np.ones((1, 1, 2, 2), np.float32)
    (span,) = quantise.measure([[ones], [ones * 5], [ones * 2]])
    assert span.high == pytest.approx(5 * quantise.ROOM)


def test_a_silent_input_has_a_range() -> None:
    (span,) = spans(np.zeros((1, 3, 2, 2), np.float32))
    assert span.high > 0


@pytest.mark.parametrize("kind", KINDS)
def test_the_picture_stays(kind: str) -> None:
    network = KINDS[kind]
    graphs = NetworkGraphs(network)
    results = []
    for rounded in (False, True):
        out = np.empty_like(picture())
        GraphRunner(Graph(graphs.build(SIZE, rounded))).run(picture(), samples(network), out)
        results.append(out.astype(np.float32))
    assert np.linalg.norm(results[1] - results[0]) < 0.06 * np.linalg.norm(results[0])
    assert 0 < graphs.error() < 0.06


@pytest.mark.parametrize("kind", ["johnson", "unet"])
def test_every_convolution_is_rounded(kind: str) -> None:
    model = NetworkGraphs(KINDS[kind]).build(SIZE, rounded=True)
    found = [node for node in model.get_ordered_ops() if node.get_type_name().startswith("Convolution")]
    assert found
    for conv in found:
        assert conv.input_value(1).get_node().get_type_name() == "FakeQuantize"


def test_calibration_is_kept() -> None:
    network = KINDS["resnet"]
    NetworkGraphs(network).error()

    def never(size: Size) -> object:
        raise AssertionError("measured again")

    assert calibrate.calibration(network, never).error == NetworkGraphs(network).error()


def test_calibration_pictures_are_the_same_every_time() -> None:
    first, second = list(calibrate.pictures(SIZE)), list(calibrate.pictures(SIZE))
    assert len(first) >= 8
    for one, other in zip(first, second, strict=True):
        assert one.shape == (SIZE.height, SIZE.width, 3)
        assert (one == other).all()
