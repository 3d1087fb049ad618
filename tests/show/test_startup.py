"""Which show is opened: the preset's, the one that was saved, the one that was recorded."""

from pathlib import Path

import pytest

from vj.base.errors import BadInput
from vj.preset.preset import load
from vj.show.autosave import Autosave, place
from vj.show.startup import Startup, choose_startup


@pytest.fixture(autouse=True)
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_library: Path) -> Path:
    """A library with a preset of that name, and no state of any show."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    path = own_library / "presets" / "mine.toml"
    path.parent.mkdir(parents=True)
    path.write_text('[[layer]]\nsource = "pattern"\nmodel = "identity"\n')
    return path


def restored(name: str | None) -> Startup:
    return choose_startup(name, None, (), restore=True, replay=None)


def save(name: str, source: str) -> None:
    told = load(name).with_first_layer(source, ["identity"]).described()
    Autosave(place(name), lambda: told).save()


@pytest.mark.parametrize("name", ["mine", None])
def test_with_nothing_saved_the_show_starts_as_its_preset_says(name: str | None) -> None:
    opened = restored(name)
    said = f"There is nothing to restore: {name or 'default'} starts as its preset says"
    assert opened == Startup(load(name or "default"), {}, None, said)


def test_a_preset_that_is_none_is_named_before_its_state() -> None:
    with pytest.raises(BadInput, match=r"unknown preset 'nine'.*choices: .*mine"):
        restored("nine")


def test_what_was_saved_is_gone_on_from(mine: Path) -> None:
    save("default", "pattern:7")
    save("mine", "pattern:9")
    expected = {"default": "pattern:7", "mine": "pattern:9", str(mine): "pattern:9", None: "pattern:9"}
    for name, source in expected.items():
        opened = restored(name)
        assert opened.preset.layers[0].sources == (source,)
        assert (opened.state["layers"][0]["sources"], opened.notice) == ([source], "")


def test_a_state_that_can_not_be_read_is_not_taken_for_none() -> None:
    save("mine", "pattern:9")
    place("mine").write_text("{")
    with pytest.raises(BadInput, match=r"mine\.json: not a whole saved state"):
        restored("mine")


def test_without_restoring_nothing_is_said_nor_gone_on_from() -> None:
    save("mine", "pattern:9")
    opened = choose_startup("mine", None, (), restore=False, replay=None)
    assert opened == Startup(load("mine"), {}, None)
