"""Each rewriting of a graph leaves its numbers as they were, and does rewrite what it is meant for."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.model.networks import KINDS, SIZE, picture, samples
from vj.model.network import Network
from vj.model.runtime import rewrite
from vj.model.runtime.export import onnx_file
from vj.model.runtime.openvino import OpenVinoGraph
from vj.model.runtime.picture_graph import build

PASSES = (rewrite.fold_batch_norm, rewrite.unflatten_norm, rewrite.transpose_upsampling, rewrite.widen)


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


def numbers(model: object, network: Network) -> np.ndarray:
    """What the graph makes of the photograph before it is clamped and rounded, [1, 3, h, w] or [1, h, w, 3]."""
    from vj.model.runtime.graph_ops import op, ov

    result = model.get_results()[1].input_value(0)  # the mean
    while result.get_node().get_type_name() != "ReduceMean" or len(result.get_node().get_input_shape(0)) != 4:
        result = result.get_node().input_value(0)
    wide = ov.Model([op.result(result.get_node().input_value(0))], model.get_parameters(), "numbers")
    graph = OpenVinoGraph(wide)
    out = np.empty(graph.outputs[0].shape, np.float32)
    graph.run(picture(), *samples(network), out=out)
    return out


def kinds(model: object) -> Counter[str]:
    return Counter(node.get_type_name() for node in model.get_ordered_ops())


@pytest.mark.parametrize("change", PASSES, ids=lambda change: change.__name__)
@pytest.mark.parametrize("kind", KINDS)
def test_the_numbers_stay(kind: str, change: Callable[[object], None]) -> None:
    network = KINDS[kind]
    model = build(network, onnx_file(network), SIZE)
    truth = numbers(model, network)
    rewrite.fold_constants(model)
    change(model)
    model.validate_nodes_and_infer_types()
    result = numbers(model, network)
    assert np.linalg.norm(result - truth) <= 1e-4 * np.linalg.norm(truth)


def test_batch_norms_vanish() -> None:
    network = KINDS["unet"]
    model = build(network, onnx_file(network), SIZE)
    before = kinds(model)["BatchNormInference"]
    rewrite.rewrite(model)
    assert (before > 0, kinds(model)["BatchNormInference"]) == (True, 0)


def test_norms_of_whole_pictures_leave_them_in_their_layout() -> None:
    network = KINDS["group_normed"]
    model = build(network, onnx_file(network), SIZE)
    rewrite.fold_constants(model)
    before = kinds(model)
    assert (before["MVN"], before["Reshape"]) == (2, 4)
    rewrite.unflatten_norm(model)
    after = kinds(model)
    assert (after["MVN"], after["Reshape"]) == (0, 0)


def test_instance_norms_stay() -> None:
    network = KINDS["johnson"]
    model = build(network, onnx_file(network), SIZE)
    before = kinds(model)["MVN"]
    rewrite.rewrite(model)
    assert before > 0
    assert kinds(model)["MVN"] == before


@pytest.mark.parametrize("kind", ["johnson", "zero_bordered"])
def test_upsampling_becomes_a_transposed_convolution(kind: str) -> None:
    model = build(KINDS[kind], onnx_file(KINDS[kind]), SIZE)
    rewrite.rewrite(model)
    found = kinds(model)
    assert (found["Interpolate"], found["ConvolutionBackpropData"]) == (0, 1)


@pytest.mark.parametrize("kind", ["johnson", "resnet", "zero_bordered"])
def test_the_last_convolution_is_widened(kind: str) -> None:
    model = build(KINDS[kind], onnx_file(KINDS[kind]), SIZE)
    rewrite.rewrite(model)
    outputs = [n.get_output_shape(0)[1] for n in model.get_ordered_ops() if n.get_type_name() == "Convolution"]
    assert 3 * rewrite.WIDE in outputs


def test_an_odd_width_is_left_alone(tmp_path: Path) -> None:
    """A size at which pixels don't come in runs of four."""
    from vj.base.frame import Size

    network = KINDS["johnson"]
    model = build(network, onnx_file(network), Size(66, 48))
    rewrite.rewrite(model)
    outputs = [n.get_output_shape(0)[1] for n in model.get_ordered_ops() if n.get_type_name() == "Convolution"]
    assert 3 in outputs
