"""Saving a show: what was learned, set and stored is in the preset when it is opened again, and nothing is lost."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.keeping import SPEED, STRENGTH, TEXT, Stage
from vj.base.errors import BadInput
from vj.base.paths import CLIP, PRESETS, library
from vj.params.control_queue import Change
from vj.preset import save as preset_save
from vj.preset.preset import load

STYLE = "/layer/1/model/style_image"


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    path = tmp_path / "mine.toml"
    path.write_text(TEXT)
    return path


def test_learned_played_saved_and_opened_again_it_is_still_bound(mine: Path) -> None:
    stage = Stage(load(str(mine)))
    stage.frame(__learn__address=STRENGTH, __learn__takeover="none", __learn__on=True)
    stage.turn(21, *range(0, 64, 4))
    assert stage.midi.bindings[-1].address == STRENGTH
    stage.frame(__learn__on=False)
    stage.turn(21, 0)
    stage.frame()
    assert stage.desk.store.targets[STRENGTH] == 0.0
    stage.frame("/show/save")

    again = Stage(load(str(mine)))
    assert [(binding.address, binding.number) for binding in again.midi.bindings] == [
        ("/master/opacity", 5),
        (STRENGTH, 21),
    ]
    assert again.desk.store.targets[STRENGTH] == 0.0, "and what it was set to"
    again.frame()
    again.turn(21, 127, 0, 127)
    again.frame()
    assert again.desk.store.targets[STRENGTH] == 1.0
    assert "# a preset of mine" in mine.read_text()
    assert "# and so on" in mine.read_text()


def test_a_program_that_loads_a_preset_is_saved_and_loads_it(mine: Path) -> None:
    """With nothing allowed from afar: what the preset itself binds is the performer's own hand."""
    bound = '[[midi]]\naddress = "/show/load"\ntype = "program"\nnumber = 3\nvalue = "dance" # the encore\n'
    mine.write_text(TEXT + bound)
    stage = Stage(load(str(mine)))
    stage.frame("/show/save")
    assert mine.read_text() == TEXT + bound, "to the letter"
    stage.frame(__learn__address=STRENGTH, __learn__on=True)
    stage.turn(21, *range(0, 64, 4))
    stage.frame("/show/save")
    again = Stage(load(str(mine)))
    assert [binding.value for binding in again.midi.bindings] == [None, "dance", None]
    again.frame()
    again.ports.play("pad", 0xC0, 3)
    for _ in range(3):
        again.frame()
    assert again.save_load.notice.startswith("took over dance")


def test_what_was_stored_is_saved_and_what_was_set_back_is_not(mine: Path) -> None:
    stage = Stage(load(str(mine)))
    stage.frame(__layer__1__model__fade=0.5, __master__blackout=True, __modulate__2__to=STRENGTH)
    stage.queue.put_change(Change("/snapshot/store", "fire", 4.0))
    stage.frame("/show/save")
    saved = load(str(mine))
    assert saved.values == {"/modulate/2/to": STRENGTH}, "the fade's own default, and nobody opens to a blackout"
    (stored,) = saved.plan.snapshots.values()
    assert stored.set == {}, "the state that the show starts with"
    assert stored.values["/layer/1/model/fade"] == 0.5
    stage.queue.put_change(Change("/snapshot/clear", "fire", 4.0))
    stage.frame()
    stage.frame("/show/save")
    assert not load(str(mine)).plan.snapshots


def test_a_whole_state_is_written_as_what_differs_from_the_start_and_comes_back_whole(mine: Path) -> None:
    stage = Stage(load(str(mine)))
    stage.frame(__layer__1__model__fade=1.25, __layer__1__source__speed=2.0)
    stage.queue.put_change(Change("/snapshot/store", "fire", 4.0))
    stage.frame()
    stage.frame(__layer__1__model__fade=0.5, __layer__1__model__strength=0.25)
    stage.frame("/show/save")
    lines = mine.read_text()[mine.read_text().index("[snapshot.4]") :].splitlines()
    assert len([line for line in lines if "=" in line]) <= 6, "and not all that a show can set"

    again = Stage(load(str(mine)))
    again.frame(__layer__1__opacity=0.1, __layer__1__model__strength=0.9)
    again.queue.put_change(Change("/snapshot/4", "fire", 1.0))
    again.frame()
    targets = again.desk.store.targets
    assert (targets["/layer/1/model/fade"], targets[SPEED]) == (1.25, 2.0)
    assert (targets["/layer/1/opacity"], targets[STRENGTH]) == (1.0, 1.0), "the rest goes back to the start"
    written = mine.read_text()
    again = Stage(load(str(mine)))
    again.frame("/show/save")
    assert mine.read_text() == written, "to the letter"


