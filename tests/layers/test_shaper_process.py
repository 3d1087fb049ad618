"""The process that shapes what models see: it draws, it is changed live, it is killed, it hangs up nothing."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.effect.test_loader import Judge, saved
from tests.gl.pictures import corners
from tests.waiting import rest, until
from vj.base.clock import LiveClock
from vj.base.frame import Pixels, Size
from vj.child.shared_params import SharedParams
from vj.child.slot_reader import SlotReader, picture_number
from vj.child.supervisor import Supervisor
from vj.effect.loader import ShaderLoader
from vj.layers.before_chain import BeforeChain
from vj.layers.layer_worker import LayerWorker
from vj.layers.shaper_worker import ShaperWorker
from vj.layers.source_slots import SOURCE_TO_BANK, SourceSlots, reader_number
from vj.params.param import Value
from vj.params.store import FrameValues
from vj.render.lockstep import InProcessChild

BOX = Size(64, 36)
PLAIN, TURNED = corners(64, 36).astype(int), 255 - corners(64, 36).astype(int)
DARK = """/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}]}*/
    void main() { gl_FragColor = vec4(0.5 * IMG_THIS_PIXEL(inputImage).rgb, 1.0); }"""


class Stage:
    """A source that always shows the same, its shaper's process, and an engine that looks where it is told to."""

    def __init__(self, supervisor: Supervisor, layer: int = 2, slots: SourceSlots | None = None) -> None:
        self.supervisor = supervisor
        self.slots = slots or SourceSlots(BOX, BOX, count=2)
        self.source = LayerWorker(
            InProcessChild("source", ()), self.slots.memories[1], SharedParams({}), "/layer/1/source", slot=1
        )
        self.writer = self.source.output.writer()
        add, remove = supervisor.add_in_background, supervisor.remove_in_background
        self.worker = ShaperWorker(self.slots, layer, BOX, add, remove)
        self.loader = ShaderLoader(BOX, Judge().examine)
        self.prefix = f"/layer/{layer}/before"
        self.chain = BeforeChain(self.prefix, self.loader, self.worker)
        self.engine = SlotReader(self.slots.memories, reader_number(layer, SOURCE_TO_BANK))
        self.values: dict[str, Value] = {}
        self.seen: Pixels | None = None
        self.reads = 1

    def frame(self) -> None:
        """A frame: the source has a new picture, and the engine takes what is there."""
        rest()
        shot = self.source.output.published + 1
        self.writer.begin(36, 64)[:] = corners(64, 36)
        self.writer.publish(float(shot), picture_number(1, shot))
        self.chain.apply_values(FrameValues({f"{self.prefix}/{name}": value for name, value in self.values.items()}))
        self.reads = self.chain.slot_for(self.source)
        reader = self.engine.of(self.reads)
        if reader and (frame := reader.newest()):
            assert frame.origin == picture_number(1, int(frame.captured)), "it stays that of its source"
            self.seen = frame.pixels.copy()

    def shows(self, wanted: "np.ndarray[tuple[int, ...], np.dtype[np.int_]]") -> bool:
        return self.seen is not None and int(np.abs(self.seen.astype(int) - wanted).max()) <= 1

    def until_it_shows(self, wanted: "np.ndarray[tuple[int, ...], np.dtype[np.int_]]") -> None:
        until(lambda: self.shows(wanted), lambda: (self.chain.notice, self.reads), meanwhile=self.frame)


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setenv("VJ_LIBRARY", str(tmp_path))
    (tmp_path / "shaders").mkdir()
    (tmp_path / "shaders" / "dark.fs").write_text(DARK)
    supervisor = Supervisor(LiveClock())
    supervisor.start()
    made = Stage(supervisor)
    yield made
    made.chain.release()
    supervisor.close()
    made.worker.close()
    made.loader.stop()
    made.slots.close()


def test_a_chain_that_is_changed_and_a_process_that_is_killed(stage: Stage, tmp_path: Path) -> None:
    stage.until_it_shows(PLAIN)
    assert stage.worker.child is None, "without effects there is no process"
    stage.chain.set_effects(["invert"])
    stage.until_it_shows(TURNED)
    assert stage.reads == stage.worker.slot
    child = stage.worker.child
    assert child is not None
    stage.chain.set_effects(["invert", "dark"])
    stage.until_it_shows(TURNED // 2)
    assert stage.worker.child is child, "the process is the same"
    saved(tmp_path / "shaders" / "dark.fs", DARK.replace("0.5", "0.25"))
    stage.until_it_shows(TURNED // 4)
    stage.values["dark/on"] = False
    stage.until_it_shows(TURNED)
    stage.values["invert/on"] = False
    stage.frame()
    assert stage.reads == 1, "engines read the source at once"
    stage.values["invert/on"] = True
    stage.until_it_shows(TURNED)

    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    until(lambda: child.restarts, meanwhile=stage.frame)
    stage.until_it_shows(PLAIN)
    stage.until_it_shows(TURNED)
    assert (stage.reads, stage.chain.notice) == (stage.worker.slot, "")
    stage.chain.set_effects([])
    stage.frame()
    assert stage.reads == 1
    until(lambda: child.gone())


def test_two_layers_shape_one_source_each_in_its_own_way(stage: Stage) -> None:
    other = Stage(stage.supervisor, 1, stage.slots)
    stage.chain.set_effects(["invert"])
    other.chain.set_effects(["dark"])
    stage.until_it_shows(TURNED)
    other.until_it_shows(PLAIN // 2)
    stage.frame()
    assert stage.shows(TURNED)
    stage.chain.set_effects([])
    stage.until_it_shows(PLAIN)
    other.frame()
    assert other.shows(PLAIN // 2)
    other.chain.release()
    other.loader.stop()


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no process can be stopped there")
def test_a_process_that_hangs_is_passed_by(stage: Stage) -> None:
    stage.chain.set_effects(["invert"])
    stage.until_it_shows(TURNED)
    for _ in range(20):
        stage.frame()
    child = stage.worker.child
    assert child is not None
    assert child.pid is not None
    os.kill(child.pid, signal.SIGSTOP)
    stage.until_it_shows(PLAIN)
    os.kill(child.pid, signal.SIGCONT)
    stage.until_it_shows(TURNED)
