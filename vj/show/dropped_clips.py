"""Files that become clips of the lowest layer, because they were dropped on the window."""

from collections.abc import Callable, Mapping
from typing import Protocol

from vj.layers.clip_switcher import free_place
from vj.params.control_queue import Change, ControlQueue
from vj.params.param import ParamTable
from vj.source import split_spec


class FilledBank(Protocol):
    """The bank of clips of layer ``number``: what is in its ``places``, by place."""

    number: int
    places: Mapping[int, str]


class DroppedClips:
    """Puts files into the first empty places of the lowest layer's bank of clips, and launches them."""

    def __init__(self, table: ParamTable, queue: ControlQueue, lowest: Callable[[], FilledBank]) -> None:
        """``lowest`` returns the bank of the layer that is the lowest now. Values and launches go into ``queue``: so
        they are in a control recording, as everything that is played.
        """
        self._table = table
        self._queue = queue
        self._lowest = lowest
        self._seen: tuple[int, Mapping[int, str]] = 0, {}
        self._filled: dict[int, str] = {}
        """What was queued since these places were ``_seen``."""

    def add(self, path: str) -> None:
        """Queue the file or folder at ``path`` as a clip, and its launch. It isn't opened here.

        Raises BadInput if every place is filled, or the path is no source's.
        """
        kind, _ = split_spec(path)
        spec = f"{kind}:{path}"
        bank = self._lowest()
        if bank.number != self._seen[0] or bank.places is not self._seen[1]:
            self._seen, self._filled = (bank.number, bank.places), {}
        place = free_place({**bank.places, **self._filled})
        address = f"/layer/{bank.number}/clip/{place}"
        self._queue.put_all(
            {f"{address}/source": self._table[f"{address}/source"].check(spec)}, (Change(address, "fire"),)
        )
        self._filled[place] = spec