def test_a_whole_state_stays_what_it_was_when_the_start_moves(mine: Path) -> None:
    stage = Stage(load(str(mine)))
    stage.queue.put_change(Change("/snapshot/store", "fire", 4.0))
    stage.frame()
    stage.frame("/show/save")
    kept = load(str(mine)).plan.snapshots[4].values
    again = Stage(load(str(mine)))
    again.frame(__layer__1__opacity=0.5, __layer__1__model__fade=2.0)
    again.frame("/show/save")
    stored = load(str(mine)).plan.snapshots[4]
    assert stored.set["/layer/1/opacity"] == 1.0
    assert stored.values == kept


SLOWED = TEXT.replace("[set]", f'[slow] # on the old laptop\n"{STRENGTH}" = 0.5\n"/layer/1/opacity" = 0.75\n[set]')


def test_what_a_slow_processor_was_given_is_not_saved_for_all(mine: Path) -> None:
    mine.write_text(SLOWED)
    slowed = load(str(mine)).slowed()
    stage = Stage(slowed)
    assert stage.desk.store.targets[STRENGTH] == 0.5
    stage.frame(__layer__1__opacity=0.25)
    stage.frame("/show/save")
    saved = load(str(mine))
    assert "# on the old laptop" in mine.read_text()
    assert STRENGTH not in saved.values
    assert saved.values["/layer/1/opacity"] == 0.25, "what was moved is saved"
    assert saved.slow == slowed.slow


def test_a_part_of_a_state_stays_one(mine: Path) -> None:
    mine.write_text(TEXT + f'[snapshot.2]\nset = {{ "{STRENGTH}" = 0.5 }} # only this\n')
    stage = Stage(load(str(mine)))
    stage.frame(__layer__1__opacity=0.5)
    stage.frame("/show/save")
    assert "# only this" in mine.read_text()
    again = Stage(load(str(mine)))
    again.frame(__layer__1__opacity=0.25)
    again.queue.put_change(Change("/snapshot/2", "fire", 1.0))
    again.frame()
    assert (again.desk.store.targets[STRENGTH], again.desk.store.targets["/layer/1/opacity"]) == (0.5, 0.25)


def test_a_bundled_preset_is_saved_in_the_library_and_found_there_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VJ_LIBRARY", str(tmp_path))
    stage = Stage(load("default"))
    stage.frame(__layer__1__model__strength=0.5)
    stage.frame("/show/save")
    assert library("presets", "default.toml").is_file()
    again = load("default")
    assert again.path == library("presets", "default.toml")
    assert again.values[STRENGTH] == 0.5
    assert again.plan.cues == stage.preset.plan.cues
    assert again.layers[0].sources[1] == str(stage.preset.layers[0].sources[1])
    assert again.table().keys() == stage.preset.table().keys()


