"""Every family, from its file to the picture: whichever runtime runs it, it is the same one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.model import authors
from tests.model.networks import picture, samples
from vj.base.frame import Pixels, Size
from vj.base.paths import PRESETS
from vj.model.families.adain import AdaIn
from vj.model.families.arbitrary_style import PREDICT, TRANSFORM, ArbitraryStyle
from vj.model.families.arbitrary_style import network as painting
from vj.model.families.style26_network import prepare_style26, style26
from vj.model.files import weights as catalog
from vj.model.files.checkpoint import network, recognise
from vj.model.network import Network
from vj.model.runtime.compiled_network import CompiledNetwork, Floats
from vj.model.runtime.prepare import backends, prepare
from vj.model.style_images import read

TOLERANCE = {"openvino-f32": 1e-3, "onnxruntime": 1e-3, "torch": 1e-3, "openvino-bf16": 0.05}
"""Relative (L2), in the picture as shown; relative in its mean too."""
SIZE = Size(64, 64)
BINOMIALS = ((1.0, 2.0, 1.0), (1.0, 3.0, 3.0, 1.0))


@dataclass(frozen=True)
class Case:
    """A network as its authors wrote it, fed numbers of 0 to ``high`` or -1 to 1; its last layer is to give numbers
    around ``level``, so that what is shown is a picture and neither flat nor clipped."""

    make: Callable[[], nn.Module]
    level: float = 0.0
    spread: float = 0.5
    feed: tuple[float, float] = (-1.0, 1.0)
    statistics: str = "eval"


CASES = {
    "fast style": Case(partial(authors.FastStyle, False), 128, 40, (0, 255)),
    "pix2pix": Case(partial(authors.Unet, 5, 4, "batch")),
    "pix2pix by the picture's statistics": Case(partial(authors.Unet, 5, 4, "batch"), statistics="batch"),
    "pix2pix, instance norm": Case(partial(authors.Unet, 5, 4, "instance")),
    "cyclegan": Case(authors.Resnet),
    "cyclegan, affine norm": Case(partial(authors.Resnet, norm="affine")),
    "cyclegan, batch norm": Case(partial(authors.Resnet, norm="batch", bias=False)),
    "cut": Case(partial(authors.Resnet, taps=BINOMIALS)),
    "pix2pixhd": Case(partial(authors.Resnet, downs=3)),
    "pix2pixhd, local enhancer": Case(authors.Enhancer),
    "animegan": Case(authors.Anime),
    "u2net": Case(authors.U2netp, feed=(-2, 2)),
}


@pytest.fixture(scope="module")
def fetched() -> dict[str, Path]:
    """The catalogue's weights, fetched once into the user's cache."""
    return {name: catalog.fetch(name, lambda doing, part: None) for name in catalog.ASSETS}


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


def settled(net: nn.Module, given: Tensor, level: float, spread: float) -> nn.Module:
    """``net`` with random weights, whose last layer gives numbers around ``level`` for ``given``."""
    authors.seeded(net)
    last = [layer for layer in net.modules() if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)][-1]
    seen: list[Tensor] = []
    hook = last.register_forward_hook(lambda layer, given, result: seen.append(result))
    net(given)
    last.weight *= spread / seen[0].std()
    if last.bias is not None:
        last.bias.zero_()
        net(given)
        last.bias += level - seen[1].mean()
    hook.remove()
    return net


def image(low: float = 0.0, high: float = 1.0) -> Tensor:
    """The picture in a network's own numbers, [1, 3, h, w]."""
    return torch.from_numpy(picture(SIZE)).permute(2, 0, 1)[None] / 255 * (high - low) + low


def written(folder: Path, case: Case) -> Path:
    path = folder / "net.pth"
    torch.save(settled(case.make(), image(*case.feed), case.level, case.spread).state_dict(), path)
    return path


@pytest.fixture
def adain(tmp_path: Path) -> Path:
    """A decoder, and beside it an encoder whose features are of the size that the real one's are: 1 on average."""
    encoder = authors.seeded(authors.adain_encoder())
    x = image()
    for layer in encoder:
        if isinstance(layer, nn.Conv2d):
            mean = layer(x).relu().mean()
            layer.weight /= mean
            layer.bias /= mean
        x = layer(x)
    torch.save(encoder.state_dict(), tmp_path / "vgg_normalised.pth")
    features = torch.randn((1, 512, 8, 8), generator=torch.Generator().manual_seed(1)) + 0.5
    torch.save(settled(authors.adain_decoder(), features, 0.5, 0.15).state_dict(), tmp_path / "net.pth")
    return tmp_path / "net.pth"


def shown(compiled: CompiledNetwork, controls: Sequence[Floats]) -> tuple[Pixels, float]:
    out = np.empty_like(picture(SIZE))
    return out, compiled.run(picture(SIZE), controls, out)


