"""The effects before a layer's model: what is asked of the process that draws them, and which slot engines read."""

from collections.abc import Iterator
from pathlib import Path

import moderngl
import numpy as np
import pytest

from tests.effect.test_loader import Judge, saved
from tests.layers.made import SIZE, MadeLayer
from tests.waiting import until
from vj.base.frame import Size
from vj.child.latest_frame import LatestFrame
from vj.child.shared_curves import Curve
from vj.child.shared_params import SharedParams
from vj.child.supervisor import Child
from vj.effect.loader import ShaderLoader
from vj.effect.shaper import Shaping
from vj.effect.trial import ShaderVerdict
from vj.gl.canvas import Canvas
from vj.gl.spectrum import POINTS
from vj.layers.before_chain import BeforeChain
from vj.layers.layer_worker import LayerWorker
from vj.layers.shaper_worker import ShaperWorker
from vj.layers.source_slots import SourceSlots
from vj.model.files.library import SLOT
from vj.params.store import FrameValues
from vj.render.lockstep import InProcessChild

PREFIX = "/layer/1/before"
TINT = """/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}, {"NAME": "level", "TYPE": "float", "DEFAULT": 0.5},
    {"NAME": "hit", "TYPE": "event"}]}*/ void main() { gl_FragColor = vec4(level); }"""


class FakeShaper:
    """Notes what is asked of it; it keeps up as the test says."""

    def __init__(self) -> None:
        self.slot, self.notice = 7, ""
        self.keeps_up = False
        self.wanted: Shaping | None = None
        self.fired: list[tuple[str, str]] = []
        self.heard: list[Curve] = []
        self.ends = 0

    def ask(self, wanted: Shaping, source: LayerWorker) -> None:
        self.wanted = wanted

    def serves(self, source: LayerWorker) -> bool:
        return self.keeps_up

    def rest(self) -> None:
        self.wanted = None

    def fire(self, instance: str, name: str) -> None:
        self.fired.append((instance, name))

    def hear(self, waveform: Curve, spectrum: Curve) -> None:
        self.heard.append(waveform)

    def end(self) -> None:
        self.wanted, self.ends = None, self.ends + 1


class Chain(BeforeChain):
    """The chain of layer 1, whose shaders the test judges."""

    def __init__(self, loader: ShaderLoader) -> None:
        self.shaper = FakeShaper()
        self.source = made_source(2)
        super().__init__(PREFIX, loader, self.shaper)

    def frame(self, **values: float | bool) -> int:
        """A frame with these values by their names in the chain; the slot that engines are to read."""
        self.apply_values(FrameValues({f"{PREFIX}/{name.replace('__', '/')}": value for name, value in values.items()}))
        return self.slot_for(self.source)


def made_source(slot: int) -> LayerWorker:
    return LayerWorker(
        InProcessChild("source", ()),
        LatestFrame.create(8, 8, readers=1),
        SharedParams({}),
        "/layer/1/source",
        slot=slot,
    )


@pytest.fixture
def judge() -> Judge:
    return Judge()


@pytest.fixture
def chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, judge: Judge) -> Iterator[Chain]:
    monkeypatch.setenv("VJ_LIBRARY", str(tmp_path))
    (tmp_path / "shaders").mkdir()
    for name in ("tint", "other"):
        (tmp_path / "shaders" / f"{name}.fs").write_text(TINT)
    loader = ShaderLoader(Size(16, 8), judge.examine)
    yield Chain(loader)
    loader.stop()


def settled(chain: Chain, count: int = 1) -> None:
    until(lambda: sum(chain.isf(name) is not None for name in chain.effects) == count)


def test_without_effects_engines_read_the_source_and_nothing_is_asked(chain: Chain) -> None:
    assert chain.frame() == 2
    assert (chain.shaper.wanted, chain.is_idle, chain.effects) == (None, True, ())
    assert BeforeChain(PREFIX).slot_for(chain.source) == 2


