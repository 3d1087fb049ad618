"""ONNX files from anywhere: what they take, at which sizes they run, and which of them are refused."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from tests.folders import FIELD
from tests.model import authors
from vj.base.errors import BadInput
from vj.base.frame import Size
from vj.model.files.checkpoint import RecognisedNetwork, network, recognise
from vj.model.network import BYTES, SIGNED

Dims = Sequence[int | str]


def exported(
    folder: Path, net: nn.Module, names: tuple[str, str], size: tuple[int, int], open_size: bool = False
) -> Path:
    path = folder / "net.onnx"
    authors.export(net, (torch.zeros(1, 3, *size),), path, names, open_size=open_size)
    return path


def built(
    folder: Path,
    nodes: Sequence[Any],
    weights: dict[str, npt.NDArray[Any]] | None = None,
    shape: Dims = (1, 3, "h", "w"),
    out: Dims | None = None,
    inputs: Sequence[Any] = (),
    outputs: Sequence[Any] = (),
) -> Path:
    """A file of ``nodes`` from ``x`` to ``y``."""
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape), *inputs],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, out or shape), *outputs],
        [numpy_helper.from_array(value, name) for name, value in (weights or {}).items()],
    )
    path = folder / "net.onnx"
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


def changed(path: Path, change: Any) -> Path:
    model = onnx.load(path, load_external_data=False)
    change(model)
    path.write_bytes(model.SerializeToString())
    return path


def run(path: Path, image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (result,) = session.run(None, {session.get_inputs()[0].name: image})
    return np.asarray(result)


def node(kind: str, *inputs: str, to: str = "y", **attributes: Any) -> Any:
    return helper.make_node(kind, inputs, [to], **attributes)


def one(value: float) -> npt.NDArray[np.float32]:
    return np.array(value, np.float32)


def test_a_fixed_zoo_file_comes_to_run_at_any_size(tmp_path: Path) -> None:
    """Like the zoo's fast style: 224 x 224, bytes, the weights listed among the inputs too."""
    reference = authors.seeded(authors.FastStyle(False))
    path = exported(tmp_path, reference, ("input1", "output1"), (224, 224))

    def listed(model: Any) -> None:
        for tensor in model.graph.initializer:
            model.graph.input.append(helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims))

    recognised = recognise(changed(path, listed))
    assert RecognisedNetwork.from_json(json.loads(json.dumps(recognised.to_json()))) == recognised
    assert (recognised.family, recognised.multiple, recognised.fixed) == ("onnx", 4, None)
    made = network(path, recognised)
    assert made.takes == made.gives == BYTES
    assert made.onnx
    copy = onnx.load(made.onnx)
    assert [entry.name for entry in copy.graph.input] == ["input1"]
    onnx.checker.check_model(copy)
    image = np.random.default_rng(1).uniform(0, 255, (1, 3, 64, 96)).astype(np.float32)
    expected = reference(torch.from_numpy(image)).numpy()
    assert np.abs(run(made.onnx, image) - expected).max() < 1e-3 * np.abs(expected).max()


def test_an_open_file_and_its_multiple(tmp_path: Path) -> None:
    path = exported(tmp_path, authors.seeded(authors.Unet(5, 2, "batch")), ("a", "b"), (64, 64), open_size=True)
    recognised = recognise(path)
    assert (recognised.multiple, recognised.fixed, recognised.layout) == (32, None, "nchw")
    assert network(path, recognised).takes == SIGNED


def test_channels_last_and_a_batch_of_any_length(tmp_path: Path) -> None:
    """Like AnimeGANv3: an open batch, Tanh at the end."""
    nodes = [node("Transpose", "x", to="a", perm=[0, 3, 1, 2]), node("Conv", "a", "w", to="b", pads=[1, 1, 1, 1])]
    nodes += [node("Tanh", "b", to="c"), node("Transpose", "c", perm=[0, 2, 3, 1])]
    weights = {"w": np.random.default_rng(1).normal(size=(3, 3, 3, 3)).astype(np.float32)}
    path = built(tmp_path, nodes, weights, ("n", "h", "w", 3))
    recognised = recognise(path)
    assert (recognised.layout, recognised.takes, recognised.gives) == ("nhwc", "-1..1", "-1..1")
    made = network(path, recognised)
    assert made.onnx
    assert run(made.onnx, np.zeros((1, 16, 24, 3), np.float32)).shape == (1, 16, 24, 3)
    assert onnx.load(made.onnx).graph.input[0].type.tensor_type.shape.dim[0].dim_value == 1


