"""Every preset is rendered; every mistake in one is named with file, key, bad value and choices."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.running import film_frames, vj, vj_fails
from vj.base.errors import BadInput
from vj.base.paths import PRESETS
from vj.control.keyboard import KeyBinding
from vj.model.files import library
from vj.model.files.library import Entry
from vj.preset.layer_plan import LayerPlan, TrainPlan
from vj.preset.preset import assignments, available, described, load, parse_size

NAMES = sorted(available())


def test_there_are_at_least_six() -> None:
    assert len(NAMES) >= 6
    assert "default" in NAMES


RENDERED = {path.stem for path in (Path(__file__).parent / "before").glob("*.toml")} - {"default"}
"""Presets whose pictures `tests.preset.test_before` renders."""


@pytest.mark.show
@pytest.mark.parametrize("name", [name for name in NAMES if name not in RENDERED])
def test_it_is_rendered(name: str, tmp_path: Path, style26_path: Path) -> None:
    """Played by the real command, it gives a picture that is neither empty nor the source's own."""
    film, stats = tmp_path / "out.mp4", tmp_path / "s.json"
    clip = f"movie:{PRESETS / 'clips' / 'bigbuckbunny.mp4'}"
    common = ("--headless", "--size", "320x180", "--fps", "20", "--frames", "30", "--osc-port", "0")
    vj("run", name, *common, "--source", clip, "--record", str(film), "--stats", str(stats))
    frames = film_frames(film)
    assert len(frames) == 30
    last = frames[-1].astype(float)
    assert last.std() > 15, "a flat picture"
    assert 20 < last.mean() < 245, "next to black or white"
    report = json.loads(stats.read_text())
    assert report["layers"][0]["shows"] in ("model", "hold"), "the model's picture, be it a little late"
    assert report["layers"][0]["model"]["fault"] == ""


GOOD = """
[[layer]]
source = "pattern"
model = "identity"
"""

