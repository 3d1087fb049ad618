"""What a performer asks for while a show plays: keep, paint, go, stop, undo; and what is wrong with it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.train.painted import FakeLearner, Learners, cut_short, frame, painted, save
from tests.train.test_look_weights import on_disk
from vj.base.clock import FakeClock
from vj.base.frame import Pixels
from vj.model.files import manifest
from vj.train import look_file
from vj.train.look_training import LookTraining

STEP = 0.05


class Show:
    """Commands a training as a show does, and notes what it tells."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock, self.learners = clock, Learners()
        self.told: dict[str, Any] = {}
        self.source: Pixels | None = frame()
        self.is_warm = True
        self.training = LookTraining(self, self.learners, lambda: self.source, lambda: self.is_warm)

    def tell(self, **status: object) -> None:
        self.told |= status

    def do(self, do: str, name: str = "mine", **more: object) -> None:
        self.training.do({"do": do, "name": name, **more}, self.clock.now())

    def play(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP)):
            self.training.turn(self.clock.now())
            self.clock.sleep(STEP)

    def keep_and_paint(self, name: str = "mine") -> Path:
        self.do("keep", name)
        self.play(STEP)
        kept = Path(self.told["kept"])
        save(kept, painted(np.asarray(Image.open(kept))))
        return kept

    @property
    def last(self) -> FakeLearner:
        return self.learners.last


@pytest.fixture
def show(clock: FakeClock) -> Show:
    return Show(clock)


def test_from_a_kept_frame_to_a_model_by_name(show: Show, library: Path) -> None:
    show.play(0.2)
    assert (show.told["state"], show.told["look"]) == ("ready", "")
    kept = show.keep_and_paint()
    assert kept == library / "looks" / "mine" / "01.png"
    show.play(0.3)
    assert (show.told["state"], show.told["look"], show.told["keyframes"]) == ("kept", "mine", 1)
    show.do("go")
    show.play(2.0)
    assert (show.told["state"], show.told["mean_error"], show.told["notice"]) == ("learning", 12.0, "")
    assert show.told["seconds"] == pytest.approx(2.0, abs=0.3)
    assert show.told["steps"] == pytest.approx(40, abs=5)
    show.do("stop")
    show.play(0.2)
    assert show.told["state"] == "stopped"
    assert on_disk() == show.last.steps
    assert manifest.beside(look_file.path_of("mine")).licence == "the performer's own"


def test_a_second_frame_adds_up_while_it_learns(show: Show) -> None:
    show.keep_and_paint()
    show.do("go")
    show.play(1.0)
    show.source = frame(1)
    assert show.keep_and_paint().name == "02.png"
    show.play(0.5)
    assert show.told["keyframes"] == len(show.last.keyframes) == 2
    assert len(show.learners.made) == 1


def test_go_waits_for_something_painted(show: Show) -> None:
    show.do("keep")
    show.do("go")
    show.play(0.5)
    assert (show.told["state"], show.learners.made) == ("kept", [])
    assert show.told["notice"] == "nothing is painted yet for mine: paint over 01.png and save it"
    save(Path(show.told["kept"]), painted(frame()))
    show.play(0.5)
    assert (show.told["state"], show.told["notice"]) == ("learning", "")


def test_a_frame_is_kept_before_the_libraries_are_there_and_learned_afterwards(show: Show) -> None:
    show.is_warm = False
    show.keep_and_paint()
    show.do("go")
    show.play(1.0)
    assert (show.told["state"], show.told["keyframes"], show.learners.made) == ("cold", 1, [])
    assert show.told["patience"] == 60.0, "libraries that are loaded may hold all threads up"
    show.is_warm = True
    show.play(0.5)
    assert (show.told["state"], show.told["patience"]) == ("learning", 0.0)


def test_the_source_shows_nothing(show: Show) -> None:
    show.source = None
    show.do("keep")
    show.play(2.0)
    show.source = frame()
    show.play(0.2)
    assert show.told["kept"], "it was only late"
    show.source = None
    show.do("keep")
    show.play(4.0)
    assert "there is no picture to keep" in show.told["notice"]


def test_a_file_is_painted_over_the_last_frame_that_waits(show: Show, tmp_path: Path) -> None:
    show.do("keep")
    show.source = frame(1)
    show.do("keep")
    show.do("painted", path=str(save(tmp_path / "drop.jpg", painted(frame(1)))))
    show.play(0.5)
    assert show.told["keyframes"] == 1
    assert (Path(show.told["kept"]).parent / "02.jpg").is_file()
    show.do("painted", path=str(save(tmp_path / "drop.png", painted(frame()))))
    show.play(0.5)
    assert show.told["keyframes"] == 2


