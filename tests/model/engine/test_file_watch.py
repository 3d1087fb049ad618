"""A change of a model's files counts once, when they have stayed as they are from one look to the next."""

import os
from pathlib import Path

import pytest

from tests.waiting import until
from vj.model.engine import file_watch
from vj.model.engine.file_watch import FileWatch


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    found = tmp_path / "there.safetensors", tmp_path / "back.safetensors"
    for path in found:
        path.write_bytes(b"first")
    return found


@pytest.fixture
def watch(files: tuple[Path, Path]) -> FileWatch:
    return FileWatch({"two": files, "one": files[1:]})


def put(path: Path, content: bytes) -> None:
    """Replace the file as a whole, as a training does."""
    new = path.with_suffix(".new")
    new.write_bytes(content)
    os.replace(new, path)


def test_files_that_stay_are_of_the_first_edition(watch: FileWatch) -> None:
    for _ in range(3):
        watch.look()
    assert (watch.edition("two"), watch.edition("one"), watch.edition("unknown")) == (0, 0, 0)


def test_a_change_counts_once_it_stays(files: tuple[Path, Path], watch: FileWatch) -> None:
    put(files[0], b"other")
    watch.look()
    assert watch.edition("two") == 0, "it may still be written"
    for _ in range(3):
        watch.look()
    assert (watch.edition("two"), watch.edition("one")) == (1, 0)
    put(files[1], b"other")
    for _ in range(3):
        watch.look()
    assert (watch.edition("two"), watch.edition("one")) == (2, 1)


def test_a_file_that_is_being_written_is_left_alone(files: tuple[Path, Path], watch: FileWatch) -> None:
    for size in range(1, 5):
        files[0].write_bytes(b"0" * 100 * size)
        watch.look()
    assert watch.edition("two") == 0
    watch.look()
    assert watch.edition("two") == 1


def test_a_file_that_vanishes_is_no_change_until_it_is_back(files: tuple[Path, Path], watch: FileWatch) -> None:
    files[0].unlink()
    for _ in range(3):
        watch.look()
    assert watch.edition("two") == 0
    files[0].write_bytes(b"it is back")
    watch.look()
    watch.look()
    assert watch.edition("two") == 1


def test_the_thread_looks_by_itself(
    files: tuple[Path, Path], watch: FileWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_watch, "EVERY", 0.01)
    put(files[0], b"other")
    watch.start()
    try:
        until(lambda: watch.edition("two") == 1)
    finally:
        watch.end()