WRONG = {
    "not toml": ("title = ", "not a TOML file"),
    "nested too deeply": ("a = " + "[" * 5000 + "]" * 5000, "not a"),
    "unknown key": (
        "colour = 1\n" + GOOD,
        "unknown key 'colour'; choices: title, output, layer, master, set, slow, keys, osc",
    ),
    "training key": (
        GOOD + "[layer.train]\nframes = []",
        "'layer.1.train.frames'; choices: name, keyframes",
    ),
    "training": (GOOD + "train = 1", "layer.1.train takes a table: write [layer.train] below its [[layer]], not 1"),
    "keyframes": (GOOD + "[layer.train]\nkeyframes = [['a.png']]", "layer.1.train.keyframes.1 takes"),
    "no keyframe": (
        GOOD + "[layer.train]\nkeyframes = [['no.png', 'b.png']]",
        "layer.1.train.keyframes: there is no file 'no.png' beside the preset",
    ),
    "a look's name": (GOOD + "[layer.train]\nname = '../x'", "layer.1.train.name: '../x' is no name of a look"),
    "unknown key inside": (GOOD + "strength = 1", "unknown key 'layer.1.strength'; choices: source, clip, model"),
    "no layer": ("title = 'x'", "layer is missing"),
    "wrong type": ("title = 3" + GOOD, "title takes a text, not 3"),
    "fps": ("[output]\nfps = 1000" + GOOD, "output.fps takes at most 240, not 1000"),
    "size": ("[output]\nsize = 'big'" + GOOD, "output.size: size 'big' is not WIDTHxHEIGHT"),
    "size on processors": (
        "[output]\nmodel_size_on_processor = 'big'" + GOOD,
        "output.model_size_on_processor: size 'big' is not WIDTHxHEIGHT",
    ),
    "source": (GOOD.replace("pattern", "patern"), "unknown source 'patern'; choices: camera"),
    "model": (GOOD.replace("identity", "identty"), "unknown model 'identty' (did you mean 'identity'?)"),
    "models": (GOOD.replace('"identity"', "[]"), "layer.1.model: the list is empty; choices: "),
    "model of a bank": (GOOD.replace('"identity"', "['identity', 'vintge']"), "unknown model 'vintge'"),
    "address": (GOOD + "[set]\n'/layer/1/opacty' = 1", "unknown address '/layer/1/opacty'"),
    "range": (GOOD + "[set]\n'/layer/1/opacity' = 1.5", "opacity takes 0..1, not 1.5"),
    "value type": (GOOD + "[set]\n'/layer/1/opacity' = 'much'", "opacity takes a number in 0..1, not 'much'"),
    "not finite": (GOOD + "[set]\n'/layer/1/opacity' = nan", "finite number"),
    "choice": (GOOD + "[set]\n'/layer/1/fit' = 'squeeze'", "unknown fit 'squeeze'; choices: fill, fit, stretch"),
    "key": (GOOD + "[keys]\nqq = {address = '/master/blackout', action = 'toggle'}", "unknown key 'qq'"),
    "key address": (
        GOOD + "[keys]\nq = {address = '/master/blak', action = 'toggle'}",
        "unknown address '/master/blak'",
    ),
    "key action": (GOOD + "[keys]\nq = {address = '/master/blackout', action = 'jump'}", "unknown action 'jump'"),
    "key value": (GOOD + "[keys]\nq = {address = '/layer/1/fit'}", "keys.q: value is missing; /layer/1/fit takes fit|"),
    "key step": (
        GOOD + "[keys]\nq = {address = '/layer/1/fit', action = 'step'}",
        "keys.q: value is missing; /layer/1/fit takes a count of entries",
    ),
    "key argument": (
        GOOD + "[keys]\nq = {address = '/snapshot/store', action = 'fire'}",
        "keys.q: value is missing; /snapshot/store takes 1..16",
    ),
    "key that sets a trigger": (GOOD + "[keys]\nq = {address = '/master/panic'}", "/master/panic is a trigger"),
    "midi": (GOOD + "[[midi]]\naddress = '/nowhere'\ntype = 'cc'", "midi.1: MIDI cc: unknown address '/nowhere'"),
    "midi key": (GOOD + "[[midi]]\naddress = '/layer/1/opacity'\ntipe = 'cc'", "midi.1: "),
    "midi channel": (GOOD + "[[midi]]\naddress = '/layer/1/opacity'\ntype = 'cc'\nchannel = 17", "not 17"),
    "midi value": (GOOD + "[[midi]]\naddress = '/layer/1/opacity'\ntype = 'cc'\nvalue = 2.0", "takes 0..1, not 2.0"),
    "midi type": (GOOD + "[[midi]]\naddress = '/layer/1/opacity'\ntype = 'nte'", "(did you mean 'note'?); choices: cc"),
    "one midi": (
        GOOD + "[midi]\naddress = '/layer/1/opacity'\ntype = 'cc'",
        "midi takes a list of tables: write [[midi]]",
    ),
    "one layer": ("[layer]\nsource = 'pattern'", "layer takes a list of tables: write [[layer]]"),
    "empty layers": ("layer = []", "layer takes 1 or more entries, not 0"),
    "many outputs": ("[[output]]\n" + GOOD, "output takes a table: write [output]"),
    "snapshots in a list": (GOOD + "[[snapshot]]\nset = {}", "snapshot takes a table for each: write [snapshot.1]"),
    "layer source": (GOOD.replace('"pattern"', "3"), "layer.1.source takes a text or a list, not 3"),
    "layer sources": (GOOD.replace('"pattern"', "['pattern', 3]"), "layer.1.source.2 takes a text, not 3"),
    "list for a value": (
        GOOD + "[set]\n'/layer/1/opacity' = [1]",
        "set./layer/1/opacity takes true or false, a number or a text, not [1]",
    ),
    "cue fire": (
        GOOD + "[[cue]]\nfire = '/random/go'",
        "cue.1.fire takes a list: [\"/master/panic\"], not '/random/go'",
    ),
    "macro targets": (
        GOOD + "[[macro]]\ntargets = ['/layer/1/opacity']",
        "macro.1.targets.1 takes a table, not '/layer",
    ),
    "modulator": (GOOD + "[[modulate]]\nto = '/nowhere'", "modulate.1: unknown address to modulate '/nowhere'"),
    "modulator key": (GOOD + "[[modulate]]\nrat = 1.0", "modulate.1: unknown key 'rat' (did you mean 'rate'?)"),
    "modulator to nothing": (GOOD + "[[modulate]]\nrate = 1.0", "modulate.1: to is missing"),
    "modulator of its own": (
        GOOD + "[[modulate]]\nto = '/modulate/1/depth'",
        "modulate.1: modulator 1 can't move /modulate/1/depth",
    ),
    "modulator steps": (GOOD + "[[modulate]]\nto = '/layer/1/opacity'\nsteps = 'abc'", "modulate.1: steps are 1 to"),
    "set modulator": (GOOD + "[set]\n'/modulate/1/to' = '/nonsense'", "unknown address to modulate '/nonsense'"),
    "set steps": (GOOD + "[set]\n'/modulate/2/steps' = '2'", "'/modulate/2/steps': steps are 1 to"),
    "set trigger": (GOOD + "[set]\n'/master/panic' = 0.0", "/master/panic is a trigger"),
    "modulator value": (GOOD + "[[modulate]]\nrate = 100.0", "modulate.1: rate takes 0.005..30 Hz, not 100.0"),
    "snapshot": (GOOD + "[snapshot.17]\nset = {}", "snapshot.17: there is no snapshot '17'"),
    "snapshot twice": (GOOD + "[snapshot.1]\n[snapshot.01]", "snapshot.01: there is no snapshot '01'"),
    "snapshot beyond all numbers": (GOOD + f"[snapshot.{'9' * 5000}]", "there is no snapshot '999"),
    "snapshot value": (GOOD + "[snapshot.1]\nset = { '/layer/1/opacity' = 2.0 }", "snapshot 1: /layer/1/opacity: "),
    "snapshot key": (GOOD + "[snapshot.1]\nsat = {}", "unknown key 'snapshot.1.sat'; choices: name, set"),
    "cue": (GOOD + "[[cue]]\nname = 'verse'\nset = { '/layer/1/opacty' = 1.0 }", "cue 1 verse: "),
    "second cue key": (GOOD + "[[cue]]\n[[cue]]\nfad = 1.0", "unknown key 'cue.2.fad'"),
    "cue key": (GOOD + "[[cue]]\nfad = 1.0", "unknown key 'cue.1.fad'; choices: name, fade, wait, follow"),
    "macro": (GOOD + "[[macro]]\ntargets = [{ address = '/macro/1' }]", "macro 1: a macro can't move /macro/1"),
    "macro key": (
        GOOD + "[[macro]]\ntargets = [{ address = '/layer/1/opacity', lo = 0.1 }]",
        "choices: address, low, high, curve",
    ),
    "allow": (GOOD + "[allow]\nsafe = true", "unknown key 'allow.safe'; choices: save, load, quit"),
    "osc": (GOOD + "[osc]\n'/fader' = '/nowhere'", "osc.'/fader': OSC alias /fader: unknown address '/nowhere'"),
    "osc alias": (GOOD + "[osc]\nfader = '/layer/1/opacity'", "osc.'fader': OSC alias 'fader' must be a plain address"),
    "osc pattern": (
        GOOD + "[osc]\n'/fader*' = '/layer/1/opacity'",
        "osc.'/fader*': OSC alias '/fader*' must be a plain",
    ),
    "osc address": (GOOD + "[osc]\n'/layer/1/opacity' = '/layer/1/fit'", "that the show does not have itself"),
}


