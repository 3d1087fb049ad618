"""What is seen before a show begins: the source at once, and what is being prepared."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.commands.test_selftest_sheet import upside_down
from tests.running import finished, start_vj
from tests.sink.conftest import Stage
from tests.sink.test_window import BARS, bars_of
from tests.waiting import until
from tests.xserver import Screens
from vj.base.clock import FakeClock
from vj.base.errors import Unavailable
from vj.base.frame import Size
from vj.child.latest_frame import LatestFrame
from vj.gl.canvas import Canvas
from vj.gl.layer_pass import LayerPass
from vj.layers.fallback_picture import built_in_still
from vj.params.store import FrameValues
from vj.show.loading_screen import PERIOD, LoadingScreen
from vj.sink.headless import Headless

SIZE = Size(320, 180)
ENGINE = "vj.model.engine.engine"


class Opening:
    """A prelude on a display without a window, with a source in hand."""

    def __init__(self) -> None:
        self.surface, self.clock, self.stopped = Headless(), FakeClock(), False
        ctx = self.surface.ctx
        self.canvas, self.output = Canvas(ctx, SIZE), LatestFrame.create(*SIZE, 2)
        self.loading_screen = LoadingScreen(
            self.surface,
            self.canvas,
            LayerPass(self.canvas),
            built_in_still(ctx, SIZE),
            self.clock,
            FrameValues({"/output/fullscreen": False, "/output/fit": "fit"}),
            lambda: self.stopped,
        )
        self.writer = self.output.writer()
        self.shown = 0
        present = self.surface.present

        def counted(*what: Any) -> None:
            self.shown += 1
            present(*what)

        self.surface.present = counted  # type: ignore[method-assign]

    def publish(self, grey: int) -> None:
        self.writer.begin(SIZE.height, SIZE.width)[:] = grey
        self.writer.publish(self.clock.now())

    def picture(self) -> Any:
        self.clock.sleep(1.01 * PERIOD)
        self.loading_screen.draw_if_due()
        return np.frombuffer(self.canvas.read(), np.uint8).reshape(SIZE.height, SIZE.width, 3)

    def close(self) -> None:
        self.surface.close()
        self.output.close()


@pytest.fixture
def opening() -> Iterator[Opening]:
    made = Opening()
    yield made
    made.close()


def test_the_source_is_seen_as_soon_as_it_has_a_picture(opening: Opening) -> None:
    assert opening.picture().std() > 10, "until then, the quiet gradient"
    opening.loading_screen.show_source(SimpleNamespace(output=opening.output))  # type: ignore[arg-type]
    assert opening.picture().std() > 10, "and while the source has none"
    assert opening.loading_screen.first_shown is None
    opening.publish(60)
    assert (opening.picture() == 60).all()
    first = opening.clock.now()
    opening.publish(180)
    assert (opening.picture() == 180).all()
    assert opening.loading_screen.first_shown == first


def test_no_more_pictures_are_drawn_than_the_eye_needs(opening: Opening) -> None:
    for _ in range(100):
        opening.clock.sleep(PERIOD / 10)
        opening.loading_screen.draw_if_due()
    assert 9 <= opening.shown <= 11


def test_what_takes_long_is_said_over_the_picture(opening: Opening) -> None:
    told: list[tuple[str, float | None]] = []
    progress = opening.loading_screen.showing(lambda *what: told.append(what))
    opening.loading_screen.show_source(SimpleNamespace(output=opening.output))  # type: ignore[arg-type]
    opening.publish(60)
    progress("preparing style26", None)
    assert (opening.picture() == 60).all(), "it has only just begun"
    opening.clock.sleep(2.0)
    progress("preparing style26", 0.5)
    said = opening.picture()
    assert (said[:30].max(axis=2) > 200).sum() > 50, "white letters"
    assert (said[60:] == 60).all()
    progress("preparing style26", 1.0)
    assert (opening.picture() == 60).all()
    assert told == [("preparing style26", part) for part in (None, 0.5, 1.0)]


def test_the_picture_goes_on_while_something_works(opening: Opening) -> None:
    gate = threading.Event()
    opening.clock.now = time.monotonic  # type: ignore[method-assign]
    present = opening.surface.present

    def third(*what: Any) -> None:
        present(*what)
        if opening.shown == 3:
            gate.set()

    opening.surface.present = third  # type: ignore[method-assign]
    assert opening.loading_screen.run_during(lambda: gate.wait(100)) is True
    assert opening.shown >= 3


def test_what_goes_wrong_there_is_raised_here(opening: Opening) -> None:
    def work() -> None:
        raise Unavailable("no network")

    with pytest.raises(Unavailable, match="no network"):
        opening.loading_screen.run_during(work)


def test_nobody_waits_for_it_once_the_show_is_stopped(opening: Opening) -> None:
    gate = threading.Event()
    opening.stopped = True
    with pytest.raises(KeyboardInterrupt):
        opening.loading_screen.run_during(lambda: gate.wait(100))
    gate.set()


def small_model(folder: Path) -> Path:
    """A network that is quick to load: it turns every picture upside down."""
    path = folder / "turned.onnx"
    path.write_bytes(upside_down())
    path.with_suffix(".toml").write_text('range = "0..1"\n')
    return path


@pytest.mark.show
def test_a_first_start_says_what_it_does_and_shows_the_source_meanwhile(tmp_path: Path) -> None:
    """In an empty cache: the ways of running the network are looked for, which takes seconds."""
    model = small_model(tmp_path)
    home = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    stats = tmp_path / "stats.json"
    show = ("run", "--source", "pattern", "--model", str(model), "--headless", "--frames", "2", "--osc-port", "0")
    process = start_vj(*show, "--stats", str(stats), env=home)
    _, err = finished(process)
    assert process.returncode == 0, err
    assert "preparing turned ..." in err.splitlines()
    assert err.count("preparing turned") == 1


@pytest.mark.show
def test_the_window_shows_the_source_before_the_model_is_there(tmp_path: Path, screens: Screens) -> None:
    model = str(small_model(tmp_path))
    stage = Stage(tmp_path, screens, "--model", model, env={**screens.env, "XDG_CACHE_HOME": str(tmp_path / "cache")})
    try:
        until(lambda: bool(stage.children(ENGINE)), "the model's process")
        (engine,) = stage.children(ENGINE)
        os.kill(engine, signal.SIGSTOP)
        until(lambda: screens.window() is not None, "a window")
        stage.window = screens.window() or 0
        until(lambda: stage.place[2:] == (640, 360), "its size")
        stage.wait_until(lambda seen: np.abs(bars_of(seen) - BARS).max() <= 2, "the test card")
        assert stage.ask("/master/opacity") is None, "the show has not begun"
        os.kill(engine, signal.SIGCONT)
        stage.wait_until_up()
    finally:
        stage.close()