def test_effects_that_have_been_tried_are_asked_for_with_their_values(chain: Chain, judge: Judge) -> None:
    judge.may_go_on.clear()
    chain.set_effects(["tint", "tint-2"])
    assert chain.frame() == 2
    assert chain.shaper.wanted is None, "it isn't known yet whether they play"
    judge.may_go_on.set()
    settled(chain, 2)
    chain.frame(tint__level=0.75, tint__on=True, tint__other=1.0)
    values = {f"{PREFIX}/tint/level": 0.75, f"{PREFIX}/tint/on": True}
    assert chain.shaper.wanted == Shaping(2, [("tint", 1), ("tint-2", 1)], values)
    same = chain.shaper.wanted
    chain.frame(tint__level=0.75, tint__on=True)
    assert chain.shaper.wanted is same, "nothing has changed that matters to it"
    chain.source = made_source(5)
    chain.frame(tint__level=0.75, tint__on=True)
    assert chain.shaper.wanted is not None
    assert chain.shaper.wanted.slot == 5


def test_engines_read_shaped_pictures_as_long_as_there_are_some(chain: Chain) -> None:
    chain.set_effects(["tint"])
    settled(chain)
    assert chain.frame() == 2
    chain.shaper.keeps_up = True
    assert chain.frame() == 7
    chain.shaper.keeps_up = False
    assert chain.frame() == 2


@pytest.mark.parametrize("off", [{"tint__on": False}, {"tint__mix": 0.0}])
def test_effects_that_are_all_off_cost_nothing(chain: Chain, off: dict[str, float]) -> None:
    chain.set_effects(["tint"])
    settled(chain)
    chain.shaper.keeps_up = True
    assert chain.frame() == 7
    assert chain.frame(**off) == 2
    assert (chain.shaper.wanted, chain.shaper.ends) == (None, 0), "its process waits"
    chain.set_effects(["tint", "other"])
    settled(chain, 2)
    assert chain.frame(**off) == 7
    chain.set_effects([])
    assert chain.frame() == 2
    assert chain.shaper.ends == 1


def test_a_shader_that_can_not_play_stays_out_and_says_why(chain: Chain, judge: Judge, tmp_path: Path) -> None:
    judge.verdict = ShaderVerdict(error="it is bad")
    chain.set_effects(["tint", "nothing"])
    until(lambda: "it is bad" in chain.notice and "nothing" in chain.notice)
    assert chain.frame() == 2
    judge.verdict = ShaderVerdict("filter")
    saved(tmp_path / "shaders" / "tint.fs", TINT)
    settled(chain)
    chain.frame()
    assert chain.shaper.wanted == Shaping(2, [("tint", 1)], {})
    judge.verdict = ShaderVerdict(error="it is worse")
    saved(tmp_path / "shaders" / "tint.fs", TINT)
    until(lambda: "it is worse (the version before it plays on)" in chain.notice)
    judge.verdict = ShaderVerdict("filter")
    saved(tmp_path / "shaders" / "tint.fs", TINT.replace("level", "amount"))
    until(lambda: (shader := chain.isf("tint")) and "amount" in [one.name for one in shader.inputs])
    chain.frame(tint__amount=1.0, tint__level=1.0)
    assert chain.shaper.wanted == Shaping(2, [("tint", 2)], {f"{PREFIX}/tint/amount": 1.0})
    chain.shaper.notice = "it has died"
    assert "it has died" in chain.notice


def test_events_go_to_what_draws(chain: Chain) -> None:
    chain.set_effects(["tint"])
    settled(chain)
    chain.fire("tint", "hit")
    chain.frame()
    chain.fire("tint", "hit")
    assert chain.shaper.fired == [("tint", "hit")]
    chain.release()
    assert (chain.effects, chain.shaper.wanted, chain.is_idle) == ((), None, True)


def test_sound_goes_to_what_draws_if_an_effect_hears_it(chain: Chain, tmp_path: Path) -> None:
    silence = np.zeros(POINTS, np.float32)
    chain.set_effects(["tint"])
    settled(chain)
    chain.frame()
    chain.hear(silence, silence)
    assert not chain.shaper.heard
    (tmp_path / "shaders" / "ear.fs").write_text(TINT.replace('"float", "DEFAULT": 0.5', '"audio"'))
    chain.set_effects(["tint", "ear"])
    settled(chain, 2)
    chain.frame()
    chain.hear(silence, silence)
    assert chain.shaper.heard == [silence]


