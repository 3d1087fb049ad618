"""One frame after the other: what is taken when, what is drawn over what, and when the show ends."""

from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import moderngl
import numpy as np
import pytest

from tests.gl.flashes import flashes_a_second
from tests.gl.pictures import seen
from tests.layers.made import BLUE, GREEN, RED, SIZE, MadeLayer
from vj.base.clock import FakeClock, Pacer
from vj.base.stats import DisplayStats
from vj.control.audio.shared_features import POINTS
from vj.control.file_drop import FileDrop
from vj.control.keyboard import DEFAULT_BINDINGS, Keyboard
from vj.gl.canvas import Canvas
from vj.layers.mixer import Mixer
from vj.params.control_queue import Change, ControlBatch, ControlQueue
from vj.params.store import Store
from vj.play.play import Plan
from vj.show.control_recording import Recording, Replay
from vj.show.desk import Desk
from vj.show.frame_step import FrameStep
from vj.show.hud import Hud
from vj.show.loop import Loop

FPS = 50.0
SILENT = np.zeros(POINTS, np.float32)
OPACITY, STRENGTH = "/master/opacity", "/layer/1/model/strength"


class Display:
    """A display that keeps what it was given, and on which keys are pressed."""

    leads = paced = closing = False
    refresh = 0.0

    def __init__(self, ctx: moderngl.Context) -> None:
        self.ctx, self.keys, self.files = ctx, list[tuple[str, bool]](), list[str]()
        self.pictures: list[Any] = []
        self.placed: tuple[bool, str] = (False, "")

    def poll(self, refresh: object) -> None:
        pass

    def key_events(self) -> Iterable[tuple[str, bool]]:
        taken, self.keys = self.keys, []
        return taken

    def dropped(self) -> Iterable[str]:
        taken, self.files = self.files, []
        return taken

    def present(self, canvas: Canvas, fullscreen: bool, fit: str) -> None:
        self.pictures.append(seen(canvas))
        self.placed = (fullscreen, fit)

    def close(self) -> None:
        pass


class Kept:
    """A sink that keeps every picture."""

    def __init__(self) -> None:
        self.pictures: list[Any] = []

    def take_frame(self, canvas: Canvas, now: float) -> None:
        self.pictures.append(seen(canvas))

    def notice(self) -> str:
        return "kept"

    def report(self) -> dict[str, object]:
        return {}

    def close(self) -> None:
        pass


class Stage:
    """A loop with one layer, red from its source and blue from its model."""

    def __init__(self, ctx: moderngl.Context, **how: Any) -> None:
        self.clock, self.queue, self.colour = FakeClock(), ControlQueue(), BLUE
        canvas = Canvas(ctx, SIZE)
        self.made = MadeLayer(canvas)
        table = self.made.table
        self.desk = Desk(Store(table, {"/layer/1/model/fade": 0.0}), Plan(), self.clock.now())
        self.desk.connect(self.made.layer.handlers(table))
        self.stats = DisplayStats(1 / FPS)
        audio = SimpleNamespace(state="off", waveform=SILENT, spectrum=SILENT)
        self.polled: list[float] = []
        self.controllers: Any = SimpleNamespace(
            update=lambda: None, poll_sound=self.polled.append, notices=lambda: ["a notice"], audio=audio
        )
        self.display, self.sink = Display(ctx), Kept()
        mixer = Mixer(canvas, self.made.layer.pictures._passes, (SIZE,))
        keys = [binding for binding in DEFAULT_BINDINGS if binding.address in table]
        self.keyboard = Keyboard(table, self.queue, keys, self.clock)
        self.loop = Loop(
            clock=self.clock,
            pacer=Pacer(self.clock, FPS),
            queue=self.queue,
            step=FrameStep(self.desk, [self.made.layer], mixer, self.clock.now()),
            hud=Hud(ctx, self.stats, [self.made.layer], self.desk, audio, canvas),  # type: ignore[arg-type]
            surface=self.display,
            keyboard=self.keyboard,
            file_drop=FileDrop(table, self.queue),
            controllers=self.controllers,
            sinks=[self.sink],
            stats=self.stats,
            **how,
        )

    def frame(self, count: int = 1) -> None:
        for _ in range(count):
            self.made.now = self.clock.now()
            self.made.model(self.colour, of=self.made.shoot(RED))
            self.loop.frame()

    @property
    def middle(self) -> Any:
        return self.display.pictures[-1][18, 32]


@pytest.fixture
def stage(ctx: moderngl.Context) -> Stage:
    return Stage(ctx)


def test_a_strobe_is_limited_in_what_is_shown_and_recorded(stage: Stage) -> None:
    """Twelve flashes a second, drawn by the desk's own blackout."""
    stage.colour = GREEN
    shown: dict[bool, Any] = {}
    for limit in (False, True):
        stage.queue.put("/output/flash_limit", limit)
        stage.frame(60)
        stage.display.pictures.clear()
        stage.sink.pictures.clear()
        for frame in range(100):
            stage.queue.put("/master/blackout", int(frame / FPS * 24) % 2 == 1)
            stage.frame()
        shown[limit] = np.stack(stage.sink.pictures).astype(np.uint8)
        assert np.array_equal(shown[limit], np.stack(stage.display.pictures))
    assert flashes_a_second(shown[False], FPS) == 12
    assert flashes_a_second(shown[True], FPS) <= 3
    counts = stage.loop.step.flashes.finish()
    assert counts.most_came == 12
    assert counts.came > counts.shown > 12


