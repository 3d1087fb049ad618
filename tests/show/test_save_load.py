"""Keeping a show: what crashed comes back, another preset is taken over."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.keeping import STRENGTH, TEXT, Stage
from vj.base.errors import BadInput
from vj.base.paths import CLIP
from vj.params.control_queue import Change
from vj.preset.preset import described, load
from vj.show import autosave
from vj.show.save_load import saved_bindings, saved_values


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    path = tmp_path / "mine.toml"
    path.write_text(TEXT)
    return path


def test_what_can_not_be_saved_or_loaded_is_said(mine: Path) -> None:
    stage = Stage(load(str(mine)))
    mine.unlink()
    stage.frame("/show/save")
    assert "can't save the preset" in stage.save_load.notice
    stage.frame(__show__load="no such preset")
    assert "unknown preset 'no such preset'" in stage.save_load.notice


def test_a_show_whose_layers_changed_is_saved_again_and_again(mine: Path) -> None:
    mine.write_text('[[layer]]\nsource = "pattern"\n[[layer]]\nsource = "pattern"\n')
    stage = Stage(load(str(mine)))
    for numbers in ((2, 1), (1, 2), (2, 1)):
        by_number = {plan.number: plan for plan in stage.preset.layers}
        stage.preset = replace(stage.preset, layers=tuple(by_number[number] for number in numbers))
        stage.frame("/show/save")
        assert "saved to" in stage.save_load.notice
        assert tuple(plan.number for plan in load(str(mine)).layers) == numbers
    mine.write_text('[[layer]]\nsource = "pattern"\n')  # another program
    stage.frame("/show/save")
    assert "it has 1 layers now, and the show 2" in stage.save_load.notice


@pytest.fixture
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place in the library for another preset."""
    monkeypatch.setenv("VJ_LIBRARY", str(tmp_path / "library"))
    (tmp_path / "library" / "presets").mkdir(parents=True)
    return tmp_path / "library" / "presets" / "other.toml"


def test_another_preset_is_taken_over_as_far_as_it_fits(mine: Path, other: Path) -> None:
    other.write_text('[[layer]]\nsource = "pattern"\nmodel = "style26"\n[set]\n"/layer/1/model/strength" = 0.25\n')
    stage = Stage(load(str(mine)))
    stage.frame(__show__load="other")
    stage.frame()
    stage.frame()
    assert stage.desk.store.targets[STRENGTH] == 0.25
    assert "took over other" in stage.save_load.notice


def test_only_presets_of_the_library_are_loaded_and_none_that_blacks_out(mine: Path, other: Path) -> None:
    other.write_text(mine.read_text().replace("[set]", '[set]\n"/show/load" = "other"\n"/master/blackout" = true'))
    stage = Stage(load(str(mine)))
    stage.frame(__show__load=str(other))
    assert "unknown preset" in stage.save_load.notice
    stage.frame(__show__load="other")
    for _ in range(3):
        stage.frame()
    assert "took over other" in stage.save_load.notice
    assert (stage.desk.store.targets["/show/load"], stage.desk.store.targets["/master/blackout"]) == ("", False)


def test_what_is_no_file_or_too_large_is_not_opened(tmp_path: Path) -> None:
    pipe, large = tmp_path / "pipe.toml", tmp_path / "large.toml"
    os.mkfifo(pipe)
    with pytest.raises(BadInput, match="it is no file"):
        load(str(pipe))
    with large.open("wb") as file:
        file.truncate(400 << 20)
    with pytest.raises(BadInput, match="more than"):
        load(str(large))


def test_quit_is_asked_for(mine: Path) -> None:
    stage = Stage(load(str(mine)))
    assert not stage.save_load.wants_quit
    stage.frame("/show/quit")
    assert stage.save_load.wants_quit