def test_a_layer_s_engines_are_told_the_slot(ctx: moderngl.Context, chain: Chain) -> None:
    made = MadeLayer(Canvas(ctx, SIZE), before=chain)
    chain.set_effects(["tint"])
    settled(chain)
    made.frame()
    assert made.bank.own[SLOT] == made.source.slot
    chain.shaper.keeps_up = True
    made.frame()
    assert made.bank.own[SLOT] == chain.shaper.slot
    made.launch()
    made.frame()
    assert made.bank.own[SLOT] == chain.shaper.slot
    assert chain.shaper.wanted is not None
    assert chain.shaper.wanted.slot == made.layer.source.slot
    made.frame()
    chain.shaper.keeps_up = False
    made.frame()
    assert made.bank.own[SLOT] == made.layer.source.slot
    made.layer.handlers(made.table)
    made.layer.release()
    assert chain.effects == ()


class Worker(ShaperWorker):
    """A worker whose process the test plays."""

    def __init__(self) -> None:
        self.slots = SourceSlots(Size(8, 8), Size(8, 8), count=2)
        self.clock = 100.0
        self.started: list[Child] = []
        self.ended: list[Child] = []
        super().__init__(self.slots, 3, Size(8, 8), self.started.append, self._note_end, lambda: self.clock)
        self.source = made_source(0)
        self.writer, self.pictures = self.slots.memories[self.slot].writer(), self.source.output.writer()

    def _note_end(self, child: Child, then: object) -> None:
        self.ended.append(child)

    def run(self, state: str = "running") -> None:
        assert self.child is not None
        self.child.state = state

    def frame(self, source: int = 1, shaped: int = 1, seconds: float = 0.1) -> bool:
        """So many pictures of the source and of the process later: whether it keeps up."""
        self.clock += seconds
        for writer, count in ((self.pictures, source), (self.writer, shaped)):
            for _ in range(count):
                writer.begin(8, 8)
                writer.publish(self.clock)
        self.ask(ASKED, self.source)
        return self.serves(self.source)


ASKED = Shaping(0, [("tint", 1)], {})


@pytest.fixture
def worker() -> Worker:
    return Worker()


def test_the_process_is_started_when_it_is_needed_and_serves_from_its_first_picture_on(worker: Worker) -> None:
    assert worker.slot == 2 + 2, "the third layer's, behind the sources'"
    assert (worker.child, worker.notice) == (None, "")
    worker.rest()
    assert not worker.frame(shaped=0)
    assert worker.started == [worker.child]
    assert not worker.frame(shaped=0)
    worker.run()
    assert not worker.frame(shaped=0)
    assert worker.frame()


def test_while_it_is_down_it_does_not_serve(worker: Worker) -> None:
    worker.frame()
    worker.run()
    assert worker.frame()
    worker.run("restarting")
    assert not worker.frame(shaped=0)
    assert worker.notice
    worker.run()
    assert not worker.frame(shaped=0)
    assert worker.frame()


def test_one_that_hangs_does_not_serve_but_a_source_that_stands_still_is_no_fault_of_its(worker: Worker) -> None:
    worker.frame()
    worker.run()
    assert all(worker.frame() for _ in range(5))
    assert all(worker.frame(source=0, shaped=0, seconds=1.0) for _ in range(5))
    assert worker.frame(shaped=0)
    assert not worker.frame(shaped=0, seconds=3.0)
    assert worker.frame()


def test_a_slow_one_serves(worker: Worker) -> None:
    worker.frame()
    worker.run()
    assert all(worker.frame(shaped=number % 10 == 0) for number in range(10, 200))


def test_after_a_rest_it_serves_from_its_next_picture_on(worker: Worker) -> None:
    worker.frame()
    worker.run()
    assert worker.frame()
    worker.rest()
    assert not worker.frame(shaped=0)
    assert worker.frame()


def test_it_ends_and_begins_anew(worker: Worker) -> None:
    worker.frame()
    before = worker.child
    worker.end()
    worker.end()
    assert (worker.child, worker.ended) == (None, [before])
    worker.frame()
    assert worker.started == [before, worker.child]
    worker.close()
