"""A layer whose source changes: what it shows until the next clip's picture is there, and from where engines read."""

import moderngl
import pytest

from tests.layers.made import BLUE, GREEN, RED, SIZE, MadeLayer
from vj.base.frame import Size
from vj.child.slot_reader import picture_number
from vj.gl.canvas import Canvas
from vj.layers.clip_pool import OpenedClip
from vj.layers.layer_worker import LayerWorker
from vj.layers.source_slots import SOURCE_TO_BANK
from vj.model.files.library import SLOT

SLOT_OF_B = 3


class Bank:
    """A layer with a second source, in slot 3."""

    def __init__(self, canvas: Canvas) -> None:
        self.made = MadeLayer(canvas)
        self.layer = self.made.layer
        first = self.made.source
        other = self.made._worker("source", first.values)
        self.other = LayerWorker(other.child, other.output, first.values, first.prefix, slot=SLOT_OF_B)
        self._writer = self.other.output.writer()

    def shoot(self, colour: tuple[int, int, int], captured: float, size: Size = SIZE) -> int:
        """The second source gives a picture; returns its number."""
        self._writer.begin(size.height, size.width)[:] = colour
        number = picture_number(SLOT_OF_B, self.other.output.published + 1)
        self._writer.publish(captured, number)
        return number

    def switch(self) -> None:
        clips = self.layer.clips
        clips.playing = OpenedClip("movie:b", self.other, clips.playing.owner, 0, players={1})


@pytest.fixture
def bank(ctx: moderngl.Context) -> Bank:
    return Bank(Canvas(ctx, SIZE))


def close_to(seen: object, colour: tuple[int, ...]) -> bool:
    return seen == pytest.approx(colour, abs=3)


def test_without_a_model_s_picture_the_next_clip_is_seen_at_once(bank: Bank) -> None:
    bank.made.shoot(RED)
    bank.made.frame(strength=0.0)
    assert close_to(bank.made.shown(), RED)
    bank.shoot(BLUE, captured=50.0)
    bank.switch()
    bank.made.frame()
    assert close_to(bank.made.shown(), BLUE)
    assert bank.made.captured == bank.made.now, "the time for which it waited isn't its age"


def test_the_result_stays_until_the_first_one_from_the_next_clip(bank: Bank) -> None:
    bank.made.model(RED, of=bank.made.shoot(GREEN))
    bank.made.frame()
    number = bank.shoot(BLUE, captured=50.0)
    bank.switch()
    bank.made.frame()
    assert close_to(bank.made.shown(), RED)
    assert bank.made.bank.own[SLOT] == SLOT_OF_B, "there the engine reads"
    launched = bank.made.now
    bank.made.model(GREEN, of=number, captured=50.0)
    bank.made.frame()
    assert close_to(bank.made.shown(), GREEN)
    assert bank.layer.pictures.result_captured == launched, "the time for which it waited isn't its age"
    assert bank.layer.rung == "model"


def test_the_result_keeps_its_shape_until_then(bank: Bank) -> None:
    bank.made.model(RED, of=bank.made.shoot(GREEN))
    bank.made.frame()
    number = bank.shoot(BLUE, captured=50.0, size=Size(16, 36))
    bank.switch()
    bank.made.frame()
    assert bank.layer.pictures._shape == SIZE
    bank.made.model(GREEN, of=number)
    bank.made.frame()
    assert bank.layer.pictures._shape == (16, 36)


def test_pictures_of_the_same_number_in_two_slots_are_told_apart(bank: Bank) -> None:
    bank.made.model(GREEN, of=bank.made.shoot(RED))
    bank.made.frame(strength=0.5)
    mixed = tuple((red + green) // 2 for red, green in zip(RED, GREEN, strict=True))
    assert close_to(bank.made.shown(), mixed)
    bank.shoot(BLUE, captured=50.0)
    bank.switch()
    bank.made.frame()
    assert close_to(bank.made.shown(), mixed), "a result is mixed with the picture that it was made from"


@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_a_transition_begins_when_the_picture_changes(bank: Bank, strength: float) -> None:
    begun: list[float] = []
    bank.layer.target.begin_transition = lambda: begun.append(bank.made.now)  # type: ignore[method-assign]
    bank.made.model(RED, of=bank.made.shoot(GREEN))
    bank.made.frame(strength=strength)
    begun.clear()
    number = bank.shoot(BLUE, captured=50.0)
    bank.switch()
    bank.made.frame()
    at_once = list(begun)
    bank.made.model(GREEN, of=number)
    bank.made.frame()
    assert (len(at_once), len(begun)) == ((1, 1) if strength == 0.0 else (0, 1))
    assert bank.layer.pictures._result_of == number


def test_in_a_freeze_nothing_changes_until_it_is_over(bank: Bank) -> None:
    bank.made.shoot(RED)
    bank.made.frame(strength=0.0)
    bank.made.frame(frozen=True)
    bank.shoot(BLUE, captured=50.0)
    bank.switch()
    bank.made.frame(frozen=True)
    assert close_to(bank.made.shown(), RED)
    bank.made.frame()
    assert close_to(bank.made.shown(), BLUE)


def test_what_was_missed_is_counted_from_the_launch_on(bank: Bank) -> None:
    bank.made.shoot(RED)
    bank.made.frame()
    for _ in range(30):
        bank.shoot(BLUE, captured=50.0)
    bank.switch()
    bank.made.frame()
    assert bank.layer.source.dropped(0) == 0


def test_the_statistics_are_those_of_all_clips_while_they_played(bank: Bank) -> None:
    bank.layer.model.reader_number = SOURCE_TO_BANK
    bank.made.shoot(RED)
    bank.layer.start_counting()
    for colour in (RED, GREEN, BLUE):  # of which the last is seen, and the engine gets none
        bank.made.shoot(colour)
    bank.made.frame()
    for _ in range(5):
        bank.shoot(RED, captured=50.0)
    bank.other.child.restarts = 2  # all of this before it is launched
    assert bank.layer.source_counts == (3, 0, 2, 0)
    bank.made.source.child.restarts = 1
    bank.switch()
    bank.made.frame()
    assert bank.layer.source_counts == (3, 0, 2, 1)
    for _ in range(4):
        bank.shoot(RED, captured=50.0)
    bank.other.child.restarts = 3
    bank.made.frame()
    reader = bank.other.output.reader(bank.layer.model.reader_number)
    reader.newest()
    assert bank.layer.source_counts == (7, 3, 4, 2)
