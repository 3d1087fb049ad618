"""`vj train look`: pairs of pictures become a look by name, in this process or beside a show."""

from pathlib import Path

import numpy as np
import pytest

from tests.quiet import quiet
from tests.running import vj, vj_fails
from tests.train.painted import Learners, frame, net, painted, save
from tests.train.test_look_weights import on_disk
from tests.waiting import until
from vj.base.clock import FakeClock
from vj.base.errors import BadInput, Unavailable
from vj.commands import train_look
from vj.commands.train_look import keep_pairs, pair_of, training_beside
from vj.train import look_file
from vj.train.look_file import Learned


class Ticking(FakeClock):
    """Moves on by a twentieth of a second whenever it is read."""

    def now(self) -> float:
        self.time += 0.05
        return self.time


@pytest.fixture(autouse=True)
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "library"
    monkeypatch.setenv("VJ_LIBRARY", str(folder))
    return folder


@pytest.fixture
def learners(monkeypatch: pytest.MonkeyPatch) -> Learners:
    made = Learners()
    monkeypatch.setattr(train_look, "make_learner", made)
    monkeypatch.setattr(train_look, "warm_up", lambda: None)
    return made


@pytest.fixture
def pairs(tmp_path: Path) -> list[str]:
    files = [save(tmp_path / f"{name}{seed}.png", make(frame(seed))) for seed in (0, 1) for name, make in MAKE.items()]
    return [f"{files[0]}={files[1]}", f"{files[2]}={files[3]}"]


MAKE = {"frame": lambda picture: picture, "painted": painted}


def test_two_pairs_become_a_look(pairs: list[str], learners: Learners, library: Path) -> None:
    parts: list[float | None] = []
    found = train_look.train(pairs, "mine", 3.0, lambda doing, part: parts.append(part), Ticking())
    assert len(learners.last.keyframes) == 2
    assert found.path == library / "models" / "mine.safetensors"
    assert found.seconds == pytest.approx(3.0, abs=0.2)
    assert on_disk() == found.steps > 20
    assert found.lines == [
        f"mine: {found.seconds:.1f} s, {found.steps} steps, error 12.0 of 255",
        str(found.path),
        "vj run --model mine plays it",
    ]
    known = [part for part in parts if part is not None]
    assert known == sorted(known)
    assert known[-1] == pytest.approx(1.0, abs=0.1)


def test_how_a_painted_file_was_fitted_is_printed(tmp_path: Path, learners: Learners) -> None:
    source, over = save(tmp_path / "a.png", frame()), save(tmp_path / "b.png", painted(frame())[:, 28:-28])
    found = train_look.train([f"{source}={over}"], "mine", 1.0, quiet, Ticking())
    assert found.lines[0] == "b.png is narrower than its frame: it is laid over the middle of it"


def test_names_of_files_may_have_an_equals_sign(tmp_path: Path) -> None:
    source, over = save(tmp_path / "a=b.png", frame()), save(tmp_path / "c=d.png", frame())
    assert pair_of(f"{source}={over}") == (source, over)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("frame.png", "'frame.png' is no pair of pictures; write KEYFRAME=PAINTED"),
        ("none.png=none2.png", "there is no file 'none.png'"),
        ("{there}=none.png", "there is no file 'none.png'"),
    ],
)
def test_what_is_no_pair_is_named(text: str, said: str, tmp_path: Path) -> None:
    there = save(tmp_path / "there.png", frame())
    with pytest.raises(BadInput) as error:
        pair_of(text.format(there=there))
    assert str(error.value) == said


@pytest.mark.parametrize("fault", ["blank", "same", "broken"])
def test_nothing_is_kept_of_files_from_which_nothing_can_be_learned(
    fault: str, pairs: list[str], tmp_path: Path, library: Path
) -> None:
    source, over = save(tmp_path / "a.png", frame()), tmp_path / "b.png"
    save(over, np.zeros((72, 128, 3), np.uint8) if fault == "blank" else frame())
    if fault == "broken":
        over.write_bytes(over.read_bytes()[:100])
    with pytest.raises(BadInput, match=r"b\.png"):
        keep_pairs([*pairs, f"{source}={over}"], "mine")
    assert not library.exists()


def test_a_look_of_that_name_is_never_overwritten(pairs: list[str], library: Path) -> None:
    look_file.write("mine", net(7.0).state_dict(), Learned())
    with pytest.raises(BadInput, match="a look 'mine' exists already; call it otherwise, such as 'mine-2'"):
        keep_pairs(pairs, "mine")
    assert on_disk() == 7.0


def test_ctrl_c_keeps_what_was_learned(pairs: list[str], learners: Learners) -> None:
    def interrupt(doing: str, part: float | None) -> None:
        if part and part > 0.5:
            raise KeyboardInterrupt

    found = train_look.train(pairs, "mine", 4.0, interrupt, Ticking())
    assert found.seconds == pytest.approx(2.0, abs=0.3)
    assert on_disk() == found.steps > 10


def test_a_disk_that_can_not_be_written_is_named(pairs: list[str], learners: Learners, library: Path) -> None:
    library.mkdir()
    (library / "models").write_text("a file where the folder should be")
    with pytest.raises(Unavailable, match=r"mine was not learned: can't write .*mine\.safetensors"):
        train_look.train(pairs, "mine", 1.0, quiet, Ticking())


def test_the_command(pairs: list[str], library: Path) -> None:
    """In the process of the command, which learns half a second; the same once more is refused."""
    said = vj("train", "look", *pairs, "--name", "mine", "--seconds", "0.5").splitlines()
    assert said[0].startswith("mine: ")
    assert said[1:] == [str(library / "models" / "mine.safetensors"), "vj run --model mine plays it"]
    assert "such as 'mine-2'" in vj_fails("train", "look", pairs[0], "--name", "mine")


def test_it_is_trained_beside_a_show(pairs: list[str]) -> None:
    """From the first weights on, by a process that leaves with the show."""
    with training_beside(pairs, "mine", 60.0, quiet) as remarks:
        assert remarks == []
        first = look_file.read("mine")
        assert first
        until(lambda: (found := look_file.read("mine")) and found[1].steps > first[1].steps)
    steps = [found[1].steps for _ in range(2) if (found := look_file.read("mine"))]
    assert steps[0] == steps[1] > first[1].steps
