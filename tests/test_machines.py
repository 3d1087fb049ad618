"""Whole shows on machines that lack something: OpenVINO, ONNX Runtime too, or what the model is made of."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.running import film_frames, finished, leftovers, start_vj, vj
from tests.without import not_installed
from vj.base.packages import install_command
from vj.model.files import weights as catalog

pytestmark = pytest.mark.show

SMALL = ("--headless", "--size", "160x90", "--model-size", "128x72", "--osc-port", "0")
SHOWS = {
    "default": ("default",),
    "painting": ("painting",),
    "dream-zoom": ("dream-zoom",),
    "vintage": ("vintage",),
    "gatys": ("default", "--model", "gatys"),
}
"""One of each kind: 26 styles, any painting, a dream, somebody's checkpoint, and a picture that is itself optimised."""


@pytest.mark.parametrize("missing", [("openvino",), ("openvino", "onnxruntime")], ids="+".join)
@pytest.mark.parametrize("show", SHOWS)
def test_every_kind_of_model_plays_without(show: str, missing: tuple[str, ...], tmp_path: Path) -> None:
    """A show begins with its model's first picture, and holds it until the next."""
    film, stats = tmp_path / "out.mp4", tmp_path / "s.json"
    recording = ("--frames", "20", "--record", str(film), "--stats", str(stats))
    vj("run", *SHOWS[show], *SMALL, *recording, env=not_installed(tmp_path / "lacking", *missing))
    (layer,) = json.loads(stats.read_text())["layers"]
    on_processor = "torch" if "onnxruntime" in missing else "onnxruntime"
    assert layer["model"]["runtime"].startswith((on_processor, "cuda")), layer
    assert layer["model"]["fault"] == ""
    assert not layer["model"]["notice"]
    assert layer["refreshes"]["model"] + layer["refreshes"]["hold"] == 20
    frames = film_frames(film)
    assert frames[-1].mean() > 20
    assert frames[-1].std() > 10


def test_a_model_that_never_plays_is_an_error_with_its_reason(tmp_path: Path) -> None:
    done = ended("run", *SMALL, "--seconds", "1.5", env=not_installed(tmp_path / "lacking", "vj.model.engine.governor"))
    assert done.returncode == 3, done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("vj: model 1 never played: style26: ModuleNotFoundError: vj.model.engine.governor")
    assert last.endswith("restarts)")
    assert "it failed before its first picture" in done.stdout


def test_nothing_to_run_a_model_with_is_said_with_what_to_install(tmp_path: Path) -> None:
    done = ended(
        "run", *SMALL, "--seconds", "1", env=not_installed(tmp_path / "lacking", "openvino", "onnxruntime", "torch")
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "nothing here runs style26" in done.stderr
    assert f"fix: {install_command('openvino', 'onnxruntime')}" in done.stderr


def test_what_ails_a_model_that_is_not_asked_for_ends_no_show_and_is_not_remembered(tmp_path: Path) -> None:
    """Without torch the catalogue's checkpoint can't be looked at. Once torch is back, it plays."""
    weights = catalog.fetch("vintage.pth", lambda doing, part: None)
    place = tmp_path / "vj" / "weights" / weights.name
    place.parent.mkdir(parents=True)
    shutil.copy(weights, place)
    cache = {"XDG_CACHE_HOME": str(tmp_path)}
    lacking = {**cache, **not_installed(tmp_path / "lacking", "torch")}
    vj("run", *SMALL, "--model", "identity", "--frames", "5", env=lacking)
    assert not list((tmp_path / "vj" / "looks").iterdir())
    refused = ended("run", *SMALL, "--model", "vintage", "--frames", "5", env=lacking)
    assert refused.returncode == 2
    assert "could not be looked at: ModuleNotFoundError: torch" in refused.stderr
    vj("run", *SMALL, "--model", "vintage", "--frames", "5", "--runtime", "torch", env=cache)


def test_a_show_without_a_home_says_where_it_keeps_things(tmp_path: Path) -> None:
    """As where the home is missing or can't be written."""
    nowhere = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"), f"{os.devnull}/home")
    weights = catalog.fetch("multistyle26.onnx", lambda doing, part: None)
    place = tmp_path / f"vj-{os.getuid()}" / "weights" / weights.name
    place.parent.mkdir(parents=True)
    place.parents[1].chmod(0o700)
    shutil.copy(weights, place)
    stats = tmp_path / "s.json"
    set_ = ("--set", "/layer/1/model/strength=0.5")
    done = ended(
        "run", *SMALL, *set_, "--frames", "20", "--stats", str(stats), env={**nowhere, "TMPDIR": str(tmp_path)}
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith(f"{os.devnull}/home/vj can't be written (Not a directory): ")
    assert f"is in {tmp_path}/vj-{os.getuid()} instead\n" in done.stderr
    (layer,) = json.loads(stats.read_text())["layers"]
    assert layer["refreshes"]["model"] > 0
    assert not layer["model"]["notice"]
    assert list((place.parents[1] / "runtime").iterdir())


def ended(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The command, run to its end, however that was."""
    process = start_vj(*arguments, env=env)
    out, err = finished(process)
    assert not leftovers(process.pid)
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)
