"""8-bit integers: what is measured, what is rounded, and that the picture stays."""

from typing import Any

import numpy as np
import pytest

from tests.model.networks import KINDS, SIZE, picture, samples
from vj.base.frame import Size
from vj.model.runtime import calibrate, quantise
from vj.model.runtime.number_format import NumberFormat
from vj.model.runtime.openvino import OpenVinoGraph, OpenVinoRunner
from vj.model.runtime.openvino_graphs import NetworkGraphs
from vj.model.runtime.processor import has_vnni, is_x86


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


EXACT_HERE: tuple[NumberFormat, ...] = ("int8-reduced", *(["int8"] if has_vnni() else []))
"""Kernels of 7 bits are exact on every x86 processor, those of 8 bits where sums of products aren't clipped."""
pytestmark = pytest.mark.skipif(not is_x86(), reason="8-bit graphs were made for x86")


@pytest.mark.parametrize("number_format", EXACT_HERE)
@pytest.mark.parametrize("kind", KINDS)
def test_the_picture_stays(kind: str, number_format: NumberFormat) -> None:
    network = KINDS[kind]
    graphs = NetworkGraphs(network)
    results = []
    for each in ("float", number_format):
        out = np.empty_like(picture())
        OpenVinoRunner(OpenVinoGraph(graphs.build(SIZE, each))).run(picture(), samples(network), out)
        results.append(out.astype(np.float32))
    assert np.linalg.norm(results[1] - results[0]) < 0.06 * np.linalg.norm(results[0])
    assert 0 < graphs.error(number_format) < 0.06


@pytest.mark.parametrize("number_format", ["int8", "int8-reduced"])
@pytest.mark.parametrize("kind", ["johnson", "unet"])
def test_every_convolution_is_rounded(kind: str, number_format: NumberFormat) -> None:
    model = NetworkGraphs(KINDS[kind]).build(SIZE, number_format)
    kernels = [conv.input_value(1).get_node().get_type_name() for conv in convolutions(model)]
    transposed = [conv.get_type_name() for conv in convolutions(model)].count("ConvolutionBackpropData")
    assert len(kernels) > 3
    signed = kernels.count("Constant")  # stays in floats: see below
    assert signed <= (transposed if number_format == "int8-reduced" else 0)
    assert kernels.count("FakeQuantize") == len(kernels) - signed


def test_transposed_convolutions_of_signed_numbers_stay_in_floats_without_vnni() -> None:
    """oneDNN's kernel for them is slower there than its float one. Johnson's comes after a sum of both signs."""
    for number_format, wanted in (("int8", "FakeQuantize"), ("int8-reduced", "Constant")):
        model = NetworkGraphs(KINDS["johnson"]).build(SIZE, number_format)
        (found,) = [conv for conv in convolutions(model) if conv.get_type_name() == "ConvolutionBackpropData"]
        assert found.input_value(1).get_node().get_type_name() == wanted


@pytest.mark.parametrize("kind", KINDS)
def test_reduced_kernels_leave_room_for_two_products(kind: str) -> None:
    """No two weights and bytes, multiplied and added, leave 16 bits."""
    for conv in convolutions(NetworkGraphs(KINDS[kind]).build(SIZE, "int8-reduced")):
        rounding = conv.input_value(1).get_node()
        if rounding.get_type_name() == "FakeQuantize":
            kernel, low, high = (np.asarray(rounding.input_value(place).get_node().data) for place in range(3))
            step = (high - low) / (rounding.get_attributes()["levels"] - 1)
            assert 2 * 255 * np.abs(np.rint(kernel / step)).max() <= np.iinfo(np.int16).max


def convolutions(model: Any) -> list[Any]:
    return [node for node in model.get_ordered_ops() if node.get_type_name().startswith("Convolution")]


def test_calibration_is_kept() -> None:
    network = KINDS["resnet"]
    found = {each: NetworkGraphs(network).error(each) for each in EXACT_HERE}

    def never(size: Size) -> object:
        raise AssertionError("measured again")

    assert {each: calibrate.calibration(network, never, each).error for each in EXACT_HERE} == found


def test_calibration_pictures_are_the_same_every_time() -> None:
    first, second = list(calibrate.pictures(SIZE)), list(calibrate.pictures(SIZE))
    assert len(first) >= 8
    for one, other in zip(first, second, strict=True):
        assert one.shape == (SIZE.height, SIZE.width, 3)
        assert (one == other).all()
