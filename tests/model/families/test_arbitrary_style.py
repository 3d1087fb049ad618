"""Any painting as a style: the network against its file, paintings read aside, the style over time."""

import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import skimage.data
import torch
from PIL import Image

from vj.base.errors import BadInput
from vj.base.frame import Pixels, Size
from vj.base.paths import PRESETS
from vj.model.families.arbitrary_style import PREDICT, TRANSFORM, TYPICAL, ArbitraryStyle, Predictor, network
from vj.model.families.style_model import PAINTINGS, Fading, StyleMix
from vj.model.files import weights as catalog
from vj.model.nets.arbitrary_style import ArbitraryTransform, transform
from vj.model.style_images import StyleImages, read, squares
from vj.params.param import Value

Floats = npt.NDArray[np.float32]
DEFAULTS: dict[str, Value] = {param.name: param.default for param in ArbitraryStyle.params}


@pytest.fixture(scope="module")
def files() -> dict[str, Path]:
    return {name: catalog.fetch(name, lambda doing, part: None) for name in (PREDICT, TRANSFORM)}


@pytest.fixture(scope="module")
def net(files: dict[str, Path]) -> ArbitraryTransform:
    return transform(files[TRANSFORM])


@cache
def photograph() -> Pixels:
    return np.ascontiguousarray(skimage.data.astronaut()[64:448, 64:448])


def painting(name: str = PAINTINGS[0]) -> Pixels:
    return read(PRESETS / "paintings" / name)


# the networks ---------------------------------------------------------------------------------------------------------


def painted(net: ArbitraryTransform, picture: Pixels, style: Floats) -> Floats:
    """[h, w, 3] in 0-1"""
    image = torch.from_numpy(picture).permute(2, 0, 1)[None] / 255
    with torch.inference_mode():
        result: Floats = net(image, torch.from_numpy(style))[0].permute(1, 2, 0).numpy()
    return result


def of_the_file(path: Path, picture: Pixels, style: Floats, *, rounding: bool) -> Floats:
    """What ONNX Runtime makes of the file, as it is or with all rounding between its layers taken out."""
    import onnxruntime

    model = path.read_bytes() if rounding else _unrounded(path)
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    inputs = [picture[None].astype(np.float32) / 255, style.reshape(1, 1, 1, -1)]
    (result,) = session.run(None, {port.name: value for port, value in zip(session.get_inputs(), inputs, strict=True)})
    return np.asarray(result[0], np.float32)


def _unrounded(path: Path) -> bytes:
    """Every pair of nodes that rounds to 8 bits and back is bypassed; those that read weights stay."""
    import onnx

    model = onnx.load(str(path))
    graph, instead = model.graph, {}
    weights = {item.name for item in graph.initializer}
    kept = []
    for node in graph.node:
        for place, name in enumerate(node.input):
            node.input[place] = instead.get(name, name)
        if node.op_type == "Pad" and len(node.input) > 2:
            del node.input[2:]  # the padding's value was of 8 bits, and reflecting needs none
        if node.op_type == "QuantizeLinear" or (node.op_type == "DequantizeLinear" and node.input[0] not in weights):
            instead[node.output[0]] = node.input[0]
        else:
            kept.append(node)
    del graph.node[:]
    graph.node.extend(kept)
    graph.output[0].name = instead.get(graph.output[0].name, graph.output[0].name)
    return model.SerializeToString()  # type: ignore[no-any-return]


def test_the_network_is_the_file_without_its_rounding(files: dict[str, Path], net: ArbitraryTransform) -> None:
    style = Predictor(files[PREDICT])(painting())
    truth = of_the_file(files[TRANSFORM], photograph(), style, rounding=False)
    assert np.abs(painted(net, photograph(), style) - truth).max() < 1e-4


def test_the_rounding_of_the_file_makes_little_difference(files: dict[str, Path], net: ArbitraryTransform) -> None:
    style = Predictor(files[PREDICT])(painting(PAINTINGS[1]))
    truth = of_the_file(files[TRANSFORM], photograph(), style, rounding=True)
    result = painted(net, photograph(), style)
    assert np.abs(result - truth).mean() < 0.05
    assert np.abs(result.mean((0, 1)) - truth.mean((0, 1))).max() < 0.02, "a shift of colour"


def test_any_size_and_finite(net: ArbitraryTransform) -> None:
    for height, width in ((16, 16), (36, 100)):
        for level in (0, 255):
            result = painted(net, np.full((height, width, 3), level, np.uint8), np.full(100, 3.0, np.float32))
            assert result.shape == (height, width, 3)
            assert np.isfinite(result).all()