def test_what_runs_at_one_size_only_is_left_at_it(tmp_path: Path) -> None:
    weights = {"s": np.array([1, 3, 32 * 48]), "t": np.array([1, 3, 32, 48])}
    nodes = [node("Reshape", "x", "s", to="a"), node("Reshape", "a", "t", to="b"), node("Sigmoid", "b")]
    path = built(tmp_path, nodes, weights, (1, 3, 32, 48))
    recognised = recognise(path)
    assert (recognised.fixed, recognised.multiple) == ((48, 32), 1)
    assert "runs at 48x32 only" in recognised.notes
    made = network(path, recognised)
    assert made.fixed == Size(48, 32)
    with pytest.raises(BadInput, match="takes pictures of 48x32 only"):
        made.check(Size(64, 64))


W = np.eye(3, dtype=np.float32)[:, :, None, None]
RANGES = {
    "tanh": ([node("Tanh", "x")], {}, ("-1..1", "-1..1")),
    "sigmoid": ([node("Sigmoid", "x")], {}, ("0..1", "0..1")),
    "clipped to bytes": ([node("Clip", "x", "lo", "hi")], {"lo": one(0), "hi": one(255)}, ("0..255", "0..255")),
    "tanh to 0..1": (
        [node("Tanh", "x", to="a"), node("Add", "a", "one", to="b"), node("Div", "b", "two")],
        {"one": one(1), "two": one(2)},
        ("0..1", "0..1"),
    ),
    "tanh to bytes": (
        [node("Tanh", "x", to="a"), node("Mul", "a", "half", to="b"), node("Add", "b", "half")],
        {"half": one(127.5)},
        ("0..255", "0..255"),
    ),
    "bytes divided, sigmoid": (
        [node("Div", "x", "all", to="a"), node("Sigmoid", "a")],
        {"all": one(255)},
        ("0..255", "0..1"),
    ),
    "a mean subtracted": (
        [node("Sub", "x", "mean", to="a"), node("Conv", "a", "w", to="b"), node("Tanh", "b")],
        {"mean": np.full((1, 3, 1, 1), 0.45, np.float32), "w": W},
        ("0..1", "-1..1"),
    ),
    "tried, loud": (
        [node("InstanceNormalization", "x", "s", "b")],
        {"s": np.full(3, 60, np.float32), "b": np.full(3, 128, np.float32)},
        ("0..255", "0..255"),
    ),
    "tried, signed": (
        [node("InstanceNormalization", "x", "s", "b")],
        {"s": np.full(3, 0.5, np.float32), "b": np.zeros(3, np.float32)},
        ("-1..1", "-1..1"),
    ),
    "tried, small": ([node("Conv", "x", "w")], {"w": W}, ("0..1", "0..1")),
}


@pytest.mark.parametrize("case", RANGES)
def test_ranges(case: str, tmp_path: Path) -> None:
    nodes, weights, ranges = RANGES[case]
    recognised = recognise(built(tmp_path, nodes, weights))
    assert (recognised.takes, recognised.gives) == ranges
    assert recognised.notes[0].startswith("its range was found by ")


def test_the_manifest_has_the_last_word(tmp_path: Path) -> None:
    path = built(tmp_path, [node("Tanh", "x")], shape=(1, "a", "b", "c"))
    with pytest.raises(BadInput, match='no axis is three colours; its manifest can say layout = "nchw" or "nhwc"'):
        recognise(path)
    path.with_suffix(".toml").write_text('layout = "nhwc"\ntakes = "0..1"\ngives = "0..255"\nmultiple = 12\n')
    recognised = recognise(path)
    assert (recognised.layout, recognised.takes, recognised.gives) == ("nhwc", "0..1", "0..255")
    assert recognised.multiple == 12
    path.with_suffix(".toml").write_text('layout = "nchw"\nsize = "64x32"\n')
    assert network(path, recognise(path)).fixed == Size(64, 32)


