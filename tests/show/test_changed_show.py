"""A show of three layers that is changed while it plays, by OSC: saved and opened again it looks the same, and what was
recorded of it is rendered to the same film each time."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from tests.films import COLOURS, coloured
from tests.running import Playing, film_frames
from tests.show.test_structure_show import SMALL, shown, wait
from vj.preset.preset import load
from vj.render.render import render

pytestmark = pytest.mark.show

PRESET = """
[[layer]]
clip = ["still:yellow.png", "still:halves.png"]
model = "identity"
[[layer]]
clip = ["movie:cyan.mp4"]
model = "identity"
effects = ["pixelate"]
[[layer]]
source = "still:white.png"
model = "identity"
effects = ["mirror"]
[allow]
save = true
"""
CHANGES = (
    ("/layer/1/clip/2",),
    ("/layer/2/clip/1/in", 0.6),
    ("/layer/2/clip/1/speed", 0.0),
    ("/layer/2/clip/1",),
    ("/layer/2/crop_right", 0.5),
    ("/layer/2/effect/add", "invert"),
    ("/layer/2/effect/remove", "pixelate"),
    ("/layer/3/opacity", 0.5),
    ("/layer/3/blend", "multiply"),
    ("/layer/3/crop_top", 0.5),
    ("/layer/3/effect/add", "posterise"),
    ("/layer/3/effect/move", "posterise 1"),
    ("/show/layer/move", "3 1"),
    ("/master/effect/add", "vignette"),
)
OF_NEW_EFFECTS = (("/master/effect/vignette/amount", 0.7), ("/layer/2/effect/invert/mix", 0.75))


def test_it_looks_the_same_when_it_is_opened_again_and_each_time_it_is_rendered(tmp_path: Path) -> None:
    preset, log = _prepared(tmp_path), tmp_path / "log.jsonl"
    playing = Playing(tmp_path, str(preset), *SMALL, "--log-control", str(log)).wait_until_up()
    try:
        for address, *values in CHANGES:
            playing.send(address, *values)
        for address, value in OF_NEW_EFFECTS:
            wait(lambda address=address: playing.ask(address), f"{address} never came")
            playing.send(address, value)
        wait(lambda: _is_changed(shown(playing)), "the picture never changed")
        before = preset.read_text()
        playing.send("/show/save")
        wait(lambda: preset.read_text() != before, "it was never saved")
    finally:
        playing.stop()
        playing.close()
    first, last = (film_frames(playing.film)[place] for place in (0, -1))
    assert _difference(first, last) > 50
    saved = load(str(preset))
    assert [plan.number for plan in saved.layers] == [3, 1, 2]
    assert saved.chains["/layer/3/effect"] == ("posterise", "mirror")

    again = Playing(tmp_path, str(preset), *SMALL).wait_until_up()
    try:
        wait(lambda: _difference(shown(again), last) < 2, "it looks different")
    finally:
        again.stop()
        again.close()

    films = [tmp_path / "one.mp4", tmp_path / "two.mp4"]
    for film in films:
        render(log, film)
    assert films[0].read_bytes() == films[1].read_bytes()
    assert _difference(film_frames(films[0])[-1], last) < 2


def _prepared(folder: Path) -> Path:
    """The preset, with its films and pictures beside it."""
    coloured(folder / "cyan.mp4", "cyan")
    for colour in ("yellow", "white"):
        Image.new("RGB", (160, 90), COLOURS[colour]).save(folder / f"{colour}.png")
    halves = np.zeros((90, 160, 3), np.uint8)
    halves[:, :80], halves[:, 80:] = COLOURS["magenta"], COLOURS["green"]
    Image.fromarray(halves).save(folder / "halves.png")
    preset = folder / "mine.toml"
    preset.write_text(PRESET)
    return preset


def _is_changed(picture: npt.NDArray[np.uint8]) -> bool:
    """Whether the left half shows the film inverted (red instead of cyan), the right one the second still (green)."""
    left, right = picture[60, 50].astype(int), picture[60, 110].astype(int)
    return bool(left[0] > left[1] + 30 and right[1] > right[0] + 60)


def _difference(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> float:
    """The mean difference of two pictures, 0..255."""
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


def _looks(picture: npt.NDArray[np.uint8]) -> list[list[int]]:
    """Its colours in four places."""
    return [picture[y, x].tolist() for y in (22, 67) for x in (40, 120)]
