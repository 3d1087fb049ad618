"""Clips in presets: read, checked with the key that is wrong, started with, and saved."""

from pathlib import Path

import pytest

from tests.keeping import Stage
from vj.base.errors import BadInput
from vj.preset.preset import Preset, described, load
from vj.preset.show_table import PLACES

BANK = """
[[layer]]
clip = ["pattern", "", {source = "movie:b.mp4", name = "B", in = 1.5, loop = "bounce"}, "camera:2"] # mine
model = "identity"
"""
WRONG = {
    "kind": ('clip = ["pattern", "moovie:x"]', "layer.1.clip.2: unknown source 'moovie:x'; choices: camera"),
    "key": (
        'clip = [{source = "pattern", sped = 1}]',
        "layer.1.clip.1: unknown key 'sped' (did you mean 'speed'?); choices: beats, in, loop, name, out, source",
    ),
    "range": ('clip = [{source = "pattern", speed = 9}]', "layer.1.clip.1: speed takes -4..4 ×, not 9"),
    "choice": (
        'clip = [{source = "pattern", loop = "ever"}]',
        "unknown loop 'ever'; choices: bounce, hold, loop",
    ),
    "no source": ("clip = [{speed = 1}]", "layer.1.clip.1: source is missing"),
    "type": ("clip = [3]", "layer.1.clip.1: a clip is a SPEC such as movie:clip.mp4, or a table with source, not 3"),
    "no list": ("clip = 'pattern'", "layer.1.clip takes a list, not 'pattern'"),
    "nothing": ('clip = ["", ""]', "layer.1.source is missing"),
    "too many": (f"clip = {['pattern'] * 17}", "layer.1.clip: there are 16 places for clips, not 17"),
    "too many besides": (f"source = 'pattern'\nclip = {['pattern'] * 16}", "there are 15 places for clips, not 16"),
}


def preset(folder: Path, text: str) -> Preset:
    path = folder / "mine.toml"
    path.write_text(text)
    return load(str(path))


@pytest.mark.parametrize("mistake", sorted(WRONG))
def test_mistakes_are_named(mistake: str, tmp_path: Path) -> None:
    text, message = WRONG[mistake]
    with pytest.raises(BadInput) as caught:
        preset(tmp_path, f"[[layer]]\n{text}\nmodel = 'identity'\n")
    assert message in str(caught.value)
    assert str(tmp_path / "mine.toml") in str(caught.value)


def test_a_show_starts_with_the_bank_of_its_preset(tmp_path: Path) -> None:
    (tmp_path / "b.mp4").touch()
    store = Stage(preset(tmp_path, BANK)).desk.store
    clip = {name: store.targets[f"/layer/1/clip/3/{name}"] for name in ("source", "name", "in", "loop", "speed")}
    assert clip == {"source": f"movie:{tmp_path / 'b.mp4'}", "name": "B", "in": 1.5, "loop": "bounce", "speed": 1.0}
    filled = [place for place in PLACES if store.targets[f"/layer/1/clip/{place}/source"]]
    assert (filled, store.targets["/layer/1/clip"]) == ([1, 3, 4], 1)
    assert "/layer/1/source/mirror" in store.table, "what a camera has"
    assert "/layer/1/source/seek" in store.table, "what a film has"


def test_a_source_with_alternatives_is_the_first_clip(tmp_path: Path) -> None:
    show = preset(tmp_path, '[[layer]]\nsource = ["camera", "pattern"]\nclip = ["pattern"]\nmodel = "identity"\n')
    assert [clip.source for clip in show.layers[0].clips] == ["camera", "pattern"]
    assert show.layers[0].sources == ("camera", "pattern")


def test_the_first_place_that_is_filled_plays(tmp_path: Path) -> None:
    show = preset(tmp_path, '[[layer]]\nclip = ["", "pattern"]\nmodel = "identity"\n')
    assert (show.layers[0].first_place, show.layers[0].sources) == (2, ("pattern",))
    assert Stage(show).desk.store.targets["/layer/1/clip"] == 2


def test_a_description_of_a_show_has_its_clips(tmp_path: Path) -> None:
    show = preset(tmp_path, BANK)
    assert described(show.described()).layers == show.layers


def test_another_source_on_the_command_line_takes_the_first_place(tmp_path: Path) -> None:
    show = preset(tmp_path, f'{BANK}[set]\n"/layer/1/clip" = 4\n').with_first_layer("still:x.png", ())
    assert [clip.source for clip in show.layers[0].clips][:2] == ["still:x.png", ""]
    assert "/layer/1/clip" not in show.values


def saved(folder: Path, text: str, **values: object) -> str:
    stage = Stage(preset(folder, text))
    stage.frame(**values)
    stage.frame()
    stage.frame("/show/save")
    return (folder / "mine.toml").read_text()


def test_saved_as_it_was_it_is_the_same_to_the_letter(tmp_path: Path) -> None:
    assert saved(tmp_path, f"{BANK}[set]\n") == f"{BANK}[set]\n"


def test_settings_of_a_clip_are_saved_and_its_place_in_the_list_stays(tmp_path: Path) -> None:
    text = saved(tmp_path, BANK, __layer__1__clip__3__speed=2.0, __layer__1__clip=3)
    assert text.startswith(BANK)
    assert Stage(load(str(tmp_path / "mine.toml"))).desk.store.targets["/layer/1/clip/3/speed"] == 2.0
    assert Stage(load(str(tmp_path / "mine.toml"))).desk.store.targets["/layer/1/clip"] == 3


def test_a_clip_that_was_added_live_is_saved_with_its_settings(tmp_path: Path) -> None:
    (tmp_path / "new.mp4").touch()
    new = f"movie:{tmp_path / 'new.mp4'}"
    text = saved(tmp_path, BANK, __layer__1__clip__2__source=new, __layer__1__clip__2__beats=8.0)
    assert '{source = "movie:new.mp4", beats = 8.0}' in text
    assert 'name = "B", in = 1.5' in text
    again = load(str(tmp_path / "mine.toml")).layers[0].clips
    assert (again[1].source, again[1].settings) == (new, {"beats": 8.0})
    assert "clip/2" not in text


def test_a_clip_that_was_removed_live_is_gone(tmp_path: Path) -> None:
    text = saved(tmp_path, BANK, __layer__1__clip__4__source="", __layer__1__clip__1__source="")
    again = load(str(tmp_path / "mine.toml")).layers[0]
    assert [clip.source for clip in again.clips] == ["", "", "movie:b.mp4"], text


def test_clips_beside_a_source_are_saved_beside_it(tmp_path: Path) -> None:
    text = '[[layer]]\nsource = ["pattern", "camera"]\nmodel = "identity"\n'
    after = saved(tmp_path, text, __layer__1__clip__3__source="camera:1")
    assert 'source = ["pattern", "camera"]' in after
    again = load(str(tmp_path / "mine.toml")).layers[0]
    assert [clip.source for clip in again.clips] == ["pattern", "", "camera:1"]
    assert again.sources == ("pattern", "camera")
