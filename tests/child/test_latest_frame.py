"""The slot under two real processes, and its rules one by one."""

import os
import time

import numpy as np
import pytest

from vj.child.latest_frame import MOST_BUFFERS, LatestFrame, Writer
from vj.child.process import ChildSpec, OsProcess


def filled(shared: LatestFrame, value: int, height: int = 4, width: int = 6) -> int:
    writer = shared.writer()
    writer.begin(height, width)[:] = value
    return writer.publish(captured=float(value))


def test_newest_wins_and_drops_are_counted() -> None:
    shared = LatestFrame.create(6, 4, readers=1)
    reader = shared.reader(0)
    assert reader.newest() is None
    for value in (1, 2, 3):
        filled(shared, value)
    frame = reader.newest()
    assert frame is not None
    assert (frame.seq, frame.captured, int(frame.pixels.max())) == (3, 3.0, 3)
    assert reader.newest() is None
    assert shared.dropped(0) == 2


def test_a_held_picture_is_not_overwritten() -> None:
    shared = LatestFrame.create(6, 4, readers=2)
    slow, quick = shared.reader(0), shared.reader(1)
    filled(shared, 1)
    held = slow.newest()
    assert held is not None
    for value in range(2, 60):
        filled(shared, value)
        newest = quick.newest()
        assert newest is not None
        assert newest.pixels.min() == newest.pixels.max() == value
    assert held.pixels.min() == held.pixels.max() == 1


def test_pictures_may_change_their_size() -> None:
    shared = LatestFrame.create(8, 8, readers=1)
    reader = shared.reader(0)
    for height, width in ((8, 8), (4, 6), (2, 2), (8, 4)):
        filled(shared, 7, height, width)
        frame = reader.newest()
        assert frame is not None
        assert frame.pixels.shape == (height, width, 3)
    with pytest.raises(ValueError, match="exceeds"):
        shared.writer().begin(9000, 9)


def test_origin_is_the_frames_own_number_unless_it_was_made_from_another() -> None:
    shared = LatestFrame.create(6, 4, readers=1)
    reader, writer = shared.reader(0), shared.writer()
    writer.begin(4, 6)
    writer.publish(1.0)
    assert reader.newest().origin == 1  # type: ignore[union-attr]
    writer.begin(4, 6)
    writer.publish(1.0, origin=41)
    assert reader.newest().origin == 41  # type: ignore[union-attr]


def test_transparent_pictures_bring_their_alpha_and_opaque_ones_none() -> None:
    shared = LatestFrame.create(6, 4, readers=1)
    reader, writer = shared.reader(0), shared.writer()
    for value in range(12):
        alpha = np.full((4, 6), 10 * value, np.uint8) if value % 3 else None
        writer.begin(4, 6, alpha)[:] = value
        writer.publish(0.0)
        frame = reader.newest()
        assert frame is not None
        assert frame.pixels.min() == frame.pixels.max() == value
        assert (frame.alpha is None) == (alpha is None)
        assert alpha is None or np.array_equal(frame.alpha, alpha)
    with pytest.raises(ValueError, match="alpha"):
        writer.begin(4, 6, np.zeros((6, 4), np.uint8))


def test_the_same_views_are_used_again() -> None:
    """The hot path allocates nothing that it can keep."""
    shared = LatestFrame.create(6, 4, readers=1)
    reader = shared.reader(0)
    seen = set()
    for value in range(20):
        filled(shared, value)
        seen.add(id(reader.newest()))
    assert len(seen) <= shared.buffers


def test_two_processes_never_tear_a_picture() -> None:
    shared = LatestFrame.create(320, 180, readers=2)
    config = {"shared": shared.describe(), "sizes": [[180, 320], [90, 160]]}
    child = OsProcess(ChildSpec("writer", "tests.child.writer_process:main", config, shared.fds))
    reader = shared.reader(0)
    taken, last, deadline = 0, 0, time.monotonic() + 100
    while taken < 1500:
        assert time.monotonic() < deadline, "the writer delivers nothing"
        frame = reader.newest()
        if frame is None:
            continue
        assert frame.seq > last
        assert frame.captured == frame.seq
        assert frame.pixels.min() == frame.pixels.max() == frame.seq % 251
        taken, last = taken + 1, frame.seq
    child.kill()
    assert reader.torn == 0


