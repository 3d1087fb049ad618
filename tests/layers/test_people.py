"""A layer that shows only people: what masks it, and the process that finds them."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import moderngl
import numpy as np
import pytest
from skimage import data

from tests.gl.pictures import seen
from tests.layers.made import BLUE, RED, SIZE, MadeLayer
from tests.waiting import until
from vj.base.clock import LiveClock
from vj.base.frame import Frame, Pixels
from vj.child.latest_frame import LatestFrame
from vj.child.supervisor import Supervisor
from vj.gl.canvas import Canvas
from vj.gl.layer_pass import LayerPass
from vj.layers.mixer import Mixer
from vj.layers.people_worker import PeopleWorker
from vj.model.files import weights

pytestmark = pytest.mark.usefixtures("exactly")
NEAR = 3


class Found:
    """Finds what the test says."""

    def __init__(self) -> None:
        self.notice = ""
        self.asked: list[int | None] = []
        self.mask: Frame | None = None
        self.ended = False

    def ask(self, slot: int, now: float) -> None:
        self.asked.append(slot)

    def rest(self) -> None:
        self.asked.append(None)

    def newest(self) -> Frame | None:
        mask, self.mask = self.mask, None
        return mask

    def find(self, mask: Pixels) -> None:
        self.mask = Frame(np.ascontiguousarray(mask[..., None].repeat(3, -1)), 1)

    def end(self) -> None:
        self.ended = True


class Stage:
    """Blue above red; people are found in the layer above."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self.canvas = Canvas(ctx, SIZE)
        passes = LayerPass(self.canvas)
        self.found = Found()
        self.below = MadeLayer(self.canvas, 1, passes=passes)
        self.above = MadeLayer(self.canvas, 2, passes=passes, people=self.found)
        self.mixer = Mixer(self.canvas, passes, (SIZE,))
        for made, colour in ((self.below, RED), (self.above, BLUE)):
            made.shoot(colour)
            made.frame(strength=0.0)

    def set(self, **values: object) -> None:
        self.above.values |= {f"/layer/2/{name}": value for name, value in values.items()}  # type: ignore[misc]

    def shown(self) -> list[list[int]]:
        """The left and the right side, of the next frame."""

        for made in (self.below, self.above):
            made.frame()
        self.mixer.draw([self.below.layer, self.above.layer], 1.0)
        return seen(self.canvas)[18, (4, -4)].tolist()  # type: ignore[no-any-return]


@pytest.fixture
def stage(ctx: moderngl.Context) -> Stage:
    return Stage(ctx)


def halves() -> Pixels:
    mask = np.zeros((144, 256), np.uint8)
    mask[:, :128] = 255
    return mask


def near(*colours: tuple[int, int, int]) -> list[object]:
    return [pytest.approx(colour, abs=NEAR) for colour in colours]


def test_the_layer_shows_where_people_are(stage: Stage) -> None:
    assert stage.shown() == near(BLUE, BLUE)
    assert set(stage.found.asked) == {None}, "nothing looks for people before they are wanted"
    stage.set(mask="person")
    assert stage.shown() == near(BLUE, BLUE), "not known yet"
    assert stage.found.asked[-1] == 0
    stage.found.find(halves())
    assert stage.shown() == near(BLUE, RED)
    assert stage.shown() == near(BLUE, RED), "the last mask stays"
    stage.set(mask_invert=True)
    assert stage.shown() == near(RED, BLUE)
    stage.set(mask="none")
    assert stage.shown() == near(BLUE, BLUE)
    assert stage.found.asked[-1] is None


def test_it_is_upright_and_lies_where_the_source_lies(stage: Stage) -> None:

    stage.above.shoot(np.full((36, 36, 3), BLUE))  # a square on a wide canvas
    stage.set(mask="person", fit="fit")
    mask = np.zeros((144, 256), np.uint8)
    mask[:72, :128] = 255
    stage.found.find(mask)
    stage.shown()
    shown = seen(stage.canvas)
    assert shown[4, 20] == pytest.approx(BLUE, abs=NEAR)
    for place in ((32, 20), (4, 44), (32, 44)):
        assert shown[place] == pytest.approx(RED, abs=NEAR), f"{place} is masked"


def test_another_clip_s_source_is_looked_at(stage: Stage) -> None:
    stage.set(mask="person")
    stage.shown()
    stage.above.launch()
    stage.shown()
    assert stage.found.asked[-1] == 1


def test_what_is_wrong_is_the_layer_s_notice_only_while_people_are_the_mask(stage: Stage) -> None:
    stage.found.notice = "what finds people isn't here"
    stage.shown()
    assert stage.above.layer.notice == ""
    stage.set(mask="person")
    stage.shown()
    assert stage.above.layer.notice == "what finds people isn't here"


def test_a_frozen_mask_stays(stage: Stage) -> None:
    stage.set(mask="person")
    stage.found.find(halves())
    stage.shown()
    stage.found.find(255 - halves())
    stage.above.frame(frozen=True)
    stage.mixer.draw([stage.below.layer, stage.above.layer], 1.0, frozen=True)

    assert seen(stage.canvas)[18, 4] == pytest.approx(BLUE, abs=NEAR)


def test_a_layer_that_is_released_ends_the_search(stage: Stage) -> None:
    stage.above.layer.release()
    assert stage.found.ended


@pytest.fixture
def portrait() -> Iterator[LatestFrame]:
    """A source that shows a person, left of the middle."""
    made = LatestFrame.create(256, 144, readers=1)
    writer = made.writer()
    picture = cv2.resize(data.astronaut()[:288], (256, 144), interpolation=cv2.INTER_AREA)
    writer.begin(144, 256)[:] = picture
    writer.publish(1.0)
    yield made
    made.close()


def watched(source: LatestFrame) -> tuple[Supervisor, PeopleWorker]:
    supervisor = Supervisor(LiveClock())
    supervisor.start()
    return supervisor, PeopleWorker([source], 0, supervisor.add_in_background, supervisor.remove_in_background)


def test_the_process_finds_a_person_dies_and_comes_back(portrait: LatestFrame) -> None:
    weights.fetch(weights.PARTS["people"], lambda doing, part: None)
    supervisor, worker = watched(portrait)
    found: list[Pixels] = []

    def look() -> None:
        worker.ask(0, 0.0)
        if frame := worker.newest():
            found.append(frame.pixels.copy())

    try:
        assert (worker.child, worker.newest(), worker.notice) == (None, None, "")
        worker.rest()
        assert worker.child is None
        look()
        until(lambda: found, "no mask came", meanwhile=look)
        assert found[0].shape == (144, 256, 3)
        assert found[0][35:90, 105:122].mean() > 230
        assert found[0][:90, 170:].mean() < 30
        assert worker.child
        until(lambda: worker.child and worker.child.state == "running", "it doesn't run")
        assert worker.notice == ""
        worker.child._process.kill()  # type: ignore[union-attr]
        until(lambda: worker.child and worker.child.restarts, "its death wasn't noticed")
        assert worker.notice.startswith("people: ")
        found.clear()
        until(lambda: found, "no mask came again", meanwhile=look)
        until(lambda: worker.notice == "", "it still complains")
        worker.end()
        until(lambda: worker.child and worker.child.state == "stopped", "it didn't end")
    finally:
        supervisor.close()
        worker.close()


def test_without_the_network_it_says_what_to_fetch(
    portrait: LatestFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    supervisor, worker = watched(portrait)
    try:
        worker.ask(0, 0.0)
        until(lambda: "vj models fetch people" in worker.notice, lambda: worker.notice)
        assert worker.newest() is None
    finally:
        supervisor.close()
        worker.close()
