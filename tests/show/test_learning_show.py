"""A whole show that plays a model whose file is replaced, as a training does: the picture follows, nothing stops."""

import json
import os
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.model import authors
from tests.running import Playing, film_frames, newest_frame
from tests.test_long import MINUTES
from tests.waiting import until
from vj.base.paths import PRESETS

pytestmark = pytest.mark.show

SMALL = ("--headless", "--size", "256x144", "--fps", "20", "--model-size", "128x72", "--runtime", "openvino-f32")
FRAME = PRESETS / "keyframes" / "meadow.jpg"
PRESET = f"""
[[layer]]
source = "still:{FRAME.as_posix()}"
model = "mine"
[set]
"/layer/1/model/fade" = 1.0
"""
DARK, BRIGHT = -0.5, 0.5
GREY = {DARK: 64, BRIGHT: 191}


def put(path: Path, level: float) -> None:
    """Write, as a whole, a U-Net whose picture is even: of ``level``, -1..1."""
    net = authors.Unet(5, 2, "batch")
    last = net.model.model[-2]
    torch.nn.init.zeros_(last.weight)
    torch.nn.init.constant_(last.bias, float(np.arctanh(level)))
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(net.state_dict(), path.with_suffix(".new"))
    os.replace(path.with_suffix(".new"), path)


def test_a_show_follows_the_file_of_its_model(tmp_path: Path) -> None:
    path, preset = tmp_path / "library" / "models" / "mine.pth", tmp_path / "learning.toml"
    preset.write_text(PRESET)
    put(path, DARK)
    environment = {**os.environ, "VJ_LIBRARY": str(tmp_path / "library")}
    playing = Playing(tmp_path, str(preset), *SMALL, env=environment).wait_until_up()
    took = []
    try:
        for level in (DARK, BRIGHT, DARK):
            began = time.monotonic()
            put(path, level)
            until(lambda grey=GREY[level]: abs(brightness(playing.film) - grey) < 8)  # type: ignore[misc]
            took.append(time.monotonic() - began)
        report = playing.stop()
    finally:
        playing.close()
    display, layer = report["display"], report["layers"][0]
    print(json.dumps({"took": took, "display": display, "load": os.getloadavg()}))  # noqa: T201
    assert display["missed"] == 0 or not MINUTES, "where the long tests have the machine to themselves"
    assert layer["torn"] == layer["model"]["restarts"] == 0
    shown = [float(frame.mean()) for frame in film_frames(playing.film)]
    first = next(place for place, grey in enumerate(shown) if abs(grey - GREY[DARK]) < 8)
    assert min(shown[first:]) > GREY[DARK] - 8, "it is never black"
    between = [grey for grey in shown[first:] if GREY[DARK] + 20 < grey < GREY[BRIGHT] - 20]
    assert len(between) > 6, "it fades"


def brightness(film: Path) -> float:
    """The mean of the newest frame; 0 while there is none."""
    frame = newest_frame(film)
    return 0.0 if frame is None else float(frame.mean())