def test_a_file_without_a_frame_is_painted_over_what_plays_now(show: Show, tmp_path: Path) -> None:
    show.do("painted", path=str(save(tmp_path / "drop.png", painted(frame()))))
    show.play(0.5)
    assert show.told["keyframes"] == 1
    assert np.array_equal(np.asarray(Image.open(Path(show.told["kept"]).parent / "01-source.png")), frame())


def test_a_dropped_file_may_still_be_being_saved(show: Show, tmp_path: Path) -> None:
    path = cut_short(tmp_path / "drop.png", painted(frame()))
    show.do("painted", path=str(path))
    show.play(1.0)
    assert show.told["keyframes"] == 0
    save(path, painted(frame()))
    show.play(0.5)
    assert (show.told["keyframes"], show.told["notice"]) == (1, "")


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "there is no file"), (b"no picture", "can't be read as a picture"), ("blank", "is blank")],
)
def test_a_dropped_file_that_is_no_painting_is_named(
    content: bytes | str | None, said: str, show: Show, tmp_path: Path
) -> None:
    path = tmp_path / "drop.png"
    if content == "blank":
        save(path, np.zeros((72, 128, 3), np.uint8))
    elif isinstance(content, bytes):
        path.write_bytes(content)
    show.do("painted", path=str(path))
    show.play(4.0)
    assert said in show.told["notice"]
    assert show.told["keyframes"] == 0


def test_a_pair_of_files_is_learned_and_not_twice(show: Show, tmp_path: Path) -> None:
    pair = {
        "source": str(save(tmp_path / "a.png", frame())),
        "painted": str(save(tmp_path / "b.png", painted(frame()))),
    }
    for _ in range(2):
        show.do("keyframe", **pair)
    show.do("go", anew=True)
    show.play(0.5)
    assert (show.told["state"], show.told["keyframes"]) == ("learning", 1)


def test_undo_goes_back_and_rests_and_go_goes_on_from_there(show: Show) -> None:
    show.keep_and_paint()
    show.do("go")
    show.play(6.0)
    show.do("undo", seconds=3.0)
    show.play(0.3)
    assert (show.told["state"], show.told["seconds"]) == ("stopped", pytest.approx(2.8, abs=0.5))
    assert on_disk() == pytest.approx(3.0 / STEP, abs=15)
    back = on_disk()
    show.do("go")
    show.play(1.0)
    assert show.told["state"] == "learning"
    assert on_disk() > back


def test_nothing_to_stop_or_undo_is_said(show: Show) -> None:
    for what in ("stop", "undo"):
        show.do(what)
        show.play(0.2)
        assert show.told["notice"] == "no look is learned yet: there is nothing to stop or to undo"


def test_go_again_changes_nothing(show: Show) -> None:
    show.keep_and_paint()
    for _ in range(3):
        show.do("go", anew=True)
        show.play(1.0)
    assert len(show.learners.made) == 1
    assert show.told["seconds"] > 2.5


def test_it_stops_by_itself(show: Show) -> None:
    show.keep_and_paint()
    show.do("go", seconds=1.5)
    show.play(3.0)
    assert (show.told["state"], show.told["seconds"]) == ("stopped", pytest.approx(1.5, abs=0.1))


def test_another_look_leaves_the_first_as_it_is(show: Show) -> None:
    show.keep_and_paint("one")
    show.do("go", "one")
    show.play(2.0)
    steps = show.last.steps
    show.keep_and_paint("two")
    assert on_disk("one") == steps
    show.do("go", "two")
    show.play(1.0)
    assert show.told["look"] == "two"
    assert show.last.start is None
    assert on_disk("one") == steps
    show.do("go", "one")
    show.play(0.5)
    assert on_disk("one") > steps, "it goes on learning"


@pytest.mark.parametrize("do", ["keep", "painted", "go"])
def test_a_model_of_the_same_name_is_never_overwritten(do: str, show: Show, library: Path) -> None:
    own = library / "models" / "mine.safetensors"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"a model of another kind")
    show.do(do)
    show.play(0.5)
    assert show.told["notice"] == "a look 'mine' exists already; call it otherwise, such as 'mine-2'"
    assert own.read_bytes() == b"a model of another kind"
    assert not (library / "looks").exists()


@pytest.mark.parametrize("name", ["", "../out", "a/b", "style26"])
def test_a_bad_name_is_refused_and_what_is_learned_goes_on(name: str, show: Show, library: Path) -> None:
    show.keep_and_paint()
    show.do("go")
    show.play(0.5)
    show.do("go", name)
    show.play(0.5)
    assert "called" in show.told["notice"] or "catalogue" in show.told["notice"]
    assert (show.told["look"], show.told["state"]) == ("mine", "learning")


