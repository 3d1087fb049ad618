"""People in a source's pictures, found in the process that renders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vj.base.errors import Unavailable
from vj.base.frame import Frame
from vj.child.latest_frame import LatestFrame
from vj.layers.people_worker import MASK_ROOM

if TYPE_CHECKING:
    from vj.model.dreams.people_child import PeopleTurns


class SteppedPeople:
    """Finds people in turns, each when it is asked for, so that the same pictures always have the same mask. See
    `vj.layers.layer_mask.PeopleSource`."""

    def __init__(self, slots: Sequence[LatestFrame], reader: int) -> None:
        """``slots`` are those of all sources, among whose readers this object has the number ``reader``."""
        self._slots, self._reader = slots, reader
        self._masks = LatestFrame.create(*MASK_ROOM, readers=1)
        self._read = self._masks.reader(0)
        self._turns: PeopleTurns | None = None

    @property
    def notice(self) -> str:
        """As in `vj.layers.layer_mask.PeopleSource.notice`."""
        return self._turns.notice if self._turns else ""

    def ask(self, slot: int, now: float) -> None:
        """As in `vj.layers.layer_mask.PeopleSource.ask`. Raises Unavailable if people can't be found here, as the
        recorded show could."""
        if self._turns is None:
            from vj.model.dreams.people_child import PeopleTurns

            self._turns = PeopleTurns(self._slots, self._reader, self._masks)
        self._turns.take_turn(slot, now)
        if self._turns.failed:
            raise Unavailable(self._turns.notice)

    def rest(self) -> None:
        """As in `vj.layers.layer_mask.PeopleSource.rest`."""
        if self._turns:
            self._turns.begin_again()

    def newest(self) -> Frame | None:
        """As in `vj.layers.layer_mask.PeopleSource.newest`."""
        return self._read.newest()

    def end(self) -> None:
        """As in `vj.layers.layer_mask.PeopleSource.end`."""

    def close(self) -> None:
        """Close the memory."""
        self._masks.close()