def external(model: Any) -> None:
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")


def huge(model: Any) -> None:
    model.graph.initializer[0].dims[:] = [2**15, 2**15]


def negative(model: Any) -> None:
    model.graph.initializer[0].dims[:] = [-1, -1, 3, 3]


def foreign(model: Any) -> None:
    model.graph.node[0].domain = "com.acme"
    model.opset_import.append(helper.make_opsetid("com.acme", 1))


def unheard_of(model: Any) -> None:
    model.graph.node[0].op_type = "Teleport"


def doubles(model: Any) -> None:
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.DOUBLE


def hidden(model: Any) -> None:
    """External data inside a branch."""
    inner = helper.make_node("Constant", [], ["z"], value=TensorProto())
    tensor = inner.attribute[0].t
    tensor.data_type, tensor.data_location = TensorProto.FLOAT, TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="weights.bin")
    branch = helper.make_graph([inner], "branch", [], [])
    model.graph.node.append(helper.make_node("If", ["c"], ["d"], then_branch=branch, else_branch=branch))


def endless(model: Any) -> None:
    model.graph.node.append(helper.make_node("Loop", ["", "c"], ["d"], body=helper.make_graph([], "body", [], [])))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (external, "keeps 'w' in another file; save it with all weights inside"),
        (hidden, "in another file"),
        (huge, r"'w' declares the shape \[32768, 32768\], but holds 9 elements"),
        (negative, r"'w' declares the shape \[-1, -1, 3, 3\]"),
        (foreign, "uses Conv of 'com.acme', which isn't ONNX's own"),
        (unheard_of, "uses 'Teleport', which ONNX 13 hasn't"),
        (endless, "uses Loop, which may run for ever"),
        (doubles, "can't be run: .*bound to different types"),
        (lambda model: model.graph.ClearField("node"), "it has no nodes"),
    ],
)
def test_refusals(change: Any, message: str, tmp_path: Path) -> None:
    path = built(tmp_path, [node("Conv", "x", "w")], {"w": W})
    with pytest.raises(BadInput, match=message):
        recognise(changed(path, change))


def test_one_picture_in_and_one_out(tmp_path: Path) -> None:
    second = helper.make_tensor_value_info("mask", TensorProto.FLOAT, (1, 1, "h", "w"))
    with pytest.raises(BadInput, match=r"takes 2 things \(x \[1, 3, None, None\], mask .*one picture is wanted"):
        recognise(built(tmp_path, [node("Mul", "x", "mask")], inputs=[second]))
    nodes = [node("Tanh", "x"), node("Sigmoid", "x", to="mask")]
    with pytest.raises(BadInput, match=r"gives 2 things \(y .*, mask"):
        recognise(built(tmp_path, nodes, outputs=[second]))
    with pytest.raises(BadInput, match=r"takes x of shape \[1, 3\]; one picture has four axes"):
        recognise(built(tmp_path, [node("Tanh", "x")], shape=(1, 3)))
    with pytest.raises(BadInput, match=r"takes x of shape \[8, 3, None, None\]"):
        recognise(built(tmp_path, [node("Tanh", "x")], shape=(8, 3, "h", "w")))


def test_another_size_than_it_takes(tmp_path: Path) -> None:
    doubled = node("Resize", "x", "", "scales", mode="nearest")
    with pytest.raises(BadInput, match="gives no picture of the size that it takes"):
        recognise(built(tmp_path, [doubled], {"scales": np.array([1, 1, 2, 2], np.float32)}))


def test_two_pictures_for_one(tmp_path: Path) -> None:
    path = built(tmp_path, [node("Concat", "x", "x", axis=0)], out=("n", 3, "h", "w"))
    with pytest.raises(BadInput, match="gives no picture of the size that it takes"):
        recognise(path)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x08\x07" * 50])