def test_another_file_is_refused(files: dict[str, Path]) -> None:
    with pytest.raises(BadInput, match="not the arbitrary style network: it has no transformer/contract/conv1/weights"):
        transform(files[PREDICT])


def test_bundled_paintings_differ_and_their_style_is_seen(files: dict[str, Path], net: ArbitraryTransform) -> None:
    names = sorted(path.name for path in (PRESETS / "paintings").glob("*.jpg"))
    assert set(PAINTINGS) < set(names)
    predictor = Predictor(files[PREDICT])
    styles = [predictor(painting(name)) for name in names]
    assert all((style.shape, style.dtype) == ((100,), np.float32) for style in styles)
    results = [painted(net, photograph()[:96, :128], style) for style in styles]
    for one in range(len(names)):
        for other in range(one):
            assert np.abs(results[one] - results[other]).mean() > 0.08, f"{names[one]} and {names[other]}"


def test_its_own_style_leaves_a_picture_nearest_to_itself(files: dict[str, Path], net: ArbitraryTransform) -> None:
    predictor, picture = Predictor(files[PREDICT]), photograph()[:192, :192]
    own, other = (painted(net, picture, predictor(seen)) for seen in (picture, painting()))
    assert np.abs(own - picture / 255).mean() < 0.6 * np.abs(other - picture / 255).mean()


def test_network_counts_styles_from_a_typical_one(files: dict[str, Path], net: ArbitraryTransform) -> None:
    found = network(files)
    assert [(control.name, control.shape) for control in found.controls] == [("style", (100,))]
    assert found.module is not None
    counted, picture = found.module(), photograph()[:64, :64]
    assert isinstance(counted, ArbitraryTransform)
    for offset in (0.0, 0.5):
        style = np.full(100, offset, np.float32)
        assert np.abs(painted(counted, picture, style) - painted(net, picture, TYPICAL + style)).max() < 1e-4


def test_eight_bits_are_enough_for_every_painting(files: dict[str, Path]) -> None:
    """Ranges are measured at one style only, and must do for all."""
    from vj.model.runtime.prepare import backends, prepare

    size, picture = Size(256, 256), np.ascontiguousarray(photograph()[:256, :256])
    if "openvino-int8" not in backends(network(files), size):
        pytest.skip("this processor has no 8-bit dot products")
    exact, rounded = (prepare(network(files), size, backend) for backend in ("openvino-f32", "openvino-int8"))
    for name in ("burning_field.jpg", "woodcut_wave.jpg", "swirling_night.jpg", "ochre_planes.jpg"):
        style = Predictor(files[PREDICT])(painting(name)) - TYPICAL
        truth, result = np.empty_like(picture), np.empty_like(picture)
        exact.run(picture, (style,), truth)
        rounded.run(picture, (style,), result)
        assert np.linalg.norm(result.astype(float) - truth) < 0.05 * np.linalg.norm(truth.astype(float)), name


@pytest.mark.parametrize(
    ("shape", "count"), [((90, 90), 1), ((64, 64), 1), ((90, 160), 2), ((300, 90), 4), ((20, 900), 4)]
)
def test_squares_reach_from_end_to_end(shape: tuple[int, int], count: int) -> None:
    ramp = np.linspace(0, 255, max(shape)).astype(np.uint8)
    picture = np.empty((*shape, 3), np.uint8)
    picture[:] = ramp[:, None, None] if shape[0] > shape[1] else ramp[None, :, None]
    found = squares(picture)
    assert [square.shape for square in found] == [(256, 256, 3)] * count
    assert (found[0].min(), found[-1].max()) == (0, 255)


# paintings ------------------------------------------------------------------------------------------------------------


def saved(path: Path, level: int = 100, size: tuple[int, int] = (40, 30)) -> str:
    Image.new("RGB", size, (level, 0, 0)).save(path)
    return str(path)


class Eye:
    """Describes a picture by its mean redness, and counts."""

    def __init__(self) -> None:
        self.looks = 0

    def __call__(self, picture: Pixels) -> Floats:
        self.looks += 1
        return np.full(100, picture[..., 0].mean(), np.float32)


def test_a_painting_is_there_once_it_was_worked_on(tmp_path: Path) -> None:
    paintings, name = StyleImages(Eye()), saved(tmp_path / "a.png", 70)
    assert paintings.painting("one", name) is None
    paintings.work()
    found = paintings.painting("one", name)
    assert found is not None
    assert found[0] == 70


