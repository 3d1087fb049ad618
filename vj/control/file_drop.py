"""Files that are dropped on the window: a picture that is waited for is how a kept one is to look, another becomes the
style picture of models, anything else a clip."""

from collections.abc import Callable, Iterable
from pathlib import Path

from vj.base.errors import BadInput
from vj.base.paths import PICTURES
from vj.params.control_queue import ControlQueue
from vj.params.param import ParamTable

_PAINTING = "/model/style_image"


class FileDrop:
    """Queues a picture that was dropped as the style picture of every model that has one: each address of the show that
    ends with `/model/style_image`.

    Other files, and pictures in shows without such a parameter, become clips. ``notice`` says why a file can't be used;
    it is a line about the last file that was dropped, and empty if that file was queued.
    """

    def __init__(
        self,
        table: ParamTable,
        queue: ControlQueue,
        add_clip: Callable[[str], object] | None = None,
        paint: Callable[[str], bool] = lambda path: False,
    ) -> None:
        """``table`` holds the parameters of the show. Values go into ``queue``. ``add_clip`` is called with the path of
        a file that becomes a clip, and raises BadInput if it can't; None: there are no clips. ``paint`` is called with
        the path of each picture first; it returns whether it was waited for, and raises BadInput if it can't be used.
        """
        self._table = table
        self._queue = queue
        self._add_clip = add_clip
        self._paint = paint
        self.notice = ""

    def use_files(self, paths: Iterable[str]) -> None:
        """Queue each picture of ``paths`` (paths of files) as the new style picture; of several, the last one counts.

        Only the ending of a name is looked at: no file is opened here. ``notice`` is set anew for each file. Nothing is
        raised for a file that can't be used.
        """
        for path in paths:
            self.notice = ""
            is_picture = Path(path).suffix.lower() in PICTURES
            if is_picture and self._is_waited_for(path):
                continue
            addresses = [address for address in self._table if address.endswith(_PAINTING)]  # layers come and go
            is_painting = is_picture and addresses
            if self._add_clip and not is_painting:
                try:
                    self._add_clip(path)
                except BadInput as error:
                    self.notice = str(error)
                continue
            if not is_picture:
                self.notice = f"{Path(path).name} is no picture; choices: {', '.join(PICTURES)}"
                continue
            if not addresses:
                self.notice = f"{Path(path).name} was dropped, but no model here paints like a picture"
            for address in addresses:
                try:
                    self._queue.put(address, self._table[address].check(path, strict=True))
                except BadInput as error:
                    self.notice = str(error)

    def _is_waited_for(self, path: str) -> bool:
        try:
            return self._paint(path)
        except BadInput as error:
            self.notice = str(error)
            return True
