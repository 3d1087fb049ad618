"""A look is learned step by step, and whatever goes wrong is named while the last weights stay."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.train.painted import FakeLearner, Learners, frame, painted, value_of
from tests.train.test_look_weights import on_disk
from vj.base.clock import FakeClock
from vj.train import look_file
from vj.train.keyframe import Keyframe
from vj.train.look_file import Learned
from vj.train.look_learner import Diverged
from vj.train.look_run import LookRun, flat_error

STEP = 0.05


class Running:
    """A run of a look from one painted frame, or from more."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock, self.learners = clock, Learners()
        self.frames = {1: Keyframe(frame(), painted(frame()))}
        self.run = LookRun("mine", self.learners)

    def go(self, seconds: float) -> Iterator[float]:
        """Steps until ``seconds`` have passed; what is on disk after each."""
        for _ in range(round(seconds / STEP)):
            self.run.step(self.frames, self.clock.now())
            self.clock.sleep(STEP)
            yield on_disk()

    def learn(self, seconds: float) -> None:
        list(self.go(seconds))

    @property
    def last(self) -> FakeLearner:
        return self.learners.last


@pytest.fixture
def running(clock: FakeClock) -> Running:
    return Running(clock)


def test_the_first_weights_are_there_at_once_and_new_ones_several_times_a_second(running: Running) -> None:
    seen = list(running.go(2.0))
    assert seen[0] == -1.0, "found in closed form"
    assert len(set(seen)) >= 7
    assert seen == [-1.0, *sorted(seen[1:])]
    assert running.run.learned.steps == running.last.steps == 39
    assert running.run.learned.seconds == pytest.approx(39 * STEP)
    assert running.run.error == 12.0
    assert not running.run.notice


def test_they_are_written_less_often_once_they_hardly_change(running: Running) -> None:
    running.learn(0.1)
    running.run.learned = Learned(70.0, 2000)
    assert len(set(running.go(4.0))) <= 6


def test_it_goes_on_where_it_was_killed(running: Running) -> None:
    running.learn(3.0)
    kept, learners = on_disk(), Learners()
    again = LookRun("mine", learners)
    assert again.learned.seconds == pytest.approx(3.0, abs=0.5)
    again.step(running.frames, running.clock.now())
    assert learners.last.start
    assert value_of(learners.last.start) == kept
    assert learners.last.learned == again.learned.seconds
    assert on_disk() == kept, "no first guess in between"
    again.step(running.frames, running.clock.now())
    again.rest()
    assert on_disk() == kept + 1.0


def test_keyframes_are_added_and_painted_again_while_it_learns(running: Running) -> None:
    running.frames[3] = Keyframe(frame(3), painted(frame(3)))
    running.learn(0.2)
    other = Keyframe(frame(2), painted(frame(2)))
    running.run.follow({2: other, 3: other})
    assert [one is other for one in running.last.keyframes] == [False, True, True]
    assert len(running.learners.made) == 1


def test_a_look_that_rested_learns_new_frames_as_quickly_as_at_first(running: Running) -> None:
    running.learn(30.0)
    running.run.rest()
    running.frames[2] = Keyframe(frame(2), painted(frame(2)))
    running.learn(0.2)
    assert running.last.learned == 2.0
    assert running.run.learned.seconds > 30.0, "what is said of it is the truth"


def test_the_newest_weights_are_written_when_it_rests(running: Running) -> None:
    running.learn(1.01)
    running.run.rest()
    assert on_disk() == running.last.steps
    running.learn(4.0)
    running.run.rest(2.0)
    assert 2 / STEP - 15 < on_disk() < 2 / STEP + 5 + 1 / STEP