def test_what_came_before_a_frame_is_seen_in_it(stage: Stage) -> None:
    stage.frame(20)
    assert stage.middle == pytest.approx(BLUE, abs=3)
    stage.queue.put("/master/blackout", True)
    stage.frame()
    assert stage.middle.max() == 0


def test_keys_and_dropped_files_count_in_the_same_frame(stage: Stage, tmp_path: Path) -> None:
    stage.frame(3)
    stage.display.keys = [("b", True)]
    stage.frame()
    assert stage.middle.max() == 0, "b is blackout"
    stage.display.files = [str(tmp_path / "notes.txt")]
    stage.frame()
    assert stage.loop.file_drop.notice.startswith("notes.txt is no picture")


def test_frames_come_at_the_display_s_rate_and_are_counted(stage: Stage) -> None:
    began = stage.clock.now()
    stage.frame(50)
    assert stage.clock.now() - began == pytest.approx(1.0, abs=0.03)
    assert (stage.stats.presented, stage.stats.missed) == (50, 0)
    assert len(stage.polled) == 50, "sound is polled in every frame"


def test_sinks_get_every_picture_without_the_heads_up_display(stage: Stage) -> None:
    stage.frame(5)
    stage.queue.put("/output/hud", True)
    stage.frame(3)
    assert len(stage.sink.pictures) == 8
    assert (stage.display.pictures[-1] != stage.sink.pictures[-1]).any(), "it is on the display"
    assert (stage.sink.pictures[-1] == stage.sink.pictures[4]).all(), "and not in the film"


def test_the_film_has_it_where_that_is_asked_for(ctx: moderngl.Context) -> None:
    stage = Stage(ctx, records_hud=True)
    stage.frame(5)
    stage.queue.put("/output/hud", True)
    stage.frame(3)
    assert (stage.display.pictures[-1] == stage.sink.pictures[-1]).all()
    assert (stage.sink.pictures[-1] != stage.sink.pictures[4]).any()


def test_the_display_is_placed_as_its_parameters_say(stage: Stage) -> None:
    stage.queue.put_all({"/output/fullscreen": True, "/output/fit": "stretch"})
    stage.frame()
    assert stage.display.placed == (True, "stretch")


def test_a_recording_is_played_back_each_batch_at_its_own_time(ctx: moderngl.Context) -> None:
    batches = tuple((at, ControlBatch({OPACITY: value}, (), {}, None)) for at, value in ((0.1, 0.25), (0.3, 0.75)))
    stage = Stage(ctx)
    stage.loop.replay = Replay(Recording(Path("night.log"), {}, batches), stage.made.table)
    seen_at: dict[float, float] = {}
    stage.loop._rewind()
    stage.loop.replay.begin(stage.clock.now())  # type: ignore[union-attr]
    began = stage.clock.now()
    for _ in range(25):
        stage.frame()
        value = float(stage.desk.store.targets[OPACITY])
        seen_at.setdefault(value, stage.clock.now() - began)
    assert list(seen_at) == [1.0, 0.25, 0.75]
    assert seen_at[0.25] == pytest.approx(0.1, abs=1.5 / FPS)
    assert seen_at[0.75] == pytest.approx(0.3, abs=1.5 / FPS)


def test_a_film_begins_with_its_first_picture_where_the_show_is_recorded(stage: Stage) -> None:
    stage.loop._rewind()
    assert list(stage.made.source.child.sent) == [{"trigger": "seek", "amount": 0.0}]  # type: ignore[attr-defined]


def test_what_is_launched_looks_ahead_by_what_showing_it_takes(stage: Stage) -> None:
    stage.frame(3)
    assert stage.loop._lookahead() == pytest.approx(stage.stats.to_show + 0.5 / FPS)
    stage.made.bank.child.info["parts"] = {"infer": (10, 0.5)}
    assert stage.loop._lookahead() == pytest.approx(stage.stats.to_show + 0.5 / FPS + 0.05)


def test_it_plays_until_the_window_is_closed_or_the_performer_quits(stage: Stage) -> None:
    stage.made.shoot(RED)
    left = iter([True] * 3)

    def going() -> bool:
        stage.display.closing = not next(left, False)
        return True

    stage.loop.run(going)
    assert stage.stats.presented == 3
    stage.display.closing = False
    stage.display.keys = [("escape", True), ("escape", False), ("escape", True)]
    stage.loop.run(lambda: True)
    assert stage.keyboard.quit_requested


def test_a_trigger_of_the_source_reaches_its_child(stage: Stage) -> None:
    stage.queue.put_change(Change("/layer/1/source/seek", "fire", 0.5))
    stage.frame()
    assert {"trigger": "seek", "amount": 0.5} in stage.made.source.child.sent  # type: ignore[attr-defined]


def test_a_rehearsal_shows_and_counts_nothing(stage: Stage) -> None:
    stage.loop.rehearse()
    assert not stage.display.pictures
    assert stage.stats.presented == 0
