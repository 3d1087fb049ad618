"""A slide show of the pictures in a folder."""

import logging
import random
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np

from vj.clock import Pacer
from vj.errors import BadInput
from vj.frame.frame import Pixels
from vj.param import Param, Value, toggle, trigger
from vj.source.files import find_folder, natural
from vj.source.picture import load
from vj.source.source import Begin, Source

_ENDINGS = (
    ".avif .bmp .dds .dib .gif .ico .j2k .jfif .jp2 .jpe .jpeg .jpg .pbm .pcx .pgm .png .pnm .ppm .psd .qoi .tga "
    ".tif .tiff .webp"
)
_SUFFIXES = frozenset(_ENDINGS.split())
_log = logging.getLogger(__name__)


class Folder(Source):
    """Shows the pictures in natural order of their names, each for ``dwell`` seconds, over and over.

    The next one is read in a thread while the present one shows. The folder is listed anew whenever the list
    has come round. A file that can't be read is passed over and counted in ``skipped``.
    """

    name = "folder"
    help = "a slide show of the pictures in a folder: folder:PATH"
    params = (
        Param("dwell", 0.1, 600.0, default=5.0, unit="s", help="how long each picture shows"),
        Param("fade", 0.0, 10.0, default=0.5, unit="s", help="how long one picture takes to become the next"),
        toggle("shuffle", help="random order instead of by name"),
        trigger("next", help="go on to the next picture now"),
        trigger("previous", help="go back to the picture before"),
    )

    @classmethod
    def check(cls, target: str) -> None:
        _list(find_folder(cls.name, target))

    def open(self) -> None:
        """Raises BadInput for a folder without a single picture that can be read."""
        self._folder = find_folder(self.name, self.target)
        self.title = self._folder.name
        self.skipped = 0
        self._random = random.Random()
        self._shuffled = False
        self._paths, self._stride, self._in_vain = _list(self._folder), 1, 0
        self._present, self._shown = self._first()
        self._faded_out = self._shown
        self._pacer = Pacer(self.clock, self.fps)
        self._since = self.clock.now()
        self._loader = ThreadPoolExecutor(1, "pictures")
        self._hurry = False
        self._load(self._place() + 1)

    def command(self, name: str, amount: float) -> None:
        """``next`` and ``previous`` skip as many pictures as they are fired times."""
        self._stride = 1 if name == "next" else -1
        self._load((self._coming if self._hurry else self._place()) + self._stride)
        self._hurry = True

    def read(self, begin: Begin, values: Mapping[str, Value]) -> float:
        due = self._pacer.wait()
        started = self.clock.now()
        self._order(bool(values["shuffle"]))
        if (self._hurry or due - self._since >= float(values["dwell"])) and self._future.done():
            self._change(due)
        fade = min(float(values["fade"]), float(values["dwell"]))
        share = (due - self._since) / fade if fade else 1.0
        if share < 1.0 and self._faded_out is not self._shown:
            _blend(self._faded_out, self._shown, share, begin)
        else:
            np.copyto(begin(*self._shown.shape[:2]), self._shown)
        self.spent("capture", self.clock.now() - started)
        return due

    def close(self) -> None:
        self._loader.shutdown(wait=False, cancel_futures=True)

    def _first(self) -> tuple[Path, Pixels]:
        """The first picture that can be read."""
        reason = ""
        for path in self._paths:
            try:
                return path, load(path, self.box)
            except BadInput as error:
                reason = self._skip(error)
        raise BadInput(f"folder: no picture in {self._folder} can be read: {reason}")

    def _place(self) -> int:
        """Where the present picture stands in the list."""
        return self._paths.index(self._present) if self._present in self._paths else -1

    def _load(self, place: int) -> None:
        """Begin to read the picture at ``place``; beyond either end of the list, it is made anew first."""
        if not 0 <= place < len(self._paths):
            self._list_again()
            place = 0 if place > 0 else len(self._paths) - 1
        self._coming = place
        self._future: Future[Pixels] = self._loader.submit(load, self._paths[place], self.box)

    def _list_again(self) -> None:
        try:
            self._paths = _list(self._folder)
        except BadInput as error:  # emptied or taken away while it plays: the old list may come true again
            _log.warning("%s", error)
        if self._shuffled:
            self._random.shuffle(self._paths)
            if self._paths[0] == self._present:
                self._paths.append(self._paths.pop(0))  # not twice in a row

    def _change(self, now: float) -> None:
        """Show what was read, if it could be, and begin to read the one after it."""
        try:
            shown = self._future.result()
        except BadInput as error:
            self._skip(error)
            self._in_vain += 1
            if self._in_vain >= len(self._paths):  # none of them: look again after another while
                self._since, self._in_vain = now, 0
        else:
            self._faded_out, self._shown, self._present = self._shown, shown, self._paths[self._coming]
            self._since, self._hurry, self._stride, self._in_vain = now, False, 1, 0
        self._load(self._coming + self._stride)

    def _skip(self, error: BadInput) -> str:
        self.skipped += 1
        _log.warning("skipped: %s", error)
        return str(error)

    def _order(self, shuffle: bool) -> None:
        """Follow the switch: the present picture stays, what comes after it changes."""
        if shuffle == self._shuffled:
            return
        self._shuffled, self._stride = shuffle, 1
        self._paths.sort(key=lambda path: natural(path.name))
        if shuffle:
            self._random.shuffle(self._paths)
        self._load(self._place() + 1)


def _list(folder: Path) -> list[Path]:
    """The picture files in ``folder`` in natural order. Raises BadInput if there is none."""
    try:
        found = [path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES and path.is_file()]
    except OSError as error:
        raise BadInput(f"folder: {folder} can't be listed: {error.strerror}") from error
    if not found:
        raise BadInput(f"folder: there is no picture in {folder}; choices: {_ENDINGS}")
    return sorted(found, key=lambda path: natural(path.name))


def _blend(old: Pixels, new: Pixels, share: float, begin: Begin) -> None:
    """``share`` of ``new`` over ``old``, each centred on black in a picture that holds both."""
    import cv2

    height, width = (max(side) for side in zip(old.shape[:2], new.shape[:2], strict=True))
    under, over = _centred(old, height, width), _centred(new, height, width)
    cv2.addWeighted(under, 1.0 - share, over, share, 0.0, dst=begin(height, width))


def _centred(picture: Pixels, height: int, width: int) -> Pixels:
    if picture.shape[:2] == (height, width):
        return picture
    canvas = np.zeros((height, width, 3), np.uint8)
    top, left = (height - picture.shape[0]) // 2, (width - picture.shape[1]) // 2
    canvas[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return canvas