def assert_same(
    network: Network,
    controls: Sequence[Floats],
    truth: tuple[Pixels, float],
    made: Callable[[str], CompiledNetwork] | None = None,
) -> None:
    """The network shows ``truth``, its picture and mean, on every runtime that is here."""
    assert truth[0].std() > 10, "there is nothing to see"
    assert ((truth[0] == 0) | (truth[0] == 255)).mean() < 0.2, "there is little to compare"
    here = [name for name in TOLERANCE if name in backends(network, SIZE)]
    assert {"openvino-f32", "onnxruntime"} & set(here)
    for runtime in here:
        result, mean = shown(made(runtime) if made else prepare(network, SIZE, runtime), controls)
        assert off(result, truth[0]) < TOLERANCE[runtime], runtime
        assert mean == pytest.approx(truth[1], rel=TOLERANCE[runtime]), runtime


def off(result: Pixels, truth: Pixels) -> float:
    return float(np.linalg.norm(result.astype(np.float32) - truth) / np.linalg.norm(truth.astype(np.float32)))


@pytest.mark.parametrize("name", CASES)
def test_a_checkpoint(name: str, tmp_path: Path) -> None:
    path = written(tmp_path, CASES[name])
    made = network(path, recognise(path), statistics=CASES[name].statistics)
    assert_same(made, samples(made), shown(prepare(made, SIZE, "torch"), samples(made)))


def test_an_onnx_file_shows_what_the_checkpoint_shows(tmp_path: Path) -> None:
    path = written(tmp_path, CASES["fast style"])
    original = network(path, recognise(path))
    assert original.module
    authors.export(original.module(), (image(0, 255),), tmp_path / "net.onnx", open_size=True)
    made = network(tmp_path / "net.onnx", recognise(tmp_path / "net.onnx"))
    assert "torch" not in backends(made, SIZE)
    assert_same(made, (), shown(prepare(original, SIZE, "torch"), ()))


def test_style26(fetched: dict[str, Path]) -> None:
    file = fetched["multistyle26.onnx"]
    weights = (np.eye(26, dtype=np.float32)[5] + np.eye(26, dtype=np.float32)[19]) / 2
    truth = shown(prepare_style26(file, SIZE, "torch"), [weights])
    assert_same(style26(file), [weights], truth, lambda runtime: prepare_style26(file, SIZE, runtime))


def test_painting(fetched: dict[str, Path]) -> None:
    files = {name: fetched[name] for name in (PREDICT, TRANSFORM)}
    model = ArbitraryStyle(files)
    style = model.of_style(model.describer()(read(PRESETS / "paintings" / "woodcut_wave.jpg")))
    assert_same(painting(files), style, shown(prepare(painting(files), SIZE, "torch"), style))


def test_vintage(fetched: dict[str, Path]) -> None:
    path = fetched["vintage.pth"]
    made = network(path, recognise(path))
    assert_same(made, (), shown(prepare(made, SIZE, "torch"), ()))


def test_adain_in_the_style_of_a_painting(adain: Path) -> None:
    model = AdaIn({"model": adain}, about={"model": recognise(adain).to_json()})
    other = read(PRESETS / "paintings" / "ochre_planes.jpg")
    numbers = model.describer()(other)
    mean, deviation = model.of_style(numbers)
    assert mean.shape == deviation.shape == (1, 512, 1, 1)
    made = model.network("")
    truth = shown(prepare(made, SIZE, "torch"), (mean, deviation))
    assert_same(made, (mean, deviation), truth)
    if "openvino-int8" in backends(made, SIZE):  # its ranges were measured in another style than this
        assert off(shown(prepare(made, SIZE, "openvino-int8"), (mean, deviation))[0], truth[0]) < 0.1


def test_what_adain_finds_in_a_painting_is_its_features_statistics(adain: Path) -> None:
    """Those of the encoder up to relu4_1, deviations unbiased; the painting is as large as the square looked at."""
    model = AdaIn({"model": adain}, about={"model": recognise(adain).to_json()})
    square = np.tile(picture(SIZE), (4, 4, 1))
    encoder = authors.adain_encoder()
    encoder.load_state_dict(torch.load(adain.with_name("vgg_normalised.pth"), weights_only=True))
    with torch.inference_mode():
        features = encoder[:31](torch.from_numpy(square).permute(2, 0, 1)[None] / 255)
    mean, deviation = model.of_style(model.describer()(square))
    np.testing.assert_allclose(mean, features.mean((2, 3), keepdim=True), atol=1e-4)
    np.testing.assert_allclose(deviation, features.std((2, 3), keepdim=True), atol=1e-2)