def test_a_killed_writer_is_followed_by_another_that_counts_on() -> None:
    shared = LatestFrame.create(64, 36, readers=1)
    spec = ChildSpec(
        "writer", "tests.child.writer_process:main", {"shared": shared.describe(), "sizes": [[36, 64]]}, shared.fds
    )
    reader = shared.reader(0)
    last = 0
    for _ in range(2):
        child = OsProcess(spec)
        deadline = time.monotonic() + 100
        while shared.published < last + 100:
            assert time.monotonic() < deadline
        child.kill()
        frame = reader.newest()
        assert frame is not None
        assert frame.seq > last
        last = frame.seq


def test_nothing_stays_behind() -> None:
    before = set(os.listdir("/dev/shm")) if os.path.isdir("/dev/shm") else set()
    shared = LatestFrame.create(64, 36, readers=1)
    assert (set(os.listdir("/dev/shm")) if os.path.isdir("/dev/shm") else set()) == before
    shared.close()
    assert shared.fds == ()


def test_reader_numbers_are_bounded() -> None:
    with pytest.raises(ValueError, match="readers 0"):
        LatestFrame.create(4, 4, readers=1).reader(1)


def test_pixels_are_shared_not_copied() -> None:
    shared = LatestFrame.create(6, 4, readers=1)
    writer = shared.writer()
    picture = writer.begin(4, 6)
    picture[:] = 9
    writer.publish(0.0)
    frame = shared.reader(0).newest()
    assert frame is not None
    assert np.shares_memory(frame.pixels, picture)


def test_when_every_reader_holds_another_picture_new_ones_are_dropped_and_counted() -> None:
    shared = LatestFrame.create(6, 4, readers=32)
    readers, writer = [shared.reader(number) for number in range(32)], shared.writer()
    held = []
    for value in range(1, 33):
        assert writer.coming == value
        writer.begin(4, 6, np.full((4, 6), value, np.uint8))[:] = value
        assert writer.publish(0.0) == value
        held.append(readers[value - 1].newest())
    there = MOST_BUFFERS
    for value, frame in enumerate(held[:there], start=1):
        assert frame is not None
        assert frame.pixels.min() == frame.pixels.max() == frame.alpha.max() == value, "it was overwritten"
    assert [int(frame.pixels[0, 0, 0]) for frame in held[there:] if frame] == [there] * (32 - there)
    assert sum(reader.torn for reader in readers) == 0
    assert shared.published == there
    readers[0].release()
    filled_by(writer, 33)
    frame = readers[1].newest()
    assert frame is not None
    assert (frame.seq, int(frame.pixels.min()), frame.alpha) == (33, 33, None)
    assert shared.dropped(1) == 33 - 2, "it took the second and this one"


def test_what_a_process_held_that_has_ended_is_free_again() -> None:
    shared, writer = (made := LatestFrame.create(6, 4, readers=32)), made.writer()
    for number in range(MOST_BUFFERS):
        filled_by(writer, number)
        shared.reader(number).newest()
    filled_by(writer, 50)
    assert shared.published == MOST_BUFFERS
    shared.let_go(32)
    shared.let_go(3)
    filled_by(writer, 51)
    assert shared.published == MOST_BUFFERS + 2


def test_few_readers_always_leave_a_buffer() -> None:
    shared, writer = (made := LatestFrame.create(6, 4, readers=8)), made.writer()
    for number in range(8):
        filled_by(writer, number)
        shared.reader(number).newest()
    for number in range(8, 20):
        filled_by(writer, number)
    assert shared.published == 20


def filled_by(writer: Writer, value: int) -> None:
    writer.begin(4, 6)[:] = value
    writer.publish(captured=float(value))