def test_the_newest_wish_wins_and_the_old_style_stays_meanwhile(tmp_path: Path) -> None:
    eye = Eye()
    paintings = StyleImages(eye)
    names = [saved(tmp_path / f"{level}.png", level) for level in (10, 20, 30)]
    paintings.painting("one", names[0])
    paintings.work()
    for name in names[1:]:
        old = paintings.painting("one", name)
        assert old is not None
        assert old[0] == 10
    paintings.work()
    new = paintings.painting("one", names[2])
    assert new is not None
    assert (new[0], eye.looks) == (30, 2)


def test_what_was_described_is_known_until_the_file_changes(tmp_path: Path) -> None:
    import os

    eye = Eye()
    paintings, path = StyleImages(eye), tmp_path / "a.png"
    name, other = saved(path, 10), saved(tmp_path / "b.png", 20)
    for asked in (name, other, name):
        paintings.painting("one", asked)
        paintings.work()
    assert eye.looks == 2
    saved(path, 50)
    os.utime(path, ns=(0, 1))
    for asked in (other, name):
        paintings.painting("one", asked)
        paintings.work()
    found = paintings.painting("one", name)
    assert found is not None
    assert (found[0], eye.looks) == (50, 3)


@pytest.mark.parametrize("content", [b"", b"not a picture", None], ids=["empty", "text", "missing"])
def test_a_broken_picture_keeps_the_old_style_and_is_told(tmp_path: Path, content: bytes | None) -> None:
    paintings, good, bad = StyleImages(Eye()), saved(tmp_path / "good.png", 10), tmp_path / "bad.png"
    if content is not None:
        bad.write_bytes(content)
    paintings.painting("one", good)
    paintings.work()
    paintings.painting("one", str(bad))
    paintings.work()
    found = paintings.painting("one", str(bad))
    assert found is not None
    assert found[0] == 10
    assert "bad.png can't be read as a picture" in paintings.notice
    paintings.painting("one", good)
    paintings.work()
    assert paintings.notice == ""


def test_the_thread_works_by_itself(tmp_path: Path) -> None:
    paintings, name = StyleImages(Eye()), saved(tmp_path / "a.png", 70)
    paintings.start()
    paintings.painting("one", name)
    paintings.settle(30.0)
    assert paintings.painting("one", name) is not None
    paintings.sight("camera", np.full((4, 4, 3), 9, np.uint8))
    paintings.settle(30.0)
    seen = paintings.sight("camera")
    assert seen is not None
    assert seen[0] == 9


def test_asking_never_waits_for_the_work(tmp_path: Path) -> None:
    begun, goes_on = threading.Event(), threading.Event()

    def slow(picture: Pixels) -> Floats:
        begun.set()
        assert goes_on.wait(100)
        return np.zeros(100, np.float32)

    paintings = StyleImages(slow)
    paintings.start()
    paintings.painting("one", saved(tmp_path / "a.png"))
    assert begun.wait(100)
    assert paintings.painting("one", saved(tmp_path / "b.png")) is None
    paintings.settle(0.0)
    goes_on.set()
    paintings.settle(30.0)
    assert paintings.painting("one", str(tmp_path / "b.png")) is not None


