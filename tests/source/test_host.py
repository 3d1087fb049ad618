"""Sources in a real child process, delivering through a real slot."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.source.conftest import encode
from tests.waiting import until
from vj.base.frame import Frame
from vj.child.latest_frame import LatestFrame
from vj.child.process import ChildSpec, OsProcess
from vj.child.shared_params import SharedParams
from vj.child.slot_reader import picture_number
from vj.source import SOURCES
from vj.source.pattern import read_counter

PATIENCE = 100.0


@contextmanager
def hosted(kind: str, target: str, **more: object) -> Iterator[tuple[LatestFrame, OsProcess]]:
    output = LatestFrame.create(320, 240, readers=1)
    values = SharedParams(SOURCES[kind].shared_params(target))
    config = {"kind": kind, "target": target, "box": (320, 240), "fps": 25.0}
    config |= {"output": output.describe(), "values": values.describe(), **more}
    fds = tuple(fd for fd in (output.memory.fd, values.memory.fd) if fd is not None)
    process = OsProcess(ChildSpec(kind, "vj.source.host:main", config, fds))
    try:
        yield output, process
    finally:
        process.kill()
        output.close()
        values.close()


def take(output: LatestFrame, number: int) -> list[Frame]:
    reader, frames = output.reader(0), list[Frame]()
    deadline = time.monotonic() + PATIENCE
    while len(frames) < number and time.monotonic() < deadline:
        frame = reader.newest()
        if frame:
            alpha = None if frame.alpha is None else frame.alpha.copy()
            frames.append(Frame(frame.pixels.copy(), frame.seq, frame.captured, frame.origin, alpha=alpha))
        time.sleep(0.001)
    return frames


def test_a_film_arrives_in_order(tmp_path: Path) -> None:
    with hosted("movie", str(encode(tmp_path / "film.mp4"))) as (output, _):
        frames = take(output, 20)
    assert [read_counter(frame.pixels) for frame in frames] == [(frame.seq - 1) % 30 for frame in frames]
    assert frames[-1].captured - frames[0].captured == pytest.approx((frames[-1].seq - frames[0].seq) / 25, abs=0.2)


def test_one_that_waits_gives_its_first_picture_and_goes_on_when_it_is_launched(tmp_path: Path) -> None:
    film = str(encode(tmp_path / "film.mp4"))
    with hosted("movie", film, slot=3, plays=False) as (output, process):
        first = take(output, 1)[0]
        assert (read_counter(first.pixels), first.origin) == (0, picture_number(3, 1))
        beats = output.heartbeats
        until(lambda: output.heartbeats > beats + 20, "it shows that it lives")
        assert output.published == 1
        process.send({"play": True})
        until(lambda: output.published >= 10)
        process.send({"play": False})
        reader = output.reader(0)

        def is_at_the_beginning_again() -> bool:
            frame = reader.newest()
            return frame is not None and frame.seq > 10 and read_counter(frame.pixels) == 0

        until(is_at_the_beginning_again)
        told: list[bool] = []

        def has_told() -> bool:
            told.extend(message["resume"]["plays"] for message in process.messages() if "resume" in message)
            return len(told) >= 3

        until(has_told)
        assert told == [False, True, False], "what a restarted process does"


def test_a_still_arrives(tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (64, 48), (1, 2, 3)).save(tmp_path / "still.png")
    with hosted("still", str(tmp_path / "still.png")) as (output, _):
        frames = take(output, 3)
    assert [(frame.pixels == (1, 2, 3)).all() for frame in frames] == [True] * 3


def test_what_a_still_covers_arrives_with_it(tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGBA", (64, 48), (255, 0, 100, 51)).save(tmp_path / "still.png")
    with hosted("still", str(tmp_path / "still.png")) as (output, _):
        (frame,) = take(output, 1)
    assert frame.alpha is not None
    assert (frame.alpha == 51).all()
    assert (frame.pixels == (51, 0, 20)).all()


def test_a_generator_arrives_drawn_with_its_inputs() -> None:
    with hosted("shader", "clouds") as (output, _):
        first, *_, last = take(output, 5)
    assert first.pixels.shape == (240, 320, 3)
    assert first.pixels.std() > 5
    assert (first.pixels != last.pixels).any()


def test_a_refusal_is_told_to_the_show(tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"broken")
    with hosted("movie", str(tmp_path / "broken.mp4")) as (_, process):
        deadline, told = time.monotonic() + PATIENCE, dict[str, object]()
        while "refused" not in told and time.monotonic() < deadline:
            for message in process.messages():
                told |= message
            time.sleep(0.01)
    assert "broken.mp4 can't be played" in str(told["refused"])
