"""The show's side of the process that finds people in a source's pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from vj.base.frame import Size
from vj.child.latest_frame import LatestFrame
from vj.child.process import ChildSpec
from vj.child.slot_wish import SlotWish
from vj.child.supervisor import Child
from vj.layers.side_worker import SideWorker

PEOPLE_NICE: Final = 5
"""How far the process steps back behind the display, in nice values: as far as the engines."""
MASK_ROOM: Final = Size(256, 144)
"""The largest mask that it may publish."""


class PeopleWorker(SideWorker):
    """A child that finds people, which starts when it is first asked to; see `vj.layers.layer_mask.PeopleSource`."""

    def __init__(
        self,
        slots: Sequence[LatestFrame],
        reader: int,
        start: Callable[[Child], None],
        end: Callable[[Child, Callable[[], None]], None],
    ) -> None:
        """The arguments are as in `SideWorker`."""
        spec = ChildSpec("people", "vj.model.dreams.people_child:main", nice=PEOPLE_NICE)
        super().__init__(spec, MASK_ROOM, slots, reader, start, end)
        self._wish: SlotWish | None = None

    @property
    def notice(self) -> str:
        """What is wrong with the process or with its search, or that it sees no one; usually empty."""
        return self.wrong("people")

    def ask(self, slot: int, now: float) -> None:
        """As in `vj.layers.layer_mask.PeopleSource.ask`."""
        if self._wish is None:
            self._wish = SlotWish()
            self.begin(self._wish.values)
        self._wish.write(slot)

    def rest(self) -> None:
        """As in `vj.layers.layer_mask.PeopleSource.rest`."""
        if self._wish:
            self._wish.write(None)
