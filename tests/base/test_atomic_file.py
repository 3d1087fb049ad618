"""Files that are whole or not there, also where a reader that has one open keeps it from being replaced."""

import os
import threading
from pathlib import Path

import pytest

from vj.base import atomic_file
from vj.base.atomic_file import move, write_cached, write_whole


class Open:
    """A reader or scanner that has the target open for so many attempts, as on Windows."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, attempts: float) -> None:
        self.left, self.rested, self.replace = attempts, 0.0, os.replace
        monkeypatch.setattr(os, "replace", self._replace)
        monkeypatch.setattr(atomic_file.time, "sleep", self._rest)

    def _replace(self, path: Path, target: Path) -> None:
        if self.left > 0:
            self.left -= 1
            raise PermissionError(13, "The process cannot access the file", str(target))
        self.replace(path, target)

    def _rest(self, seconds: float) -> None:
        self.rested += seconds


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "file.json"


@pytest.mark.parametrize("write", [write_whole, write_cached])
def test_what_is_written_is_there_and_nothing_else(path: Path, write) -> None:
    write(path, b"one")
    write(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(path.parent.iterdir()) == [path]


def test_what_was_there_before_can_be_kept(path: Path) -> None:
    older = path.with_name("older")
    write_whole(path, b"one", older=older)
    assert not older.exists()
    write_whole(path, b"two", older=older)
    assert (path.read_bytes(), older.read_bytes()) == (b"two", b"one")


def test_a_reader_that_has_it_open_for_a_moment_is_waited_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_whole(path, b"one")
    open_elsewhere = Open(monkeypatch, attempts=5)
    write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    assert 0.0 < open_elsewhere.rested < 0.5


def test_one_that_keeps_it_open_is_named_after_half_a_second(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_whole(path, b"one")
    open_elsewhere = Open(monkeypatch, attempts=float("inf"))
    with pytest.raises(PermissionError, match=r"cannot access the file: .*file\.json"):
        write_whole(path, b"two")
    assert open_elsewhere.rested == pytest.approx(0.5)
    assert path.read_bytes() == b"one"
    assert list(path.parent.iterdir()) == [path]


def test_anything_else_is_not_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atomic_file.time, "sleep", lambda seconds: pytest.fail("it waited"))
    with pytest.raises(FileNotFoundError):
        move(tmp_path / "nothing", tmp_path / "something")


def test_a_cache_may_be_written_by_several_at_once(path: Path) -> None:
    contents = [bytes([number]) * 100_000 for number in range(8)]
    writers = [threading.Thread(target=write_cached, args=(path, content)) for content in contents for _ in range(4)]
    for writer in writers:
        writer.start()
    seen = {path.read_bytes() for _ in range(200) if path.exists()}
    for writer in writers:
        writer.join()
    assert seen | {path.read_bytes()} <= set(contents)
    assert list(path.parent.iterdir()) == [path]