def test_the_state_comes_back_whole_and_what_no_longer_fits_is_left_out(mine: Path) -> None:
    stage = Stage(load(str(mine)))
    stage.frame(__layer__1__model__strength=0.3, __output__hud=True)
    state = stage.save_load.state()
    table = stage.preset.table()
    assert saved_values(state, table)[STRENGTH] == 0.3
    assert "/output/hud" not in saved_values(state, table)
    assert saved_bindings(state, table) == stage.midi.bindings
    nonsense = {
        "values": {"/nowhere": 1, STRENGTH: "much", "/master/opacity": float("nan")},
        "midi": [{"type": "cc"}, 3],
    }
    assert saved_values(nonsense, table) == {}
    assert saved_bindings(nonsense, table) == ()
    assert saved_values({}, table) == {}


def test_the_same_preset_can_be_loaded_again_and_leaves_other_snapshots_alone(
    mine: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other.write_text(
        '[[layer]]\nsource = "pattern"\nmodel = "identity"\n'
        f'[set]\n"{STRENGTH}" = 0.25\n[snapshot.5]\nset = {{ "{STRENGTH}" = 0.5 }}\n'
    )
    stage, mailed = Stage(load(str(mine))), []
    put = stage.queue.put_snapshots
    monkeypatch.setattr(stage.queue, "put_snapshots", lambda slots: mailed.append(slots) or put(slots))
    stage.queue.put_change(Change("/snapshot/store", "fire", 2.0))
    for _ in range(2):
        stage.frame(__layer__1__model__strength=1.0)
        stage.frame(__show__load="other")
        stage.frame()
        stage.frame()
        assert (stage.desk.store.targets[STRENGTH], stage.desk.store.targets["/show/load"]) == (0.25, "")
        assert sorted(stage.desk.play.stored) == [2, 5]
    assert mailed == [{"5": {"name": "", "set": {STRENGTH: 0.5}}}] * 2, "by mail, so that it can be recorded"


def test_a_show_that_was_killed_is_told_of_for_a_while_and_comes_back_with_its_source(mine: Path) -> None:
    killed = Stage(load(str(mine)).with_first_layer(f"movie:{CLIP}", ["style26"]))
    killed.save_load._autosave.save()
    saved = autosave.latest(str(mine))
    assert described(saved) == killed.preset
    restored = Stage(described(saved), restored=True)
    restored.save_load.start()
    assert (restored.save_load.way_back, restored.save_load.notice) == ("", "")
    restored.save_load._autosave.close(clean=False)

    stage = Stage(load(str(mine)))
    stage.save_load.start()
    assert f"vj run {mine} --restore brings it back" in stage.save_load.way_back
    assert stage.save_load.notice == stage.save_load.way_back
    stage.frame(__layer__1__model__strength=0.3)
    stage.save_load.close()
    assert autosave.load(stage.save_load.aside).state == saved
    stage.clock.sleep(11.0)
    assert stage.save_load.notice == ""


def test_the_way_back_names_the_preset_as_it_is_found(mine: Path, other: Path) -> None:
    """And so is right whatever else has been played since."""
    spaced = other.parents[2] / "my shows.toml"
    for path in (other, spaced):
        path.write_text(TEXT)
    for typed, named in (("other", "other"), (str(other), "other"), (str(spaced), f"'{spaced}'")):
        Stage(load(typed)).save_load._autosave.save()
        stage = Stage(load(typed))
        stage.save_load.start()
        assert f" vj run {named} --restore " in stage.save_load.way_back
        stage.save_load.close()


def test_no_way_back_to_a_show_that_still_plays_nor_where_nothing_is_saved(mine: Path) -> None:
    playing, second, replayed = (Stage(load(str(mine)), period=period) for period in (5.0, 5.0, 0.0))
    playing.save_load.start()
    playing.frame(__layer__1__model__strength=0.3)
    assert playing.save_load._autosave.save()
    for stage in (second, replayed):
        stage.save_load.start()
        assert stage.save_load.way_back == ""
        stage.frame(__layer__1__model__strength=0.7)
        stage.save_load.close()
    assert autosave.latest(str(mine))["values"][STRENGTH] == 0.3
    playing.save_load.close()
