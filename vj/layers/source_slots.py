"""The memories into which sources publish, and who reads them.

They are made at the start of a show, and every engine inherits all of them. So a source that is opened later publishes
into one that is free, and an engine only has to be told its number. Memory that is never written to costs nothing.

Each layer has one more, for the source's pictures as effects before its model shape them.
"""

from typing import Any

from vj.base.frame import Size
from vj.child.latest_frame import LatestFrame
from vj.params.changing import MOST_LAYERS

SLOTS = 12
"""How many sources can be open or ending at the same time."""
SOURCE_TO_LOOP, SOURCE_TO_BANK, SOURCE_TO_GUESTS, SOURCE_TO_MOTION = 0, 1, (2, 3, 4, 5), 6
SOURCE_TO_SHAPER, SOURCE_TO_PEOPLE, SOURCE_TO_TRAINER = 7, 8, 9
"""What reads a source's pictures for one layer: the loop, the bank's engine, guest engines, what measures motion, what
shapes them for the engines, what finds people, and what trains a look.

There are several guests, as some that were sent away may still be ending while the next ones start.
"""
_READERS = 10
"""How many numbers each layer has."""
SOURCE_READERS = _READERS * MOST_LAYERS
"""How many readers a source's pictures have."""


def reader_number(layer: int, reader: int) -> int:
    """Returns the number by which ``reader`` (such as `SOURCE_TO_LOOP`) of layer ``layer`` (from 1) reads any slot."""
    return (layer - 1) * _READERS + reader


class SourceSlots:
    """All slots of a show. Each is free, or in use by one source.

    `take` and `free` may be called from any thread.
    """

    def __init__(self, size: Size, box: Size, count: int = SLOTS) -> None:
        """Make ``count`` of them, for pictures of up to ``size``, and one for each layer, for shaped pictures of up to
        ``box``. Raises OSError if the system has no memory.
        """
        self.memories = [LatestFrame.create(*size, readers=SOURCE_READERS) for _ in range(count)]
        for layer in range(1, MOST_LAYERS + 1):  # no number of one of its readers is higher
            self.memories.append(LatestFrame.create(*box, readers=_READERS * layer))
        self._free = list(range(count))
        self._count = count

    def shaped(self, layer: int) -> int:
        """Returns the number of the slot for the shaped pictures of ``layer`` (from 1)."""
        return self._count + layer - 1

    def take(self) -> int | None:
        """Returns the number of a slot that was free, and is in use from now on; None if all are in use."""
        return self._free.pop(0) if self._free else None

    def free(self, slot: int) -> None:
        """Give ``slot`` back, once no process writes into it any more."""
        self._free.append(slot)

    def let_go(self, reader: int) -> None:
        """Give all pictures back that the reader number ``reader`` holds, as its process has ended."""
        for memory in self.memories:
            memory.let_go(reader)

    def describe(self) -> list[dict[str, Any]]:
        """Returns descriptions of all slots for a child that inherits ``fds``; see `LatestFrame.describe`."""
        return [memory.describe() for memory in self.memories]

    @property
    def fds(self) -> tuple[int, ...]:
        """The descriptors that a child must inherit; empty on Windows."""
        return tuple(fd for memory in self.memories for fd in memory.fds)

    def close(self) -> None:
        """Close all memories; see `LatestFrame.close`."""
        for memory in self.memories:
            memory.close()
