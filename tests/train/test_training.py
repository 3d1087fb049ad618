"""The loop: going on from a checkpoint, going back from numbers that ran away, full disks, what lies in the folder."""

import errno
import math
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tests.train.sets import InMemory, drawn_pairs
from tests.train.test_methods import CPU, KINDS, small
from vj.base.errors import BadInput, NotInstalled, Unavailable
from vj.base.paths import library
from vj.train import training_files
from vj.train.batches import Batches, shown_pictures
from vj.train.checkpoint_state import read_checkpoint
from vj.train.metrics import HELD_OUT, Metrics
from vj.train.model_files import DataCredit
from vj.train.process_group import ProcessGroup
from vj.train.training import Training, TrainingFailed, TrainingLimits, TrainingReport
from vj.train.training_files import CHECKPOINT, TrainingFiles, check_unused, checked_name, newest_checkpoint

PAIRS = InMemory(drawn_pairs(5))
LARGE_PAIRS = InMemory(drawn_pairs(5, 64))


@pytest.fixture(autouse=True)
def _library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VJ_LIBRARY", str(tmp_path))


class Ticking:
    """A clock that moves on by ``step`` seconds whenever it is read."""

    def __init__(self, step: float = 0.0) -> None:
        self.time, self.step = 100.0, step

    def __call__(self) -> float:
        self.time += self.step
        return self.time


def training(name: str, steps: int, method: str = "pix2pix", clock: Ticking | None = None, **other: object) -> Training:
    settings = small(method, **other)
    learner = KINDS[method](settings, CPU, ProcessGroup())
    pairs = LARGE_PAIRS if settings.side == 64 else PAIRS
    batches = Batches(pairs, settings.batch, settings.seed)
    files = TrainingFiles(name, DataCredit("pictures", "CC0", "made here", "canny", {"condition/invert": True}))
    return Training(learner, batches, shown_pictures(pairs, 2), files, TrainingLimits(steps), clock or Ticking())


def losses(name: str) -> dict[int, list[float]]:
    rows = (library("training", name) / "metrics.csv").read_text().splitlines()[1:]
    return {int(row.split(",")[0]): [float(cell) for cell in row.split(",")[3:-1]] for row in rows}


@pytest.mark.parametrize("method", ["pix2pix", "cyclegan", "cut"])
def test_a_stopped_training_goes_on_as_if_it_had_not_been(method: str) -> None:
    """Dropout, order, the pictures of pools, moments: all of it comes from the checkpoint, step by step."""
    layout = {"generator": {"filters": 2, "levels": 6, "kind": "batch", "bias": False}, "side": 64}
    other = layout if method == "pix2pix" else {"pool": 2}
    training("whole", 7, method, **other).run()

    def killed(report: TrainingReport) -> None:
        if report.step == 4:
            torch.manual_seed(99)
            raise KeyboardInterrupt

    first = training("broken", 7, method, **other)
    first._watch = killed
    with pytest.raises(KeyboardInterrupt):
        first.run()
    state = newest_checkpoint("broken")
    assert state is not None
    assert state.step == 4
    second = training("broken", 7, method, **other)
    second.restore(state)
    second._files.metrics.resume(state.step)
    assert second.run().step == 7
    found, wanted = losses("broken"), losses("whole")
    assert list(found) == list(wanted) == [1, 2, 3, 4, 5, 6, 7]
    for step, numbers in wanted.items():
        assert np.allclose(found[step], numbers, atol=1e-5), step


def test_numbers_that_run_away_are_named_and_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    learner = training("wild", 6, "unet", Ticking(3.0))
    usual, rates = learner.method.step, []

    def step(*given: object) -> dict[str, torch.Tensor]:
        found = usual(*given)  # type: ignore[arg-type]
        rates.append(learner.method.factor)
        if len(rates) == 4:
            with torch.no_grad():
                next(learner.method.nets["G"].parameters()).fill_(math.nan)
            return {"L1": torch.tensor(math.nan)}
        return found

    monkeypatch.setattr(learner.method, "step", step)
    report = learner.run()
    assert "the loss L1 of step 4 is not a number: went back to step" in report.notice
    assert rates[-1] < rates[0] / 2
    assert report.step == 6
    state = newest_checkpoint("wild")
    assert state is not None
    assert state.finite


