"""The wheel that is built, installed in an environment of its own, in an empty home and folder."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.folders import ROOT
from tests.running import film_frames
from vj.model.files import weights as catalog


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an environment that holds the wheel, and sees its dependencies in this one."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    source = folder / "source"  # what git holds, without caches and what else lies about
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.split(b"\0")
    for name in filter(None, map(os.fsdecode, tracked)):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    build = ["wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", str(folder / "dist"), str(source)]
    subprocess.run([*pip, *build], check=True, capture_output=True)
    (wheel,) = (folder / "dist").glob("vj-*.whl")
    venv.create(folder / "own", with_pip=False)
    python = folder / "own" / "bin" / "python"
    subprocess.run([*pip, "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)], check=True)
    (own,) = (folder / "own" / "lib").glob("python*/site-packages")
    (own / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return folder / "own"


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An empty home, but for the weights, which would be fetched."""
    weights = catalog.fetch("multistyle26.onnx", lambda doing, part: None)
    place = tmp_path / "home" / ".cache" / "vj" / "weights" / weights.name
    place.parent.mkdir(parents=True)
    shutil.copy(weights, place)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "VJ_", "PYTHON", "CI"))}
    return {**kept, "HOME": str(tmp_path / "home"), "DISPLAY": "", "WAYLAND_DISPLAY": ""}


def test_it_plays(installed: Path, home: dict[str, str], tmp_path: Path) -> None:
    """As ``vj run`` does on a machine without a screen: the bundled clip, recorded, from what is in the wheel alone."""
    folder = tmp_path / "empty"
    folder.mkdir()
    command = [str(installed / "bin" / "vj"), "run", "--frames", "20", "--osc-port", "0", "--stats", "s.json"]
    done = subprocess.run(command, cwd=folder, env=home, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    film = folder / "recordings" / "show.mp4"
    assert str(film) in done.stdout
    frames = film_frames(film)
    assert len(frames) == 20
    assert frames[-1].std() > 10
    own, systems = (
        {".cache/vj", ".local/state"},
        {".cache/mesa_shader_cache", ".cache/mesa_shader_cache_db", ".config/pulse"},
    )
    left = {str(path.relative_to(home["HOME"])) for path in Path(home["HOME"]).glob(".*/*")}
    assert left - systems <= own, "nothing that it uses leaves anything in the home"
    report = json.loads((folder / "s.json").read_text())
    assert report["layers"][0]["source"]["title"] == "bigbuckbunny.mp4"
    assert report["layers"][0]["refreshes"]["model"] > 0


def test_it_is_its_own_code_that_runs(installed: Path, home: dict[str, str], tmp_path: Path) -> None:
    code = "import vj, vj.base.paths; print(vj.__file__); print(vj.base.paths.PRESETS); print(vj.base.paths.SHADERS)"
    done = subprocess.run(
        [str(installed / "bin" / "python"), "-c", code],
        cwd=tmp_path,
        env=home,
        capture_output=True,
        text=True,
        check=True,
    )
    places = [Path(line) for line in done.stdout.split()]
    assert all(place.is_relative_to(installed) and place.exists() for place in places)


@pytest.mark.parametrize("command", [("models",), ("models", "--licences"), ("params",), ("doctor",), ("--help",)])
def test_its_commands_answer(installed: Path, home: dict[str, str], tmp_path: Path, command: tuple[str, ...]) -> None:
    done = subprocess.run(
        [str(installed / "bin" / "vj"), *command], cwd=tmp_path, env=home, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout
