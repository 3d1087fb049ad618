"""The performer's own models: their names, what is remembered of them, and files that are none."""

import json
import os
from pathlib import Path

import pytest
import torch
from torch import nn

from tests.model import authors
from tests.without import not_installed
from vj.base.errors import BadInput, Unavailable
from vj.base.paths import PRESETS
from vj.data.openmoji import LIVE
from vj.model import FAMILIES
from vj.model.common_params import ENGINE, STAGE, merged
from vj.model.files import library, look_at_files, safetensors_file, weights
from vj.model.files.checkpoint import recognise
from vj.model.files.library import Entry

UNSAFE = b"cposix\nsystem\n(S'true'\ntR."


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_library: Path) -> Path:
    """The models' folder of a library of this test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = own_library / "models"
    folder.mkdir(parents=True)
    return folder


class Looking:
    """`vj.model.files.look_at_files` without its process; counts what it is asked to look at."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, paths: list[Path]) -> list[look_at_files.About]:
        self.seen += [path.name for path in paths]
        return [self._about(path) for path in paths]

    def _about(self, path: Path) -> look_at_files.About:
        try:
            return json.loads(json.dumps(recognise(path).to_json()))
        except BadInput as error:
            return str(error)


@pytest.fixture
def looking(monkeypatch: pytest.MonkeyPatch) -> Looking:
    looking = Looking()
    monkeypatch.setattr(look_at_files, "_found_out", looking)
    return looking


