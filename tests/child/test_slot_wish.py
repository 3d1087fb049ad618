"""Which slot a child is to read: told by one side, read by the other."""

from vj.child.slot_wish import SlotWish


def test_a_wish_is_read_as_it_was_written() -> None:
    told = SlotWish()
    heard = SlotWish(told.values.describe())
    assert heard.read() is None
    for slot in (0, 15, None, 3):
        told.write(slot)
        assert heard.read() == slot
    told.values.close()
