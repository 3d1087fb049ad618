"""Every command that takes a model, on every model of the catalogue: none ends in a traceback."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from tests.commands.test_selftest_sheet import cells
from tests.running import film_frames, vj
from vj.base.frame import Size
from vj.cli import app
from vj.commands.sheet import EXTRA
from vj.model import DREAMS, FAMILIES
from vj.model.files import library

MODELS = library.catalogue()
MANY_STEPS = [name for name, entry in MODELS.items() if FAMILIES[entry.family].still_steps > 1]


def ran(*arguments: str) -> Result:
    """What the command did, in this process; its errors are raised."""
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture with an object on a ground."""
    y, x = np.mgrid[:96, :128]
    picture = np.stack((x * 2, y * 2, 200 - x), axis=-1).astype(np.uint8)
    picture[30:70, 40:90] = (230, 180, 40)
    path = tmp_path_factory.mktemp("scene") / "scene.png"
    Image.fromarray(picture).save(path)
    return path


@pytest.mark.parametrize("name", MODELS)
def test_apply(name: str, scene: Path, tmp_path: Path) -> None:
    steps = ("--steps", "3") if name in MANY_STEPS else ()
    out = tmp_path / "out.png"
    assert ran("apply", name, str(scene), str(out), *steps).exit_code == 0
    with Image.open(out) as made, Image.open(scene) as given:
        assert made.size == given.size
        same = np.array_equal(np.asarray(made), np.asarray(given))
    assert same == (name == "identity")


@pytest.mark.parametrize("shape", [(640, 8), (8, 640), (1, 1)], ids=str)
@pytest.mark.parametrize("name", MODELS)
def test_apply_to_a_picture_of_any_shape(name: str, shape: tuple[int, int], tmp_path: Path) -> None:
    Image.new("RGB", shape, (200, 120, 40)).save(tmp_path / "in.png")
    steps = ("--steps", "1") if name in MANY_STEPS else ()
    assert ran("apply", name, str(tmp_path / "in.png"), str(tmp_path / "out.png"), *steps).exit_code == 0
    with Image.open(tmp_path / "out.png") as made:
        assert made.size == shape


@pytest.mark.show
@pytest.mark.parametrize(
    ("name", "size"),
    [
        *(("style26", "1920x16"), ("style26", "16x1200"), ("painting", "1920x16")),
        *(("vintage", "16x1200"), ("dream-zoom", "1920x16"), ("dream-zoom", "16x1200")),
    ],
)
def test_a_film_of_any_shape_is_shown_in_its_own(name: str, size: str, tmp_path: Path) -> None:
    film = tmp_path / "strip.mkv"
    make = f"ffmpeg -v error -f lavfi -i testsrc2=s={size}:d=1 -c:v ffv1"
    subprocess.run([*make.split(), film], check=True)
    out, stats = tmp_path / "out.mp4", tmp_path / "stats.json"
    small = ("--source", f"movie:{film}", "--model", name, "--size", "320x180", "--headless", "--osc-port", "0")
    fit = ("--set", "/layer/1/fit=fit")
    vj("run", *small, *fit, "--frames", "10", "--record", str(out), "--stats", str(stats))
    layer = json.loads(stats.read_text())["layers"][0]
    assert layer["model"]["fault"] == ""
    assert layer["shows"] in ("model", "hold"), "the model's picture, be it an earlier one"
    assert layer["refreshes"]["model"] > 0
    picture = film_frames(out)[-1].max(axis=2)
    lit = picture > 24
    if size == "1920x16":
        assert lit.mean(axis=1).argmax() == pytest.approx(90, abs=6)
        assert not lit[:60].any()
    else:
        assert lit.mean(axis=0).argmax() == pytest.approx(160, abs=6)
        assert not lit[:, :120].any()


@pytest.mark.parametrize("name", MODELS)
def test_inspect(name: str) -> None:
    said = ran("models", "inspect", name).output
    assert said.startswith(f"{name}: {MODELS[name].title}")
    assert f"family: {MODELS[name].family}, " in said
    assert all(str(path) in said for path in MODELS[name].files.values())
    assert ("trained on pictures of 144 lines" in said) is (name == "sketch")


@pytest.mark.parametrize("name", MODELS)
def test_test(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dreams need not look at the camera, nor keep its geometry. Of smaller pictures than usual."""
    monkeypatch.setattr("vj.commands.selftest._BOX", Size(320, 180))
    runtime = ("--runtime", "onnxruntime") if name != "style26" else ()  # else all backends are timed
    found = ran("models", "test", name, *runtime)
    assert found.exit_code in ((0, 1) if name in MANY_STEPS else (0,)), found.output
    assert "rate here" in found.output


@pytest.mark.parametrize("name", MODELS)
def test_layers(name: str) -> None:
    found = CliRunner().invoke(app, ["models", "layers", name])
    if MODELS[name].family in DREAMS:
        assert "patterns" in found.output
    else:
        assert f"{name} is no classifier" in str(found.exception)


@pytest.mark.parametrize("name", MODELS)
def test_run_and_render(name: str, tmp_path: Path) -> None:
    log, stats, film = (str(tmp_path / file) for file in ("show.jsonl", "stats.json", "film.mp4"))
    small = ("--model", name, "--source", "pattern", "--size", "128x72", "--model-size", "128x72", "--headless")
    seconds = "0.6" if name in MANY_STEPS else "1.5"  # every picture is made again
    vj("run", *small, "--osc-port", "0", "--seconds", seconds, "--stats", stats, "--log-control", log)
    report = json.loads(Path(stats).read_text())
    assert report["layers"][0]["model"]["fault"] == ""
    assert report["layers"][0]["model"]["notice"] == ""
    assert "pictures of 128x72" in vj("render", log, film, "--fps", "5")
    assert Path(film).stat().st_size > 1000


def test_a_sheet_of_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in MANY_STEPS:
        monkeypatch.setattr(FAMILIES[MODELS[name].family], "still_steps", 3)
    said = ran("models", "sheet", str(tmp_path / "sheet.png")).stdout
    assert said.split() == [str(tmp_path / "sheet.png")]
    assert cells(tmp_path / "sheet.png") == len(MODELS) + len(EXTRA)
