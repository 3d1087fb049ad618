"""A whole show whose effects and layers are changed by OSC: saved, opened again, and rendered as it was played."""

import json
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from tests.running import Playing, film_frames, free_port, newest_frame
from vj.preset.preset import load
from vj.render.render import render

pytestmark = pytest.mark.show

SMALL = ("--headless", "--size", "160x90", "--fps", "20")
CHAIN = "/layer/1/effect"
PRESET = """
[[layer]]
source = "pattern"
model = "identity"
effects = ["mirror"]
[allow]
save = true
"""


def wait(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def node(port: int, path: str) -> dict[str, object]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
        found: dict[str, object] = json.loads(answer.read())
        return found


def shown(playing: Playing) -> npt.NDArray[np.uint8]:
    """The last picture in its film so far; white before there is one."""
    frame = newest_frame(playing.film)
    return np.full((90, 160, 3), 255, np.uint8) if frame is None else frame


def test_effects_are_changed_saved_opened_again_and_rendered_as_they_were_played(tmp_path: Path) -> None:
    preset, log, query = tmp_path / "mine.toml", tmp_path / "log.jsonl", free_port()
    preset.write_text(PRESET)
    playing = Playing(tmp_path, str(preset), *SMALL, "--query-port", str(query), "--log-control", str(log))
    try:
        playing.wait_until_up()
        for command, text in (("add", "invert"), ("add", "invert"), ("add", "nope"), ("add", "../../x")):
            playing.send(f"{CHAIN}/{command}", text)
        playing.send(f"{CHAIN}/invert-2/mix", 0.25)  # at once: it is kept until the effect is there
        wait(lambda: playing.ask(f"{CHAIN}/invert-2/mix"), "the effects never came")
        playing.send(f"{CHAIN}/move", "invert-2 1")
        playing.send(f"{CHAIN}/remove", "mirror")
        playing.send("/master/effect/add", "posterise")
        wait(lambda: playing.ask("/master/effect/posterise/on"), "the master's effect never came")
        wait(lambda: shown(playing)[10, 22].mean() < 130, "the grey was never inverted")
        contents = node(query, CHAIN)["CONTENTS"]
        assert [name for name in contents if name not in ("add", "remove", "move")] == ["invert-2", "invert"]
        assert playing.ask(f"{CHAIN}/mirror/mix") is None
        before = preset.read_text()
        playing.send("/show/save")
        wait(lambda: preset.read_text() != before, "it was never saved")
    finally:
        playing.stop()
        playing.close()
    again = load(str(preset))
    assert again.chains == {CHAIN: ("invert-2", "invert"), "/layer/1/before": (), "/master/effect": ("posterise",)}
    assert again.values == {f"{CHAIN}/invert-2/mix": 0.25}
    films = []
    for name in ("one", "two"):
        render(log, tmp_path / name, fps=5.0)
        films.append([np.asarray(Image.open(path)) for path in sorted((tmp_path / name).iterdir())])
    assert all(np.array_equal(a, b) for a, b in zip(*films, strict=True))
    played, rendered = film_frames(playing.film)[-1].astype(int), films[0][-1].astype(int)
    top = slice(0, 60), slice(16, None)  # the frame counter of the test card lies elsewhere
    assert np.abs(played[top] - rendered[top]).mean() < 12


def test_a_layer_comes_and_goes_while_the_show_plays_and_is_saved(tmp_path: Path) -> None:
    preset, log, query = tmp_path / "mine.toml", tmp_path / "log.jsonl", free_port()
    preset.write_text(PRESET)
    playing = Playing(tmp_path, str(preset), *SMALL, "--query-port", str(query), "--log-control", str(log))
    try:
        playing.wait_until_up()
        playing.send("/show/layer/add", "still:noise.jpg")
        playing.send("/show/layer/add", "movie:/etc/passwd")
        wait(lambda: playing.ask("/layer/2/opacity"), "the layer never came")
        playing.send("/layer/2/opacity", 0.5)
        playing.send("/layer/2/model/strength", 0.0)
        playing.send("/show/layer/add", "pattern")
        wait(lambda: playing.ask("/layer/3/opacity"), "the third layer never came")
        wait(lambda: len(playing.children("vj.source.host")) == 3, "its source never came")
        playing.send("/show/layer/move", "2 1")
        playing.send("/show/layer/remove", 3)
        wait(lambda: playing.ask("/layer/3/opacity") is None, "the third layer never went")
        wait(lambda: len(playing.children("vj.source.host")) == 2, "its source never went")
        wait(lambda: len(playing.children("vj.model.engine")) == 2, "its engine never went")
        assert list(node(query, "/layer")["CONTENTS"]) == ["2", "1"]  # type: ignore[call-overload]
        before = preset.read_text()
        playing.send("/show/save")
        wait(lambda: preset.read_text() != before, "it was never saved")
    finally:
        report = playing.stop()
        playing.close()
    again = load(str(preset))
    assert [(plan.number, plan.effects) for plan in again.layers] == [(2, ()), (1, ("mirror",))]
    assert again.values == {"/layer/2/opacity": 0.5, "/layer/2/model/strength": 0.0}
    assert len(report["layers"]) == 2
    films = []
    for name in ("one", "two"):
        render(log, tmp_path / name, fps=5.0)
        films.append([np.asarray(Image.open(path)) for path in sorted((tmp_path / name).iterdir())])
    assert all(np.array_equal(a, b) for a, b in zip(*films, strict=True))