def test_another_source_and_bank_are_saved_with_what_belongs_to_them(
    mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(CLIP.parent)
    stage = Stage(load(str(mine)).with_first_layer(f"movie:{CLIP.name}", ["identity", "style26"]))
    stage.frame(__layer__1__source__speed=2.0, __layer__1__model__style="ink")
    stage.queue.put_change(Change("/snapshot/store", "fire", 3.0))
    stage.frame()
    stage.frame("/show/save")
    monkeypatch.chdir("/")
    again = load(str(mine))
    assert again.layers[0].sources == (f"movie:{CLIP}",)
    assert [entry.name for entry in again.layers[0].bank] == ["identity", "style26"]
    assert (again.values[SPEED], again.values["/layer/1/model/style"]) == (2.0, "ink")
    assert again.plan.snapshots[3].values[SPEED] == 2.0
    assert again.path == mine


RICH = f"""
osc = {{ "/fader" = "/layer/1/source/speed", "/other" = "/layer/1/opacity" }}
[[layer]]
source = "movie:{CLIP}"
model = "identity"
[set]
"/layer/1/source/speed" = 0.5
"/layer/1/opacity" = 0.75 # stays
[keys]
q = {{ address = "/layer/1/source/seek", action = "fire", value = 0.5 }}
w = {{ address = "/layer/1/opacity", value = 0.5 }}
[snapshot.1] # one
set = {{ "/layer/1/source/speed" = 1.0, "/layer/1/opacity" = 0.5 }}
[snapshot.2] # two
set = {{ "/layer/1/opacity" = 0.25 }}
[[modulate]]
to = "/layer/1/source/speed"
[[modulate]]
to = "/layer/1/opacity"
[[cue]]
fire = ["/layer/1/source/seek=0.5", "/random/go"]
set = {{ "/layer/1/source/speed" = 1.0, "/layer/1/opacity" = 0.5 }}
[[macro]]
targets = [{{ address = "/layer/1/source/speed" }}, {{ address = "/layer/1/opacity" }}]
[[midi]]
address = "/layer/1/source/speed"
type = "cc"
number = 1
[[midi]]
address = "/layer/1/opacity"
type = "cc"
number = 2
"""


def test_what_another_source_does_not_have_is_left_out_with_a_notice(mine: Path) -> None:
    mine.write_text(RICH)
    stage = Stage(load(str(mine)).with_first_layer("still", ()))
    stage.frame(__modulate__3__to="/nonsense", __modulate__4__to="/modulate/4/depth", __modulate__5__steps="x")
    stage.frame("/show/save")
    again, written = load(str(mine)), mine.read_text()
    assert "saved to" in stage.save_load.notice
    assert " without " in stage.save_load.notice
    assert again.layers[0].sources == ("still",)
    assert again.values == {"/layer/1/opacity": 0.75, "/modulate/1/to": "", "/modulate/2/to": "/layer/1/opacity"}
    assert [key.key for key in again.keys] == ["w"]
    assert again.osc == {"/other": "/layer/1/opacity"}
    assert [binding.number for binding in again.midi] == [2]
    assert [dict(held.set) for held in again.plan.snapshots.values()] == [
        {"/layer/1/opacity": 0.5},
        {"/layer/1/opacity": 0.25},
    ]
    assert (dict(again.plan.cues[0].set), list(again.plan.cues[0].fire)) == ({"/layer/1/opacity": 0.5}, ["/random/go"])
    assert [target.address for target in again.plan.macros[0].targets] == ["/layer/1/opacity"]
    assert all(comment in written for comment in ("# stays", "# one", "# two"))


def test_saved_as_it_was_opened_it_is_the_same_to_the_letter_whichever_of_its_sources_plays(mine: Path) -> None:
    mine.write_text(RICH)
    preset = load(str(mine))
    stage = Stage(preset)
    stage.frame("/show/save")
    assert mine.read_text() == RICH
    playing = stage.desk.store.table.without(a for a in preset.table() if a.startswith("/layer/1/source/"))
    values = {address: value for address, value in stage.desk.store.targets.items() if address in playing}
    here = tuple(binding for binding in preset.midi if binding.address in playing)
    preset_save.save(preset, values, playing, preset.plan.snapshots, here)
    assert load(str(mine)) == preset, "a camera that plays tonight doesn't cost what the film was bound to"


def test_set_back_after_a_save_it_is_saved_so(mine: Path) -> None:
    stage = Stage(load(str(mine)))
    for fade in (0.25, 2.0):
        stage.frame(__layer__1__model__fade=fade)
        stage.frame("/show/save")
        assert load(str(mine)).values["/layer/1/model/fade"] == fade


def test_the_table_s_default_is_kept_where_the_model_wants_another(mine: Path) -> None:
    preset = load(str(mine))
    layer = preset.layers[0]
    wants = replace(layer.bank[0], about={"model": {"set": {"strength": 0.5}}})
    preset = replace(preset, layers=(replace(layer, bank=(wants,)),))
    table, values = preset.table(), dict(Stage(preset).desk.store.targets)
    preset_save.save(preset, {**values, STRENGTH: 1.0}, table, {}, ())
    assert load(str(mine)).values[STRENGTH] == 1.0
    preset_save.save(preset, {**values, STRENGTH: 0.5}, table, {}, ())
    assert STRENGTH not in load(str(mine)).values


def test_in_the_middle_of_a_fade_it_saves_where_that_leads(mine: Path) -> None:
    mine.write_text(TEXT + f'[snapshot.1]\nset = {{ "{STRENGTH}" = 0.25 }}\n')
    stage = Stage(load(str(mine)))
    stage.frame(__snapshot__time=10.0)
    stage.frame("/snapshot/1")
    stage.clock.sleep(5.0)
    stage.frame("/show/save")
    assert 0.3 < stage.desk.store.targets[STRENGTH] < 0.9
    assert load(str(mine)).values[STRENGTH] == 0.25


@pytest.mark.parametrize("name", ["painting", "dance"])
def test_a_bundled_preset_s_copy_finds_all_its_files(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VJ_LIBRARY", str(tmp_path))
    preset = load(name)
    Stage(preset).frame("/show/save")
    again = load(name)
    assert again.path == tmp_path / "presets" / f"{name}.toml"
    assert (again.values, again.keys, again.plan) == (preset.values, preset.keys, preset.plan)


def test_pictures_of_snapshots_and_cues_are_found_by_the_copy(
    monkeypatch: pytest.MonkeyPatch, mine: Path, tmp_path: Path
) -> None:
    monkeypatch.setenv("VJ_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setattr(preset_save, "PRESETS", tmp_path)
    (tmp_path / "a.jpg").write_bytes(b"")
    named = '{ "/layer/1/model/style_image" = "a.jpg" }'
    bound = '[[midi]]\naddress = "/layer/1/model/style_image"\ntype = "note"\nvalue = "a.jpg"\n'
    mine.write_text(f"{TEXT}{bound}[snapshot.1]\nset = {named}\n[[cue]]\nset = {named}\n")
    preset = load(str(mine))
    Stage(preset).frame("/show/save")
    copy = load(str(tmp_path / "library" / "presets" / "mine.toml"))
    assert (copy.plan, copy.midi) == (preset.plan, preset.midi)
    assert str(tmp_path / "a.jpg") in copy.plan.snapshots[1].set.values()


def test_a_bundled_preset_s_copy_names_its_files_as_the_original_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VJ_LIBRARY", str(tmp_path))
    stage = Stage(load("painting"))
    stage.frame(__layer__1__model__style_image=str(PRESETS / "paintings" / "swirling_night.jpg"))
    stage.queue.put_change(Change("/snapshot/store", "fire", 4.0))
    stage.frame("/show/save")
    text = (tmp_path / "presets" / "painting.toml").read_text()
    assert str(tmp_path) not in text
    assert str(PRESETS) not in text
    assert '"/layer/1/model/style_image" = "paintings/swirling_night.jpg"' in text
    assert load("painting").plan.snapshots[4].values[STYLE] == str(PRESETS / "paintings" / "swirling_night.jpg")


def test_a_cue_whose_snapshot_was_emptied_goes_on_without_it(mine: Path) -> None:
    mine.write_text(TEXT + '[snapshot.3]\nset = { "/layer/1/opacity" = 0.5 }\n[[cue]]\nname = "in"\nsnapshot = 3\n')
    stage = Stage(load(str(mine)))
    stage.queue.put_change(Change("/snapshot/clear", "fire", 3.0))
    stage.frame()
    stage.frame("/show/save")
    again = load(str(mine))
    assert not again.plan.snapshots
    assert [(cue.name, cue.snapshot) for cue in again.plan.cues] == [("in", None)]
    assert "cue 1 snapshot 3" in stage.save_load.notice


def test_a_picture_chosen_live_is_named_relative_to_the_preset(mine: Path, tmp_path: Path) -> None:
    mine.write_text(TEXT.replace('"identity"', '"painting"'))
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.jpg").write_bytes(b"")
    stage = Stage(load(str(mine)))
    stage.frame(__layer__1__model__style_image=str(tmp_path / "pictures" / "a.jpg"))
    stage.frame("/show/save")
    assert '"/layer/1/model/style_image" = "pictures/a.jpg"' in mine.read_text()
    assert load(str(mine)).values[STYLE] == str(tmp_path / "pictures" / "a.jpg")


def test_a_file_that_has_other_layers_by_now_is_not_written_over(mine: Path) -> None:
    preset = load(str(mine))
    text = TEXT + '[[layer]]\nsource = "pattern"\nmodel = "identity"\n'
    mine.write_text(text)
    with pytest.raises(BadInput, match=r"can't save the preset .* it has 2 layers now, and the show 1"):
        preset_save.save(preset, dict(preset.values), preset.table(), {}, ())
    assert mine.read_text() == text


def test_what_would_not_open_again_is_not_written(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preset_save, "fit", lambda document, table: [])
    preset = load(str(mine))
    with pytest.raises(BadInput, match=r"can't save the preset .*'/modulate/1/to'"):
        preset_save.save(preset, {"/modulate/1/to": "/nonsense"}, preset.table(), {}, ())
    assert mine.read_text() == TEXT


def test_a_file_that_is_no_preset_any_more_is_not_written_over(mine: Path) -> None:
    preset = load(str(mine))
    mine.write_text("title = ")
    with pytest.raises(BadInput, match="can't save the preset"):
        preset_save.save(preset, dict(preset.values), preset.table(), {}, ())
    assert mine.read_text() == "title = "
