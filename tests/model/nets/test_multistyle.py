"""The 26-style network: the torch module and every static graph against ONNX Runtime, on a photograph."""

from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest
import skimage.data
import torch
from skimage.metrics import structural_similarity
from skimage.transform import resize

from vj.base.errors import BadInput
from vj.model.nets import multistyle, multistyle_int8
from vj.model.nets.multistyle_weights import LAYERS, STYLES, weights_from_onnx
from vj.model.runtime.openvino import OpenVinoGraph
from vj.model.runtime.phases import border_sources, phase_kernel, wide_kernel
from vj.model.runtime.processor import has_bf16, has_vnni, is_x86

Picture = npt.NDArray[np.uint8]
BLENDS = {"third": {3: 1.0}, "sixteenth": {15: 1.0}, "twentieth": {19: 1.0}, "blend": {7: 0.5, 9: 0.3, 25: 0.2}}


def styles(blend: dict[int, float]) -> npt.NDArray[np.float32]:
    row = np.zeros(STYLES, np.float32)
    row[list(blend)] = list(blend.values())
    return row


@cache
def photograph(height: int, width: int) -> Picture:
    picture = skimage.data.astronaut()[: 512 * height // width]
    return (resize(picture, (height, width), anti_aliasing=True) * 255).astype(np.uint8)


@cache
def session(path: Path) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def reference(path: Path, picture: Picture, blend: dict[int, float]) -> npt.NDArray[np.float32]:
    """What ONNX Runtime makes of it, [h, w, 3] in 0-255."""
    image = picture.transpose(2, 0, 1)[None].astype(np.float32) / 255
    (result,) = session(path).run(None, {"image": image, "style_weights": styles(blend)})
    return result[0].transpose(1, 2, 0) * 255


@cache
def graph(path: Path, height: int, width: int, variant: str, precision: str) -> OpenVinoGraph:
    from vj.model.nets.multistyle_graph import build

    return OpenVinoGraph(build(weights_from_onnx(path), height, width, variant), precision=precision)


def stylised(path: Path, picture: Picture, blend: dict[int, float], variant: str, precision: str = "f32") -> Picture:
    out = np.zeros_like(picture)
    mean = np.zeros(1, np.float32)
    graph(path, *picture.shape[:2], variant, precision).run(picture, styles(blend), out=(out, mean))
    assert abs(mean[0] - out.mean() / 255) < 0.005
    return out


def inner(picture: npt.NDArray[np.generic]) -> npt.NDArray[np.float32]:
    """Without the border, where the graphs may differ."""
    return picture[8:-8, 8:-8].astype(np.float32)


def difference(one: npt.NDArray[np.generic], other: npt.NDArray[np.generic]) -> float:
    """Mean absolute difference, in steps of 255."""
    return float(np.abs(inner(one) - inner(other)).mean())


@pytest.mark.parametrize("blend", BLENDS.values(), ids=BLENDS)
def test_torch_module_equals_onnx(style26_path: Path, blend: dict[int, float]) -> None:
    picture = photograph(96, 128)
    net = multistyle.from_onnx(style26_path)
    image = torch.from_numpy(picture).permute(2, 0, 1)[None] / 255
    with torch.inference_mode():
        result = net(image, torch.from_numpy(styles(blend)))[0].permute(1, 2, 0).numpy()
    assert np.abs(result - reference(style26_path, picture, blend) / 255).max() < 1e-4


@pytest.mark.parametrize("blend", BLENDS.values(), ids=BLENDS)
def test_float_graph_equals_onnx(style26_path: Path, blend: dict[int, float]) -> None:
    picture = photograph(96, 128)
    result = stylised(style26_path, picture, blend, "float")
    assert np.abs(result - reference(style26_path, picture, blend)).max() < 0.6, "half a step is the rounding to bytes"


BF16 = pytest.mark.skipif(not has_bf16(), reason="this processor has no bfloat16")
INTEGERS = [
    pytest.param("int8-reduced", marks=pytest.mark.skipif(not is_x86(), reason="8-bit graphs were made for x86")),
    pytest.param("int8", marks=pytest.mark.skipif(not has_vnni(), reason="this processor clips sums of products")),
]
"""The 8-bit formats that are exact on this processor."""


@pytest.mark.parametrize("precision", ["f32", pytest.param("bf16", marks=BF16)])
@pytest.mark.parametrize("blend", [{style: 1.0} for style in range(STYLES)] + [BLENDS["blend"]], ids=str)
@pytest.mark.parametrize("integers", INTEGERS)
def test_integers_keep_the_picture(style26_path: Path, integers: str, blend: dict[int, float], precision: str) -> None:
    """In each style. Half of a kernel's range is as good as all of it: the inputs' rounding is what shows."""
    picture = photograph(180, 320)
    result = stylised(style26_path, picture, blend, integers, precision)
    truth = reference(style26_path, picture, blend)
    assert difference(result, truth) < 6
    assert structural_similarity(inner(result), inner(truth), channel_axis=2, data_range=255) > 0.93
    assert np.abs(inner(result).mean((0, 1)) - inner(truth).mean((0, 1))).max() < 2, "a shift of colour"


@pytest.mark.parametrize("integers", INTEGERS)
def test_borders_of_integers_are_near(style26_path: Path, integers: str) -> None:
    picture = photograph(180, 320)
    result = stylised(style26_path, picture, BLENDS["third"], integers).astype(np.float32)
    off = np.abs(result - reference(style26_path, picture, BLENDS["third"]))
    border = off.sum() - off[4:-4, 4:-4].sum()
    assert border / (off.size - off[4:-4, 4:-4].size) < 14


@pytest.mark.parametrize("variant", ["float", *INTEGERS])
@pytest.mark.parametrize("change", ["dark", "haze", "red"])
def test_hard_light(style26_path: Path, variant: str, change: str) -> None:
    """A stage is dark, full of smoke or of one colour; a norm makes all that as bright as day, with its rounding."""
    picture = photograph(180, 320)
    changed = {"dark": picture // 8, "haze": 190 + picture // 8, "red": picture // np.array([1, 9, 9], np.uint8)}[
        change
    ]
    result = stylised(style26_path, changed.astype(np.uint8), BLENDS["third"], variant)
    truth = reference(style26_path, changed, BLENDS["third"])
    assert difference(result, truth) < (1 if variant == "float" else 7)


@pytest.mark.parametrize("level", [0, 90, 255])
@pytest.mark.parametrize("variant", ["float", *INTEGERS])
def test_a_picture_of_one_colour_stays_one(style26_path: Path, variant: str, level: int) -> None:
    """A film that fades to black must not end in a pattern of rounding errors that norms have made bright."""
    picture = np.full((96, 128, 3), level, np.uint8)
    result = stylised(style26_path, picture, BLENDS["blend"], variant)
    assert (inner(result) == inner(result)[0, 0]).all()
    most = 4 if variant == "float" else 9  # the reference is off by two itself: its own rounding, made bright
    assert difference(result, reference(style26_path, picture, BLENDS["blend"])) < most


@pytest.mark.parametrize("integers", INTEGERS)
def test_no_style_at_all_is_finite(style26_path: Path, integers: str) -> None:
    result = stylised(style26_path, photograph(96, 128), {}, integers)
    assert set(np.unique(inner(result))) <= {127, 128}, "sigmoid of nothing"


@pytest.mark.parametrize(("height", "width"), [(90, 128), (96, 130), (8, 128)])
def test_impossible_sizes_are_refused(style26_path: Path, height: int, width: int) -> None:
    from vj.model.nets.multistyle_graph import build

    with pytest.raises(BadInput, match=f"{width}x{height}: the sides must be multiples of 4"):
        build(weights_from_onnx(style26_path), height, width)


def test_unknown_number_format_is_refused_with_the_choices(style26_path: Path) -> None:
    from vj.model.nets.multistyle_graph import build

    with pytest.raises(BadInput, match="choices: float, int8, int8-reduced"):
        build(weights_from_onnx(style26_path), 96, 128, "int4")


def test_another_network_is_refused(tmp_path: Path) -> None:
    import onnx

    onnx.save(onnx.ModelProto(), tmp_path / "other.onnx")
    with pytest.raises(BadInput, match=r"not the 26-style network: it has no contract\.0\.w"):
        weights_from_onnx(tmp_path / "other.onnx")


def test_ranges_are_complete() -> None:
    ranges = multistyle_int8.load()
    assert tuple(ranges.channel) == tuple(ranges.range) == LAYERS[1:]
    for layer in LAYERS[1:]:
        assert ranges.range[layer].shape == (STYLES,)
        assert ranges.range[layer].min() > 0.5
        assert 0 < ranges.channel[layer].min() <= ranges.channel[layer].max() == 1


def test_ranges_can_be_measured_anew(style26_path: Path) -> None:
    measured = multistyle_int8.measure(multistyle.from_onnx(style26_path), [photograph(48, 64)])
    kept = multistyle_int8.load()
    for layer in LAYERS[1:]:
        ratio = measured.range[layer] / kept.range[layer]
        assert 0.4 < np.median(ratio) < 1.6


@pytest.mark.parametrize(("up", "size", "pad"), [(2, 3, 1), (1, 9, 4)])
def test_phases_are_the_same_convolution(up: int, size: int, pad: int) -> None:
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(1, 5, 16, 16, generator=generator)
    kernel = torch.rand(3, 5, size, size, generator=generator)
    large = torch.nn.functional.interpolate(image, scale_factor=float(up))
    truth = torch.nn.functional.conv2d(large, kernel, padding=pad)
    inputs = 4 // up
    blocks = image.reshape(1, 5, 16 // inputs, inputs, 16 // inputs, inputs).permute(0, 3, 5, 1, 2, 4).flatten(1, 3)
    phases = torch.from_numpy(phase_kernel(kernel.numpy(), inputs=inputs, outputs=4, up=up, pad=pad))
    n = 16 // inputs
    result = torch.nn.functional.conv2d(blocks, phases, padding=1).reshape(1, 4, 4, 3, n, n)
    assert torch.allclose(result.permute(0, 3, 4, 1, 5, 2).reshape(1, 3, 4 * n, 4 * n), truth, atol=1e-4)


def test_wide_pixels_are_the_same_convolution() -> None:
    generator = torch.Generator().manual_seed(0)
    image, kernel = torch.rand(1, 3, 20, 24, generator=generator), torch.rand(5, 3, 9, 9, generator=generator)
    truth = torch.nn.functional.conv2d(image, kernel)
    runs = image.reshape(1, 3, 20, 6, 4).permute(0, 4, 1, 2, 3).flatten(1, 2)
    result = torch.nn.functional.conv2d(runs, torch.from_numpy(wide_kernel(kernel.numpy(), 4)))
    assert torch.allclose(result.reshape(1, 4, 5, 12, 4).permute(0, 2, 3, 4, 1).reshape(1, 5, 12, 16), truth, atol=1e-4)


@pytest.mark.parametrize("mode", ["reflect", "edge"])
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("after", [False, True])
def test_borders_of_blocks_are_those_of_pixels(mode: Literal["reflect", "edge"], axis: int, after: bool) -> None:
    size, channels = 4, 3
    pixels = np.arange(2 * size * 2 * size * channels).reshape(2 * size, 2 * size, channels)
    padded = np.pad(pixels, ((size, size), (size, size), (0, 0)), mode=mode)
    blocks = padded.reshape(4, size, 4, size, channels).swapaxes(1, 2)
    place, inwards = (3, (2, 1)) if after else (0, (1, 2))
    row = blocks[:, 1] if axis == 0 else blocks[1]
    given, truth = row[list(inwards)], row[place]
    sources = border_sources(size, channels, axis, after=after, mode=mode)
    assert (given.ravel()[sources] == truth.ravel()).all()