@pytest.mark.parametrize("said", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory")])
def test_memory_is_full(said: Exception, running: Running) -> None:
    running.learn(1.0)
    before = on_disk()
    running.last.raises = [said]
    assert set(running.go(1.9)) <= {before, before + 4}
    assert "memory is full: the look rests as it is, and goes on learning in 2 s" in running.run.notice
    running.learners.raises = [MemoryError()]
    running.learn(0.5)
    assert "in 5 s" in running.run.notice
    running.learn(6.0)
    assert len(running.learners.made) == 2
    assert on_disk() > before
    assert not running.run.notice


def test_memory_is_full_at_the_very_beginning(running: Running) -> None:
    running.learners.raises = [MemoryError()]
    running.run.step(running.frames, running.clock.now())
    assert "memory is full" in running.run.notice
    assert look_file.read("mine") is None
    running.clock.sleep(3.0)
    running.learn(1.0)
    assert on_disk() > 0


def test_another_error_is_one_for_the_supervisor(running: Running) -> None:
    running.learn(1.0)
    running.last.raises = [RuntimeError("a driver is gone")]
    with pytest.raises(RuntimeError, match="driver"):
        running.learn(0.1)


def test_numbers_run_away(running: Running) -> None:
    running.learn(1.0)
    running.last.raises = [Diverged("no numbers")]
    running.learn(1.0)
    assert "no numbers any more: it goes on from the last good ones" in running.run.notice
    running.learn(6.0)
    assert not running.run.notice
    assert np.isfinite(on_disk())


def test_numbers_run_away_again_and_again(running: Running) -> None:
    running.learn(1.0)
    before = on_disk()
    running.last.raises = [Diverged("no numbers")] * 10
    running.learn(1.0)
    assert running.run.given_up
    assert "learning has ended" in running.run.notice
    assert on_disk() == before


def test_an_average_that_is_no_number_is_never_played(running: Running) -> None:
    running.learn(1.0)
    running.last.average.base.weight.data.fill_(float("nan"))
    seen = set(running.go(1.0))
    assert np.isfinite(list(seen)).all()
    assert "no numbers any more" in running.run.notice
    assert len(running.learners.made) == 2, "another learner goes on from the last good weights"


def test_a_disk_that_is_full(running: Running, library: Path) -> None:
    library.mkdir()
    (library / "models").write_text("a file where the folder should be")
    for _ in range(40):
        running.run.step(running.frames, running.clock.now())
        running.clock.sleep(STEP)
    assert running.last.steps == 39
    assert "can't write" in running.run.notice
    assert "the look is in memory only; it goes on learning" in running.run.notice
    (library / "models").unlink()
    for _ in range(10):
        running.run.step(running.frames, running.clock.now())
        running.clock.sleep(STEP)
    assert on_disk() > 40
    assert not running.run.notice


def test_a_painted_file_that_has_nothing_to_do_with_its_frame(running: Running) -> None:
    running.frames[1] = Keyframe(frame(), painted(frame(7)))
    running.learn(1.0)
    running.last.error = 0.7 * flat_error(running.frames[1])
    running.learn(3.0)
    assert not running.run.notice, "it is too soon to tell"
    running.learn(2.0)
    assert "the error stays high" in running.run.notice
    assert "doesn't seem to be of its frame" in running.run.notice
    running.last.error = 5.0
    running.learn(1.0)
    assert running.run.notice, "in the end it is learned by heart"
    running.run.follow({1: Keyframe(frame(), painted(frame()))})
    assert not running.run.notice


def test_a_look_that_is_hard_to_learn_is_none_of_another_frame(running: Running) -> None:
    running.learn(1.0)
    running.last.error = 0.9 * flat_error(running.frames[1])
    running.learn(6.0)
    assert not running.run.notice, "its edges lie where those of the frame do"


def test_one_colour_over_a_part_is_no_picture_of_another_frame(running: Running) -> None:
    mask = np.zeros(frame().shape[:2], bool)
    mask[:30] = True
    running.frames[1] = Keyframe(frame(), np.full_like(frame(), 90), mask)
    running.learn(1.0)
    running.last.error = 3.0
    running.learn(6.0)
    assert not running.run.notice


def test_it_asks_for_another_frame_once_one_is_learned(running: Running) -> None:
    running.learn(0.1)
    running.run.learned = Learned(21.0, 600)
    assert "keep and paint another one" in running.run.notice
    running.run.follow({2: Keyframe(frame(2), painted(frame(2)))})
    assert not running.run.notice


def test_the_error_of_a_flat_colour() -> None:
    black, half = np.zeros((8, 8, 3), np.uint8), np.zeros((8, 8, 3), np.uint8)
    half[:4] = 100
    assert flat_error(Keyframe(black, half)) == 50.0
    mask = np.zeros((8, 8), bool)
    mask[:4] = True
    assert flat_error(Keyframe(black, half, mask)) == 0.0
