"""The child process that measures the motion of a source: it takes the newest picture and publishes flow."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final

from vj.base.clock import now
from vj.child.latest_frame import LatestFrame, Writer
from vj.child.parent_pipe import ParentPipe, StatusPipe
from vj.child.slot_reader import SlotReader, slot_of
from vj.layers import flow_maps
from vj.layers.flow_maps import FlowHead
from vj.layers.flow_meter import FlowMeter
from vj.layers.motion_wish import MotionWish, Wished

_IDLE, _RESTING = 0.0005, 0.02
"""Seconds between two looks for a new picture, and between two looks whether there is something to do."""
_SHARE: Final = 0.8
"""The part of the time between two pictures of the source that measuring may take."""
_LEARNS: Final = 0.1
"""The weight of the newest turn in the means by which this is decided."""
_FIRST: Final = 20
"""Turns before it is decided: the first ones are slower."""


def main(
    pipe: ParentPipe, sources: list[dict[str, Any]], reader: int, output: dict[str, Any], values: dict[str, Any]
) -> None:
    """Measure the motion of a source's pictures until the show asks this process to leave or is gone; it is
    the child's main function.

    ``sources``, of which one is read at a time, and ``output`` are what `LatestFrame.describe` returned; ``values``
    describes a `MotionWish`; ``reader`` is this process's number among the readers of each source. Only one thread
    computes: the cores belong to models.
    """
    import cv2

    cv2.setNumThreads(1)
    wish = MotionWish(values)
    flows = LatestFrame.attach(output)
    turns = MotionTurns([LatestFrame.attach(source) for source in sources], reader, flows)
    watch = TimeWatch(pipe)
    pipe.tell(ready=True)
    while not pipe.stopping.is_set():
        wished = wish.read()
        if wished is None:
            watch.begin_again()
            turns.rest()
            flows.heartbeat()
            time.sleep(_RESTING)
            continue
        began = now()
        if turns.take_turn(wished):
            watch.note(now() - began, turns.gap)
        else:
            flows.heartbeat()
            time.sleep(_IDLE)


class MotionTurns:
    """Takes the source's pictures and publishes what is known of their motion, turn by turn."""

    def __init__(self, slots: Sequence[LatestFrame], reader: int, flows: LatestFrame) -> None:
        """``reader`` is the number among the readers of each of ``slots`` that this object uses; it becomes the only
        writer of ``flows``."""
        self._slots = slots
        self._reader = SlotReader(slots, reader)
        self._writer: Writer = flows.writer()
        self._meter = FlowMeter()
        self._newest, self._captured = 0, 0.0
        self._told = FlowHead(0, 0, 0, 0)
        self.gap = 0.0
        """Seconds between the source's pictures, as far as the last two that were taken tell; 0 before."""

    def take_turn(self, wished: Wished) -> bool:
        """Take the newest picture, if there is a new one, and measure what is ``wished``. Publish a record if that is
        something else than last time. Returns whether there was anything to do."""
        came = self._take(wished.slot)
        read_by_engine = self._slots[wished.shaped or slot_of(self._newest)]
        head = wished.head(self._newest, read_by_engine.last_taken(wished.engine))
        if head == self._told or not head.shown:
            return came
        self._told = head
        known, maps = self._meter.measure(head)
        size = flow_maps.record_size(self._meter.size)
        flow_maps.write(self._writer.begin(size.height, size.width), known, maps)
        self._writer.publish(self._captured, head.newest)
        return True

    def rest(self) -> None:
        """Give the source its picture back, as none is needed for the moment."""
        self._reader.release()

    def _take(self, slot: int) -> bool:
        reader = self._reader.of(slot)
        frame = reader.newest() if reader else None
        if frame is None:
            return False
        if slot_of(frame.origin) != slot_of(self._newest):
            self._meter.forget()
            self.gap = 0.0
        elif frame.origin > self._newest > 0:
            self.gap = (frame.captured - self._captured) / (frame.origin - self._newest)
        self._newest, self._captured = frame.origin, frame.captured
        self._meter.add(frame.origin, frame.pixels)
        return True


class TimeWatch:
    """Watches whether measuring keeps up with the source, and tells ``late``, how often it didn't."""

    def __init__(self, pipe: StatusPipe) -> None:
        self._pipe = pipe
        self._late = 0
        self.begin_again()

    def begin_again(self) -> None:
        """Forget what was measured so far; ``late`` stays."""
        self._turns, self._took, self._gap = 0, 0.0, 0.0

    def note(self, took: float, gap: float) -> None:
        """Note a turn that took so many seconds; ``gap`` is the time between two of the source's pictures (s)."""
        self._turns += 1
        share = max(_LEARNS, 1.0 / self._turns)
        self._took += share * (took - self._took)
        self._gap += share * (gap - self._gap)
        if self._turns >= _FIRST and self._took > _SHARE * self._gap > 0.0:
            self._late += 1
            self._pipe.tell(late=self._late)
            self.begin_again()
