"""A data set is whole or not there: after errors, full disks and kills, and never in place of what is there."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from tests.data.drawn import drawn, silent
from vj.base.errors import BadInput
from vj.base.frame import Pixels
from vj.data import collection
from vj.data.builder import DataPlan, FinishedSet, NewDataSet, begin
from vj.data.reader import DataSet

PLAN = DataPlan(side=32)
KILLED = """
import os, sys
from pathlib import Path
from tests.data.drawn import drawn, silent
from vj.data import builder

def killed(*told):
    os.kill(os.getpid(), 9)

with builder.begin(Path(sys.argv[1]), builder.DataPlan(side=32), silent) as new:
    into = new.collection("a", "b")
    for number in range(4):
        new.add(into, str(number), (drawn(number, 36, 36), drawn(number + 10, 36, 36)))
    setattr(builder, sys.argv[2], killed)
    new.finish("pairs")
"""


def filled(new: NewDataSet, count: int = 4) -> FinishedSet:
    into = new.collection("a", "b")
    for number in range(count):
        new.add(into, str(number), (drawn(number, 36, 36), drawn(number + 10, 36, 36)))
    return new.finish("pairs")


@pytest.mark.parametrize("moment", ["draw_sheet", "move"])
def test_killed_it_leaves_nothing_that_looks_whole(moment: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path / "data"), moment]
    assert subprocess.run(command, timeout=100).returncode == -signal.SIGKILL
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith(".")] == []
    with begin(tmp_path / "data", PLAN, silent) as new:
        filled(new, 6)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]
    assert len(DataSet.open(tmp_path / "data")) == 5


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_what_is_broken_off_leaves_nothing(error: type[BaseException], tmp_path: Path) -> None:
    def broken_off() -> None:
        with begin(tmp_path / "data", PLAN, silent) as new:
            new.add(new.collection("a"), "x", (drawn(0),))
            raise error

    with pytest.raises(error):
        broken_off()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_named_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, picture: Pixels) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    monkeypatch.setattr(collection, "write_png", full)
    with (
        pytest.raises(BadInput, match=r"can't write the data set .*data': No space left"),
        begin(tmp_path / "data", PLAN, silent) as new,
    ):
        filled(new)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mine.txt").write_text("keep")
    with (
        pytest.raises(BadInput, match=r"data' exists already, and no data set is overwritten; another name: .*data-2'"),
        begin(tmp_path / "data", PLAN, silent),
    ):
        pass
    assert (tmp_path / "data" / "mine.txt").read_text() == "keep"


def test_a_name_that_is_taken_meanwhile_stays(tmp_path: Path) -> None:
    def taken(doing: str, part: float | None) -> None:
        (tmp_path / "data").mkdir(exist_ok=True)

    with pytest.raises(BadInput, match="exists already"), begin(tmp_path / "data", PLAN, taken) as new:
        filled(new)
    assert list((tmp_path / "data").iterdir()) == []


def test_two_at_once_get_two_names(tmp_path: Path) -> None:
    with (
        FileLock(tmp_path / ".data.lock"),
        pytest.raises(BadInput, match=r"another vj data is making .*data' now"),
        begin(tmp_path / "data", PLAN, silent),
    ):
        pass


def test_a_folder_for_it_must_be_there(tmp_path: Path) -> None:
    with (
        pytest.raises(BadInput, match=r"there is no folder .*nowhere"),
        begin(tmp_path / "nowhere" / "x", PLAN, silent),
    ):
        pass


def test_names_suit_every_system(tmp_path: Path) -> None:
    names = ["Überblick: 1/2", "con", "CON", "a  b", "a-b", "..", "x" * 200]
    with begin(tmp_path / "data", DataPlan(side=32, test=0.0), silent) as new:
        into = new.collection("a")
        for number, name in enumerate(names):
            new.add(into, name, (drawn(number, 36, 36),))
        new.finish("pictures")
    made = DataSet.open(tmp_path / "data").names["a"]
    assert sorted(made) == sorted(["berblick-1-2", "con-", "CON--2", "a-b", "a-b-2", "picture", "x" * 80])
