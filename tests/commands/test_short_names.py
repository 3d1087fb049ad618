"""Short names: what is meant is found where only one thing can be meant, and nothing is guessed otherwise."""

from pathlib import Path

import pytest

from vj.base.errors import BadInput, unknown
from vj.preset.preset import assignments, load
from vj.source import split_spec


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pictures").mkdir()
    Path("film").touch()


@pytest.mark.parametrize(
    ("spec", "kind", "target"),
    [
        ("clip.mp4", "movie", "clip.mp4"),
        ("shows/clip.MOV", "movie", "shows/clip.MOV"),
        (r"C:\clips\a.mp4", "movie", r"C:\clips\a.mp4"),
        ("a.JPG", "still", "a.JPG"),
        ("pictures", "folder", "pictures"),
        ("film", "movie", "film"),
        ("http://127.0.0.1:8091/cam", "stream", "http://127.0.0.1:8091/cam"),
        ("rtsp://camera/1", "stream", "rtsp://camera/1"),
        ("movie:clip.mp4", "movie", "clip.mp4"),
        ("camera", "camera", ""),
    ],
)
def test_sources_by_what_they_look_like(spec: str, kind: str, target: str) -> None:
    assert split_spec(spec) == (kind, target)


@pytest.mark.parametrize("spec", ["webcam", "moive:clip.mp4", "camra:0", ""])
def test_what_looks_like_nothing_is_refused_with_the_choices(spec: str) -> None:
    with pytest.raises(BadInput, match=r"unknown source .*; choices: camera\[:\.\.\.\]"):
        split_spec(spec)


def test_the_last_part_of_an_address_will_do() -> None:
    table = load("default").table()
    assert assignments(["style=ember", "weight/ink=0.5", "/master/opacity=1"], table) == {
        "/layer/1/model/style": "ember",
        "/layer/1/model/weight/ink": 0.5,
        "/master/opacity": 1.0,
    }
    with pytest.raises(BadInput, match="'opacity' may be /layer/1/opacity, /master/opacity"):
        assignments(["opacity=1"], table)
    with pytest.raises(BadInput, match="unknown address 'stile'"):
        assignments(["stile=ember"], table)


def test_keys_in_any_case_and_cues_of_empty_snapshots() -> None:
    show = '[[layer]]\nsource = "pattern"\nmodel = "style26"\n'
    Path("mine.toml").write_text(show + '[keys]\nF1 = { address = "/master/panic", action = "fire" }\n')
    assert [key.key for key in load("mine.toml").keys] == ["f1"]
    Path("mine.toml").write_text(show + "[[cue]]\nsnapshot = 3\n[snapshot.1]\nset = {}\n")
    with pytest.raises(BadInput, match=r"mine\.toml: cue\.1\.snapshot: snapshot 3 is empty; choices: 1"):
        load("mine.toml")


def test_far_guesses_are_not_offered() -> None:
    assert "did you mean 'default'" in str(unknown("preset", "defualt", ["default", "dance"]))
    assert "did you mean" not in str(unknown("preset", "dancer-2", ["default", "bank"]))
    assert "did you mean" not in str(unknown("preset", "paint", ["print-out", "tape"]))
