"""A parameter is one line: from it follow saving, recording, snapshots, undo, modulation, chance, OSC and the web."""

import zlib
from pathlib import Path

import pytest

from vj.base.clock import FakeClock
from vj.control.layout import write_layout
from vj.control.midi.learn import Learner
from vj.control.osc import packets
from vj.control.osc.dispatcher import OscDispatcher
from vj.control.query.tree import Tree
from vj.params.control_queue import Change, ControlBatch, ControlQueue
from vj.params.param import Param, ParamTable
from vj.params.store import Store
from vj.play.scene_values import captured
from vj.preset import show_table
from vj.preset.preset import Preset, load
from vj.preset.save import save
from vj.show.control_recording import ControlLog, read
from vj.show.desk import Desk

ADDRESS = "/master/glow"
PRESET = '[[layer]]\nsource = "pattern"\nmodel = "identity"\n'


@pytest.fixture
def preset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Preset:
    """A show whose master has one parameter more than it is written with."""
    line = (Param("glow", 0.0, 4.0, default=1.0, unit="x", help="how much light parts spread"),)
    monkeypatch.setitem(show_table._ROOMS, "/master", (*show_table.MASTER, *line))
    path = tmp_path / "mine.toml"
    path.write_text(PRESET, encoding="utf-8")
    return load(str(path))


class Stage:
    def __init__(self, preset: Preset) -> None:
        self.table: ParamTable = preset.table()
        self.desk = Desk(Store(self.table, preset.values), preset.plan, 0.0)
        self.now = 0.0

    def frame(self, *fired: str | Change, **values: float | str) -> float:
        """Its value in the next frame; ``glow`` sets it."""
        self.now += 1.0
        named = {address.replace("__", "/"): value for address, value in values.items()}
        changes = [change if isinstance(change, Change) else Change(change, "fire") for change in fired]
        self.desk.advance_frame(ControlBatch(named, changes, {}, None), self.now, 0.1)
        return self.desk.values.number(ADDRESS)


@pytest.fixture
def stage(preset: Preset) -> Stage:
    return Stage(preset)


def test_it_is_reached_by_osc_in_its_range(stage: Stage) -> None:
    queue = ControlQueue()
    dispatcher = OscDispatcher(stage.table, queue, lambda: stage.desk.store.targets, clock=FakeClock())
    dispatcher.enqueue_packet(packets.encode(ADDRESS, 9.0))
    dispatcher.flush_batch()
    batch = queue.drain()
    assert batch
    assert dict(batch.values) == {ADDRESS: 4.0}
    assert dispatcher.clamped == 1


def test_it_is_announced(stage: Stage) -> None:
    tree = Tree(stage.table, lambda: stage.desk.store.targets, lambda: stage.desk.values)
    node = tree.find(ADDRESS)
    assert node
    text = tree.describe(node)
    assert "how much light parts spread" in text
    assert '"MAX": 4.0' in text


def test_snapshots_hold_it_and_undo_and_panic_bring_it_back(stage: Stage) -> None:
    assert ADDRESS in captured(stage.desk.store.targets, stage.table)
    assert stage.frame(__master__glow=3.0) == 3.0
    stage.frame(Change("/snapshot/store", "fire", 2.0))
    assert stage.frame(__master__glow=0.5) == 0.5
    assert stage.frame("/snapshot/2") == 3.0
    assert stage.frame("/history/undo") == 0.5
    assert stage.frame("/master/panic") == 1.0


def test_it_is_modulated_and_drawn_at_random(stage: Stage) -> None:
    stage.frame(__modulate__1__to=ADDRESS, __modulate__1__shape="square", __modulate__1__depth=0.5)
    seen = {stage.frame() for _ in range(20)}
    assert {1.0, 3.0} <= seen
    stage.frame(__modulate__1__to="", __random__what="everything", __random__amount=1.0)
    stage.frame("/random/go")
    assert stage.desk.store.targets[ADDRESS] != 1.0


def test_a_control_can_be_learned_for_it(stage: Stage) -> None:
    assert ADDRESS in Learner(stage.table, (), lambda address, value: None)._choices


def test_it_is_saved_and_comes_back(preset: Preset, stage: Stage) -> None:
    stage.frame(__master__glow=2.5)
    save(preset, stage.desk.store.targets, stage.table, {}, ())
    assert load(str(preset.path)).values[ADDRESS] == 2.5


def test_it_is_recorded_and_played_back(stage: Stage, tmp_path: Path) -> None:
    log = ControlLog(tmp_path / "night.log", {}, stage.table)
    log.begin(0.0)
    log.record(1.0, ControlBatch({ADDRESS: 2.5}, [Change(ADDRESS, "reset")], {}, None))
    log.close()
    ((_, batch),) = read(log.path).checked(stage.table).batches
    assert (dict(batch.values), len(batch.changes)) == ({ADDRESS: 2.5}, 1)


@pytest.mark.parametrize("name", ["mine.tosc", "mine.json"])
def test_layouts_have_a_fader_for_it(stage: Stage, tmp_path: Path, name: str) -> None:
    write_layout(stage.table, tmp_path / name)
    written = (tmp_path / name).read_bytes()
    assert ADDRESS.encode() in (zlib.decompress(written) if name.endswith(".tosc") else written)
