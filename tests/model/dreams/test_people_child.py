"""The process that finds people: which pictures it looks at, what it publishes, and what it says."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from vj.base.errors import Unavailable
from vj.base.frame import Pixels, Size
from vj.child.latest_frame import LatestFrame
from vj.child.slot_reader import picture_number
from vj.layers.people_worker import MASK_ROOM
from vj.model.dreams.masks import Segmenter
from vj.model.dreams.people_child import PeopleTurns
from vj.model.runtime.compiled_network import Floats

SIZE = Size(64, 36)


class Stage:
    """Two sources, and what looks at them: people are where a picture is white."""

    def __init__(self) -> None:
        self.slots = [LatestFrame.create(*SIZE, readers=1) for _ in range(2)]
        self.masks = LatestFrame.create(*MASK_ROOM, readers=1)
        self.read = self.masks.reader(0)
        self.turns = PeopleTurns(self.slots, 0, self.masks, self.find)
        self.searches = 0
        self.works = True

    def find(self, picture: Pixels) -> Floats:
        assert picture.shape == (144, 256, 3)
        self.searches += 1
        if not self.works:
            raise Unavailable("it isn't here")
        return picture[..., 0].astype(np.float32) / 255.0

    def shoot(self, left: int, right: int, slot: int = 0) -> None:
        writer = self.slots[slot].writer()
        pixels = writer.begin(SIZE.height, SIZE.width)
        pixels[:, :32], pixels[:, 32:] = left, right
        writer.publish(1.0, picture_number(slot, self.slots[slot].published + 1))

    def turn(self, at: float, slot: int = 0) -> tuple[int, int] | None:
        """The left and the right side of the mask, if a new one was published."""
        self.turns.take_turn(slot, at)
        frame = self.read.newest()
        if frame is None:
            return None
        assert np.all(frame.pixels == frame.pixels[..., :1]), "it is grey"
        return int(frame.pixels[72, 20, 0]), int(frame.pixels[72, -20, 0])

    def close(self) -> None:
        for memory in (*self.slots, self.masks):
            memory.close()


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.close()


def test_the_mask_is_white_where_people_are(stage: Stage) -> None:
    assert stage.turn(1.0) is None, "there is no picture yet"
    stage.shoot(255, 0)
    assert stage.turn(1.1) == (255, 0)
    assert stage.masks.published == 1
    assert stage.turns.notice == ""


def test_it_looks_ten_times_a_second_and_follows_smoothly(stage: Stage) -> None:
    stage.shoot(255, 0)
    assert stage.turn(1.0) == (255, 0)
    stage.shoot(0, 255)
    assert stage.turn(1.04) is None, "it looked a moment ago"
    assert stage.searches == 1
    at, seen = 1.12, []
    for _ in range(40):
        if mask := stage.turn(at):
            seen.append(mask[1])
        at += 0.03
    assert seen == sorted(seen)
    assert 0 < seen[0] < 150
    assert seen[-1] == 255
    assert len(seen) < 40, "a mask that stays isn't published again"
    assert stage.searches <= 13


def test_another_source_is_looked_at_at_once_and_as_soon_as_it_has_a_picture(stage: Stage) -> None:
    stage.shoot(255, 0)
    assert stage.turn(1.0) == (255, 0)
    assert stage.turn(1.02, slot=1) is None
    stage.shoot(0, 255, slot=1)
    assert stage.turn(1.04, slot=1) == (0, 255)


def test_after_a_rest_it_begins_anew(stage: Stage) -> None:
    stage.shoot(255, 0)
    stage.turn(1.0)
    stage.turns.begin_again()
    stage.shoot(0, 255)
    assert stage.turn(1.01) == (0, 255)


def test_while_the_search_fails_the_last_mask_stays(stage: Stage) -> None:
    stage.works = False
    stage.shoot(255, 0)
    assert stage.turn(1.0) is None
    assert (stage.turns.failed, stage.turns.notice) == (True, "it isn't here")
    stage.works = True
    assert stage.turn(2.0) is None, "a try may take long"
    assert stage.turn(30.0) == (255, 0)
    stage.works = False
    assert stage.turn(31.0) is None
    assert stage.masks.published == 1


def test_it_says_when_it_sees_no_one(stage: Stage) -> None:
    stage.shoot(0, 0)
    assert stage.turn(1.0) == (0, 0)
    assert stage.turns.notice == "no person seen"


def test_what_is_missing_is_not_fetched_in_a_show(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("vj.model.files.weights.cache", lambda name: tmp_path)
    with pytest.raises(Unavailable, match="vj models fetch people"):
        Segmenter(fetches=False)(np.zeros((144, 256, 3), np.uint8))
