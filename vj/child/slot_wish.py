"""Which slot a child is to read, told by the show through shared memory."""

from typing import Any

from vj.base.shared_memory import SharedMemory
from vj.child.shared_params import SharedParams
from vj.params.param import Param

_NONE = -1
_SLOT = "slot"


class SlotWish:
    """The number of the slot that is to be read now, for both sides. ``values`` is the memory that holds it."""

    def __init__(self, description: dict[str, Any] | None = None) -> None:
        """Make new memory, in which nothing is wished, or attach that of the ``description`` which ``values.describe``
        returned."""
        params = {_SLOT: Param(_SLOT, _NONE, 255, default=_NONE, kind="int", help="")}
        self.values = SharedParams(params, SharedMemory.attach(description) if description else None)
        self._written: int | None = None

    def write(self, slot: int | None) -> None:
        """Wish that ``slot`` is read, None for none, unless that is the wish already. Never waits."""
        if slot != self._written:
            self._written = slot
            self.values.write({_SLOT: _NONE if slot is None else slot})

    def read(self) -> int | None:
        """Returns the slot that is to be read; None for none. Never waits."""
        slot = int(self.values.number(_SLOT))
        return None if slot == _NONE else slot
