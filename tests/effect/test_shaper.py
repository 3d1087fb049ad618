"""A source's pictures as effects shape them for the models."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.gl.pictures import corners, plain
from vj.base.frame import Frame, Pixels, Size
from vj.child.latest_frame import LatestFrame
from vj.child.slot_reader import picture_number
from vj.effect.shaper import Shaper, Shaping
from vj.gl.spectrum import POINTS
from vj.params.param import Value

PREFIX = "/layer/1/before"
BOX = Size(64, 36)
SHAPED, READER = 2, 1
INPUT = '{"NAME": "inputImage", "TYPE": "image"}'
SHADERS = {
    "turn": f"""/*{{"INPUTS": [{INPUT}]}}*/
        void main() {{ gl_FragColor = vec4(1.0 - IMG_THIS_PIXEL(inputImage).rgb, 0.25); }}""",
    "add": f"""/*{{"INPUTS": [{INPUT}, {{"NAME": "red", "TYPE": "float", "DEFAULT": 0.2}},
        {{"NAME": "hit", "TYPE": "event"}}]}}*/
        void main() {{ gl_FragColor = IMG_THIS_PIXEL(inputImage) + vec4(hit ? 1.0 : red, 0.0, 0.0, 0.0); }}""",
    "keep": f"""/*{{"INPUTS": [{INPUT}], "PASSES": [{{"TARGET": "sum", "PERSISTENT": true}}]}}*/
        void main() {{ gl_FragColor = IMG_THIS_PIXEL(sum) + vec4(0.1, 0.0, 0.0, 1.0); }}""",
    "clock": f"""/*{{"INPUTS": [{INPUT}]}}*/
        void main() {{ gl_FragColor = vec4(TIME, TIMEDELTA, float(FRAMEINDEX) / 10.0, 1.0); }}""",
    "ear": f"""/*{{"INPUTS": [{INPUT}, {{"NAME": "sound", "TYPE": "audioFFT"}}]}}*/
        void main() {{ gl_FragColor = vec4(IMG_NORM_PIXEL(sound, vec2(0.5)).rgb, 1.0); }}""",
    "wrong": f"""/*{{"INPUTS": [{INPUT}]}}*/
        void main() {{ gl_FragColor = nothing; }}""",
}


class Stage:
    """Two sources, each in a slot of its own, and a shaper of theirs."""

    def __init__(self) -> None:
        self.slots = [LatestFrame.create(128, 128, readers=2) for _ in range(3)]
        self.writers = [slot.writer() for slot in self.slots[:2]]
        self.shaped = self.slots[SHAPED].reader(0)
        self.shaper = Shaper(self.slots, READER, SHAPED, BOX, PREFIX, patient=True)
        self.effects: list[tuple[str, int]] = [("turn", 1)]
        self.values: dict[str, Value] = {}
        self.slot = 0
        self.at = 10.0

    def shoot(self, pixels: Pixels, slot: int = 0, captured: float = 5.0) -> int:
        """The source in ``slot`` gives a picture; its number."""
        number = picture_number(slot, self.slots[slot].published + 1)
        self.writers[slot].begin(*pixels.shape[:2])[:] = pixels
        self.writers[slot].publish(captured, number)
        return number

    def turn(self, **values: Value) -> Frame | None:
        """A turn, 0.1 s later; what it publishes."""
        self.at += 0.1
        self.values |= {f"{PREFIX}/{name.replace('__', '/')}": value for name, value in values.items()}
        self.shaper.take_turn(Shaping(self.slot, list(self.effects), dict(self.values)), self.at)
        return self.shaped.newest()

    def colour(self, **values: Value) -> list[int]:
        """What a turn makes of a dark green picture, in the middle."""
        self.shoot(plain(64, 36, (0, 100, 0)))
        frame = self.turn(**values)
        assert frame is not None
        return [int(part) for part in frame.pixels[18, 32]]


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setenv("VJ_LIBRARY", str(tmp_path))
    (tmp_path / "shaders").mkdir()
    for name, text in SHADERS.items():
        (tmp_path / "shaders" / f"{name}.fs").write_text(text)
    made = Stage()
    yield made
    made.shaper.release()


def test_a_picture_is_shaped_upright_and_stays_that_of_its_source(stage: Stage) -> None:
    number = stage.shoot(corners(64, 36), captured=7.5)
    frame = stage.turn()
    assert frame is not None
    assert np.abs(frame.pixels.astype(int) - (255 - corners(64, 36).astype(int))).max() <= 1
    assert (frame.captured, frame.origin, frame.alpha) == (7.5, number, None)
    assert stage.turn() is None, "there is no new picture"


def test_pictures_are_brought_to_the_size_within_which_models_work(stage: Stage) -> None:
    stage.shoot(corners(128, 72))
    frame = stage.turn()
    assert frame is not None
    assert frame.pixels.shape == (36, 64, 3)
    assert frame.pixels[4, 4].tolist() == [0, 255, 255]
    stage.shoot(corners(64, 64))
    frame = stage.turn()
    assert frame is not None
    assert frame.pixels.shape == (36, 36, 3), "of another shape"
    assert frame.pixels[-4, 4].tolist() == [255, 255, 0]


def test_values_events_and_the_chain_change_from_picture_to_picture(stage: Stage) -> None:
    assert stage.colour() == [255, 155, 255]
    stage.effects = [("add", 1)]
    assert stage.colour() == [51, 100, 0]
    assert stage.colour(add__red=0.6) == [153, 100, 0]
    stage.shaper.fire("add", "hit")
    assert stage.colour() == [255, 100, 0]
    assert stage.colour() == [153, 100, 0]
    stage.effects = [("add", 1), ("turn", 1)]
    assert stage.colour() == [102, 155, 255]
    stage.effects = [("turn", 1), ("add", 1)]
    assert stage.colour() == [255, 155, 255]
    assert stage.colour(turn__on=False, add__red=0.6, add__mix=0.5) == pytest.approx([77, 100, 0], abs=1)
    assert stage.colour(add__on=False) == [0, 100, 0]


def test_effects_that_stay_go_on_with_what_they_remember(stage: Stage) -> None:
    stage.effects = [("keep", 1)]
    first = [stage.colour()[0] for _ in range(2)]
    stage.effects = [("keep", 1), ("turn", 1)]
    assert 255 - stage.colour()[0] == pytest.approx(3 * first[0], abs=2)


def test_another_source_s_pictures_are_shaped_as_soon_as_it_has_one(stage: Stage) -> None:
    stage.shoot(plain(64, 36, (0, 100, 0)))
    stage.turn()
    stage.slot = 1
    assert stage.turn() is None
    number = stage.shoot(plain(64, 36, (200, 0, 0)), slot=1)
    frame = stage.turn()
    assert frame is not None
    assert (frame.origin, frame.pixels[0, 0].tolist()) == (number, [55, 255, 255])


def test_after_a_rest_the_picture_is_drawn_that_is_there(stage: Stage) -> None:
    assert stage.colour() == [255, 155, 255]
    stage.shaper.rest()
    stage.effects = [("add", 1)]
    frame = stage.turn()
    assert frame is not None
    assert frame.pixels[0, 0].tolist() == [51, 100, 0]
    assert stage.turn() is None


def test_effects_see_the_time_pass(stage: Stage) -> None:
    stage.effects = [("clock", 1)]
    colours = np.array([stage.colour() for _ in range(3)])
    assert np.abs(colours - [[0, 0, 0], [25.5, 25.5, 25.5], [51, 25.5, 51]]).max() <= 1


def test_effects_hear_the_sound(stage: Stage) -> None:
    stage.effects = [("ear", 1)]
    assert stage.colour() == [0, 0, 0]
    stage.shaper.hear(np.zeros(POINTS, np.float32), np.full(POINTS, 0.5, np.float32))
    assert stage.colour() == pytest.approx([128] * 3, abs=1)


def test_a_newer_version_takes_over_when_it_is_said_to_play(stage: Stage, tmp_path: Path) -> None:
    assert stage.colour() == [255, 155, 255]
    file = tmp_path / "shaders" / "turn.fs"
    file.write_text(file.read_text().replace("1.0 - ", "0.5 * "))
    assert stage.colour() == [255, 155, 255]
    stage.effects = [("turn", 2)]
    assert stage.colour() == [0, 50, 0]


def test_an_effect_that_can_not_play_is_left_out_with_a_notice(stage: Stage) -> None:
    stage.effects = [("wrong", 1), ("turn", 1), ("none", 1)]
    assert stage.colour() == [255, 155, 255]
    assert "wrong" in stage.shaper.notice
    assert "nothing" in stage.shaper.notice
    assert "none" in stage.shaper.notice


def test_what_a_new_effect_takes_to_be_ready_is_not_waited_for_in_a_show(stage: Stage) -> None:
    shaper: Any = stage.shaper
    assert stage.colour() == [255, 155, 255]
    shaper._patient = False
    stage.effects = [("turn", 1), ("add", 1)]
    colours = [stage.colour() for _ in range(12)]
    assert colours[0] == [255, 155, 255], "what plays goes on"
    stage.values[f"{PREFIX}/turn/on"] = False
    assert stage.colour(add__red=0.6) == [153, 100, 0]
