"""Sound between the driver's thread and ours."""

import numpy as np
import pytest

from vj.control.audio.ring import Ring, Samples


def count(first: int, many: int, channels: int = 1) -> Samples:
    """Frames that are numbered, the same in every channel."""
    return np.repeat(np.arange(first, first + many, dtype=np.float32)[:, None], channels, axis=1)


@pytest.mark.parametrize("size", [1, 3, 7, 10])
def test_what_is_written_in_any_pieces_is_read_in_order(size: int) -> None:
    ring, got = Ring(2, frames=40), []
    into = np.zeros((5, 2), np.float32)
    for start in range(0, 200, size):
        ring.write(count(start, size, 2))
        while ring.take(into):
            got.append(into.copy())
    assert np.array_equal(np.concatenate(got), count(0, 5 * len(got), 2))
    assert len(got) >= 39
    assert ring.overflows == 0


def test_nothing_is_taken_before_all_of_it_is_there() -> None:
    ring, into = Ring(1, 40), np.zeros((5, 1), np.float32)
    ring.write(count(0, 4))
    assert not ring.take(into)
    ring.write(count(4, 1))
    assert ring.take(into)
    assert ring.waiting == 0


def test_a_reader_that_sleeps_loses_the_oldest_and_it_is_counted() -> None:
    ring, into = Ring(1, 40), np.zeros((5, 1), np.float32)
    for start in range(0, 100, 10):
        ring.write(count(start, 10))
    assert ring.take(into)
    assert np.array_equal(into, count(80, 5))
    assert ring.overflows == 80


def test_a_block_larger_than_the_ring_leaves_its_end() -> None:
    ring, into = Ring(1, 40), np.zeros((5, 1), np.float32)
    ring.write(count(0, 100))
    while ring.take(into):
        pass
    assert into[-1, 0] == 99.0
