"""Hands on a real show: asked and steered by the web and by OSC, saved, killed, and brought back."""

import json
import os
import signal
import tomllib
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.running import Playing, finished, start_vj, vj, vj_fails
from tests.waiting import until

pytestmark = pytest.mark.show

SMALL = ("--headless", "--size", "160x90", "--fps", "30")
PRESET = """# mine
title = "Mine"   # stays

[[layer]]
source = "pattern"
model = "identity"

[allow]
save = true
load = true
quit = true

[set]
"/master/opacity" = 0.9     # a comment of the performer's

[[modulate]]
to = "/layer/1/opacity"
shape = "square"
width = 1.0
depth = -0.5
"""
OTHER = """
[[layer]]
source = "pattern"
model = "identity"
[set]
"/layer/1/model/strength" = 0.125
[snapshot.5]
set = { "/layer/1/opacity" = 0.5 }
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    (tmp_path / "library" / "presets").mkdir(parents=True)
    (tmp_path / "library" / "presets" / "other.toml").write_text(OTHER)
    path = tmp_path / "mine.toml"
    path.write_text(PRESET)
    return path


@pytest.fixture
def playing(mine: Path, tmp_path: Path) -> Iterator[Playing]:
    show = Playing(tmp_path, str(mine), *SMALL, env=home(tmp_path)).wait_until_up()
    yield show
    show.close()


def home(folder: Path) -> dict[str, str]:
    return {"XDG_STATE_HOME": str(folder / "state"), "VJ_LIBRARY": str(folder / "library")}


def asked(playing: Playing, address: str, attribute: str = "VALUE") -> Any:
    url = f"http://127.0.0.1:{playing.port + 2}{address}?{attribute}"
    with urllib.request.urlopen(url, timeout=100) as answer:
        return json.loads(answer.read())[attribute]


def texts(states: Path) -> list[str]:
    return [path.read_text() for path in states.glob("mine-*.json")]


def test_a_show_is_asked_steered_saved_loaded_and_ended_from_afar(playing: Playing, mine: Path) -> None:
    assert asked(playing, "/layer/1/opacity") == [1.0]
    until(lambda: asked(playing, "/layer/1/opacity", "LIVE") == [0.5], "what the modulator makes of it")
    live = vj("params", "--live", "--only", "layer/1/opacity", "--port", str(playing.port + 2))
    assert live.split("/layer/1/opacity")[1].split()[:2] == ["1", "0.5"]
    assert "no address" in vj_fails("params", "--live", "--only", "nothing", "--port", str(playing.port + 2))

    playing.send("/layer/1/model/strength", 0.25)
    playing.send("/layer/1/model/strength", "+", 0.5)
    until(lambda: asked(playing, "/layer/1/model/strength") == [0.75], "a relative message")
    playing.send("/snapshot/store", 3)
    playing.send("/show/save")
    until(lambda: "[snapshot.3" in mine.read_text(), "the preset was never saved")
    saved = tomllib.loads(mine.read_text())
    assert saved["set"]["/layer/1/model/strength"] == 0.75
    assert saved["snapshot"]["3"] == {"rest": "start", "set": {}}, "nothing else than how it starts from now on"
    assert saved["set"] == {"/master/opacity": 0.9, "/layer/1/model/strength": 0.75}
    assert "# a comment of the performer's" in mine.read_text()

    playing.send("/show/load", "other")
    until(lambda: asked(playing, "/layer/1/model/strength") == [0.125], "the other preset's values")
    playing.send("/snapshot/5")
    until(lambda: asked(playing, "/layer/1/opacity") == [0.5], "the other preset's snapshot")

    playing.send("/show/quit")
    report = playing.ended()
    assert report["query"]["refused"] == 0
    assert report["osc"]["refused"] == 0


def test_what_the_preset_does_not_allow_can_not_be_reached(tmp_path: Path) -> None:
    show = Playing(tmp_path, *SMALL, "--source", "pattern", "--model", "identity").wait_until_up()
    try:
        for address in ("/show/quit", "/show/save"):
            show.send(address)
        show.send("/show/load", "default")
        for name in ("quit", "save", "load"):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                asked(show, f"/show/{name}", "DESCRIPTION")
        report = show.stop()
        assert (report["osc"]["forbidden"], report["osc"]["unknown"]) == (3, 0)
        assert "[allow]" in report["osc"]["last_forbidden"]
    finally:
        show.close()


def test_a_show_that_was_killed_is_brought_back(playing: Playing, mine: Path, tmp_path: Path) -> None:
    states = tmp_path / "state" / "vj"
    playing.send("/layer/1/model/strength", 0.375)
    playing.send("/snapshot/store", 7)
    playing.send("/clock/bpm", 99.0)
    playing.send("/master/blackout", True)
    until(lambda: any("0.375" in kept and '"7"' in kept for kept in texts(states)), "never autosaved")
    os.kill(playing.process.pid, signal.SIGKILL)
    playing.process.wait(timeout=100)
    log = tmp_path / "log"
    environment = {"XDG_STATE_HOME": str(tmp_path / "state")}
    vj("run", "--restore", *SMALL, "--frames", "3", "--osc-port", "0", "--log-control", str(log), env=environment)
    header = json.loads(log.read_text().split("\n")[0])
    values = header["values"]
    assert (values["/layer/1/model/strength"], values["/clock/bpm"]) == (0.375, 99.0)
    assert values["/master/blackout"] is False, "nobody wants to come back to black"
    assert header["play"]["snapshots"]["7"]["set"]["/layer/1/model/strength"] == 0.375
    assert header["preset"] == str(mine), "the one that was played last"


def test_with_nothing_to_restore_the_show_starts_and_says_so(tmp_path: Path) -> None:
    options = (*SMALL, "--source", "pattern", "--model", "identity", "--frames", "1", "--osc-port", "0")
    show = start_vj("run", "--restore", *options, env={"XDG_STATE_HOME": str(tmp_path)})
    _, said = finished(show)
    assert show.returncode == 0
    assert "There is nothing to restore: default starts as its preset says" in said


def test_an_open_door_without_a_list_is_refused_before_anything_opens() -> None:
    said = vj_fails("run", *SMALL, "--source", "pattern", "--model", "identity", "--frames", "1", "--host", "0.0.0.0")
    assert "--allow 192.168.1.0/24" in said


def test_a_recorded_show_is_played_back_as_it_was(mine: Path, tmp_path: Path) -> None:
    log, again = tmp_path / "log", tmp_path / "again"
    (tmp_path / "first").mkdir()
    environment = {"XDG_STATE_HOME": str(tmp_path / "state")}
    options = (*SMALL, "--set", "/layer/1/model/fade=0.25", "--log-control", str(log))
    show = Playing(tmp_path / "first", str(mine), *options, env=environment).wait_until_up()
    for strength in (0.125, 0.5, 0.75):
        show.send("/layer/1/model/strength", strength)
        until(lambda: asked(show, "/layer/1/model/strength") == [strength], "a message")  # noqa: B023
    show.send("/snapshot/store", 2)
    until(lambda: '"/snapshot/store"' in log.read_text(), "the log")
    show.stop()
    show.close()
    vj("run", "--replay", str(log), *SMALL, "--seconds", "2", "--osc-port", "0", "--log-control", str(again))
    told, heard = (path.read_text().split("\n") for path in (log, again))
    assert json.loads(heard[0])["values"] == json.loads(told[0])["values"]
    batches, again = ([json.loads(line) for line in lines[1:] if "/" in line] for lines in (told, heard))
    assert [(batch.get("v"), batch.get("c", [[""]])[0][0]) for batch in again] == [
        (batch.get("v"), batch.get("c", [[""]])[0][0]) for batch in batches
    ]
    assert [batch["t"] for batch in again] == pytest.approx([batch["t"] for batch in batches], abs=1e-5)