def save(path: Path, net: nn.Module | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save((net or authors.Resnet()).state_dict(), path)
    return path


def test_the_catalogue_comes_first_and_then_the_folder(models: Path, looking: Looking) -> None:
    save(models / "streets.pth")
    save(models / "deeper" / "shoes.PT", authors.Unet(5, 2, "batch"))
    (models / "notes.txt").write_text("not looked at")
    entries = library.known()
    assert list(entries) == [*library.catalogue(), "shoes", "streets"]
    assert (entries["shoes"].family, entries["streets"].family) == ("pix2pix", "cyclegan")
    assert (entries["style26"].origin, entries["shoes"].origin) == ("catalogue", "library")
    assert all(entries[name].present and entries[name].size > 1000 for name in ("shoes", "streets"))
    assert "notes.txt" not in looking.seen


def test_a_look_is_bundled_and_trained_ones_stand_beside_it(models: Path, looking: Looking) -> None:
    bundled = library.catalogue()["look"]
    assert (bundled.present, bundled.licence, bundled.origin) == (True, "MIT", "catalogue")
    assert 0 < bundled.size <= 500_000
    (models / "mine.safetensors").write_bytes(bundled.files["model"].read_bytes())
    (models / "mine.safetensors.123.new").write_bytes(b"half of a file")
    entry = library.known()["mine"]
    assert (entry.family, entry.origin) == ("look", "library")
    assert library.refused() == {}


@pytest.mark.parametrize("name", [named.name for named in weights.NAMED if named.bundled])
def test_what_is_bundled_is_small_here_and_credited(name: str) -> None:
    entry = library.catalogue()[name]
    assert entry.present
    assert not entry.assets
    assert 0 < entry.size <= 8_000_000
    for path in entry.files.values():
        assert {tensor.dtype for tensor in safetensors_file.load(path, 1 << 30).values()} == {torch.float16}
    credits = {PRESETS.parent / bundled.path: bundled for bundled in weights.BUNDLED}
    assert {credits[path].licence for path in entry.files.values()} == {entry.licence}
    assert all(credits[path].credit for path in entry.files.values())


def test_what_the_manifest_of_a_bundled_model_says_counts_before_its_file_is_examined(looking: Looking) -> None:
    settings = library.catalogue()["sketch"].settings
    assert settings == {"condition/kind": LIVE.condition, **LIVE.set}, (
        "as models are played that are trained on OpenMoji"
    )
    assert settings.keys() <= {param.name for param in library.params([library.catalogue()["sketch"]])}
    assert not looking.seen
    assert library.catalogue()["style26"].settings == {}


def test_names_of_pictures_and_looks_become_paths(models: Path) -> None:
    params = FAMILIES["look"].params
    values = {param.name: param.default for param in params}
    assert library.with_paths(values, params) == values
    named = library.with_paths(values | {"look": "mine"}, params)
    assert named == values | {"look": str(models / "mine.safetensors")}


def test_without_a_folder_there_is_the_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VJ_LIBRARY", str(tmp_path / "nowhere"))
    assert library.known().keys() == library.catalogue().keys()
    assert library.refused() == {}


def test_files_of_one_stem_are_told_apart(models: Path, looking: Looking) -> None:
    for name in ("a.pt", "a.pth", "b/a.pth", "c/a.pth", "style26.pth"):
        save(models / name)
    own = {name: entry for name, entry in library.known().items() if entry.origin == "library"}
    named = {name: str(entry.files["a_to_b"].relative_to(models)) for name, entry in own.items()}
    assert named == {
        "a": "a.pt",
        "a.pth": "a.pth",
        "b/a.pth": "b/a.pth",
        "c/a.pth": "c/a.pth",
        "style26.pth": "style26.pth",
    }
    assert library.find("style26").origin == "catalogue"
    assert library.find("b/a.pth").files == own["b/a.pth"].files


@pytest.mark.parametrize(
    ("there", "back"),
    [("latest_net_G_A.pth", "latest_net_G_B.pth"), ("A2B.pth", "B2A.pth"), ("x_AtoB.pt", "x_BtoA.pt")],
)
def test_a_cyclegans_other_direction_lies_beside_it(there: str, back: str, models: Path, looking: Looking) -> None:
    for name in (there, back):
        save(models / name)
    for name in (there, back):
        entry = library.find_file(models / name)
        assert {part: path.name for part, path in entry.files.items()} == {"a_to_b": there, "b_to_a": back}
        assert entry.about.keys() == entry.files.keys()


def test_a_partner_of_another_family_is_none(models: Path, looking: Looking) -> None:
    save(models / "net_G_A.pth")
    save(models / "net_G_B.pth", authors.Unet(5, 2, "batch"))
    assert library.find_file(models / "net_G_A.pth").files.keys() == {"a_to_b"}
    assert library.find_file(models / "net_G_B.pth").family == "pix2pix"


def test_what_a_manifest_says_reaches_the_show(models: Path, looking: Looking) -> None:
    save(models / "shoes.pth", authors.Unet(5, 2, "batch"))
    (models / "shoes.toml").write_text('title = "Shoes"\nlicence = "MIT"\ncondition = "canny"\n[set]\nrate = 5.0\n')
    entry = library.known()["shoes"]
    assert (entry.title, entry.licence) == ("Shoes", "MIT")
    assert entry.settings == {"condition/kind": "canny", "rate": 5.0}
    again = Entry.from_job(json.loads(json.dumps(entry.to_job())))
    assert (again.files, again.settings) == (entry.files, entry.settings)


def test_a_file_is_looked_at_once(models: Path, looking: Looking) -> None:
    save(models / "one.pth")
    first = library.known()
    assert looking.seen == ["one.pth"]
    assert library.known() == first
    assert looking.seen == ["one.pth"]


def test_another_file_or_manifest_is_looked_at_anew(models: Path, looking: Looking) -> None:
    path = save(models / "one.pth")
    assert library.known()["one"].family == "cyclegan"
    save(path, authors.Unet(5, 2, "batch"))
    assert library.known()["one"].family == "pix2pix"
    path.with_suffix(".toml").write_text('title = "One"')
    assert library.known()["one"].title == "One"
    path.with_suffix(".toml").write_text('title = "Two"')
    os.utime(path.with_suffix(".toml"), ns=(1, 1))
    assert library.known()["one"].title == "Two"
    path.with_suffix(".toml").unlink()
    assert library.known()["one"].title.startswith("pix2pix U-Net")


def test_a_refusal_is_found_out_anew_when_anything_comes_beside_it(models: Path, looking: Looking) -> None:
    """It may be what was missing."""
    (models / "bad.pth").write_bytes(UNSAFE)
    for _ in range(2):
        assert "bad" not in library.known()
    assert looking.seen == ["bad.pth"]
    (models / "beside.txt").touch()
    assert "bad" not in library.known()
    assert looking.seen == ["bad.pth"] * 2
    ((path, reason),) = library.refused().items()
    assert path == models / "bad.pth"
    assert str(path) in reason


def test_damage_to_what_was_kept_costs_a_second_look(models: Path, looking: Looking, tmp_path: Path) -> None:
    save(models / "one.pth")
    library.known()
    for kept in (tmp_path / "cache").rglob("looks/*.json"):
        kept.write_text("{")
    assert library.known()["one"].family == "cyclegan"
    assert looking.seen == ["one.pth"] * 2


def test_names_that_lead_nowhere(models: Path, looking: Looking) -> None:
    save(models / "streets.pth")
    with pytest.raises(BadInput, match=r"unknown model 'street' .*'streets'.*; choices: .*streets, style26"):
        library.find("street")
    (models / "bad.pth").write_bytes(UNSAFE)
    for name in ("bad", "bad.pth"):
        with pytest.raises(BadInput, match=r"bad\.pth"):
            library.find(name)


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "/", "."])
def test_what_is_no_file(name: str, models: Path) -> None:
    with pytest.raises(BadInput):
        library.find(name)


def test_a_folder_called_like_a_model_is_none(models: Path, looking: Looking) -> None:
    (models / "folder.pth").mkdir()
    assert "folder" not in library.known()
    with pytest.raises(BadInput):
        library.find_file(models / "folder.pth")


def test_a_file_that_is_not_there(models: Path) -> None:
    with pytest.raises(BadInput, match=r"none\.pth' can't be read: No such file"):
        library.find_file(models / "none.pth")


def test_files_are_looked_at_in_a_process_of_its_own(models: Path) -> None:
    """Which runs none of what is in them."""
    good, bad = save(models / "good.pth"), models / "bad.pth"
    trap = models / "trap"
    bad.write_bytes(b"cposix\nsystem\n(S'touch %s'\ntR." % str(trap).encode())
    found = look_at_files.look([bad, good])
    assert isinstance(found[bad], str)
    assert isinstance(found[good], dict)
    assert not trap.exists()


