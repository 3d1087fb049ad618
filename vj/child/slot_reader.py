"""Reads the newest frame of one of several shared memories (slots), and changes over to another one on request."""

from collections.abc import Sequence
from typing import Any

from vj.child.latest_frame import LatestFrame, Reader

_SHIFT = 40
"""Bits of a picture's number within its slot, above which the slot's number stands."""


def picture_number(slot: int, seq: int) -> int:
    """Returns the number of the picture ``seq`` of the slot ``slot``; no picture of another slot has the same.

    In slot 0 it is ``seq`` itself.
    """
    return slot << _SHIFT | seq


def slot_of(number: int) -> int:
    """Returns the slot of the picture that `picture_number` gave ``number``."""
    return number >> _SHIFT


class SlotReader:
    """The reading end of all slots of a show, of which it reads one at a time. It holds a picture of no other."""

    def __init__(self, slots: Sequence[LatestFrame], reader: int) -> None:
        """``reader`` is its number among the readers of every slot. It holds nothing at first, also if another one that
        had this number did."""
        self._slots = slots
        self._number = reader
        self._slot = -1
        self._reader: Reader | None = None
        for slot in slots:
            slot.let_go(reader)

    @classmethod
    def attach(cls, descriptions: Sequence[dict[str, Any]], reader: int) -> "SlotReader":
        """Returns a reader in a child that inherited the memories. ``descriptions`` are by `LatestFrame.describe`."""
        return cls([LatestFrame.attach(description) for description in descriptions], reader)

    def of(self, slot: int) -> Reader | None:
        """Returns the reader of ``slot``; None before any slot that was asked for has had a frame.

        If another slot was read before, that one's reader is returned until ``slot`` has a frame; then its frame is
        given back. The first `Reader.newest` after a change returns the newest frame, even if it was taken before.
        """
        if slot != self._slot and 0 <= slot < len(self._slots) and self._slots[slot].published:
            if self._reader:
                self._reader.release()
            self._slot, self._reader = slot, self._slots[slot].reader(self._number)
        return self._reader

    def release(self) -> None:
        """Give the frame that was taken last back to its writer: its pixels may change from now on."""
        if self._reader:
            self._reader.release()