def test_numbers_that_always_run_away_end_it_with_the_good_checkpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    learner = training("mad", 9, "unet")
    usual = learner.method.step
    monkeypatch.setattr(learner.method, "step", lambda *given: {**usual(*given), "L1": torch.tensor(math.inf)})
    with pytest.raises(TrainingFailed, match="the loss L1 of step 1 is not a number"):
        learner.run()
    state = newest_checkpoint("mad")
    assert state is not None
    assert (state.step, state.finite) == (0, True)


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """A disk on which checkpoints have no room while the list holds True."""
    full = [False]
    write = training_files.write_whole

    def refuse(path: Path, content: bytes, *, older: Path | None = None) -> None:
        if full[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, content, older=older)

    monkeypatch.setattr(training_files, "write_whole", refuse)
    return full


def test_a_full_disk_is_named_and_the_last_checkpoint_stays(full_disk: list[bool]) -> None:
    learner = training("full", 5, "unet", Ticking(4.0))

    def fill(report: TrainingReport) -> None:
        learner._files.wait()
        full_disk[0] = report.step >= 2

    learner._watch = fill
    with pytest.raises(Unavailable, match="No space left on device"):
        learner.run()
    assert learner.step == 5, "it trains on"
    state = newest_checkpoint("full")
    assert state is not None
    assert state.step <= 3


def test_what_lies_in_the_folder() -> None:
    weights: list[list[str]] = []
    learner = training("sunset", 6, "unet", Ticking(2.0))
    learner._new_weights = lambda nets: weights.append(list(nets))
    report = learner.run()
    folder = library("training", "sunset")
    assert {"checkpoint.safetensors", "metrics.csv", "curves.png", "sheet.jpg"} <= {
        path.name for path in folder.iterdir()
    }
    assert len(list((folder / "sheets").iterdir())) >= 3
    assert len(weights) >= 3
    assert weights[0] == ["G"]
    assert 0 < report.losses[HELD_OUT] < 1
    assert report.progress == 1.0
    assert library("models", "sunset.safetensors").is_file()


def test_checkpoints_are_made_every_half_minute() -> None:
    made: list[float] = []
    clock = Ticking(1.0)
    learner = training("often", 60, "unet", clock)
    save = learner._files.save
    learner._files.save = lambda state: (made.append(state.seconds), save(state))  # type: ignore[method-assign, assignment, return-value]
    learner.run()
    assert max(np.diff(made)) < 40


def test_the_model_is_written_every_few_seconds_for_shows_that_play_it() -> None:
    """Also when there is no new sheet; less often where writing takes long."""
    for name, step, least, most in (("quick", 0.05, 4.0, 5.0), ("slow", 0.5, 25.0, 40.0)):
        clock = Ticking(step)
        written: list[float] = []
        taught = training(name, 120, "unet", clock)
        taught._new_weights = lambda nets, written=written, clock=clock: written.append(clock.time)
        taught._sheeted = 1e9  # no sheet comes between
        taught.run()
        apart = np.diff(written[1:-1])
        assert len(apart) > 2
        assert least <= apart.min() <= apart.max() <= most


def test_a_checkpoint_of_another_architecture_is_refused_by_name() -> None:
    training("narrow", 1, "unet").run()
    state = newest_checkpoint("narrow")
    assert state is not None
    wide = training("wide", 1, "unet", generator={"filters": 4, "levels": 5, "kind": "instance", "bias": True})
    before = [parameter.clone() for parameter in wide.method.nets["G"].parameters()]
    with pytest.raises(BadInput, match=r"of another architecture \(unet tiny .*filters 8"):
        wide.restore(state)
    assert all(torch.equal(*two) for two in zip(before, wide.method.nets["G"].parameters(), strict=True))


