"""What the heads-up display says: rates, what holds the picture back, the beat, and a process that failed."""

from types import SimpleNamespace

import moderngl
import numpy as np
import pytest

from tests.gl.pictures import seen
from tests.layers.made import BLUE, RED, MadeLayer
from vj.base.frame import Size
from vj.base.stats import DisplayStats
from vj.child.process import ChildSpec
from vj.child.supervisor import Child
from vj.control.audio.shared_features import POINTS
from vj.gl.canvas import Canvas
from vj.gl.flash_limiter import FlashCounts
from vj.params.control_queue import Change, ControlBatch
from vj.params.store import Store
from vj.play.play import Plan
from vj.show.desk import Desk
from vj.show.hud import Hud, _fault, desk_lines, held_back

LARGE = Size(640, 360)
SILENT = np.zeros(POINTS, np.float32)


class Stage:
    """A display over one layer, with a desk, two seconds into the show."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self.canvas = Canvas(ctx, LARGE)
        self.made = MadeLayer(self.canvas)
        self.desk = Desk(Store(self.made.table), Plan(), 0.0)
        self.stats = DisplayStats(1 / 60)
        audio = SimpleNamespace(state="off", waveform=SILENT, spectrum=SILENT)
        self.hud = Hud(ctx, self.stats, [self.made.layer], self.desk, audio, self.canvas, ["b  blackout"])  # type: ignore[arg-type]
        for frame in range(120):
            self.frame(frame / 60)

    def frame(self, now: float, *fired: str, **values: object) -> None:
        named = {address.replace("__", "/"): value for address, value in values.items()}
        changes = [Change(address, "fire", 1.0) for address in fired]
        self.desk.advance_frame(ControlBatch(named, changes, {}, None), now, 1 / 60)  # type: ignore[arg-type]
        self.made.now = now
        self.made.model(BLUE, of=self.made.shoot(RED))
        self.made.frame()
        self.stats.present(now)
        self.hud.read(now)

    def lines(self) -> list[str]:
        return self.hud._lines(["something else"])


@pytest.fixture
def stage(ctx: moderngl.Context) -> Stage:
    return Stage(ctx)


def test_it_tells_rates_intervals_and_what_each_layer_shows(stage: Stage) -> None:
    display, _, model, *rest = stage.lines()
    assert display.startswith("display  60.0/s  frame  16.7 p99  16.7 ms  missed 0")
    assert model == "1 identity: strength 1.00"
    assert rest[0].startswith("1 source  60.0/s running")
    assert rest[1].startswith("1 model   60.0/s running")
    assert rest[1].endswith("shows model")
    assert rest[-1] == "something else"


def test_it_counts_flashes(stage: Stage) -> None:
    assert stage.lines()[1].endswith("ms  flashes 0")
    stage.hud.read(3.0, FlashCounts(60, 12, 3, 3))
    assert stage.lines()[1].endswith("ms  flashes 60")
    stage.desk.store.apply_values({"/output/flash_limit": True})
    stage.frame(3.1)
    stage.hud.read(3.2, FlashCounts(60, 12, 3, 3))
    assert stage.lines()[1].endswith("ms  flashes 60, limited to 3")


def test_long_notices_are_cut(stage: Stage) -> None:
    assert max(map(len, stage.hud._lines(["x" * 500]))) == 100


def test_it_says_in_large_letters_what_holds_the_picture_back(stage: Stage) -> None:
    assert held_back(stage.desk.values, [1]) == []
    stage.frame(2.0, __master__blackout=True, __master__freeze=True)
    assert held_back(stage.desk.values, [1]) == ["BLACKOUT", "FREEZE"]
    stage.frame(3.0, __master__blackout=False, __master__freeze=False, __layer__1__model__strength=0.0)
    for frame in range(60):
        stage.frame(3.0 + frame / 60)
    assert held_back(stage.desk.values, [1]) == ["BYPASS"]


def test_the_desk_s_lines_tell_the_beat_what_waits_and_what_is_modulated(stage: Stage) -> None:
    stage.frame(2.0, __clock__quantise="bar", __modulate__1__to="/master/opacity", __modulate__2__to="/no/where")
    stage.frame(2.1, "/snapshot/1")
    beat, *lines = desk_lines(stage.desk, 2.1)
    assert beat.startswith("beat  120.0 bpm 1/4 bar 2 internal  /snapshot/1 in 3.8 beats")
    assert lines[0].startswith("mod 1 ")
    assert lines[0].endswith("/master/opacity")
    assert lines[1].startswith("mod 2 unknown address to modulate '/no/where'")


def test_it_is_drawn_over_the_picture_and_keys_take_its_place(stage: Stage) -> None:
    pictures = []
    for keys in (False, True):
        stage.canvas.begin()
        stage.canvas.clear()
        stage.hud.draw(stage.canvas, (), keys=keys)
        pictures.append(seen(stage.canvas))
    readings, keyed = (int((picture > 128).sum()) for picture in pictures)
    assert readings > keyed > 50, "the readings are more than the one line of keys"


@pytest.mark.parametrize(
    ("state", "restarts", "said"),
    [
        ("restarting", 3, "model: out of paint"),
        ("unavailable", 0, "model: out of paint"),
        ("running", 1, "model restarted 1 time, the last for: out of paint"),
        ("running", 4, "model restarted 4 times, the last for: out of paint"),
    ],
)
def test_the_last_fault_stays_readable_once_it_is_mended(state: str, restarts: int, said: str) -> None:
    child = Child(ChildSpec("model", "x:y"), lambda: 0)
    child.state, child.restarts, child.fault = state, restarts, "out of paint"
    assert _fault(child) == said


def test_it_tells_how_a_layer_is_steadied(stage: Stage) -> None:
    stage.made.layer.steady = SimpleNamespace(state="not steadied: the model keeps up", choose=lambda *now: None)  # type: ignore[assignment]
    assert "1 not steadied: the model keeps up" in stage.lines()
    stage.made.layer.steady.state = ""  # type: ignore[union-attr,misc]
    assert not any("steadied" in line for line in stage.lines())
