"""The show's side of a child that looks at a layer's source for the display: it starts when it is first needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vj.base.frame import Frame, Size
from vj.child.latest_frame import LatestFrame, Reader
from vj.child.process import ChildSpec
from vj.child.shared_params import SharedParams
from vj.child.supervisor import Child, Limits

_USUAL = Limits()


class SideWorker:
    """A child that reads the slots of sources and publishes records, which are pictures, for the loop. Only the loop
    may use it; no method waits."""

    def __init__(
        self,
        spec: ChildSpec,
        room: Size,
        slots: Sequence[LatestFrame],
        reader: int,
        start: Callable[[Child], None],
        end: Callable[[Child, Callable[[], None]], None],
        limits: Limits = _USUAL,
    ) -> None:
        """The child runs what ``spec`` says, with four arguments added: ``sources``, descriptions of ``slots``, among
        whose readers it has the number ``reader``; ``output``, where it publishes records of up to ``room``; and
        ``values``, where it finds what is wanted. ``start`` has a child supervised, ``end`` has it ended and then
        calls what it is given; neither may wait. ``limits`` say for how long the child may be silent."""
        self._spec, self._room, self._limits = spec, room, limits
        self._slots = slots
        self._reader = reader
        self._start, self._end = start, end
        self.child: Child | None = None
        """The process; None until `begin`."""
        self._records: Reader | None = None
        self._memories: list[LatestFrame | SharedParams] = []

    def begin(self, values: SharedParams) -> None:
        """Start the child, which reads ``values``."""
        output = LatestFrame.create(*self._room, readers=1)
        self._memories = [values, output]
        self._records = output.reader(0)
        sources = [slot.describe() for slot in self._slots]
        fds = (*(fd for slot in self._slots for fd in slot.fds), *output.fds, *values.fds)
        told = {"sources": sources, "reader": self._reader, "output": output.describe(), "values": values.describe()}
        self.child = Child(self._spec.given(fds, **told), lambda: output.heartbeats, self._limits)
        self._start(self.child)

    def newest(self) -> Frame | None:
        """Returns the newest record if it wasn't taken yet, else None. Valid until the next call."""
        return self._records.newest() if self._records else None

    def wrong(self, doing: str) -> str:
        """Returns what is wrong with the process, whose task is ``doing``, or with its work; usually empty."""
        if self.child is None:
            return ""
        if self.child.state == "running":
            return str(self.child.info.get("notice", ""))
        return self.child.refused or (f"{doing}: {self.child.fault}" if self.child.fault else "")

    def end(self) -> None:
        """End the child. Nothing but `close` may be called afterwards."""
        if self.child:
            self._end(self.child, self.close)

    def close(self) -> None:
        """Close the memory. The child must have ended. Harmless a second time."""
        if self.child:
            for slot in self._slots:
                slot.let_go(self._reader)
        for memory in self._memories:
            memory.close()
        self._memories, self._records = [], None  # the mapping goes with the last that refers to it
