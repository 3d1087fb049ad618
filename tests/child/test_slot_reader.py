"""Reading one of several slots: another one only once it has a picture, and then its newest."""

import pytest

from vj.base.frame import Frame
from vj.child.latest_frame import LatestFrame, Writer
from vj.child.slot_reader import SlotReader, picture_number, slot_of


def publish(writer: Writer, value: int) -> None:
    writer.begin(2, 4)[:] = value
    writer.publish(0.0)


def newest(reader: SlotReader, slot: int) -> Frame | None:
    reading = reader.of(slot)
    return reading.newest() if reading else None


def value(frame: Frame | None) -> int | None:
    return None if frame is None else int(frame.pixels[0, 0, 0])


@pytest.fixture
def slots() -> list[LatestFrame]:
    return [LatestFrame.create(4, 2, readers=3) for _ in range(3)]


def test_a_picture_s_number_tells_its_slot_and_no_two_are_the_same() -> None:
    numbers = [picture_number(slot, seq) for slot in range(16) for seq in (1, 2, 10**9)]
    assert len(set(numbers)) == len(numbers)
    assert [slot_of(number) for number in numbers[::3]] == list(range(16))
    assert picture_number(0, 7) == 7


def test_the_slot_before_is_read_on_until_the_next_one_has_a_picture(slots: list[LatestFrame]) -> None:
    writers, reader = [slot.writer() for slot in slots], SlotReader(slots, 1)
    assert newest(reader, 0) is None
    publish(writers[0], 10)
    assert value(newest(reader, 0)) == 10
    publish(writers[0], 11)
    assert value(newest(reader, 2)) == 11, "slot 2 has none yet"
    publish(writers[2], 30)
    assert value(newest(reader, 2)) == 30
    publish(writers[0], 12)
    assert newest(reader, 2) is None, "slot 0 isn't read any more"


def test_what_was_taken_before_is_given_again_after_a_change(slots: list[LatestFrame]) -> None:
    writers, reader = [slot.writer() for slot in slots], SlotReader(slots, 0)
    for number in (0, 1):
        publish(writers[number], number + 1)
    assert [value(newest(reader, slot)) for slot in (0, 1, 0, 0, 1)] == [1, 2, 1, None, 2]


def test_a_slot_that_is_left_gets_its_picture_back(slots: list[LatestFrame]) -> None:
    writers, reader = [slot.writer() for slot in slots], SlotReader(slots, 0)
    publish(writers[0], 1)
    held = newest(reader, 0)
    assert held is not None
    for number in range(20):
        publish(writers[0], 100 + number)
    assert value(held) == 1, "while it is held nobody writes there"
    publish(writers[1], 2)
    assert value(newest(reader, 1)) == 2
    for number in range(20):
        publish(writers[0], 100 + number)
    assert value(held) != 1


def test_a_process_that_starts_again_gives_back_what_the_one_before_held_in_any_slot(slots: list[LatestFrame]) -> None:
    publish(slots[0].writer(), 1)
    assert value(newest(SlotReader(slots, 1), 0)) == 1
    again = SlotReader(slots, 1)
    publish(slots[1].writer(), 2)
    assert value(newest(again, 1)) == 2
    assert not any(slots[0].writer()._held(buffer) for buffer in range(slots[0].buffers))
