"""Keeping a show: what was learned and stored is in the preset when it is opened again; what crashed comes back."""

from pathlib import Path

import pytest

from vj import preset_save
from vj.clock import FakeClock
from vj.control.midi.fake import FakePorts
from vj.control.midi.hub import Midi
from vj.desk import Desk
from vj.errors import BadInput
from vj.keeper import Keeper, saved_bindings, saved_values
from vj.mailbox import Change, Mailbox
from vj.paths import library
from vj.preset import Preset, load
from vj.store import Store

STRENGTH = "/layer/1/model/strength"
TEXT = """
# a preset of mine
[[layer]]
source = "pattern"   # and so on
model = "identity"
[set]
"/layer/1/model/fade" = 2.0
[[midi]]
address = "/master/opacity"
type = "cc"
number = 5
"""


class Stage:
    """A show without pictures: its desk, a controller, and what keeps it."""

    def __init__(self, preset: Preset) -> None:
        self.preset, self.clock, self.mailbox = preset, FakeClock(), Mailbox()
        self.desk = Desk(Store(preset.table(), preset.values), preset.plan, self.clock.now())
        store, self.ports = self.desk.store, FakePorts(self.clock)
        self.ports.plug("pad")
        self.midi = Midi(
            store.table,
            self.mailbox,
            lambda: store.targets,
            lambda: store.revision,
            preset.midi,
            self.clock,
            self.ports,
        )
        self.keeper = Keeper(preset, self.desk, self.mailbox, lambda: self.midi.bindings, 5.0)

    def frame(self, *fired: str, **values: object) -> None:
        for address in fired:
            self.mailbox.change(Change(address, "fire"))
        for address, value in values.items():
            self.mailbox.post(address.replace("__", "/"), value)
        self.clock.sleep(1 / 30)
        for change in self.desk.step(self.mailbox.drain(), self.clock.now(), 1 / 30):
            if not self.midi.command(change):
                self.keeper.command(change)
        self.midi.follow(self.desk.snapshot)
        self.keeper.follow(self.desk.snapshot)
        self.midi.step()
        if self.keeper._busy:
            self.keeper._busy.join()

    def turn(self, number: int, *positions: int) -> None:
        for position in positions:
            self.ports.play("pad", 0xB0, number, position)
            self.frame()


@pytest.fixture
def mine(tmp_path: Path) -> Path:
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


def test_what_was_stored_is_saved_and_what_was_set_back_is_not(mine: Path) -> None:
    stage = Stage(load(str(mine)))
    stage.mailbox.change(Change("/snapshot/store", "fire", 4.0))
    stage.frame(__layer__1__model__fade=0.5, __master__blackout=True, __modulate__2__to=STRENGTH)
    stage.frame("/show/save")
    saved = load(str(mine))
    assert saved.values == {"/modulate/2/to": STRENGTH}, "the fade's own default, and nobody opens to a blackout"
    assert saved.plan.snapshots[4].set["/layer/1/model/fade"] == 0.5
    stage.mailbox.change(Change("/snapshot/clear", "fire", 4.0))
    stage.frame()
    stage.frame("/show/save")
    assert not load(str(mine)).plan.snapshots


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


def test_what_can_not_be_saved_or_loaded_is_said(mine: Path) -> None:
    stage = Stage(load(str(mine)))
    mine.unlink()
    stage.frame("/show/save")
    assert "can't save the preset" in stage.keeper.notice
    stage.frame(__show__load="no such preset")
    assert "unknown preset 'no such preset'" in stage.keeper.notice


def test_another_preset_is_taken_over_as_far_as_it_fits(mine: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text('[[layer]]\nsource = "pattern"\nmodel = "style26"\n[set]\n"/layer/1/model/strength" = 0.25\n')
    stage = Stage(load(str(mine)))
    stage.frame(__show__load=str(other))
    stage.frame()
    stage.frame()
    assert stage.desk.store.targets[STRENGTH] == 0.25
    assert "took over other" in stage.keeper.notice


def test_quit_is_asked_for(mine: Path) -> None:
    stage = Stage(load(str(mine)))
    assert not stage.keeper.wants_quit
    stage.frame("/show/quit")
    assert stage.keeper.wants_quit


def test_the_state_comes_back_whole_and_what_no_longer_fits_is_left_out(mine: Path) -> None:
    stage = Stage(load(str(mine)))
    stage.frame(__layer__1__model__strength=0.3, __output__hud=True)
    state = stage.keeper.state()
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


def test_a_file_that_is_no_preset_any_more_is_not_written_over(mine: Path) -> None:
    preset = load(str(mine))
    mine.write_text("title = ")
    with pytest.raises(BadInput, match="can't save the preset"):
        preset_save.save(preset, dict(preset.values), preset.table(), {}, ())
    assert mine.read_text() == "title = "
