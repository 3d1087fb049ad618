"""Graphs on the processor: what is bound, refused and remembered."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from vj.base.errors import BadInput
from vj.model.runtime import libraries
from vj.model.runtime.openvino import KEPT, OpenVinoGraph

ov = libraries.openvino()


@pytest.fixture(scope="module")
def adder() -> OpenVinoGraph:
    """out = picture + step, uint8 [1, 4, 6, 3]."""
    from openvino import opset13 as op

    picture = op.parameter([1, 4, 6, 3], np.uint8, name="picture")
    step = op.parameter([1], np.uint8, name="step")
    for node in (picture, step):
        node.output(0).get_tensor().set_names({node.get_friendly_name()})
    return OpenVinoGraph(ov.Model([op.add(picture, step)], [picture, step], "adder"))


def ones() -> np.ndarray:
    return np.ones((4, 6, 3), np.uint8)


def test_arrays_are_bound_not_copied(adder: OpenVinoGraph) -> None:
    picture, step, out = ones(), np.array([2], np.uint8), np.zeros((4, 6, 3), np.uint8)
    adder.run(picture, step, out=out)
    assert (out == 3).all()
    picture[:] = 10
    step[:] = 5
    adder.run(picture, step, out=out)
    assert (out == 15).all()


def test_a_ring_of_buffers_goes_round(adder: OpenVinoGraph) -> None:
    step = np.array([1], np.uint8)
    ring = [(np.full((4, 6, 3), i, np.uint8), np.zeros((1, 4, 6, 3), np.uint8)) for i in range(3)]
    for turn in range(9):
        picture, out = ring[turn % 3]
        out[:] = 0
        adder.run(picture, step, out=out)
        assert (out == turn % 3 + 1).all()


def test_remembered_arrays_are_bounded(adder: OpenVinoGraph) -> None:
    out, step = ones(), np.array([1], np.uint8)
    for i in range(2 * KEPT):
        adder.run(np.full((4, 6, 3), i, np.uint8), step, out=out)
        assert (out == i + 1).all()
    assert len(adder._tensors) <= KEPT


def test_read_only_input_is_read(adder: OpenVinoGraph) -> None:
    picture, out = ones(), ones()
    picture.flags.writeable = False
    adder.run(picture, np.array([3], np.uint8), out=out)
    assert (out == 4).all()
    assert (picture == 1).all()


def test_shared_memory_can_be_closed_after_release(adder: OpenVinoGraph) -> None:
    from multiprocessing.shared_memory import SharedMemory

    memory = SharedMemory(create=True, size=72)
    try:
        picture = np.frombuffer(memory.buf, np.uint8)[:72].reshape(4, 6, 3)
        adder.run(picture, np.array([1], np.uint8), out=ones())
        adder.release()
        del picture
    finally:
        memory.close()
        memory.unlink()


@pytest.mark.parametrize(
    ("picture", "said"),
    [
        (np.ones((4, 6, 4), np.uint8), r"picture takes uint8 \[1, 4, 6, 3\], not uint8 \[4, 6, 4\]"),
        (np.ones((4, 6, 3), np.float32), r"not float32 \[4, 6, 3\]"),
        (np.ones((4, 12, 3), np.uint8)[:, ::2], r"not uint8 \[4, 6, 3\], not contiguous"),
    ],
)
def test_what_does_not_fit_is_refused(adder: OpenVinoGraph, picture: np.ndarray, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        adder.run(picture, np.array([1], np.uint8), out=ones())


def test_what_no_longer_fits_is_refused_at_the_same_address(adder: OpenVinoGraph) -> None:
    picture, out, step = ones(), ones(), np.array([1], np.uint8)
    adder.run(picture, step, out=out)
    with pytest.raises(ValueError, match="not uint8"):
        adder.run(picture.reshape(6, 4, 3), step, out=out)


def test_read_only_output_and_wrong_counts_are_refused(adder: OpenVinoGraph) -> None:
    out = ones()
    out.flags.writeable = False
    with pytest.raises(ValueError, match="output 0 is read-only"):
        adder.run(ones(), np.array([1], np.uint8), out=out)
    with pytest.raises(ValueError, match="2 inputs and 1 outputs, not 1 and 1"):
        adder.run(ones(), out=ones())


def test_onnx_file_and_cache_folder(style26_path: Path, tmp_path: Path) -> None:
    import onnx
    from onnx import helper

    value = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [2]) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "relu", value[:1], value[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, tmp_path / "relu.onnx")
    out = np.zeros(2, np.float32)
    OpenVinoGraph(tmp_path / "relu.onnx", threads=1, cache=tmp_path / "cache").run(
        np.array([-1, 2], np.float32), out=out
    )
    assert out.tolist() == [0, 2]
    assert any((tmp_path / "cache").iterdir())


def test_unknown_precision_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="choices: bf16, f16, f32"):
        OpenVinoGraph(tmp_path / "none.onnx", precision="int3")


@pytest.mark.parametrize(
    "first",
    [
        "libraries.openvino()",
        "libraries.why_not('openvino')",
        "libraries.version('openvino')",
        "import vj.model.nets.multistyle_graph",
    ],
)
def test_openvino_comes_without_telemetry(first: str) -> None:
    code = (
        f"import sys; from vj.model.runtime import libraries; {first};"
        "import vj.model.nets.multistyle_graph;"
        "print('openvino' in sys.modules, [name for name in sys.modules if 'telemetry' in name or name == 'torch'])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "True []"


def test_onnx_runtime_comes_without_telemetry(style26_path: Path, tmp_path: Path) -> None:
    """Its telemetry begins with an identity and a data base in the home folder; not where it sees that it is tested."""
    code = (
        "from vj.model.runtime import libraries; ort = libraries.onnxruntime();"
        f"ort.InferenceSession({str(style26_path)!r}, providers=['CPUExecutionProvider'])"
    )
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "ORT_DISABLE_TELEMETRY")}
    env = {**kept, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    subprocess.run([sys.executable, "-c", code], env=env, check=True)
    assert not list(tmp_path.iterdir())
