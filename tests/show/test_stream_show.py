"""Whole shows on what can fail on its way in: a network camera that stalls, dies and returns, and a broken film."""

import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.running import film_frames, finished, read_counter, vj_fails
from tests.show.test_show import SMALL, Playing
from tests.source.conftest import encode
from tests.source.test_stream import MJPEG, Sender, needs_ffmpeg
from vj.base.frame import Size

pytestmark = pytest.mark.show

SIZE = Size(320, 180)
IDENTITY = ("--model", "identity")
BACK_WITHIN = 5.0
"""Seconds in which a source that is there again is shown again."""
_DARK = 40.0


class Camera:
    """A sender that can be replaced by another one on the same port."""

    def __init__(self, folder: Path) -> None:
        self._film = encode(folder / "film.mp4", 250, size=SIZE)
        self._sender = Sender(self._film, MJPEG)
        self.url = self._sender.url

    def signal(self, number: signal.Signals) -> None:
        self._sender.signal(number)

    def replace(self) -> None:
        """Gone without a word, and back at once."""
        self._sender.end()
        self._sender = Sender(self._film, MJPEG.replace("{port}", self.url.split(":")[-1].split("/")[0]))

    def end(self) -> None:
        self._sender.end()


@pytest.fixture
def camera(tmp_path: Path) -> Iterator[Camera]:
    made = Camera(tmp_path)
    yield made
    made.signal(signal.SIGCONT)
    made.end()


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Callable[[str], Playing]]:
    """``play(source)`` starts a show of it that records."""
    shows: list[Playing] = []

    def start(source: str) -> Playing:
        shows.append(Playing(tmp_path, *SMALL, *IDENTITY, "--source", source).wait_until_up())
        return shows[-1]

    yield start
    for show in shows:
        show.close()


def watch(show: Playing, seconds: float) -> None:
    """Let the show play on; its own clock is real."""
    time.sleep(seconds)
    assert show.process.poll() is None


def end(show: Playing) -> dict[str, Any]:
    """End the show as its user does; its statistics."""
    show.process.terminate()
    finished(show.process)
    assert show.process.returncode == 0
    report: dict[str, Any] = json.loads(show.stats.read_text())
    return report


def check_unbroken(show: Playing, report: dict[str, Any]) -> list[int]:
    """Every picture presented was recorded, none was dark; the sender's numbers in them."""
    frames = film_frames(show.film)
    sink = report["sinks"][0]
    assert (sink["frames"], sink["dropped"], sink["error"]) == (len(frames), 0, None)
    assert len(frames) == report["display"]["frames"]
    assert min(frame[:60].mean() for frame in frames) > _DARK, "it went dark"
    return [read_counter(frame) for frame in frames]


def longest_hold(numbers: list[int]) -> tuple[int, int]:
    """Where the longest run of one and the same number begins, and its length in pictures."""
    best, start = (0, 0), 0
    for place in range(1, len(numbers) + 1):
        if place == len(numbers) or numbers[place] != numbers[start]:
            best = max(best, (start, place - start), key=lambda run: run[1])
            start = place
    return best


@needs_ffmpeg
def test_a_camera_that_stalls_is_held_and_live_again(camera: Camera, play: Callable[[str], Playing]) -> None:
    show = play(f"stream:{camera.url}")
    watch(show, 1.0)
    camera.signal(signal.SIGSTOP)
    watch(show, 1.2)
    camera.signal(signal.SIGCONT)
    watch(show, 1.5)
    report = end(show)
    layer = report["layers"][0]
    assert layer["shows"] == "model"
    assert layer["refreshes"]["hold"] > 10, "it never said that the picture was held"
    numbers = check_unbroken(show, report)
    start, length = longest_hold(numbers)
    assert length > 10
    assert len(set(numbers[start + length :])) > 10, "it was not live again"


@needs_ffmpeg
def test_a_camera_that_stalls_for_long_is_live_again(camera: Camera, play: Callable[[str], Playing]) -> None:
    """Longer than the source waits: its process is replaced, or it opens the stream anew; the picture is held."""
    show = play(f"stream:{camera.url}")
    pid = show.children("vj.source.host")[0]
    camera.signal(signal.SIGSTOP)
    show.wait_for_other("vj.source.host", pid)
    camera.signal(signal.SIGCONT)
    camera.replace()
    watch(show, BACK_WITHIN)
    report = end(show)
    assert report["layers"][0]["shows"] == "model"
    numbers = check_unbroken(show, report)
    assert len(set(numbers[-15:])) > 5, "it was not live again"


@needs_ffmpeg
def test_a_camera_that_is_replaced_is_live_again(camera: Camera, play: Callable[[str], Playing]) -> None:
    show = play(f"stream:{camera.url}")
    watch(show, 0.5)
    camera.replace()
    watch(show, BACK_WITHIN)
    report = end(show)
    layer = report["layers"][0]
    assert layer["shows"] == "model"
    assert layer["source"]["restarts"] > 0
    assert layer["model"]["fault"] == ""
    numbers = check_unbroken(show, report)
    assert len(set(numbers[-15:])) > 5, "it was not live again"


def test_a_film_that_breaks_off_plays_on(tmp_path: Path, play: Callable[[str], Playing]) -> None:
    """The first half of the file, as a broken download leaves it; its index is at the front."""
    whole, broken = tmp_path / "whole.mp4", tmp_path / "broken.mp4"
    encode(whole, 60, size=SIZE, options={"movflags": "faststart"})
    content = whole.read_bytes()
    broken.write_bytes(content[: len(content) // 2])
    show = play(f"movie:{broken}")
    watch(show, 2.5)
    report = end(show)
    layer = report["layers"][0]
    assert layer["shows"] == "model"
    assert layer["source"]["fault"] == ""
    numbers = check_unbroken(show, report)
    assert len(set(numbers)) > 15
    assert len(set(numbers[-15:])) > 5, "it stands still"


def test_a_film_without_its_index_is_refused_and_the_file_named(tmp_path: Path, clip: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(clip.read_bytes()[:300_000])
    said = vj_fails("run", *SMALL, *IDENTITY, "--osc-port", "0", "--source", f"movie:{broken}")
    assert f"movie: {broken} can't be played" in said
