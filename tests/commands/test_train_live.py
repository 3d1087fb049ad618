"""`vj train ... --live`: a training beside a show, in a process of its own."""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.quiet import quiet
from tests.running import leftovers
from tests.train.sets import drawn_pairs, on_disk
from tests.waiting import until
from vj.base.errors import BadInput, Unavailable
from vj.base.paths import library
from vj.cli import app, train
from vj.commands import train_live
from vj.commands.train_live import training_beside
from vj.model.files.library import find
from vj.train.training_files import newest_checkpoint

pytestmark = pytest.mark.usefixtures("own_library")

ASKED: dict[str, Any] = {"side": 32, "batch": 1, "resume": False, "start": None, "numbers": "float32"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return on_disk(tmp_path / "data", drawn_pairs(5))


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_it_trains_beside_a_show_and_saves_at_its_end(data: Path) -> None:
    """There are weights from the block's begin on; a process that is killed is started again, and goes on."""
    with training_beside("unet", data, "street", None, 600.0, ASKED, quiet) as training:
        assert training.state == "learning"
        assert find("street").family == "pix2pix"
        assert training.child.pid
        os.kill(training.child.pid, signal.SIGKILL)
        until(lambda: training.child.restarts == 1)
        training.child.info["step"] = 0
        until(lambda: training.child.info["step"], lambda: training.child.info)
        step = int(training.child.info["step"])
    assert training.state == "stopped"
    state = newest_checkpoint("street")
    assert state
    assert state.step >= step > 0
    assert training.lines[-3].startswith(f"step {training.child.info['step']}  L1 ")
    assert training.lines[-3].endswith("; --resume goes on")
    assert not leftovers(os.getpid())


def test_one_that_is_refused_says_why(data: Path, tmp_path: Path) -> None:
    with (
        pytest.raises(Unavailable, match=r"street can't be trained: .*holds no data set"),
        training_beside("unet", tmp_path, "street", 1, None, ASKED, quiet),
    ):
        pass
    assert not library("training").exists()


def test_the_command_opens_the_show_with_the_model(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The show itself is not played here."""
    events: list[object] = []

    @contextlib.contextmanager
    def beside(*arguments: object) -> Iterator[SimpleNamespace]:
        events.append(arguments[:5])
        yield SimpleNamespace(lines=["what was made"])
        events.append("over")

    monkeypatch.setattr(train_live, "training_beside", beside)
    monkeypatch.setattr(train, "run", lambda show, model: events.append((show, model)))
    words = ("train", "unet", str(data), "--name", "street", "--minutes", "2", "--live", "default")
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert done.output == "what was made\n"
    assert events == [("unet", data, "street", None, 120.0), ("default", ["street"]), "over"]


def test_a_show_that_is_not_there_is_named_before_anything_is_trained(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_live, "training_beside", None)
    words = ["train", "unet", str(data), "--name", "street"]
    for more, said in ((["--live", "nothing"], "'nothing'"), (["--live", "default", "--devices", "2"], "one device")):
        with pytest.raises(BadInput, match=said):
            CliRunner().invoke(app, [*words, *more], catch_exceptions=False)