def test_a_look_whose_file_is_broken_is_named_and_left_alone(show: Show) -> None:
    show.keep_and_paint()
    path = look_file.path_of("mine")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"broken")
    show.do("go")
    show.play(0.5)
    assert "mine.safetensors" in show.told["notice"]
    assert path.read_bytes() == b"broken"
    show.do("go", anew=True)
    show.play(0.5)
    assert show.told["state"] == "learning"


def test_a_look_is_learned_once_at_a_time(show: Show, clock: FakeClock) -> None:
    show.keep_and_paint()
    show.do("go")
    show.play(0.5)
    other = Show(clock)
    other.do("go")
    other.play(0.5)
    assert other.told["notice"] == "mine is learned by another training already: stop that one first"
    assert (other.told["state"], other.learners.made) == ("kept", [])
    show.training.close()
    other.do("go")
    other.play(0.5)
    assert other.told["state"] == "learning"


def test_a_process_in_place_of_a_killed_one_knows_what_to_go_on_with(show: Show, clock: FakeClock) -> None:
    show.keep_and_paint()
    show.do("go", seconds=20.0)
    show.play(2.0)
    assert show.told["resume"] == {"look": "mine", "goes": True, "seconds": 20.0}
    seconds = show.told["seconds"]
    show.training._lock.release()  # type: ignore[union-attr] - as the system does for a process that was killed
    other = Show(clock)
    other.do("go", show.told["resume"]["look"])
    other.play(0.3)
    assert other.told["seconds"] >= seconds - 0.3
    show.do("stop")
    show.play(0.2)
    assert not show.told["resume"]["goes"]


@pytest.mark.parametrize("what", ["stop", "undo"])
def test_a_process_in_place_of_a_killed_one_stops_though_its_libraries_are_not_there_yet(
    what: str, show: Show, clock: FakeClock
) -> None:
    show.keep_and_paint()
    show.do("go")
    show.play(2.0)
    learned = on_disk()
    show.training._lock.release()  # type: ignore[union-attr] - as the system does for a process that was killed
    other = Show(clock)
    other.is_warm = False
    other.do("go")
    other.do(what, number=7)
    other.play(0.3)
    assert (other.told["obeyed"], other.told["notice"]) == (0, "")
    other.is_warm = True
    other.play(0.3)
    assert (other.told["state"], other.told["obeyed"], other.told["notice"]) == ("stopped", 7, "")
    assert (on_disk(), other.learners.made, other.told["resume"]["goes"]) == (learned, [], False)


def test_go_goes_on_though_a_stop_still_waits_for_the_libraries(show: Show, clock: FakeClock) -> None:
    show.keep_and_paint()
    show.do("go")
    show.play(2.0)
    show.training._lock.release()  # type: ignore[union-attr] - as the system does for a process that was killed
    other = Show(clock)
    other.is_warm = False
    for what in ("go", "stop", "go"):
        other.do(what)
    other.is_warm = True
    other.play(0.3)
    assert other.told["state"] == "learning"


def test_a_disk_that_is_full_is_named_and_the_show_is_unmoved(show: Show, library: Path) -> None:
    library.mkdir()
    (library / "looks").write_text("a file where the folder should be")
    show.do("keep")
    show.play(4.0)
    assert "can't write" in show.told["notice"]
    assert show.told["kept"] == ""
    (library / "looks").unlink()
    show.keep_and_paint()
    (library / "models").write_text("a file where the folder should be")
    show.do("go")
    show.play(1.0)
    assert show.told["state"] == "learning"
    assert "it goes on learning" in show.told["notice"]
    show.do("stop")
    show.play(0.5)
    assert "the look is in memory only" in show.told["notice"]
    (library / "models").unlink()
    show.do("stop")
    assert on_disk() == show.last.steps


def test_it_writes_everything_when_it_is_closed(show: Show) -> None:
    show.keep_and_paint()
    show.do("go")
    show.play(1.0)
    show.training.close()
    assert on_disk() == show.last.steps


def test_it_tells_a_command_as_obeyed_once_nothing_is_left_to_do(show: Show) -> None:
    """A process that replaces this one gets the others again."""
    show.source = None
    show.do("keep", number=1)
    show.do("stop", number=2)
    show.play(1.0)
    assert show.told["obeyed"] == 0, "there is no picture to keep yet"
    show.source = frame()
    show.play(0.2)
    assert show.told["obeyed"] == 2
    assert show.told["kept"]
