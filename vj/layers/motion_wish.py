"""What the display wants to know of a source's motion, passed to the process that measures it."""

from __future__ import annotations

from typing import Any, NamedTuple

from vj.base.shared_memory import SharedMemory
from vj.child.shared_params import SharedParams
from vj.child.slot_reader import slot_of
from vj.layers.flow_maps import FlowHead
from vj.params.param import Param

_MOST = 2.0**52
"""No number of a picture is larger; whole numbers up to here are exact."""
_PARAMS = {
    name: Param(name, 0.0, _MOST, default=0.0, help="") for name in ("on", "shown", "asked", "engine", "slot", "shaped")
}


class Wished(NamedTuple):
    """What is wanted. Pictures have the numbers of `vj.child.slot_reader.picture_number`.

    ``slot`` is the slot of the source that plays, ``engine`` the number among its readers of the engine that plays.
    ``shown`` is the picture behind the result that is shown, ``asked`` that behind one that waits to be shown; 0 stands
    for none. ``shaped`` is the slot that the engine reads in place of the source's, 0 if it reads that one.
    """

    slot: int = 0
    engine: int = 0
    shown: int = 0
    asked: int = 0
    shaped: int = 0

    def head(self, newest: int, taken: int) -> FlowHead:
        """Returns what is to be measured. ``newest`` is the newest picture, ``taken`` the one that the engine took
        last: what it works on now, so that the motion is known when the result comes."""
        coming = self.asked or taken
        is_past = slot_of(coming) == slot_of(self.shown) and coming <= self.shown
        is_known = slot_of(coming) == slot_of(newest) and coming <= newest
        return FlowHead(newest, self.shown, coming if is_known and not is_past else 0, 0)


class MotionWish:
    """The newest wish in shared memory, for both sides. ``values`` is that memory."""

    def __init__(self, description: dict[str, Any] | None = None) -> None:
        """Make new memory, or attach that of the ``description`` which ``values.describe`` returned."""
        self.values = SharedParams(_PARAMS, SharedMemory.attach(description) if description else None)
        self._written: Wished | None = None

    def write(self, wished: Wished | None) -> None:
        """Write a wish, None for nothing, unless it is the one that was written last. Never waits."""
        if wished != self._written:
            self._written = wished
            self.values.write({"on": float(wished is not None), **(wished or Wished())._asdict()})

    def read(self) -> Wished | None:
        """Returns the newest wish; None if nothing is wanted. Never waits."""
        numbers = self.values.read()
        return Wished(*(int(float(numbers[name])) for name in Wished._fields)) if numbers["on"] else None
