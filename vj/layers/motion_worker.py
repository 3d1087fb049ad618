"""The show's side of the process that measures a source's motion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from vj.base.frame import Frame
from vj.child.latest_frame import LatestFrame, Reader
from vj.child.process import ChildSpec
from vj.child.shared_params import SharedParams
from vj.child.supervisor import Child, Limits
from vj.layers.flow_maps import LONGEST, record_size
from vj.layers.motion_wish import MotionWish, Wished

MOTION_NICE: Final = 5
"""How far the process steps back behind the display, in nice values: as far as the engines, or it would fall behind."""


class MotionWorker:
    """A child that measures motion, which starts when it is first asked to; see `vj.layers.steady.MotionSource`. Only
    the loop may use it."""

    def __init__(
        self,
        slots: Sequence[LatestFrame],
        reader: int,
        start: Callable[[Child], None],
        end: Callable[[Child, Callable[[], None]], None],
    ) -> None:
        """``slots`` are those of all sources, among whose readers the child has the number ``reader``. ``start`` has a
        child supervised, ``end`` has it ended and then calls what it is given; neither may wait."""
        self._slots = slots
        self._reader = reader
        self._start, self._end = start, end
        self.child: Child | None = None
        """The process; None until the first `ask`."""
        self._wish: MotionWish | None = None
        self._flows: Reader | None = None
        self._memories: list[LatestFrame | SharedParams] = []

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
            self._wish = self._started()
        self._wish.write(wished)

    def rest(self) -> None:
        """As in `vj.layers.steady.MotionSource.rest`."""
        if self._wish:
            self._wish.write(None)

    def newest(self) -> Frame | None:
        """As in `vj.layers.steady.MotionSource.newest`."""
        return self._flows.newest() if self._flows else None

    def end(self) -> None:
        """As in `vj.layers.steady.MotionSource.end`."""
        if self.child:
            self._end(self.child, self.close)

    def close(self) -> None:
        """Close the memory. The child must have ended. Harmless a second time."""
        if self.child:
            for slot in self._slots:
                slot.let_go(self._reader)
        for memory in self._memories:
            memory.close()
        self._memories, self._flows = [], None  # the mapping goes with the last that refers to it

    def _started(self) -> MotionWish:
        wish, flows = MotionWish(), LatestFrame.create(*record_size(LONGEST), readers=1)
        self._memories = [wish.values, flows]
        self._flows = flows.reader(0)
        config = {"sources": [slot.describe() for slot in self._slots], "reader": self._reader}
        fds = tuple(fd for slot in self._slots for fd in slot.fds)
        spec = ChildSpec("motion", "vj.layers.motion_child:main", config, fds, MOTION_NICE)
        spec = spec.given(flows.fds + wish.values.fds, output=flows.describe(), values=wish.values.describe())
        self.child = Child(spec, lambda: flows.heartbeats, Limits())
        self._start(self.child)
        return wish
