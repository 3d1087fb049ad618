"""Whole shows, by the real command: played, steered, hurt and closed."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.running import Playing, film_frames, finished, free_port, leftovers, read_counter, start_vj, vj, vj_fails

pytestmark = pytest.mark.show

SMALL = ("--headless", "--size", "320x180", "--fps", "30")
PATTERN = ("--source", "pattern", "--model", "identity")


@pytest.fixture
def playing(tmp_path: Path) -> Iterator[Playing]:
    show = Playing(tmp_path, *SMALL, *PATTERN).wait_until_up()
    yield show
    show.close()


def test_every_frame_asked_for_is_recorded_and_is_the_source(tmp_path: Path) -> None:
    film, stats = tmp_path / "out.mp4", tmp_path / "s.json"
    vj("run", *SMALL, *PATTERN, "--frames", "60", "--osc-port", "0", "--record", str(film), "--stats", str(stats))
    frames = film_frames(film)
    assert len(frames) == 60
    numbers = [read_counter(frame) for frame in frames]
    assert numbers == sorted(numbers)
    assert len(set(numbers)) > 40
    report = json.loads(stats.read_text())
    assert report["display"]["frames"] == 60
    layer = report["layers"][0]
    assert layer["source"]["state"] == layer["model"]["state"] == "running"
    assert layer["torn"] == 0
    assert layer["dropped_for_display"] < 40, "what came before the show was counted"
    assert report["latency_ms"]["p50"] > 0
    assert report["flashes"] == {"came": 0, "most_came": 0, "shown": 0, "most_shown": 0}
    assert report["sinks"][0] == {"path": str(film), "frames": 60, "dropped": 0, "error": None}


def test_the_picture_is_upright_and_its_colours_right(tmp_path: Path) -> None:
    """The test card's bars come out as they went in: white left, blue right, the ramp below."""
    film = tmp_path / "out.mp4"
    vj("run", *SMALL, *PATTERN, "--frames", "10", "--osc-port", "0", "--record", str(film))
    card = film_frames(film)[-1].astype(int)
    bars = [card[10, 22 + 45 * bar] for bar in range(7)]
    wanted = 192 * np.array([[1, 1, 1], [1, 1, 0], [0, 1, 1], [0, 1, 0], [1, 0, 1], [1, 0, 0], [0, 0, 1]])
    assert np.abs(np.array(bars) - wanted).max() < 25


def test_messages_change_the_picture(playing: Playing) -> None:
    _film_length(playing, 0.3)
    playing.send("/master/blackout", True)
    _film_length(playing, 0.4)
    playing.send("/master/blackout", False)
    playing.send("/master/opacity", 0.5)
    _film_length(playing, 0.5)
    report = playing.stop()
    frames = [frame[:130].mean() for frame in film_frames(playing.film)]
    assert min(frames) < 3, "blackout was never seen"
    assert frames[-1] == pytest.approx(max(frames) / 2, rel=0.12)
    assert report["osc"]["applied"] >= 3


def test_panic_brings_the_known_good_state_back(playing: Playing) -> None:
    playing.send("/master/opacity", 0.25)
    playing.send("/layer/1/fit", "stretch")
    _film_length(playing, 0.3)
    playing.send("/master/panic")
    _film_length(playing, 0.3)
    assert b"fill" in (playing.ask("/layer/1/fit") or b"")
    playing.stop()


def test_freeze_holds_the_picture(playing: Playing) -> None:
    playing.send("/master/freeze", 1)
    _film_length(playing, 0.8)
    playing.stop()
    numbers = [read_counter(frame) for frame in film_frames(playing.film)]
    assert numbers[-10:] == [numbers[-1]] * 10


@pytest.mark.parametrize("shown", ["hud", "keys"])
def test_the_heads_up_display_is_in_the_recording_only_if_it_is_asked_for(shown: str, tmp_path: Path) -> None:
    asked = (*SMALL, *PATTERN, "--osc-port", "0", "--frames", "15", "--set", f"/output/{shown}=on")
    films = [tmp_path / "without.mp4", tmp_path / "with.mp4"]
    vj("run", *asked, "--record", str(films[0]))
    vj("run", *asked, "--record", str(films[1]), "--record-hud")
    without, plate = (film_frames(film)[-1][2:6, 2:40].astype(int).mean() for film in films)
    assert without > 150, "the test card's white bar"
    assert plate < 0.7 * without, "a dark plate under the letters"


@pytest.mark.parametrize("target", ["vj.source.host", "vj.model.engine.engine"])
def test_killing_a_child_costs_no_picture(playing: Playing, target: str) -> None:
    pid = playing.children(target)[0]
    os.kill(pid, signal.SIGKILL)
    playing.wait_for_other(target, pid)
    _film_length(playing, 3.0)
    report = playing.stop()
    layer = report["layers"][0]
    hurt, other = ("source", "model") if "source" in target else ("model", "source")
    assert (layer[hurt]["restarts"], layer[other]["restarts"]) == (1, 0)
    assert layer[hurt]["state"] == layer[other]["state"] == "running"
    assert layer["shows"] == "model"
    assert layer["refreshes"]["still"] == 0
    if hurt == "model":  # a source may be back before it counts as lost
        assert layer["refreshes"]["hold"] > 0, "it never said that the picture was held"
    frames = film_frames(playing.film)
    assert min(frame[:130].mean() for frame in frames) > 60, "it went dark"


def test_a_child_that_hangs_is_brought_back(playing: Playing) -> None:
    pid = playing.children("vj.model.engine.engine")[0]
    os.kill(pid, signal.SIGSTOP)
    playing.wait_for_other("vj.model.engine.engine", pid)
    _film_length(playing, 2.0)
    report = playing.stop()
    assert report["layers"][0]["model"]["restarts"] == 1
    assert "no sign of life" in report["layers"][0]["model"]["fault"]


