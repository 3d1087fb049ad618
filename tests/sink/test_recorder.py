"""The recorder with its real encoder in its own process."""

import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import moderngl
import numpy as np
import numpy.typing as npt
import pytest

from tests.running import film_frames
from tests.waiting import until
from vj.base.errors import BadInput
from vj.base.frame import Size
from vj.child.frame_queue import FrameQueue
from vj.gl import context
from vj.gl.canvas import Canvas
from vj.sink import encoder
from vj.sink.recorder import Recorder, check_path
from vj.source.pattern import draw_counter, read_counter

COLOURS = ((192, 0, 0), (0, 192, 0), (0, 0, 192), (192, 192, 192))


@pytest.fixture
def ctx() -> Iterator[moderngl.Context]:
    made = context.headless()
    yield made
    made.release()


Record = Callable[[Path, Size], tuple[Recorder, Canvas]]


@pytest.fixture
def record(ctx: moderngl.Context) -> Iterator[Record]:
    """``record(path, size)`` starts one, at 30 frames/s, and the canvas that it takes its pictures from."""
    recorders = []

    def start(path: Path, size: Size) -> tuple[Recorder, Canvas]:
        canvas = Canvas(ctx, size)
        recorders.append(Recorder(path, canvas, 30.0))
        return recorders[-1], canvas

    yield start
    for recorder in recorders:
        recorder.close()


