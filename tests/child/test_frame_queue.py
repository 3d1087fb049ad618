"""The recorder's queue: in order, bounded, drops counted."""

from vj.child.frame_queue import FrameQueue


def test_order_is_kept_and_overflow_is_counted() -> None:
    queue = FrameQueue(2, 3, 4, depth=2)
    for number in range(3):
        into = queue.offer()
        if into is not None:
            into[:] = number
            queue.push(float(number))
    assert (queue.written, queue.dropped) == (2, 1)
    for number in range(2):
        entry = queue.peek()
        assert entry is not None
        assert (int(entry[0].max()), entry[1]) == (number, float(number))
        queue.pop()
    assert queue.peek() is None


def test_the_ring_goes_round() -> None:
    queue = FrameQueue(2, 3, 4, depth=3)
    for number in range(20):
        into = queue.offer()
        assert into is not None
        into[:] = number
        queue.push(0.5 + number)
        picture, shown = queue.peek() or (None, 0.0)
        assert picture is not None
        assert (int(picture[0, 0, 0]), shown) == (number, 0.5 + number)
        queue.pop()
    assert queue.dropped == 0
