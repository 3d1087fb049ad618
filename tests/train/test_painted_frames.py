"""Files that are painted, saved, saved again, broken and deleted while a look is learned."""

import os
from pathlib import Path

import numpy as np
import pytest

from tests.train.painted import cut_short, frame, painted, save
from vj.base.clock import FakeClock
from vj.train.keyframe import Keyframe
from vj.train.look_folder import LookFolder
from vj.train.painted_frames import PaintedFrames


class Watching:
    """A folder with a frame that was kept, looked at every tenth of a second."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock, self.folder = clock, LookFolder("mine")
        self.long: list[bool] = []
        self.frames = PaintedFrames(self.folder, long=self.long.append)
        self.first = self.folder.keep(frame())
        self.saved = 0

    def look(self, seconds: float = 0.11) -> dict[int, Keyframe]:
        """What changes meanwhile."""
        found: dict[int, Keyframe] = {}
        for _ in range(max(1, round(seconds / 0.11))):
            self.clock.sleep(0.11)
            found |= self.frames.look(self.clock.now())
        return found

    def touch(self, path: Path) -> None:
        """Make sure that the file has another time than before, however coarse the file system's clock is."""
        self.saved += 1
        os.utime(path, ns=(path.stat().st_mtime_ns + self.saved * 10**7,) * 2)

    def paint(self, seed: int = 0) -> None:
        self.touch(save(self.first, painted(frame(seed))))


@pytest.fixture
def watching(clock: FakeClock) -> Watching:
    return Watching(clock)


def test_a_frame_counts_once_it_is_painted(watching: Watching) -> None:
    assert watching.look() == {}
    assert watching.frames.kept == 1
    watching.touch(save(watching.first, frame()))  # only saved again
    assert watching.look() == {}
    assert watching.frames.unpainted
    watching.paint()
    (found,) = watching.look().values()
    assert np.array_equal(found.painted, painted(frame()))
    assert watching.look(1.0) == {}
    assert watching.frames.unpainted is None
    assert not watching.frames.notice


def test_it_is_read_again_when_it_is_painted_again(watching: Watching) -> None:
    watching.paint()
    assert watching.look().keys() == {1}
    watching.paint(1)
    assert np.array_equal(watching.look()[1].painted, painted(frame(1)))
    assert watching.frames.keyframes.keys() == {1}


def test_several_add_up_in_the_order_in_which_they_were_kept(watching: Watching) -> None:
    save(watching.folder.keep(frame(1)), painted(frame(1)))
    assert watching.look().keys() == {2}
    watching.paint()
    assert watching.look().keys() == {1}
    assert list(watching.frames.keyframes) == [1, 2]


def test_a_half_saved_file_is_tried_until_it_is_whole(watching: Watching) -> None:
    watching.touch(cut_short(watching.first, painted(frame())))
    assert watching.look(0.5) == {}
    assert not watching.frames.notice, "most are whole a moment later"
    watching.look(1.5)
    assert "01.png can't be read as a picture" in watching.frames.notice
    watching.paint()
    assert watching.look().keys() == {1}
    assert not watching.frames.notice


def test_it_is_tried_again_even_if_nothing_seems_to_have_changed(watching: Watching) -> None:
    whole = save(watching.first, painted(frame())).read_bytes()
    broken = whole[: len(whole) // 2] + bytes(len(whole) - len(whole) // 2)
    about = watching.first.stat()
    for content, found in ((broken, set()), (whole, {1})):
        watching.first.write_bytes(content)
        os.utime(watching.first, ns=(about.st_mtime_ns, about.st_mtime_ns))
        assert watching.look(0.8).keys() == found


@pytest.mark.parametrize("fault", ["blank", "transparent", "half saved"])
def test_what_was_painted_before_stays_when_the_file_is_spoiled(fault: str, watching: Watching) -> None:
    watching.paint()
    watching.look()
    before = watching.frames.keyframes[1]
    if fault == "half saved":
        cut_short(watching.first, painted(frame()))
    else:
        save(watching.first, np.zeros((72, 128, 3 if fault == "blank" else 4), np.uint8))
    watching.touch(watching.first)
    assert watching.look(2.0) == {}
    assert watching.frames.keyframes[1] is before
    assert {"half saved": "can't be read"}.get(fault, fault) in watching.frames.notice


def test_what_is_deleted_is_still_learned_and_may_come_back(watching: Watching) -> None:
    watching.paint()
    watching.look()
    content = watching.first.read_bytes()
    watching.first.unlink()
    assert watching.look(2.0) == {}
    assert "01 of mine was deleted: what was painted is still learned" in watching.frames.notice
    assert watching.frames.keyframes.keys() == {1}
    watching.first.write_bytes(content)
    watching.look()
    assert not watching.frames.notice
    for path in watching.folder.path.iterdir():
        path.unlink()
    watching.folder.path.rmdir()
    watching.look(2.0)
    assert "was deleted" in watching.frames.notice
    assert watching.frames.keyframes.keys() == {1}


def test_how_another_shape_was_fitted_is_said(watching: Watching) -> None:
    watching.touch(save(watching.first, painted(frame())[:, 28:-28]))
    assert watching.look().keys() == {1}
    assert watching.frames.notice == "01.png is narrower than its frame: it is laid over the middle of it"


def test_a_picture_for_which_memory_is_missing_is_named(clock: FakeClock) -> None:
    def read(source: Path, over: Path) -> object:
        raise MemoryError

    folder = LookFolder("mine")
    folder.keep(frame())
    frames = PaintedFrames(folder, read)  # type: ignore[arg-type]
    for _ in range(3):
        clock.sleep(1.0)
        assert frames.look(clock.now()) == {}
    assert frames.notice == "01.png can't be read: memory is full"


def test_a_large_file_is_announced(watching: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vj.train.painted_frames._LARGE", 100)
    watching.look()
    assert watching.long == [True, False]