def picture(size: Size, count: int) -> npt.NDArray[np.uint8]:
    """Four colours, a dark upper edge and its number: RGBA."""
    made = np.empty((size.height, size.width, 4), np.uint8)
    made[..., 3] = 255
    made[..., :3] = np.array(COLOURS, np.uint8)[np.arange(size.width) * 4 // size.width]
    made[:8, :, :3] = 20
    draw_counter(made[..., :3], count)
    return made


def show(recorder: Recorder, canvas: Canvas, count: int, now: float) -> None:
    canvas.texture.write(picture(canvas.size, count))
    recorder.take_frame(canvas, now)


def encoder_of(recorder: Recorder) -> int:
    return recorder._process.pid


def film_times(path: Path) -> list[float]:
    import av

    with av.open(str(path)) as film:
        return [float(frame.time or 0.0) for frame in film.decode(video=0)]


@pytest.mark.parametrize("name", ["out.mp4", "out.mov", "out.mkv"])
def test_every_picture_goes_in_and_comes_out_in_order(record: Record, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    recorder, canvas = record(path, Size(320, 180))
    times = [100 + n / 30 + (0.2 if n >= 10 else 0.0) for n in range(40)]  # one long gap: it is kept too
    for count, now in enumerate(times):
        show(recorder, canvas, count, now)
    recorder.close()
    recorder.close()
    assert recorder.report() == {"path": str(path), "frames": 40, "dropped": 0, "error": None}
    frames = film_frames(path)
    assert [read_counter(frame) for frame in frames] == list(range(40))
    assert np.array(film_times(path)) == pytest.approx(np.array(times) - 100, abs=0.002)
    assert frames[0][:6].max() < 40, "row 0 is the upper edge"


@pytest.mark.parametrize("size", [Size(320, 180), Size(1280, 720)], ids=str)
def test_colours_come_out_as_they_went_in_and_the_file_says_how(record: Record, tmp_path: Path, size: Size) -> None:
    """Untagged, a player would take the larger one for BT.709 and the smaller one for BT.601."""
    import av

    path = tmp_path / "out.mp4"
    recorder, canvas = record(path, size)
    for count in range(3):
        show(recorder, canvas, count, count / 30)
    recorder.close()
    seen = film_frames(path)[-1][size.height // 2, size.width // 8 :: size.width // 4].astype(int)
    assert np.abs(seen - COLOURS).max() <= 4
    with av.open(str(path)) as film:
        frame = next(film.decode(video=0))
        assert (frame.colorspace, frame.color_range) == (1 if size.height == 720 else 6, 1)


def test_odd_sizes_are_cut_and_not_squeezed(record: Record, tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    recorder, canvas = record(path, Size(161, 91))
    for count in range(5):
        show(recorder, canvas, count, count / 30)
    recorder.close()
    frames = film_frames(path)
    assert [frame.shape for frame in frames] == [(90, 160, 3)] * 5
    last = picture(canvas.size, 4)[:90, :160, :3].astype(int)
    assert np.abs(frames[-1].astype(int) - last).mean() < 6


def test_a_killed_encoder_leaves_a_film_and_the_show_unhindered(record: Record, tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    recorder, canvas = record(path, Size(320, 180))
    for count in range(50):
        show(recorder, canvas, count, count / 30)
    until(lambda: path.exists() and path.stat().st_size > 2000, "the first second in the file")
    os.kill(encoder_of(recorder), signal.SIGKILL)
    until(lambda: "recording stopped" in recorder.notice(), "a notice that it stopped")
    for count in range(50, 200):
        show(recorder, canvas, count, count / 30)
    assert "status -9" in str(recorder.report()["error"])
    started = time.monotonic()
    recorder.close()
    assert time.monotonic() - started < 5, "closing waited for a dead process"
    numbers = [read_counter(frame) for frame in film_frames(path)]
    assert len(numbers) >= 29
    assert numbers == list(range(len(numbers)))


def test_an_encoder_that_hangs_costs_pictures_and_blocks_nobody(record: Record, tmp_path: Path) -> None:
    recorder, canvas = record(tmp_path / "out.mp4", Size(64, 36))
    os.kill(encoder_of(recorder), signal.SIGSTOP)
    for count in range(100):
        show(recorder, canvas, count, count / 30)
    assert recorder.report()["dropped"] == 100 - 1 - 64
    assert "dropped 35" in recorder.notice()
    os.kill(encoder_of(recorder), signal.SIGCONT)
    recorder.close()
    assert len(film_frames(tmp_path / "out.mp4")) >= 64


class FakeLink:
    """What the encoder asks of its parent."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.told: dict[str, object] = {}

    def tell(self, **status: object) -> None:
        self.told.update(status)


def test_before_the_disk_is_full_the_recording_ends_and_plays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk loses a little with every look; the queue still holds pictures when it is enough."""
    left = iter([encoder.LEAST_FREE + 2, encoder.LEAST_FREE, encoder.LEAST_FREE - 1])
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=next(left)))
    size, path, link = Size(64, 36), tmp_path / "out.mp4", FakeLink()
    queue = FrameQueue(size.height, size.width, 4, 256)
    for count in range(200):
        into = queue.offer()
        assert into is not None
        into[:] = picture(size, count)
        queue.push(count / 30)
    encoder.main(link, str(path), 30.0, queue.describe())  # type: ignore[arg-type]
    assert link.told == {"frames": 120, "error": "less than 500 MB free on the disk"}
    assert len(film_frames(path)) == 120


def test_what_can_not_be_written_is_an_error_and_no_crash(record: Record, tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    recorder, canvas = record(path, Size(64, 36))
    path.mkdir()  # the file is made with the first picture
    show(recorder, canvas, 0, 0.0)
    show(recorder, canvas, 1, 0.1)
    until(lambda: "recording stopped" in recorder.notice(), "the reason")
    show(recorder, canvas, 2, 0.2)
    recorder.close()
    assert "directory" in str(recorder.report()["error"])


@pytest.mark.parametrize("name", ["film.avi", "film", "film.mp4.txt", "film.gif"])
def test_only_files_that_survive_a_crash_are_recorded_to(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match=r"choices: a file ending in \.mp4, \.mov, \.mkv"):
        check_path(tmp_path / name)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"there is no folder .*nowhere"):
        check_path(tmp_path / "nowhere" / "film.mp4")
    (tmp_path / "folder.mp4").mkdir()
    with pytest.raises(BadInput, match="it is a folder"):
        check_path(tmp_path / "folder.mp4")
    check_path(tmp_path / "FILM.MP4")
