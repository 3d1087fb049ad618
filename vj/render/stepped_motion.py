"""The motion of a source's pictures, measured in the process that renders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vj.base.frame import Frame
from vj.child.latest_frame import LatestFrame, Reader
from vj.layers.flow_maps import LONGEST, record_size
from vj.layers.motion_wish import Wished

if TYPE_CHECKING:
    from vj.layers.motion_child import MotionTurns


class SteppedMotion:
    """Measures motion in turns: `advance` does what a live show's process would have done by now, so that the same
    pictures always have the same motion. See `vj.layers.steady.MotionSource`."""

    works, late = True, 0

    def __init__(self, slots: Sequence[LatestFrame], reader: int) -> None:
        """``slots`` are those of all sources, among whose readers this object has the number ``reader``."""
        self._slots, self._reader = slots, reader
        self._flows = LatestFrame.create(*record_size(LONGEST), readers=1)
        self._turns: MotionTurns | None = None
        self._read: Reader = self._flows.reader(0)
        self._wished: Wished | None = None

    def ask(self, wished: Wished) -> None:
        """As in `vj.layers.steady.MotionSource.ask`."""
        self._wished = wished

    def rest(self) -> None:
        """As in `vj.layers.steady.MotionSource.rest`."""
        self._wished = None

    def newest(self) -> Frame | None:
        """As in `vj.layers.steady.MotionSource.newest`."""
        self.advance()
        return self._read.newest()

    def advance(self) -> None:
        """Take a turn, if measuring is wanted."""
        if self._wished is None:
            return
        if self._turns is None:
            from vj.layers.motion_child import MotionTurns

            self._turns = MotionTurns(self._slots, self._reader, self._flows)
        self._turns.take_turn(self._wished)

    def end(self) -> None:
        """As in `vj.layers.steady.MotionSource.end`."""
        self._wished = None

    def close(self) -> None:
        """Close the memory."""
        self._flows.close()