@pytest.mark.parametrize("mistake", sorted(WRONG))
def test_mistakes_are_named(mistake: str, tmp_path: Path) -> None:
    text, message = WRONG[mistake]
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(BadInput) as caught:
        load(str(path))
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    assert not any(word in str(caught.value) for word in ("Input should", "instance", "Sequence", "Entry", "Stored"))


def test_an_unknown_preset_lists_the_choices() -> None:
    with pytest.raises(BadInput, match=r"unknown preset 'defualt' .*did you mean 'default'"):
        load("defualt")
    with pytest.raises(BadInput, match="can't read preset"):
        load("/nowhere/mine.toml")


def test_files_are_found_beside_the_preset(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    (tmp_path / "mine.toml").write_text("[[layer]]\nsource = 'still:a.png'\nmodel = 'identity'")
    assert load(str(tmp_path / "mine.toml")).layers[0].sources == (f"still:{tmp_path / 'a.png'}",)


def test_a_relative_path_is_looked_for_beside_the_preset_then_in_the_library_then_where_the_bundled_ones_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VJ_LIBRARY", str(tmp_path / "library"))
    path = tmp_path / "shows" / "mine.toml"
    path.parent.mkdir()
    address = "/layer/1/model/style_image"
    path.write_text(
        "[[layer]]\nsource = 'movie:clips/bigbuckbunny.mp4'\nmodel = 'painting'\n"
        f"[set]\n'{address}' = 'paintings/woodcut_wave.jpg'"
    )
    places = [PRESETS]
    for folder in (tmp_path / "library", path.parent):
        for name in ("clips/bigbuckbunny.mp4", "paintings/woodcut_wave.jpg"):
            (folder / name).parent.mkdir(parents=True)
            (folder / name).write_bytes(b"")
        places.append(folder)
    for place in reversed(places):
        preset = load(str(path))
        assert preset.layers[0].sources == (f"movie:{place / 'clips/bigbuckbunny.mp4'}",)
        assert preset.values[address] == str(place / "paintings/woodcut_wave.jpg")
        if place != PRESETS:
            shutil.rmtree(place / "clips")
            shutil.rmtree(place / "paintings")


def test_a_model_of_the_preset_is_found_beside_it_in_its_role(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "net.pth").write_bytes(b"")
    asked: list[str] = []
    monkeypatch.setattr(library, "find", lambda name: asked.append(name) or library.catalogue()["identity"])
    models = "['net.pth', 'net.pth:mirror', 'identity']"
    (tmp_path / "mine.toml").write_text(f"[[layer]]\nsource = 'pattern'\nmodel = {models}")
    load(str(tmp_path / "mine.toml"))
    assert asked == [str(tmp_path / "net.pth"), f"{tmp_path / 'net.pth'}:mirror", "identity"]


@pytest.mark.parametrize("kind", ["movie", "still", "folder"])
def test_a_file_that_is_not_there_is_named_with_preset_and_key(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace("pattern", f"{kind}:clips/nothing.mp4"))
    said = vj_fails("run", str(path), "--headless", "--osc-port", "0", "--query-port", "-1")
    assert said.startswith(f"vj: {path}: layer.1.source: {kind}: there is no ")
    assert "clips/nothing.mp4" in said


@pytest.mark.parametrize("name", sorted(path.name for path in PRESETS.glob("*.toml")))
def test_a_copy_of_a_bundled_preset_names_the_same_files(name: str, tmp_path: Path) -> None:
    copy = tmp_path / name
    shutil.copy(PRESETS / name, copy)
    one, other = load(str(PRESETS / name)), load(str(copy))
    assert [layer.sources for layer in other.layers] == [layer.sources for layer in one.layers]
    assert (other.values, other.keys, other.plan, other.midi) == (one.values, one.keys, one.plan, one.midi)


def test_a_name_too_long_for_a_file_is_left_to_the_source(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(GOOD.replace("pattern", "still:" + "x" * 5000))
    assert load(str(tmp_path / "mine.toml")).layers[0].sources[0].startswith("still:xxx")


def test_another_source_drops_what_no_longer_applies() -> None:
    preset = load("backwards")
    assert "/layer/1/source/speed" in preset.values
    changed = preset.with_first_layer("camera", ())
    assert "/layer/1/source/speed" not in changed.values
    assert changed.values
    assert changed.values.keys() <= set(changed.table())


def test_another_source_drops_a_midi_value_that_it_does_not_take(tmp_path: Path) -> None:
    bound = "[[midi]]\naddress = '/layer/1/source/speed'\ntype = 'note'\nvalue = "
    (tmp_path / "mine.toml").write_text(GOOD.replace("pattern", "movie:x.mp4") + f"{bound}-2.0\n{bound}2.0")
    preset = load(str(tmp_path / "mine.toml"))
    assert [binding.value for binding in preset.midi] == [-2.0, 2.0]
    assert [binding.value for binding in preset.with_first_layer("pattern", ()).midi] == [2.0]


def test_other_models_make_another_bank_and_the_rest_can_still_be_chosen() -> None:
    changed = load("default").with_first_layer(None, ["identity", "vintage", "identity"])
    assert [entry.name for entry in changed.layers[0].bank] == ["identity", "vintage"]
    model = changed.table()["/layer/1/model"]
    assert model.default == "identity"
    assert set(model.choices) >= {"identity", "vintage", "style26", "painting"}
    assert "/layer/1/model/style" in changed.table(), "what can be switched to can be steered"


def test_a_picture_is_found_beside_the_preset_and_else_left_to_the_library(tmp_path: Path) -> None:
    (tmp_path / "mine.jpg").write_bytes(b"")
    line = "'/layer/1/model/style_image' = "
    (tmp_path / "mine.toml").write_text(GOOD + f"[set]\n{line}'mine.jpg'")
    (tmp_path / "other.toml").write_text(GOOD + f"[set]\n{line}'woodcut_wave.jpg'")
    address = "/layer/1/model/style_image"
    assert load(str(tmp_path / "mine.toml")).values[address] == str(tmp_path / "mine.jpg")
    assert load(str(tmp_path / "other.toml")).values[address] == "woodcut_wave.jpg"


def test_pictures_of_snapshots_cues_keys_and_midi_are_found_beside_it_too(tmp_path: Path) -> None:
    (tmp_path / "mine.jpg").write_bytes(b"")
    named = "'/layer/1/model/style_image' = 'mine.jpg'"
    (tmp_path / "mine.toml").write_text(
        f"{GOOD}[snapshot.2]\nset = {{ {named} }}\n[[cue]]\nset = {{ {named} }}\n"
        "[keys]\nq = { address = '/layer/1/model/style_image', value = 'mine.jpg' }\n"
        "[[midi]]\naddress = '/layer/1/model/style_image'\ntype = 'program'\nvalue = 'mine.jpg'"
    )
    preset, found = load(str(tmp_path / "mine.toml")), str(tmp_path / "mine.jpg")
    assert dict(preset.plan.snapshots[2].set) == {"/layer/1/model/style_image": found}
    assert dict(preset.plan.cues[0].set) == {"/layer/1/model/style_image": found}
    assert preset.keys[0].value == found
    assert preset.midi[0].value == found


def test_a_modulator_may_say_that_it_goes_nowhere(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(GOOD + "[[modulate]]\nto = ''\n[set]\n'/modulate/2/to' = ''")
    assert load(str(tmp_path / "mine.toml")).values["/modulate/1/to"] == ""


def test_where_it_lies_is_known_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    (tmp_path / "mine.toml").write_text("[[layer]]\nsource = 'still:a.png'\nmodel = 'identity'")
    monkeypatch.chdir(tmp_path)
    preset = load("mine.toml")
    monkeypatch.chdir("/")
    assert preset.path == tmp_path / "mine.toml"
    assert described(preset.described()) == preset
    assert preset.layers[0].sources == (f"still:{tmp_path / 'a.png'}",)


def test_a_model_of_somebody_else_s_name_is_told_by_its_file() -> None:
    file = {"model": Path("/somewhere/style26.onnx")}
    bank = (Entry("identity", "identity", {}), Entry("style26", "fast_style", file), Entry("r:mirror", "dream", file))
    told = LayerPlan(("camera",), bank, ()).described()["bank"]
    assert told == ["identity", "/somewhere/style26.onnx", "/somewhere/style26.onnx:mirror"]


def test_the_keys_of_the_bank_wait_for_the_beat() -> None:
    preset = load("bank")
    assert [(key.key, key.action) for key in preset.keys] == [("1", "fire"), ("2", "fire"), ("3", "fire")]
    assert all(preset.table()[key.address].launch for key in preset.keys)


@pytest.mark.parametrize("text", ["640", "x", "640x", "0x10", "10000x10", "-5x5", "640X360"])
def test_bad_sizes(text: str) -> None:
    with pytest.raises(BadInput, match="WIDTHxHEIGHT"):
        parse_size(text)


def test_assignments() -> None:
    table = load("default").table()
    assert assignments(["/master/opacity=0.5", "/layer/1/model/style=ink"], table) == {
        "/master/opacity": 0.5,
        "/layer/1/model/style": "ink",
    }
    for text, message in {
        "/master/opacity": "ADDRESS=VALUE",
        "/master/opacty=1": "did you mean '/master/opacity'",
        "/master/opacity=2": "/master/opacity: opacity takes 0..1, not 2",
        "/master/opacity=nan": "finite",
        "/layer/1/model/style=inky": "unknown style 'inky'",
        "/master/panic=1": "is a trigger",
    }.items():
        with pytest.raises(BadInput, match=message):
            assignments([text], table)


def test_another_bank_drops_what_only_the_one_before_could_play(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD + '[set]\n"/layer/1/opacity" = 0.5\n', encoding="utf-8")
    preset = load(str(path))
    gone = "/layer/1/model", "my_own"  # a file that the layer named
    keys = (KeyBinding("m", gone[0], "set", gone[1]), KeyBinding("n", "/layer/1/opacity", "set", 0.5))
    changed = replace(preset, values={**preset.values, gone[0]: gone[1]}, keys=keys).with_first_layer(
        None, ["identity"]
    )
    assert dict(changed.values) == {"/layer/1/opacity": 0.5}
    assert [key.key for key in changed.keys] == ["n"]


def test_on_a_slow_processor_whole_snapshots_go_back_to_how_the_show_starts_there(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        '[[layer]]\nsource = "pattern"\nmodel = "identity"\n[set]\n"/layer/1/opacity" = 0.75\n'
        '[slow]\n"/layer/1/opacity" = 0.25\n[snapshot.2]\nrest = "start"\n'
        '[snapshot.2.set]\n"/layer/1/model/strength" = 0.5\n',
        encoding="utf-8",
    )
    preset = load(str(path))
    assert preset.plan.snapshots[2].values["/layer/1/opacity"] == 0.75
    assert preset.slowed().plan.snapshots[2].values["/layer/1/opacity"] == 0.25


def test_a_look_is_trained_from_keyframes_beside_the_preset_or_bundled_ones(tmp_path: Path) -> None:
    (tmp_path / "frame.png").touch()
    path = tmp_path / "mine.toml"
    pair = ["frame.png", "keyframes/meadow-painted.jpg"]
    path.write_text(GOOD + f"[layer.train]\nkeyframes = [{pair}]\n", encoding="utf-8")
    preset = load(str(path))
    bundled = str((PRESETS / "keyframes" / "meadow-painted.jpg").resolve())
    assert preset.layers[0].train == TrainPlan("mine", ((str(tmp_path / "frame.png"), bundled),), go=True)
    assert preset.with_first_layer("pattern", []).layers[0].train
    assert preset.with_first_layer(None, ["identity"]).layers[0].train is None, "another model is wanted"
    assert described(preset.described()).layers[0].train is None, "a show that goes on doesn't begin to train"
    path.write_text(GOOD + "[layer.train]\nname = 'Fire'\ngo = false\n", encoding="utf-8")
    assert load(str(path)).layers[0].train == TrainPlan("Fire", (), go=False)
