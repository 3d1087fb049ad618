"""Effects and layers that come, go and move while a show plays: parameters, values, files, and what is drawn."""

from pathlib import Path

import pytest

from tests.show.played import Played
from vj.base.errors import BadInput
from vj.control.midi.mapping import MidiBinding, written
from vj.effect.isf import parse as parse_isf
from vj.params.changing import MOST_LAYERS
from vj.preset import preset as presets
from vj.preset import save as preset_save
from vj.preset.chains import MOST_EFFECTS
from vj.preset.preset import described
from vj.show.control_recording import ControlLog, Replay, read
from vj.show.save_load import saved_bindings

CHAIN = "/layer/1/effect"
PLAIN = '[[layer]]\nsource = "pattern"\n'
ANGLE = ' {"NAME": "angle", "TYPE": "float", "DEFAULT": 0.25}'
GO = ' {"NAME": "go", "TYPE": "event"}'
SHADER = '/*{"INPUTS": [%s]}*/\nvoid main() { gl_FragColor = IMG_THIS_PIXEL(inputImage); }\n'


@pytest.fixture(autouse=True)
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library with three shaders."""
    folder = tmp_path / "library" / "shaders"
    folder.mkdir(parents=True)
    image = '{"NAME": "inputImage", "TYPE": "image"}'
    for name, inputs in {"bend": [ANGLE], "flash": [GO], "bend-3": []}.items():
        (folder / f"{name}.fs").write_text(SHADER % ", ".join((image, *inputs)))
    monkeypatch.setenv("VJ_LIBRARY", str(folder.parent))
    return folder


@pytest.fixture
def make(tmp_path: Path):
    def make(text: str = PLAIN) -> Played:
        path = tmp_path / "show.toml"
        path.write_text(text)
        return Played(presets.load(str(path)))

    return make


def below(played: Played, chain: str = CHAIN) -> list[str]:
    """The effects of a chain, in the order of the table."""
    return list(dict.fromkeys(name.split("/")[0] for name in played.table.below(chain) if "/" in name))


def test_effects_come_in_order_several_in_one_frame(make):
    played = make()
    played.frame((f"{CHAIN}/add", "bend"), (f"{CHAIN}/add", "flash"), (f"{CHAIN}/add", "bend"))
    assert below(played) == ["bend", "flash", "bend-2"]
    assert played.stage.chains[CHAIN].names == ("bend", "flash", "bend-2")
    assert played.desk.values[f"{CHAIN}/bend/angle"] == 0.25
    played.frame((f"{CHAIN}/flash/go", ""))
    assert played.stage.chains[CHAIN].fired == [("flash", "go")]
    assert played.structure.preset.layers[0].effects == ("bend", "flash", "bend-2")


def test_a_number_that_is_another_shader_s_name_is_passed_over(make):
    played = make()
    played.frame(*[(f"{CHAIN}/add", "bend")] * 3)
    assert below(played) == ["bend", "bend-2", "bend-4"]


def test_moved_effects_keep_their_values_and_removed_ones_are_gone(make):
    played = make()
    played.frame((f"{CHAIN}/add", "bend"), (f"{CHAIN}/add", "flash"), ("/master/effect/add", "flash"))
    played.frame(**{f"{CHAIN}/bend/mix": 0.5, f"{CHAIN}/flash/on": False})
    played.frame((f"{CHAIN}/move", "flash 1"))
    assert (below(played), played.stage.chains[CHAIN].names) == (["flash", "bend"], ("flash", "bend"))
    assert played.desk.store.targets[f"{CHAIN}/bend/mix"] == 0.5
    assert played.desk.store.targets[f"{CHAIN}/flash/on"] is False
    played.frame((f"{CHAIN}/flash/go", ""))
    assert played.stage.chains[CHAIN].fired == [("flash", "go")]
    played.frame((f"{CHAIN}/remove", "flash"), (f"{CHAIN}/flash/go", ""), **{f"{CHAIN}/flash/on": True})
    assert (below(played), played.stage.chains[CHAIN].names) == (["bend"], ("bend",))
    assert below(played, "/master/effect") == ["flash"]
    played.frame(**{f"{CHAIN}/flash/on": True})
    assert f"{CHAIN}/flash/on" not in played.desk.values


@pytest.mark.parametrize(
    ("command", "text", "complaint"),
    [
        ("add", "bendd", "unknown shader 'bendd' .did you mean 'bend'.*choices: "),
        ("add", "", "unknown shader ''"),
        ("add", "../bend", "is no name of a shader: files elsewhere than in the library can't be added"),
        ("add", "/tmp/bend.fs", "files elsewhere"),
        ("remove", "flash", "unknown effect of /layer/1/effect 'flash'; choices: bend, bend-2"),
        ("move", "bend 3", r"a name and a place of 1\.\.2 are wanted, not 'bend 3'"),
        ("move", "bend", r"a name and a place of 1\.\.2 are wanted"),
        ("move", "flash 1", "unknown effect"),
    ],
)
def test_what_can_not_be_done_changes_nothing_and_says_why(make, command, text, complaint):
    played = make(PLAIN + 'effects = ["bend", "bend"]\n')
    before = list(played.table), played.structure.preset
    played.frame((f"{CHAIN}/{command}", text))
    assert (list(played.table), played.structure.preset) == before
    with pytest.raises(BadInput, match=f"{CHAIN}/{command}: .*{complaint}"):
        raise BadInput(played.notice)
    for _ in range(300):
        played.frame()
    assert played.notice == ""


def test_a_chain_takes_so_many_effects(make):
    played = make()
    played.frame(*[(f"{CHAIN}/add", "bend")] * (MOST_EFFECTS + 1))
    played.frame()  # a frame carries out sixteen commands
    assert len(below(played)) == MOST_EFFECTS
    assert f"{CHAIN} has {MOST_EFFECTS} effects; there can't be more" in played.notice


def test_a_shader_whose_inputs_change_gets_other_parameters(make):
    played = make(PLAIN + 'effects = ["bend"]\n')
    changed = SHADER % (ANGLE.replace("angle", "twist") + "," + GO)
    played.stage.chains[CHAIN].played["bend"] = parse_isf(changed, "bend")
    played.frame(**{f"{CHAIN}/bend/mix": 0.5})
    played.frame()
    assert f"{CHAIN}/bend/angle" not in played.table
    assert played.desk.values[f"{CHAIN}/bend/twist"] == 0.25
    assert played.desk.store.targets[f"{CHAIN}/bend/mix"] == 0.5
    played.frame((f"{CHAIN}/bend/go", ""))
    assert played.stage.chains[CHAIN].fired == [("bend", "go")]


def test_snapshots_cues_macros_and_undo_skip_what_is_gone_until_it_is_back(make):
    played = make(
        PLAIN
        + 'effects = ["bend"]\n[[cue]]\nset = { "/layer/1/effect/bend/mix" = 0.5, "/master/opacity" = 0.5 }\n'
        + '[[macro]]\ntargets = [{ address = "/layer/1/effect/bend/mix" }]\n'
        + '[snapshot.1]\nset = { "/layer/1/effect/bend/angle" = 1.0, "/master/opacity" = 0.25 }\n'
    )
    mix, angle = f"{CHAIN}/bend/mix", f"{CHAIN}/bend/angle"
    played.frame(**{mix: 0.75})
    played.frame(("/snapshot/1", ""))
    played.frame((f"{CHAIN}/remove", "bend"))
    for fired in ("/snapshot/1", "/cue/go", "/cue/1", "/cue/back", "/history/undo", "/history/undo", "/history/redo"):
        played.frame((fired, ""), **{"/macro/1": 0.5})
    assert mix not in played.desk.values
    played.frame((f"{CHAIN}/add", "bend"))
    played.frame(("/snapshot/1", ""))
    assert played.desk.values[angle] == 1.0
    played.frame(**{"/macro/1": 0.25})
    played.frame()
    assert played.desk.store.targets[mix] == 0.25
    played.frame(("/cue/1", ""))
    assert played.desk.values[mix] == 0.5


def test_a_fade_and_a_modulator_end_with_their_effect(make):
    played = make(PLAIN + 'effects = ["bend"]\n[snapshot.1]\nset = { "/layer/1/effect/bend/mix" = 0.0 }\n')
    route = {"/modulate/1/to": f"{CHAIN}/bend/angle", "/modulate/1/by": "lfo"}
    played.frame(("/snapshot/1", ""), **{"/snapshot/time": 10.0, **route})
    played.frame(("/snapshot/1", ""))
    assert played.desk.play.lines()
    played.frame((f"{CHAIN}/remove", "bend"))
    assert played.desk.play.lines() == []
    assert played.desk.modulation.routes()[0][1].param is None
    played.frame((f"{CHAIN}/add", "bend"))
    for _ in range(20):
        played.frame()
    assert played.desk.values[f"{CHAIN}/bend/angle"] != 0.25


def test_what_was_changed_is_saved_and_opened_again_as_it_was(make, tmp_path):
    played = make("# mine\n" + PLAIN + 'effects = ["bend", "flash"]\n[set]\n"/layer/1/effect/flash/mix" = 0.5\n')
    played.frame((f"{CHAIN}/remove", "flash"), (f"{CHAIN}/add", "bend"), ("/master/effect/add", "flash"))
    played.frame((f"{CHAIN}/move", "bend-2 1"), (f"{CHAIN}/remove", "bend"), ("/layer/1/before/add", "bend"))
    played.frame(**{f"{CHAIN}/bend-2/angle": 0.75, "/master/effect/flash/mix": 0.25})
    played.frame(("/snapshot/store", ""))
    saved = played.save()
    assert saved.chains == {CHAIN: ("bend-2",), "/layer/1/before": ("bend",), "/master/effect": ("flash",)}
    assert saved.values == {f"{CHAIN}/bend-2/angle": 0.75, "/master/effect/flash/mix": 0.25}
    assert (tmp_path / "show.toml").read_text().startswith("# mine\n")
    again = Played(saved)
    assert again.desk.store.targets == played.desk.store.targets
    assert set(again.table) == set(played.table)
    restored = described(played.structure.preset.described())
    assert restored.chains == saved.chains


def test_a_preset_without_effects_is_saved_as_before(make, tmp_path):
    played = make()
    played.frame((f"{CHAIN}/add", "bend"))
    played.frame((f"{CHAIN}/remove", "bend"))
    played.save()
    assert "effects" not in (tmp_path / "show.toml").read_text()


def test_bindings_snapshots_and_cues_of_what_is_gone_stay_in_the_file(make, tmp_path):
    played = make(
        PLAIN
        + 'effects = ["bend"]\n[[midi]]\naddress = "/layer/1/effect/bend/mix"\ntype = "cc"\nnumber = 1\n'
        + '[[cue]]\nset = { "/layer/1/effect/bend/mix" = 0.5 }\nfire = ["/layer/1/effect/bend/go"]\n'
        + '[snapshot.1]\nset = { "/layer/1/effect/bend/mix" = 0.5 }\n'
    )
    played.frame((f"{CHAIN}/remove", "bend"))
    binding = MidiBinding(f"{CHAIN}/bend/mix", "cc", 1)
    play = played.desk.play
    preset_save.save(played.structure.preset, play.aims, played.table, play.stored, (binding,))
    again = presets.load(str(tmp_path / "show.toml"))
    assert described(again.described()).midi == (binding,)
    assert saved_bindings({"midi": [written(binding)]}, again.table()) == (binding,)
    assert again.layers[0].effects == ()
    assert again.midi == (binding,)
    assert again.plan.cues[0].set == again.plan.snapshots[1].set == {f"{CHAIN}/bend/mix": 0.5}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (PLAIN + 'effects = ["nope"]\n', "layer.1.effects: unknown shader 'nope'; choices: "),
        (PLAIN + '[master]\neffects = ["bend", 3]\n', "master.effects"),
        (PLAIN + 'before = ["nope"]\n', "layer.1.before: unknown shader"),
        (PLAIN + "number = 2\n" + PLAIN, "layer.2.number: another layer has the number 2 already"),
        (PLAIN + "number = 9\n", "layer.1.number"),
        (PLAIN + f"effects = {['bend'] * 17}\n", "a chain has at most 16 effects, not 17"),
        (PLAIN + '[set]\n"/layer/1/effect/bend/mix" = 0.5\n', "unknown address '/layer/1/effect/bend/mix'"),
    ],
)
def test_a_preset_that_can_not_be_played_is_refused_by_its_key(make, text, complaint):
    with pytest.raises(BadInput, match=complaint):
        make(text)


def test_a_recording_replays_to_the_same_table_and_values(make, tmp_path):
    played = make(PLAIN + 'effects = ["bend"]\n')
    log = ControlLog(tmp_path / "log", played.structure.preset.described(), played.table)
    log.begin(0.0)
    played.frame((f"{CHAIN}/add", "bend"), (f"{CHAIN}/add", "flash"))
    played.frame(**{f"{CHAIN}/bend-2/angle": 0.75, f"{CHAIN}/bend/mix": 0.25})
    played.frame((f"{CHAIN}/move", "bend-2 1"), (f"{CHAIN}/remove", "bend"))
    played.frame((f"{CHAIN}/flash/go", ""), ("/show/layer/add", "pattern"))
    played.frame(**{"/layer/2/opacity": 0.5})
    for batch in played.batches:
        log.record(*batch)
    log.close()
    recording = read(tmp_path / "log")
    again = Played(described(recording.header))
    replay = Replay(recording.checked(again.table), again.table)
    replay.begin(0.0)
    for now, _ in played.batches:
        for _, batch in replay.due(now):
            again.play(batch)
    assert replay.notice == ""
    assert list(again.table) == list(played.table)
    assert again.desk.store.targets == played.desk.store.targets
    assert again.stage.chains[CHAIN].fired == [("flash", "go")]


def test_layers_come_go_and_move(make):
    played = make()
    played.frame(("/show/layer/add", "pattern"), ("/show/layer/add", "pattern"))
    assert (played.table.numbers("/layer"), played.stage.layers) == ([1, 2, 3], [1, 2, 3])
    played.frame(("/layer/3/effect/add", "bend"), **{"/layer/3/opacity": 0.5, "/layer/2/opacity": 0.25})
    played.frame(("/show/layer/move", "3 1"))
    assert (played.table.numbers("/layer"), played.stage.layers) == ([3, 1, 2], [3, 1, 2])
    assert played.desk.store.targets["/layer/3/opacity"] == 0.5
    played.frame(("/show/layer/remove", "2"))
    assert (played.table.numbers("/layer"), played.stage.layers) == ([3, 1], [3, 1])
    saved = played.save()
    assert [plan.number for plan in saved.layers] == [3, 1]
    assert saved.layers[0].effects == ("bend",)
    assert set(Played(saved).table) == set(played.table)
    played.frame(("/show/layer/remove", "3"), ("/layer/3/bank/1", ""))
    played.frame(("/show/layer/add", "pattern"))
    assert played.table.numbers("/layer") == [1, 2]
    assert below(played, "/layer/2/effect") == []
    assert played.desk.values["/layer/2/opacity"] == 1.0
    played.frame(("/layer/2/bank/1", ""))


@pytest.mark.parametrize(
    ("command", "text", "complaint"),
    [
        ("remove", "1", "a show has at least one layer"),
        ("remove", "7", "unknown layer '7'; choices: 1"),
        ("move", "1 2", r"a name and a place of 1\.\.1 are wanted"),
        ("add", "movie:/etc/passwd", "files elsewhere aren't opened"),
        ("add", "movie:../../secret.mp4", "files elsewhere aren't opened"),
        ("add", "camera", "no camera"),
        ("add", "stream:rtsp://elsewhere/x", "no stream"),
        ("add", "nonsense", "there is no 'nonsense' in the library"),
        ("add", "pattern:bad", "it can't be opened"),
    ],
)
def test_what_can_not_be_done_with_a_layer_changes_nothing(make, command, text, complaint):
    played = make()
    before = list(played.table), played.structure.preset
    played.frame((f"/show/layer/{command}", text))
    assert (list(played.table), played.structure.preset) == before
    with pytest.raises(BadInput, match=f"/show/layer/{command}: .*{complaint}"):
        raise BadInput(played.notice)


def test_a_show_has_so_many_layers(make):
    played = make()
    played.frame(*[("/show/layer/add", "pattern")] * MOST_LAYERS)
    assert len(played.stage.layers) == MOST_LAYERS
    assert f"the show has {MOST_LAYERS} layers" in played.notice


def test_a_layer_that_never_has_a_picture_is_taken_away_with_the_reason(make):
    played = make()
    played.frame(("/show/layer/add", "pattern"))
    played.stage.failed = {2: "no such film"}
    played.frame()
    assert played.table.numbers("/layer") == [1]
    assert played.notice == "layer 2: no such film"
    played.frame()


def saved(played: Played) -> preset_save.SavedPreset:
    play = played.desk.play
    return preset_save.save(played.structure.preset, play.aims, played.table, play.stored, ())


def test_a_shader_that_has_gone_does_not_keep_a_show_from_being_saved(make, library):
    chain = 'effects = ["bend", "flash"]\nbefore = ["bend"]\n'
    values = f'[set]\n"{CHAIN}/bend/angle" = 0.5\n"{CHAIN}/flash/mix" = 0.5\n'
    played = make(f'{PLAIN}{chain}[master]\neffects = ["bend"]\n{values}')
    (library / "bend.fs").unlink()
    left_out = saved(played).left_out
    assert {"/layer/1/effect/bend", "/layer/1/before/bend", "/master/effect/bend"} <= set(left_out)
    again = presets.load(str(played.structure.preset.path))
    assert (again.layers[0].effects, again.layers[0].before, again.effects) == (("flash",), (), ())
    assert again.values[f"{CHAIN}/flash/mix"] == 0.5
    played.frame((f"{CHAIN}/remove", "flash"))
    assert saved(played).left_out
    assert presets.load(str(played.structure.preset.path)).layers[0].effects == ()


def test_a_shader_whose_inputs_were_renamed_does_not_keep_a_show_from_being_saved(make, library):
    played = make(f'{PLAIN}effects = ["bend"]\n[set]\n"{CHAIN}/bend/angle" = 0.5\n"/layer/1/opacity" = 0.25\n')
    text = (library / "bend.fs").read_text().replace("angle", "turn")
    (library / "bend.fs").write_text(text)
    played.frame(("/master/effect/add", "flash"))
    played.stage.chains[CHAIN].played["bend"] = parse_isf(text, "bend")
    played.frame()
    played.frame(**{f"{CHAIN}/bend/turn": 0.75})
    assert saved(played).left_out == []
    again = presets.load(str(played.structure.preset.path))
    assert again.values[f"{CHAIN}/bend/turn"] == 0.75
    assert again.values["/layer/1/opacity"] == 0.25
    assert again.effects == ("flash",)


def test_a_value_that_only_a_clip_of_before_could_have_is_left_out_of_the_file(make, library):
    (library / "gen.fs").write_text("/*{}*/ void main() { gl_FragColor = vec4(1.0); }")
    speed = "/layer/1/source/speed"
    played = make('[[layer]]\nclip = ["pattern"]\n')
    played.frame(("/layer/1/clip/add", "shader:gen"), ("/layer/1/clip/remove", "1"))
    played.frame(**{speed: played.table[speed].high})
    assert played.table[speed].high > 4.0
    assert saved(played).left_out == [speed]
    assert "shader:gen" in presets.load(str(played.structure.preset.path)).layers[0].clip_specs


def test_a_layer_that_takes_a_removed_one_s_number_is_saved_as_itself(make, library):
    (library / "gen.fs").write_text("/*{}*/ void main() { gl_FragColor = vec4(1.0); }")
    played = make(f'{PLAIN}[[layer]]\nclip = ["pattern", "shader:bend"]\neffects = ["bend"]\n')
    played.frame(("/show/layer/remove", "2"))
    played.frame(("/show/layer/add", "shader:gen"))
    again = played.save()
    assert [plan.number for plan in again.layers] == [1, 2]
    assert (again.layers[1].specs, again.layers[1].effects) == (["shader:gen"], ())
