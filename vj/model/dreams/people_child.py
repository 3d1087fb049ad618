"""The child process that finds people in a source's pictures, and publishes where they are as a mask."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from vj.base.clock import now
from vj.base.frame import Frame, Pixels
from vj.child.latest_frame import LatestFrame
from vj.child.parent_pipe import ParentPipe
from vj.child.slot_reader import SlotReader, slot_of
from vj.child.slot_wish import SlotWish
from vj.model.dreams.masks import PeopleFinder, Segmenter

if TYPE_CHECKING:
    from vj.model.dreams.masks import Find

_STEP: Final = 1 / 30
"""Seconds from one mask to the next at least; in between, what follows the search hardly moves."""
_SOFT: Final = (3, 3)
"""The pixels around each by which a mask is softened: enlarged, its edge would be a stair."""
_IDLE, _RESTING = 0.004, 0.02
"""Seconds between two looks for a new picture, and between two looks whether there is something to do."""


def main(
    pipe: ParentPipe, sources: list[dict[str, Any]], reader: int, output: dict[str, Any], values: dict[str, Any]
) -> None:
    """Find people in a source's pictures until the show asks this process to leave or is gone; it is the child's main
    function.

    ``sources``, of which one is read at a time, and ``output`` are what `LatestFrame.describe` returned; ``values``
    describes a `SlotWish`; ``reader`` is this process's number among the readers of each source. It tells ``notice``
    when that changes. Only one thread computes: the cores belong to models.
    """
    cv2.setNumThreads(1)
    wish, masks = SlotWish(values), LatestFrame.attach(output)
    turns = PeopleTurns([LatestFrame.attach(source) for source in sources], reader, masks)
    told, last = "", 0.0
    pipe.tell(ready=True, notice="")
    while not pipe.stopping.is_set():
        slot = wish.read()
        if slot is None:
            turns.begin_again()
        elif now() - last >= _STEP:
            last = now()
            turns.take_turn(slot, last)
            if turns.notice != told:
                told = turns.notice
                pipe.tell(notice=told)
        masks.heartbeat()
        time.sleep(_RESTING if slot is None else _IDLE)


class PeopleTurns:
    """Looks at a source's newest picture, turn by turn, and publishes where people are in it."""

    def __init__(self, slots: Sequence[LatestFrame], reader: int, masks: LatestFrame, find: Find | None = None) -> None:
        """``reader`` is the number among the readers of each of ``slots`` that this object uses; it becomes the only
        writer of ``masks``. ``find`` is as in `PeopleFinder`; by default it is a `Segmenter` that fetches nothing.

        A mask is a grey picture, white where people are; its origin is the number of the source's picture.
        """
        self._reader = SlotReader(slots, reader)
        self._writer = masks.writer()
        self._finder = PeopleFinder(find or Segmenter(fetches=False), in_thread=False)
        self._held: Frame | None = None
        self._slot = -1
        self._published: Pixels | None = None

    @property
    def notice(self) -> str:
        """That no person is seen, or why the search failed; usually empty."""
        return self._finder.notice

    @property
    def failed(self) -> bool:
        """Whether the last search failed."""
        return self._finder.failed

    def begin_again(self) -> None:
        """Forget what was found: the next turn searches at once, and its mask doesn't follow from earlier ones."""
        self._finder.begin_again()

    def take_turn(self, slot: int, at: float) -> None:
        """Look at the newest picture of ``slot`` at the time ``at`` (s), or again at the last one, and publish the mask
        if it has changed. While the search fails, nothing is published: the last mask stays."""
        reader = self._reader.of(slot)
        self._held = (reader.newest() if reader else None) or self._held
        if self._held is None:
            return
        if slot_of(self._held.origin) != self._slot:
            self._slot = slot_of(self._held.origin)
            self.begin_again()
        found = self._finder.at(self._held.pixels, at)
        if self._finder.failed:
            return
        mask = np.rint(cv2.GaussianBlur(found, _SOFT, 0.0) * 255.0).astype(np.uint8)
        if self._published is None or not np.array_equal(mask, self._published):
            self._published = mask
            self._writer.begin(*mask.shape)[:] = mask[..., None]
            self._writer.publish(self._held.captured, self._held.origin)
