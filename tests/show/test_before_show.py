"""A whole show with effects before its model: the model sees shaped pictures, and a render shows them again."""

import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.waiting import until
from vj.base.clock import now
from vj.params.control_queue import Change
from vj.preset.preset import load
from vj.render.render import render
from vj.show.controllers import UNLISTED
from vj.show.show import Options, Show

pytestmark = pytest.mark.show

BEFORE = "/layer/1/before"
PRESET = """
[output]
size = "160x88"
model_size = "160x88"
fps = 30.0
[[layer]]
source = "still:{picture}"
model = "identity"
before = ["invert"]
[set]
"/layer/1/before/invert/mix" = 0.5
"""
DARK, GREY, BRIGHT = (50, 100, 20), (128, 128, 128), (205, 155, 235)


def test_the_model_sees_shaped_pictures_and_a_recording_shows_them_again(tmp_path: Path) -> None:
    Image.new("RGB", (160, 88), DARK).save(tmp_path / "dark.png")
    preset, log = tmp_path / "mine.toml", tmp_path / "log.jsonl"
    preset.write_text(PRESET.format(picture=tmp_path / "dark.png"))
    options = Options(headless=True, network_options=UNLISTED, autosave=0.0, log_control=log)
    with Show(load(str(preset)), options) as playing:
        loop, queue, layer = playing.loop, playing.queue, playing.layers[0]
        loop.step.begin(now())
        playing.stats.start()
        assert loop.log
        loop.log.begin(now())

        def shows(wanted: tuple[int, int, int]) -> None:
            def seen() -> np.ndarray:  # type: ignore[type-arg]
                return np.frombuffer(playing.canvas.read(), np.uint8).reshape(-1, 3).astype(int)

            until(lambda: np.abs(seen() - wanted).max() <= 2, lambda: (seen()[0], layer.notice), meanwhile=loop.frame)

        shows(GREY)
        queue.put(f"{BEFORE}/invert/mix", 1.0)
        shows(BRIGHT)
        queue.put_change(Change(f"{BEFORE}/add", "fire", text="invert"))
        shows(DARK)
        queue.put(f"{BEFORE}/invert/on", False)
        shows(BRIGHT)
        [shaper] = [child for child in playing.children.supervisor._children if child.spec.name == "effects"]
        assert shaper.pid
        os.kill(shaper.pid, signal.SIGKILL)
        shows(DARK)
        shows(BRIGHT)
        queue.put(f"{BEFORE}/invert-2/on", False)
        shows(DARK)
        queue.put(f"{BEFORE}/invert-2/on", True)
        queue.put_change(Change(f"{BEFORE}/remove", "fire", text="invert"))
        shows(BRIGHT)
        assert playing.structure.preset.layers[0].before == ("invert-2",)
        assert not layer.notice
    films = []
    for name in ("one", "two"):
        render(log, tmp_path / name)
        films.append([np.asarray(Image.open(path)).astype(int) for path in sorted((tmp_path / name).iterdir())])
    assert all(np.array_equal(one, two) for one, two in zip(*films, strict=True))
    assert np.abs(films[0][0] - GREY).max() <= 2, "in the very first frame"
    assert np.abs(films[0][-1] - BRIGHT).max() <= 2
    assert json.loads(log.read_text().splitlines()[0])["layers"][0]["before"] == ["invert"]