def test_damaged_files(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=r"net\.onnx"):
        recognise(path)
    with pytest.raises(BadInput, match="can't read"):
        recognise(tmp_path / "none.onnx")


KINDS = {"float16": TensorProto.FLOAT16, "uint8": TensorProto.UINT8, "double": TensorProto.DOUBLE}


def cast(path: Path, kind: int, layout: str = "nchw", channels: tuple[int, int] = (3, 3), told: bool = True) -> Path:
    """A file that inverts a picture of bytes, in numbers of that ``kind``; whether its result's shape is ``told``."""
    axis = 1 if layout == "nchw" else 3
    between = {
        (1, 3): [node("Concat", *["inverted"] * 3, to="many", axis=axis)],
        (3, 1): [node("ReduceMean", "inverted", to="many", axes=[axis])],
    }.get(channels, [node("Identity", "inverted", to="many")])
    shapes = [[1, count, "h", "w"] if layout == "nchw" else [1, "h", "w", count] for count in channels]
    nodes = [
        node("Cast", "x", to="f"),
        node("Sub", "white", "f", to="inverted"),
        *between,
        node("Cast", "many", to="y"),
    ]
    nodes[0].attribute.append(helper.make_attribute("to", TensorProto.FLOAT))
    nodes[-1].attribute.append(helper.make_attribute("to", kind))
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", kind, shapes[0])],
        [helper.make_tensor_value_info("y", kind, shapes[1] if told else None)],
        [numpy_helper.from_array(one(255.0), "white")],
    )
    path = path / "net.onnx"
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    path.with_suffix(".toml").write_text('range = "0..255"\n')
    return path


@pytest.mark.parametrize("told", [True, False], ids=["told", "untold"])
@pytest.mark.parametrize("channels", [(3, 3), (1, 1), (1, 3), (3, 1)], ids=str)
@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize("kind", KINDS)
def test_other_numbers_channels_and_shapes(
    kind: str, layout: str, channels: tuple[int, int], told: bool, tmp_path: Path
) -> None:
    path = cast(tmp_path, KINDS[kind], layout, channels, told)
    found = recognise(path)
    copy = network(path, found).onnx
    assert copy is not None
    picture = np.random.default_rng(0).integers(0, 256, (64, 96, 3)).astype(np.float32)
    image = picture.transpose(2, 0, 1)[None] if layout == "nchw" else picture[None]
    result = run(copy, np.ascontiguousarray(image))[0]
    result = result.transpose(1, 2, 0) if layout == "nchw" else result
    grey = picture @ np.array((0.299, 0.587, 0.114), np.float32)
    wanted = 255 - (grey[..., None] if channels[0] == 1 else picture)
    wanted = np.broadcast_to(wanted.mean(axis=2, keepdims=True) if channels[1] == 1 else wanted, picture.shape)
    assert np.abs(result - wanted).max() <= (1.01 if kind == "uint8" else 0.2)


def test_the_range_of_bytes_is_known(tmp_path: Path) -> None:
    path = cast(tmp_path, TensorProto.UINT8)
    path.with_suffix(".toml").unlink()
    assert (recognise(path).takes, recognise(path).gives) == ("0..255", "0..255")


def test_other_numbers_are_refused_with_the_choices(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"net\.onnx takes numbers of type INT64; choices: FLOAT, FLOAT16"):
        recognise(cast(tmp_path, TensorProto.INT64))


@pytest.mark.parametrize("name", ["onnx_fp16.onnx", "onnx_grey1ch.onnx"])
def test_the_files_that_were_brought(name: str) -> None:
    found = recognise(FIELD / name)
    assert (found.takes, found.gives) == ("-1..1", "-1..1")
    copy = network(FIELD / name, found).onnx
    assert copy is not None
    picture = np.random.default_rng(0).random((1, 3, 48, 64), np.float32) * 2 - 1
    assert run(copy, picture).shape == (1, 3, 48, 64)
