"""The show's side of the process that measures a source's motion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from vj.child.latest_frame import LatestFrame
from vj.child.process import ChildSpec
from vj.child.supervisor import Child
from vj.layers.flow_maps import LONGEST, record_size
from vj.layers.motion_wish import MotionWish, Wished
from vj.layers.side_worker import SideWorker

MOTION_NICE: Final = 5
"""How far the process steps back behind the display, in nice values: as far as the engines, or it would fall behind."""


class MotionWorker(SideWorker):
    """A child that measures motion, which starts when it is first asked to; see `vj.layers.steady.MotionSource`."""

    def __init__(
        self,
        slots: Sequence[LatestFrame],
        reader: int,
        start: Callable[[Child], None],
        end: Callable[[Child, Callable[[], None]], None],
    ) -> None:
        """The arguments are as in `SideWorker`."""
        spec = ChildSpec("motion", "vj.layers.motion_child:main", nice=MOTION_NICE)
        super().__init__(spec, record_size(LONGEST), slots, reader, start, end)
        self._wish: MotionWish | None = None

    @property
    def works(self) -> bool:
        """Whether the process runs, or starts for the first time."""
        return self.child is None or self.child.state == "running"

    @property
    def late(self) -> int:
        """How often it found that this machine has no time for it."""
        told = self.child.info.get("late", 0) if self.child else 0
        return int(told) if isinstance(told, int | float) else 0

    def ask(self, wished: Wished) -> None:
        """As in `vj.layers.steady.MotionSource.ask`."""
        if self._wish is None:
            self._wish = MotionWish()
            self.begin(self._wish.values)
        self._wish.write(wished)

    def rest(self) -> None:
        """As in `vj.layers.steady.MotionSource.rest`."""
        if self._wish:
            self._wish.write(None)
