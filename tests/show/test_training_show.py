"""A whole show in which a look is trained, by OSC: a frame is kept and painted, and the picture follows.

It is recorded, rendered, and there by its name in the next show.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from pythonosc.osc_message import OscMessage

from tests.running import Playing, film_frames, newest_frame, vj
from tests.waiting import until
from vj.base.paths import PRESETS
from vj.render.render import render
from vj.show.report import summary_lines

pytestmark = pytest.mark.show

SMALL = ("--headless", "--size", "256x144", "--fps", "20")
FRAME = PRESETS / "keyframes" / "meadow.jpg"
PRESET = f"""
[[layer]]
source = "still:{FRAME.as_posix()}"
model = ["identity", "look"]
[set]
"/layer/1/model/fade" = 0.0
[[cue]]
fire = ["/layer/1/train/stop"]
"""
NEAR, FAR = 25.0, 60.0
"""Mean differences (of 255): of a picture that looks as it was painted, at most, and of one that doesn't, at least."""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "library"


@pytest.fixture
def environment(library: Path) -> dict[str, str]:
    return {**os.environ, "VJ_LIBRARY": str(library)}


def asked(playing: Playing, address: str) -> object:
    """The value at an address; None before there is one."""
    answer = playing.ask(address)
    return OscMessage(answer).params[0] if answer else None


def wait(playing: Playing, condition: Callable[[], object], what: str) -> None:
    def told() -> str:
        names = ("state", "seconds", "error", "keyframes")
        return f"{what}: {[asked(playing, f'/layer/1/train/{name}') for name in names]}"

    until(condition, told)


def paint(kept: Path) -> npt.NDArray[np.uint8]:
    """Paint over a kept frame, as a performer does who saves the file, and return how it is to look."""
    frame = np.asarray(Image.open(kept).convert("RGB"))
    painted = 255 - frame[..., ::-1]
    Image.fromarray(painted).save(kept)
    return np.asarray(Image.fromarray(painted).resize((256, 144)))


def difference(shown: npt.NDArray[np.uint8], wanted: npt.NDArray[np.uint8]) -> float:
    return float(np.abs(shown.astype(float) - wanted).mean())


def is_shown(playing: Playing, wanted: npt.NDArray[np.uint8]) -> bool:
    """Whether the film that is being recorded has come to the picture ``wanted``."""
    shown = newest_frame(playing.film)
    return shown is not None and difference(shown, wanted) < NEAR


def test_a_painted_frame_is_learned_while_the_show_plays(
    tmp_path: Path, library: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    preset, log = tmp_path / "stage.toml", tmp_path / "log.jsonl"
    preset.write_text(PRESET)
    playing = Playing(tmp_path, str(preset), *SMALL, "--log-control", str(log), env=environment).wait_until_up()
    try:
        playing.send("/layer/1/train/seconds", 3.0)  # it can't be set
        playing.send("/layer/1/train/name", "fire")
        playing.send("/layer/1/train/keep")
        kept = library / "looks" / "fire" / "01.png"
        wait(playing, kept.exists, "no frame was kept")
        wanted = paint(kept)
        wait(playing, lambda: asked(playing, "/layer/1/train/keyframes") == 1, "the painted file wasn't seen")
        playing.send("/layer/1/train/go")
        wait(playing, lambda: asked(playing, "/layer/1/model/look") == "fire", "it was never played")
        wait(playing, lambda: asked(playing, "/layer/1/model") == "look", "the model was never changed")
        wait(playing, lambda: 0.0 < float(str(asked(playing, "/layer/1/train/error"))) < NEAR / 2, "it learns nothing")
        playing.send("/snapshot/store", 3)
        playing.send("/layer/1/model/look", "")
        wait(playing, lambda: asked(playing, "/layer/1/model/look") == "", "no other look came")
        playing.send("/snapshot/3")
        wait(playing, lambda: asked(playing, "/layer/1/model/look") == "fire", "the snapshot didn't recall it")
        playing.send("/cue/go")  # which stops it
        wait(playing, lambda: asked(playing, "/layer/1/train/state") == "stopped", "it wasn't stopped")
        wait(playing, lambda: is_shown(playing, wanted), "what was learned is never shown")
        report = playing.stop()
    finally:
        playing.close()
    assert report["layers"][0]["train"]["name"] == "fire"
    assert report["layers"][0]["train"]["keyframes"] == 1
    assert report["layers"][0]["torn"] == 0
    assert any(line.startswith("look     fire: learned for ") for line in summary_lines(report))
    assert "says how far the show is" in report["osc"]["last_refused"]
    frames = film_frames(playing.film)
    assert difference(frames[0], wanted) > FAR
    assert difference(frames[-1], wanted) < NEAR

    recorded = [json.loads(line) for line in log.read_text().splitlines()[1:]]
    assert any(line.get("v", {}).get("/layer/1/model/look") == "fire" for line in recorded)
    assert "/train/" not in "".join(map(json.dumps, recorded)), "a replay doesn't train again"
    monkeypatch.setenv("VJ_LIBRARY", str(library))
    rendered = render(log, tmp_path / "again.mp4", fps=5.0)
    assert not rendered.notices
    last = film_frames(tmp_path / "again.mp4")[-1]
    assert difference(last, wanted) < NEAR, "a rendering plays the trained look"

    film = tmp_path / "by-name.mp4"
    options = ("--model", "fire", "--frames", "40", "--osc-port", "0", "--record", str(film))
    vj("run", str(preset), *SMALL, *options, env=environment)
    assert difference(film_frames(film)[-1], wanted) < NEAR, "it is a model by its name"