STUB = """#!/bin/sh
for name; do
    case $name in
        *deadly*) {deadly} ;;
        *good*) echo '{{"about": {{"family": "onnx"}}}}' ;;
        *) echo '{{"refused": "refused"}}' ;;
    esac
done
"""
"""Stands for the process that looks at files; called with their paths."""


def stub(folder: Path, monkeypatch: pytest.MonkeyPatch, deadly: str) -> None:
    path = folder / "stub"
    path.write_text(STUB.format(deadly=deadly))
    path.chmod(0o755)
    monkeypatch.setattr(look_at_files, "module", lambda name, *files: [str(path), *files])


def test_a_file_that_kills_the_process_that_looks_costs_itself_alone(
    tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub(tmp_path, monkeypatch, "kill -ABRT $$")
    names = ("good_1", "deadly_1", "bad_1", "deadly_2", "good_2", "deadly_3")
    found = look_at_files.look([_touched(models / f"{name}.onnx") for name in names])
    by_name = {path.stem: about for path, about in found.items()}
    assert list(by_name) == list(names)
    for name in ("good_1", "good_2"):
        assert by_name[name] == {"family": "onnx"}
    assert by_name["bad_1"] == "refused"
    for name in ("deadly_1", "deadly_2", "deadly_3"):
        assert "could not be looked at: the process that reads it ended with status -6" in str(by_name[name])


def test_one_that_takes_for_ever_is_given_up(tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stub(tmp_path, monkeypatch, "exec sleep 60")
    monkeypatch.setattr(look_at_files, "_TIMEOUT", 1.0)
    monkeypatch.setattr(look_at_files, "_A_FILE", 0.0)
    good, deadly = _touched(models / "good.onnx"), _touched(models / "deadly.onnx")
    found = look_at_files.look([good, deadly])
    assert isinstance(found[good], dict)
    assert "took longer than" in str(found[deadly])


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("kill -ABRT $$", "ended with status -6"),
        ("echo 'ModuleNotFoundError: no torch' >&2; exit 1", "ended with status 1 (ModuleNotFoundError: no torch)"),
        ("exec sleep 60", "took longer than"),
        ("""echo '{{"not_now": "torch is not installed"}}'""", "torch is not installed"),
    ],
)
def test_a_passing_failure_leaves_no_trace(
    tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch, trouble: str, said: str
) -> None:
    """The file is found to be what it is as soon as it can be looked at."""
    file = save(models / "deadly.pth")
    with monkeypatch.context() as once:
        once.setattr(look_at_files, "_TIMEOUT", 1.0)
        once.setattr(look_at_files, "_A_FILE", 0.0)
        stub(tmp_path, once, trouble.format())
        assert said in str(look_at_files.look([file])[file])
        with pytest.raises(Unavailable):
            library.find_file(file)
    assert not list((tmp_path / "cache").rglob("looks/*"))
    assert library.find_file(file).family == "cyclegan"


def test_torch_that_was_missing_once_is_not_remembered(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = save(models / "mine.pth")
    with monkeypatch.context() as once:
        for name, value in not_installed(tmp_path / "lacking", "torch").items():
            once.setenv(name, value)
        reason = look_at_files.look([file])[file]
        assert isinstance(reason, look_at_files.NotNow)
        assert "torch" in reason
    assert isinstance(look_at_files.look([file])[file], dict)


def test_a_disk_that_could_not_be_read_once_is_not_remembered(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = save(models / "mine.pth")

    def unreadable(self: Path, *arguments: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as once:
        once.setattr(Path, "open", unreadable)
        assert look_at_files._seen(file).keys() == {"not_now"}
    assert look_at_files._seen(file).keys() == {"about"}


def test_files_that_vanish_meanwhile_are_no_models(
    models: Path, looking: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(models / "here.pth")

    def look_and_lose(paths: list[Path]) -> list[look_at_files.About]:
        abouts = looking(paths)
        for path in paths:
            path.unlink()
        return abouts

    monkeypatch.setattr(look_at_files, "_found_out", look_and_lose)
    entry = library.known()["here"]
    assert not entry.present
    assert entry.size == 0
    assert "here" not in library.known()


def test_a_file_that_vanishes_before_it_is_looked_at(
    models: Path, looking: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = [save(models / "here.pth"), models / "gone.pth"]
    monkeypatch.setattr(library, "_own_files", lambda: listed)
    assert "here" in library.known()
    assert "gone" not in library.known()
    ((path, reason),) = library.refused().items()
    assert path == models / "gone.pth"
    assert "gone.pth" in reason


def _touched(path: Path) -> Path:
    path.touch()
    return path


def test_all_families_fit_into_one_layer() -> None:
    """A performer's folder may hold a file of each: parameters of one name must be one parameter."""
    assert len(merged((ENGINE, STAGE, *(FAMILIES[family].params for family in FAMILIES)))) > 100