def test_a_show_that_is_stopped_and_continued_blames_nobody(tmp_path: Path) -> None:
    """All of its processes, as the shell does it."""
    show = Playing(tmp_path, *SMALL, *PATTERN).wait_until_up()
    everybody = [show.process.pid, *show.children("vj.child")]
    try:
        for pid in everybody:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(4.0)  # longer than any silence that is forgiven
        for pid in reversed(everybody[1:]):
            os.kill(pid, signal.SIGCONT)
        os.kill(show.process.pid, signal.SIGCONT)
        _film_length(show, 1.0)
        layer = show.stop()["layers"][0]
        assert (layer["model"]["fault"], layer["source"]["fault"]) == ("", "")
    finally:
        show.close()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_signals_close_everything(playing: Playing, how: int) -> None:
    _film_length(playing, 0.5)
    playing.stop(how)
    assert len(film_frames(playing.film)) > 0
    assert not leftovers(playing.process.pid)


def test_killed_outright_it_leaves_no_child_and_a_film_that_plays(playing: Playing) -> None:
    _film_length(playing, 1.5)
    playing.process.kill()
    playing.process.wait()
    deadline = time.monotonic() + 100
    while leftovers(playing.process.pid):
        assert time.monotonic() < deadline, leftovers(playing.process.pid)
        time.sleep(0.05)


def test_mixed_strength_shows_source_and_result_of_the_same_moment(tmp_path: Path) -> None:
    """At half strength the identity gives the source back: any ghost would be a picture of another moment."""
    film = tmp_path / "out.mp4"
    half = ("--set", "/layer/1/model/strength=0.5")
    vj("run", *SMALL, *PATTERN, *half, "--frames", "40", "--osc-port", "0", "--record", str(film))
    for frame in film_frames(film)[20:]:
        squares = frame[-8:-4].mean(axis=(0, 2))[6::13][:24]
        assert (np.minimum(squares, 255 - squares) < 60).mean() > 0.9, "the counter is a mixture of two numbers"


def test_a_source_that_fails_is_followed_by_the_next_one(tmp_path: Path) -> None:
    """A stream that nobody sends, then the test card."""
    (tmp_path / "two.toml").write_text(
        f"""
        [[layer]]
        source = ["stream:http://127.0.0.1:{free_port()}/cam", "pattern"]
        model = "identity"
        """
    )
    stats = tmp_path / "s.json"
    vj("run", str(tmp_path / "two.toml"), *SMALL, "--frames", "5", "--osc-port", "0", "--stats", str(stats))
    assert json.loads(stats.read_text())["layers"][0]["source"]["title"] == "pattern"


def test_stopped_while_it_starts_it_closes_in_order(tmp_path: Path) -> None:
    process = start_vj("run", *SMALL, "--source", "pattern", "--osc-port", "0")
    deadline = time.monotonic() + 100
    while not subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True).stdout:
        assert time.monotonic() < deadline
    process.send_signal(signal.SIGTERM)
    out, err = finished(process)
    assert process.returncode == 0, (out, err)
    assert "Traceback" not in err
    assert not leftovers(process.pid)


def test_a_second_show_does_not_touch_the_first_ones_recording(playing: Playing) -> None:
    """The port is busy: that is known before the file is opened."""
    _wait_for_film(playing)
    onto = ("--record", str(playing.film), "--overwrite")
    before = playing.film.stat().st_size
    error = vj_fails("run", *SMALL, *PATTERN, "--osc-port", str(playing.port), *onto)
    assert str(playing.port) in error
    assert playing.film.stat().st_size >= before > 0


def test_two_layers_are_mixed(tmp_path: Path) -> None:
    """A still over the test card at half opacity: the mean of the two, where the card is dark and where it is light."""
    red = tmp_path / "red.png"
    Image.new("RGB", (320, 180), (200, 0, 0)).save(red)
    (tmp_path / "two.toml").write_text(
        f"""
        [[layer]]
        source = "pattern"
        model = "identity"
        [[layer]]
        source = "still:{red}"
        model = "identity"
        [set]
        "/layer/2/opacity" = 0.5
        """
    )
    film = tmp_path / "out.mp4"
    vj("run", str(tmp_path / "two.toml"), *SMALL, "--frames", "20", "--osc-port", "0", "--record", str(film))
    card = film_frames(film)[-1].astype(int)
    assert np.abs(card[10, 22] - (196, 96, 96)).max() < 20  # over light grey
    assert np.abs(card[10, 292] - (100, 0, 96)).max() < 20  # over blue


def test_without_a_screen_there_is_a_recording_and_it_says_where(tmp_path: Path) -> None:
    env = {"DISPLAY": "", "WAYLAND_DISPLAY": ""}
    out = vj("run", *PATTERN, "--frames", "20", "--size", "160x90", "--osc-port", "0", env=env, cwd=tmp_path)
    film = tmp_path / "recordings" / "show.mp4"
    assert str(film) in out.replace("\n", "")
    assert len(film_frames(film)) == 20


def _wait_for_film(playing: Playing) -> None:
    """Until the first part of the recording is on the disk."""
    deadline = time.monotonic() + 100
    while not (playing.film.exists() and playing.film.stat().st_size):
        assert time.monotonic() < deadline, "the recording never began"
        assert playing.process.poll() is None
        time.sleep(0.02)


def _film_length(playing: Playing, seconds: float) -> None:
    """Let the show play on for a while; its own clock is real."""
    time.sleep(seconds)
    assert playing.process.poll() is None
