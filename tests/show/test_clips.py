"""Clips launched in whole shows, by the real command: films of several sizes and codecs, a still, bad files,
columns."""

import json
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path

import pytest
from PIL import Image

from tests.films import COLOURS, coloured, name_of
from tests.running import Playing, film_frames
from tests.waiting import until

pytestmark = pytest.mark.show

SHOW = ("--headless", "--size", "160x96", "--model-size", "160x96", "--fps", "30")
SOURCE = "vj.source.host"


@pytest.fixture
def clips(tmp_path: Path) -> list[str]:
    coloured(tmp_path / "red.mp4", "red")
    coloured(tmp_path / "green.mkv", "green", (320, 180), "libx264")
    coloured(tmp_path / "blue.avi", "blue", (96, 96), "mjpeg")
    Image.new("RGB", (64, 48), COLOURS["yellow"]).save(tmp_path / "yellow.png")
    (tmp_path / "bad.mp4").write_bytes(b"no film at all")
    return ["movie:red.mp4", "movie:green.mkv", "movie:blue.avi", "still:yellow.png", "movie:bad.mp4", "movie:gone.mp4"]


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Callable[..., Playing]]:
    """Starts a show whose layers have these clips."""
    shows: list[Playing] = []

    def start(*banks: list[str], more: str = "", options: tuple[str, ...] = ()) -> Playing:
        layers = [f'[[layer]]\nclip = {json.dumps(bank)}\nmodel = "identity"\n' for bank in banks]
        (tmp_path / "clips.toml").write_text("".join(layers) + more)
        shows.append(Playing(tmp_path, str(tmp_path / "clips.toml"), *SHOW, *options))
        return shows[-1].wait_until_up()

    yield start
    for show in shows:
        show.close()


def value(show: Playing, address: str) -> bytes:
    return (show.ask(address) or b"")[-4:]


def order(film: Path) -> list[str]:
    """The colours that were shown, one after the other."""
    return [name for name, _ in groupby(map(name_of, film_frames(film)))]


def test_clips_are_launched_bad_ones_change_nothing_and_it_is_never_black(
    play: Callable[..., Playing], clips: list[str], tmp_path: Path
) -> None:
    log = tmp_path / "show.jsonl"
    show = play(clips, more='[set]\n"/layer/1/model/strength" = 0.0\n', options=("--log-control", str(log)))
    until(lambda: len(show.children(SOURCE)) == 4)
    for number in (2, 4, 3, 5, 6, 9, 1):
        show.send(f"/layer/1/clip/{number}")
        playing = number if number <= 4 else 3
        until(lambda playing=playing: value(show, "/layer/1/clip") == playing.to_bytes(4, "big"))  # type: ignore[misc]
        for _ in range(4):  # some pictures of it are recorded
            show.ask("/master/opacity")
            until(lambda before=show.report_frames(): show.report_frames() >= before)  # type: ignore[misc]
    report = show.stop()
    assert "black" not in order(show.film)
    assert set(order(show.film)) == {"red", "green", "blue", "yellow"}
    assert report["layers"][0]["torn"] == 0
    assert report["layers"][0]["refreshes"]["still"] == 0
