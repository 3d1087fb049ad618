"""Files that are dropped on the window: a picture becomes the style picture by which models paint."""

from collections.abc import Iterable
from pathlib import Path

from vj.base.errors import BadInput
from vj.base.paths import PICTURES
from vj.params.control_queue import ControlQueue
from vj.params.param import ParamTable

_PAINTING = "/model/style_image"


class FileDrop:
    """Sets the style picture of every layer to a picture that was dropped.

    Other files, and shows without such a parameter, change nothing; ``notice`` then says why.
    """

    def __init__(self, table: ParamTable, queue: ControlQueue) -> None:
        self._table = table
        self._queue = queue
        self._addresses = [address for address in table if address.endswith(_PAINTING)]
        self.notice = ""

    def use_files(self, paths: Iterable[str]) -> None:
        """Use the dropped files ``paths``, of which the last picture counts. ``notice`` says what can't be used."""
        for path in paths:
            self.notice = ""
            if Path(path).suffix.lower() not in PICTURES:
                self.notice = f"{Path(path).name} is no picture; choices: {', '.join(PICTURES)}"
                continue
            if not self._addresses:
                self.notice = f"{Path(path).name} was dropped, but no model here paints like a picture"
            for address in self._addresses:
                try:
                    self._queue.put(address, self._table[address].check(path, strict=True))
                except BadInput as error:
                    self.notice = str(error)
