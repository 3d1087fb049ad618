"""What was recorded is found again."""

import shutil
from pathlib import Path

import pytest

from tests.running import vj
from vj.base.paths import state
from vj.commands import recordings


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_films_and_controls_are_listed_the_newest_first(tmp_path: Path) -> None:
    film, controls = tmp_path / "first [take].mp4", tmp_path / "night.log"
    options = ("--source", "pattern", "--model", "identity", "--headless", "--size", "320x180", "--fps", "25")
    vj("run", *options, "--frames", "50", "--record", str(film), "--osc-port", "0", "--query-port", "-1")
    vj("run", *options, "--frames", "10", "--log-control", str(controls), "--osc-port", "0", "--query-port", "-1")
    newest, first = vj("recordings").splitlines()[1:]
    assert str(film) in first
    assert "320x180" in first
    assert "0:02.0" in first
    assert "MB" in first
    assert str(controls) in newest
    assert "controls" in newest


def test_what_is_gone_is_not_listed_and_what_is_cut_short_is(tmp_path: Path, clip: Path) -> None:
    gone, cut, whole = tmp_path / "gone.mp4", tmp_path / "cut.mp4", tmp_path / "whole.mp4"
    cut.write_bytes(clip.read_bytes()[:100])
    shutil.copy(clip, whole)
    for path in (whole, gone, cut, whole):
        recordings.note(path)
    rows = [(length, picture, file) for _, length, picture, _, file in recordings.listing()]
    assert rows == [("0:05.3", "1280x720", str(whole)), ("-", "-", str(cut))]


def test_only_so_many_are_remembered_and_a_damaged_list_is_begun_anew(tmp_path: Path, clip: Path) -> None:
    for number in range(3):
        recordings.note(tmp_path / f"{number}.mp4")
    (file,) = state().iterdir()
    file.write_text("\n".join(str(tmp_path / f"{number}.mp4") for number in range(5000)))
    recordings.note(clip)
    assert len(file.read_text().splitlines()) == 1000
    assert [row[-1] for row in recordings.listing()] == [str(clip)]
    file.write_bytes(b"\xff\xfe\x00")
    assert list(recordings.listing()) == []
    recordings.note(clip)
    assert [row[-1] for row in recordings.listing()] == [str(clip)]


def test_where_nothing_was_recorded_it_says_how() -> None:
    assert "--record FILE" in vj("recordings")