def test_a_damaged_checkpoint_is_passed_over_for_the_one_before() -> None:
    training("torn", 3, "unet", Ticking(4.0)).run()
    path = library("training", "torn") / CHECKPOINT
    whole = read_checkpoint(path)
    path.write_bytes(path.read_bytes()[:-200])
    state = newest_checkpoint("torn")
    assert state is not None
    assert state.step <= whole.step
    (path.with_name("checkpoint-before.safetensors")).unlink()
    with pytest.raises(BadInput, match=r"checkpoint\.safetensors"):
        newest_checkpoint("torn")


def test_names_that_are_taken() -> None:
    training("mine", 1, "unet").run()
    with pytest.raises(BadInput, match=r"a training called 'mine' already, unet at step 1.*--resume"):
        check_unused("mine", small("unet"))
    for name in ("../up", "", "a/b", "vintage", ".hidden", "x" * 80):
        with pytest.raises(BadInput):
            checked_name(name)
    assert checked_name("my model-2") == "my model-2"


def test_two_processes_see_what_one_sees_in_a_batch_twice_as_large() -> None:
    alone = Batches(PAIRS, 4, 7)
    both = [Batches(PAIRS, 2, 7, rank, 2) for rank in range(2)]
    for step in range(5):
        assert torch.equal(alone.at(step)[0], torch.cat([one.at(step)[0] for one in both]))
    for one in (alone, *both):
        one.close()


def test_every_picture_comes_once_a_turn_in_another_order() -> None:
    pictures = InMemory(drawn_pairs(6, 16))
    batches = Batches(pictures, 3, 0)
    for step in range(4):
        batches.at(step)
    batches.close()
    turns = pictures.seen[:6], pictures.seen[6:12]
    assert sorted(turns[0]) == sorted(turns[1]) == list(range(6))
    assert turns[0] != turns[1]


def test_a_broken_picture_is_named_and_replaced() -> None:
    batches = Batches(InMemory(drawn_pairs(4, 16), broken=(2,)), 4, 0)
    assert batches.at(0)[0].shape == (4, 3, 16, 16)
    assert batches.notice == "2.png can't be read; left out"
    batches.close()
    ruin = Batches(InMemory(drawn_pairs(2, 16), broken=(0, 1)), 1, 0)
    with pytest.raises(BadInput, match="png can't be read"):
        ruin.at(0)
    ruin.close()
    with pytest.raises(BadInput, match="no pictures"):
        Batches(InMemory([]), 1, 0)


def test_metrics_are_taken_up_where_the_checkpoint_is(tmp_path: Path) -> None:
    table = Metrics(tmp_path / "metrics.csv")
    for step in range(1, 5):
        table.add(step, step / 10, 1.0, {"L1": 1.0 / step})
        table.flush()
    table.hold(0.25)
    again = Metrics(tmp_path / "metrics.csv")
    again.resume(3)
    again.add(4, 0.4, 0.5, {"L1": 0.2})
    again.flush()
    lines = (tmp_path / "metrics.csv").read_text().splitlines()
    assert lines[0] == f"step,seconds,rate,L1,{HELD_OUT}"
    assert [line.split(",")[0] for line in lines[1:]] == ["1", "2", "3", "4"]
    assert lines[4] == "4,0.4,0.5,0.2,"
    assert again.recent(1) == {"L1": pytest.approx(0.2)}
    assert again.curves().startswith(b"\x89PNG")


def test_losses_for_tensorboard(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[tuple[str, float, int]] = []
    writer = SimpleNamespace(
        add_scalar=lambda *scalar: written.append(scalar), close=lambda: written.append(("", 0, 0))
    )
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", SimpleNamespace(SummaryWriter=lambda folder: writer))
    files = TrainingFiles("logged", DataCredit(), tensorboard=True)
    files.record(1, 0.5, 1.0, {"L1": 0.25})
    files.close()
    assert written == [("L1", 0.25, 1), ("", 0, 0)]
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(NotInstalled, match="pip install"):
        TrainingFiles("unlogged", DataCredit(), tensorboard=True)
