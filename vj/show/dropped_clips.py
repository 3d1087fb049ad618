"""Files that become clips of the first layer, because they were dropped on the window."""

from collections.abc import Callable, Mapping

from vj.layers.clip_switcher import free_place
from vj.params.control_queue import Change, ControlQueue
from vj.params.param import ParamTable
from vj.source import split_spec

_BANK = "/layer/1/clip"


class DroppedClips:
    """Puts files into the first empty places of the first layer's bank of clips, and launches them."""

    def __init__(self, table: ParamTable, queue: ControlQueue, places: Callable[[], Mapping[int, str]]) -> None:
        """``places`` returns what is in the places now. Values and launches go into ``queue``: so they are in a control
        recording, as everything that is played.
        """
        self._table = table
        self._queue = queue
        self._places = places
        self._seen: Mapping[int, str] = {}
        self._filled: dict[int, str] = {}
        """What was queued since these places were ``_seen``."""

    def add(self, path: str) -> None:
        """Queue the file or folder at ``path`` as a clip, and its launch. It isn't opened here.

        Raises BadInput if every place is filled, or the path is no source's.
        """
        kind, _ = split_spec(path)
        spec = f"{kind}:{path}"
        if (now := self._places()) is not self._seen:
            self._seen, self._filled = now, {}
        place = free_place({**now, **self._filled})
        address = f"{_BANK}/{place}"
        self._queue.put_all(
            {f"{address}/source": self._table[f"{address}/source"].check(spec)}, (Change(address, "fire"),)
        )
        self._filled[place] = spec
