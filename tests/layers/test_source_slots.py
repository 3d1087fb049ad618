"""The memories of sources: as large as the canvas asks for, and no larger."""

from vj.base.frame import Size
from vj.child.latest_frame import MOST_BUFFERS
from vj.layers.source_slots import SLOTS, SourceSlots

BOX = Size(64, 48)


def test_the_canvas_gives_their_size() -> None:
    for size in (Size(160, 96), Size(320, 192)):
        slots = SourceSlots(size, BOX)
        taken = sum(memory.memory.size for memory in slots.memories[:SLOTS])
        picture = size.width * size.height * 4
        slots.close()
        assert SLOTS * MOST_BUFFERS * picture <= taken <= SLOTS * (MOST_BUFFERS * (picture + 4096) + 8192)
