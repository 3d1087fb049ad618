"""Clips that are added and removed while a show plays: their places, and the parameters of their sources."""

import json
from pathlib import Path

import pytest

from tests.show.played import Played
from vj.params.control_queue import Change, ControlBatch
from vj.preset import preset as presets
from vj.preset.preset import described
from vj.preset.show_table import PLACES
from vj.show.control_recording import ControlLog, Replay, read

CLIP = "/layer/1/clip"
SCALE, FLASH = "/layer/1/source/glow/scale", "/layer/1/source/glow/go"
GLOW = """/*{"INPUTS": [{"NAME": "scale", "TYPE": "float", "DEFAULT": 0.5}, {"NAME": "go", "TYPE": "event"}]}*/
void main() { gl_FragColor = vec4(scale); }
"""


@pytest.fixture(autouse=True)
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library with two films and a generator with two inputs."""
    folder = tmp_path / "library"
    for name in ("clips/one.mp4", "clips/two.mp4", "shaders/glow.fs"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(GLOW)
    monkeypatch.setenv("VJ_LIBRARY", str(folder))
    return folder


def show(folder: Path, text: str = '[[layer]]\nclip = ["pattern", "", "pattern"]\n') -> Played:
    (folder / "show.toml").write_text(text)
    return Played(presets.load(str(folder / "show.toml")))


def places(played: Played) -> dict[int, str]:
    found = ((place, str(played.desk.store.targets[f"{CLIP}/{place}/source"])) for place in PLACES)
    return {place: spec.rpartition("/")[2] for place, spec in found if spec}


def test_of_several_commands_in_one_frame_every_one_counts_in_order(tmp_path: Path) -> None:
    played = show(tmp_path)
    played.frame((f"{CLIP}/add", "one.mp4"), (f"{CLIP}/add", "two.mp4"), (f"{CLIP}/remove", "1"))
    assert places(played) == {2: "one.mp4", 3: "pattern", 4: "two.mp4"}
    assert played.desk.store.targets[CLIP] == 4
    played.frame((f"{CLIP}/add", "one.mp4"), **{f"{CLIP}/3/name": "three"})
    assert places(played)[1] == "one.mp4"
    played.frame((f"{CLIP}/remove", "three"))
    assert (3 in places(played), played.desk.store.targets[f"{CLIP}/3/name"]) == (False, "")


@pytest.mark.parametrize(
    ("command", "text", "complaint"),
    [
        ("remove", "three", "there is no clip 'three'; choices: 1, 3"),
        ("remove", "", "there is no clip ''"),
        ("add", "/etc/passwd", "files elsewhere aren't opened"),
        ("add", "shader:nope", "unknown shader 'nope'"),
    ],
)
def test_what_can_not_be_done_changes_nothing(tmp_path: Path, command: str, text: str, complaint: str) -> None:
    played = show(tmp_path)
    played.frame((f"{CLIP}/{command}", text))
    assert places(played) == {1: "pattern", 3: "pattern"}
    assert played.notice.startswith(f"{CLIP}/{command}: ")
    assert complaint in played.notice


def test_when_all_places_are_filled_adding_says_so(tmp_path: Path) -> None:
    played = show(tmp_path, f"[[layer]]\nclip = {json.dumps(['pattern'] * len(PLACES))}\n")
    played.frame((f"{CLIP}/add", "one.mp4"))
    assert "all 16 places" in played.notice


def test_a_generator_brings_its_inputs_and_takes_them_away(tmp_path: Path) -> None:
    played = show(tmp_path)
    assert SCALE not in played.table
    played.frame((f"{CLIP}/add", "shader:glow"))
    assert played.desk.values[SCALE] == 0.5, "in the very frame"
    played.frame((FLASH, ""))
    assert played.stage.fired == [FLASH]
    played.frame((f"{CLIP}/add", "shader:glow"), **{SCALE: 0.75})
    played.frame((f"{CLIP}/remove", "2"))
    assert played.desk.store.targets[SCALE] == 0.75, "another place has it"
    played.frame((f"{CLIP}/remove", "4"))
    assert SCALE not in played.table
    assert FLASH not in played.table


def test_what_a_preset_can_play_keeps_its_parameters(tmp_path: Path) -> None:
    played = show(tmp_path, '[[layer]]\nclip = ["shader:glow", "pattern"]\n')
    before = list(played.table)
    played.frame((f"{CLIP}/remove", "1"))
    played.frame()
    assert list(played.table) == before


def test_a_film_that_was_dropped_brings_its_parameters(tmp_path: Path) -> None:
    played = show(tmp_path)
    played.frame(**{f"{CLIP}/2/source": "movie:one.mp4"})
    assert "/layer/1/source/seek" in played.table


def test_a_layer_that_was_added_has_the_commands_too(tmp_path: Path) -> None:
    played = show(tmp_path)
    played.frame(("/show/layer/add", "pattern"))
    played.frame(("/layer/2/clip/add", "shader:glow"))
    assert "/layer/2/source/glow/scale" in played.table
    played.frame(("/show/layer/remove", "2"), ("/show/layer/add", "pattern"))
    played.frame(("/layer/2/clip/add", "shader:glow"))
    assert "/layer/2/source/glow/scale" in played.table


def test_what_was_added_is_saved_and_restored_with_its_values(tmp_path: Path) -> None:
    played = show(tmp_path)
    played.frame((f"{CLIP}/add", "shader:glow"))
    played.frame(**{SCALE: 0.75})
    restored = described(json.loads(json.dumps(played.structure.preset.described())))
    assert SCALE in restored.table()
    again = played.save()
    assert again.layers[0].clips[1].source == "shader:glow"
    assert again.values[SCALE] == 0.75


def test_a_recording_of_it_replays_to_the_same(tmp_path: Path) -> None:
    played = show(tmp_path)
    header = {**played.structure.preset.described(), "values": dict(played.desk.store.targets)}
    log = ControlLog(tmp_path / "log.jsonl", header, played.table)
    log.begin(0.0)
    changes = [Change(f"{CLIP}/add", "fire", text=text) for text in ("one.mp4", "shader:glow")]
    played.play(ControlBatch({}, changes, {}, None))
    log.record(*played.batches[-1])
    for values in ({SCALE: 0.75}, {f"{CLIP}/2/source": "movie:two.mp4"}):
        played.play(ControlBatch(values, [], {}, None))
        log.record(*played.batches[-1])
    log.close()
    recording = read(tmp_path / "log.jsonl")
    again = Played(described(recording.header))
    replay = Replay(recording.checked(again.table), again.table)
    replay.begin(0.0)
    for at, batch in replay.due(60.0):  # all of them in one frame
        again.desk.advance_frame(batch, at, 0.0)
    again.frame()
    assert dict(again.desk.store.targets) == dict(played.desk.store.targets)
    assert list(again.table) == list(played.table)