def test_pictures_are_read_upright_and_small(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    Image.new("RGB", (3000, 1000), (200, 0, 0)).save(tmp_path / "large.jpg", exif=exif)
    height, width = read(tmp_path / "large.jpg").shape[:2]
    assert height == 1024
    assert width == pytest.approx(341, abs=3)


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK", "1"])
def test_every_kind_of_picture_becomes_rgb(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("a.jpg" if mode == "CMYK" else "a.png")
    Image.new(mode, (8, 4)).save(path)
    assert read(path).shape == (4, 8, 3)


def test_decompression_bombs_are_refused(tmp_path: Path) -> None:
    """Of what can only be held as a whole; `tests.base.test_large_picture` has what is read in parts."""
    Image.new("1", (16000, 16000)).save(tmp_path / "bomb.tif", compression="group4")
    with pytest.raises(BadInput, match=r"bomb\.tif is too large a picture"):
        read(tmp_path / "bomb.tif")


# the style over time --------------------------------------------------------------------------------------------------


def level(style: Floats) -> float:
    return round(float(style[0]), 3)


def test_a_change_fades_from_wherever_it_has_got_to() -> None:
    black, white, grey = (np.full(100, number, np.float32) for number in (0.0, 1.0, 0.5))
    fading = Fading()
    assert level(fading.at(black, 1.0, 10.0)) == 0.0
    assert level(fading.at(white, 1.0, 10.1)) == 0.1, "seen in the first picture after it"
    assert level(fading.at(white, 1.0, 10.6)) == 0.6
    assert level(fading.at(grey, 1.0, 10.6)) == 0.6
    assert level(fading.at(grey, 1.0, 11.1)) == 0.55
    assert level(fading.at(black, 0.0, 11.2)) == 0.0
    assert level(fading.at(black, 30.0, 11.2)) == 0.0, "a longer fade, told later, brings nothing back"


class Mix:
    """A style mix whose paintings are named after their redness, worked on when told."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.paintings = StyleImages(Eye())
        self.paintings.start = self.paintings.work  # type: ignore[method-assign]
        self.mix = StyleMix(self.paintings)
        self.mix.warm()
        self.now = 100.0

    def at(self, seconds: float = 0.0, camera: int = 0, **changes: Value) -> float:
        self.now += seconds
        names = {name: value and saved(self._folder / f"{value}.png", int(value)) for name, value in changes.items()}
        paintings = {name: value for name, value in names.items() if name.startswith("style_image")}
        values = DEFAULTS | {"fade": 0.0} | changes | paintings
        style = self.mix.at(values, np.full((4, 4, 3), camera, np.uint8), self.now)
        self.paintings.work()
        return level(style)


@pytest.fixture
def mix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mix:
    monkeypatch.setattr("vj.model.families.style_model._PATIENCE", 0.0)
    mix = Mix(tmp_path)
    for _ in range(2):
        mix.at(style_image="100", style_image_2="200")
    return mix


def test_two_paintings_are_blended(mix: Mix) -> None:
    for blend, expected in ((0.0, 100.0), (0.25, 125.0), (1.0, 200.0)):
        assert mix.at(style_image="100", style_image_2="200", blend=blend) == expected


def test_another_painting_fades_in_once_it_is_known(mix: Mix) -> None:
    mix.at(style_image="100", fade=1.0)
    assert mix.at(0.1, style_image="50", fade=1.0) == 100.0, "not described yet"
    assert mix.at(0.25, style_image="50", fade=1.0) == 87.5
    assert mix.at(2.0, style_image="50", fade=1.0) == 50.0


def test_less_depth_is_more_of_the_cameras_own_style(mix: Mix) -> None:
    wanted: dict[str, Value] = {"style_image": "100", "style_image_2": "200"}
    assert mix.at(0.1, camera=20, depth=0.5, **wanted) == 100.0, "not looked at yet"
    assert mix.at(0.1, camera=20, depth=0.5, **wanted) == 60.0
    assert mix.at(0.1, camera=20, depth=0.0, **wanted) == 20.0


def test_the_cameras_style_is_looked_at_once_a_second_and_followed_smoothly(mix: Mix) -> None:
    mix.at(camera=20, depth=0.0)
    mix.at(0.1, camera=20, depth=0.0)
    assert mix.at(0.5, camera=80, depth=0.0) == 20.0, "not looked at again"
    mix.at(0.5, camera=80, depth=0.0)
    followed = [mix.at(0.7, camera=80, depth=0.0) for _ in range(4)]
    assert followed == sorted(followed)
    assert followed[0] == pytest.approx(20 + 60 * (1 - np.exp(-1.0)), abs=0.1)
    assert followed[-1] > 78


def test_with_nothing_named_the_bundled_paintings_are_shown(mix: Mix) -> None:
    mix.at(style_image="", style_image_2="")
    first, second = (float(painting(name)[..., 0].mean()) for name in PAINTINGS)
    assert mix.at(0.1) == pytest.approx(first, abs=0.01)
    assert mix.at(0.1, blend=1.0) == pytest.approx(second, abs=0.01)


# the model ------------------------------------------------------------------------------------------------------------


class Still:
    """Runs nothing; remembers the style that it was asked for."""

    why = "a fake"

    def run(self, picture: Pixels, controls: Sequence[Floats], out: Pixels) -> float:
        (self.style,) = controls
        out[:] = picture
        return 0.5


def test_the_first_picture_is_painted_by_the_named_painting(files: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "coffee.jpg"
    Image.fromarray(skimage.data.coffee()).save(path)
    model, compiled = ArbitraryStyle(files), Still()
    model._mix.warm()
    picture = photograph()
    out = np.empty_like(picture)
    assert model.run_on(compiled, picture, out, DEFAULTS | {"style_image": str(path)}, 5.0) == 0.5  # type: ignore[arg-type]
    assert np.allclose(compiled.style + TYPICAL, Predictor(files[PREDICT])(read(path)), atol=1e-5)
    assert model.notice == ""
    model.run_on(compiled, picture, out, DEFAULTS | {"style_image": str(tmp_path / "none.jpg")}, 5.1)  # type: ignore[arg-type]
    model._mix._paintings.settle(30.0)
    model.run_on(compiled, picture, out, DEFAULTS | {"style_image": str(tmp_path / "none.jpg")}, 5.2)  # type: ignore[arg-type]
    assert "none.jpg can't be read" in model.notice
