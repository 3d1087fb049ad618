"""One network, every runtime: the same picture, the same errors, the same arrays."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.model.networks import KINDS, SIZE, picture, samples
from vj.base.errors import BadInput, Unavailable
from vj.base.frame import Size
from vj.model.network import SIGNED, UNIT, Network
from vj.model.runtime import openvino_backends
from vj.model.runtime.export import onnx_file
from vj.model.runtime.prepare import backends, prepare, raw

TOLERANCE = {"openvino-f32": 1e-3, "onnxruntime": 1e-3, "torch": 1e-3, "openvino-bf16": 0.05}
"""What a picture may be off by, in units of white: at the most in 32-bit floats, else on the average."""


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


def shown(network: Network, runtime: str) -> tuple[np.ndarray, float]:
    out = np.empty_like(picture())
    mean = prepare(network, SIZE, runtime).run(picture(), samples(network), out)
    return out, mean


@pytest.mark.parametrize("kind", KINDS)
def test_every_runtime_gives_the_same_picture(kind: str) -> None:
    network = KINDS[kind]
    numbers = raw(network, picture()).transpose(1, 2, 0)
    unit = (numbers - np.float32(network.gives.shift)) / np.float32(network.gives.scale)
    truth = unit.clip(0, 1) * 255
    for runtime in TOLERANCE.keys() & set(backends(network, SIZE)):
        out, mean = shown(network, runtime)
        off = np.abs(out - truth).max() if TOLERANCE[runtime] < 0.01 else np.abs(out - truth).mean()
        assert off < 0.5 + 255 * TOLERANCE[runtime], runtime
        assert mean == pytest.approx(float(unit.mean()), abs=TOLERANCE[runtime]), runtime


def test_controls_are_live() -> None:
    network = KINDS["tinted"]
    for runtime in ("openvino-f32", "onnxruntime", "torch"):
        compiled, out = prepare(network, SIZE, runtime), np.empty_like(picture())
        dark = compiled.run(picture(), [np.ones((1, 1), np.float32), np.full(3, -4, np.float32)], out)
        bright = compiled.run(picture(), [np.ones((1, 1), np.float32), np.full(3, 4, np.float32)], out)
        assert dark < 0.2 < 0.8 < bright, runtime


@pytest.mark.parametrize("runtime", ["openvino-f32", "onnxruntime", "torch"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_none_show_in_the_mean(runtime: str, bad: float) -> None:
    out = np.empty_like(picture())
    shift = np.array([0, bad, 0], np.float32)
    sigmoid_hides_infinity = np.isinf(bad)
    gain = np.full((1, 1), np.nan if sigmoid_hides_infinity else 1, np.float32)
    assert not np.isfinite(prepare(KINDS["tinted"], SIZE, runtime).run(picture(), [gain, shift], out))


@pytest.mark.parametrize("runtime", ["openvino-f32", "onnxruntime", "torch"])
def test_a_ring_of_read_only_pictures_goes_round(runtime: str) -> None:
    network = KINDS["zero_bordered"]
    compiled = prepare(network, SIZE, runtime)
    ring = [(np.full((48, 64, 3), level, np.uint8), np.zeros((48, 64, 3), np.uint8)) for level in (0, 90, 255)]
    first = []
    for turn in range(6):
        given, out = ring[turn % 3]
        given.flags.writeable = False
        compiled.run(given, (), out)
        first.append(out.copy())
    compiled.release()
    assert all((first[i] == first[i + 3]).all() for i in range(3))
    assert not (first[0] == first[1]).all()


@pytest.mark.parametrize("kind", ["johnson", "unet"])
def test_auto_says_what_and_why_and_remembers(kind: str) -> None:
    one, other = prepare(KINDS[kind], SIZE), prepare(KINDS[kind], SIZE)
    assert one.runtime in backends(KINDS[kind], SIZE)
    assert one.why.startswith(f"{one.runtime}: ")
    assert one.why == other.why
    assert " ms" in one.why


def test_exact_leaves_32_bit_floats() -> None:
    compiled = prepare(KINDS["resnet"], SIZE, exact=True)
    out, truth = np.empty_like(picture()), shown(KINDS["resnet"], "torch")[0]
    compiled.run(picture(), (), out)
    assert np.abs(out.astype(int) - truth).max() <= 1
    assert "int8" not in compiled.why


@pytest.mark.usefixtures("no_card")
def test_integers_too_far_off_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openvino_backends, "MOST_ERROR", 0.0)
    network = Network("other", "test-too-far", SIGNED, SIGNED, module=KINDS["zero_bordered"].module)
    rounded = [name for name in backends(network, SIZE) if "int8" in name]
    compiled = prepare(network, SIZE)
    assert "int8" not in compiled.runtime
    for name in rounded:
        assert f"left out: {name} (its picture is " in compiled.why


def test_a_forced_runtime_is_taken_and_an_unknown_one_refused() -> None:
    assert prepare(KINDS["tinted"], SIZE, "torch").why == "torch: asked for"
    with pytest.raises(BadInput, match="unknown runtime 'tensorrt'; choices: auto, "):
        prepare(KINDS["tinted"], SIZE, "tensorrt")


def test_sizes_that_cannot_be_are_refused() -> None:
    for refused in (prepare, backends):
        with pytest.raises(BadInput, match=r"multiples of 4.*try 64x48"):
            refused(KINDS["johnson"], Size(66, 49))


def test_an_onnx_file_has_no_torch_and_is_read_in_either_layout(tmp_path: Path) -> None:
    import onnx
    from onnx import helper

    def value(name: str) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, "height", "width", 3])

    weights = [onnx.numpy_helper.from_array(np.array([0.5, 0.25, 1.0], np.float32), "w")]
    node = helper.make_node("Mul", ["picture_in", "w"], ["picture_out"])
    graph = helper.make_graph([node], "tint", [value("picture_in")], [value("picture_out")], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=8), tmp_path / "t.onnx")
    network = Network("tint", "test-nhwc", UNIT, UNIT, onnx=tmp_path / "t.onnx", layout="nhwc")
    assert {"torch", "cuda"}.isdisjoint(backends(network, SIZE))
    truth = picture() * np.array([0.5, 0.25, 1.0])
    for runtime in ("openvino-f32", "onnxruntime"):
        out, _ = shown(network, runtime)
        assert np.abs(out - truth).max() <= 0.5001
    assert np.abs(raw(network, picture()).transpose(1, 2, 0) * 255 - truth).max() < 1e-3


def test_a_file_with_other_inputs_is_refused() -> None:
    file = onnx_file(KINDS["tinted"])
    network = Network("tint", "test-inputs", UNIT, UNIT, onnx=file)
    with pytest.raises(BadInput, match="has the inputs image, gain, shift; tint takes 1"):
        prepare(network, SIZE, "openvino-f32")


def test_what_no_runtime_reads_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"no such thing")
    network = Network("broken", "test-broken", UNIT, UNIT, onnx=tmp_path / "broken.onnx")
    with pytest.raises(Unavailable, match=r"openvino-f32: .*onnxruntime: "):
        prepare(network, SIZE)


def test_a_second_engine_needs_no_torch() -> None:
    """Once the ONNX file is in the cache; importing torch takes seconds that a restart lacks."""
    network = KINDS["zero_bordered"]
    runtime = next(backend for backend in reversed(backends(network, SIZE)) if backend.startswith("openvino-int8"))
    prepare(network, SIZE, runtime)
    code = (
        "import sys; from vj.base.frame import Size; from vj.model.network import Network, Range, SIGNED;"
        "from vj.model.runtime.prepare import prepare;"
        f"n = Network('again', {network.key!r}, {network.takes!r}, SIGNED, module=lambda: 1 / 0);"
        f"prepare(n, Size(*{tuple(SIZE)}), {runtime!r});"
        "print([name for name in sys.modules if name in ('torch', 'onnx')])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_style26_takes_the_same_ways(style26_path: Path) -> None:
    from vj.model.families.style26_network import prepare_style26, style26

    network = style26(style26_path)
    weights = np.eye(26, dtype=np.float32)[5]
    results = {}
    for runtime in ("openvino-f32", "onnxruntime", "torch"):
        results[runtime] = np.empty_like(picture())
        mean = prepare_style26(style26_path, SIZE, runtime).run(picture(), [weights], results[runtime])
        assert mean == pytest.approx(results[runtime].mean() / 255, abs=0.003)
    assert np.abs(results["openvino-f32"].astype(int) - results["torch"]).max() <= 1
    assert np.abs(results["onnxruntime"].astype(int) - results["torch"]).max() <= 1
    assert network.controls[0].shape == (26,)
