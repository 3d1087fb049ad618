"""A slide show of the pictures in a folder."""

import logging
import random
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np

from vj.base.clock import Pacer
from vj.base.convert import blend, resize
from vj.base.errors import BadInput
from vj.base.frame import Pixels, Size
from vj.base.picture import load
from vj.params.param import Param, Value, toggle, trigger
from vj.source.clip_settings import CLIP_PARAMS, RESTART, ClipSettings
from vj.source.files import find_folder, natural
from vj.source.source import Begin, Source

_ENDINGS = (
    ".avif .bmp .dds .dib .gif .ico .j2k .jfif .jp2 .jpe .jpeg .jpg .pbm .pcx .pgm .png .pnm .ppm .psd .qoi .tga "
    ".tif .tiff .webp"
)
_SUFFIXES = frozenset(_ENDINGS.split())
_COARSE = Size(16, 9)
"""The size to which a picture is reduced for the background that it is shown on."""
_log = logging.getLogger(__name__)


class Folder(Source):
    """Shows the pictures in natural order of their names, each for ``dwell`` seconds, over and over.

    The next picture is read in a thread while the present one shows. The folder is listed again at the end of each
    round. A file that can't be read is skipped, and reported once.

    Whatever their shapes, pictures come in one size, the box's: models are prepared for a size, which takes seconds,
    and a fade needs both pictures in one frame. Each is shown whole, as large as fits, on a blurred and darkened copy
    of itself. Cropping would cut heads off, and a model would paint its strokes over black bars and along their edges;
    over blurred colours the strokes pass for part of the picture.
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
    clip_params = tuple(param for param in CLIP_PARAMS if param.name == "start")

    @classmethod
    def check(cls, target: str) -> None:
        """Raises BadInput unless ``target`` is a readable folder with at least one file that ends like a picture; no
        file is opened."""
        _list(find_folder(cls.name, target))

    def open(self) -> None:
        """Reads the first picture that can be read, and begins to read the second in a thread. Raises BadInput for a
        folder without a single picture that can be read."""
        self._folder = find_folder(self.name, self.target)
        self.title = self._folder.name
        self._frame = self.box.fitted(*self.box)
        self._unreadable: set[Path] = set()
        self._random = random.Random(0 if self.patient else None)
        self._shuffled = False
        self._paths = _list(self._folder)
        self._stride = 1
        """The direction (1 or -1) in which the list is gone through."""
        self._in_vain = 0
        """How many pictures in a row couldn't be read."""
        self._present, self._shown = self._first()
        self._faded_out = self._shown
        self._pacer = Pacer(self.clock, self.fps)
        self._since = self.clock.now()
        self._loader = ThreadPoolExecutor(1, "pictures")
        self._hurry = False
        """Whether the next picture shows as soon as it is read."""
        self._skips = 0
        """How many pictures further the waiting triggers lead."""
        self._future: Future[Pixels] = Future()
        self._load(self._place() + 1)

    def handle_trigger(self, name: str, amount: float) -> None:
        """Counts the firings of ``next``, and of ``previous`` as steps back; ``amount`` is not used. The next `read`
        then skips that many pictures at once; those between aren't read from disk."""
        self._skips += 1 if name == "next" else -1

    def wait(self, values: Mapping[str, Value]) -> bool:
        """Stands still at the first picture, which is read in a thread or, if the clip's setting ``start`` is
        ``continue``, at the present one. Returns whether another picture is the one to begin with."""
        came_to_rest = super().wait(values)
        if came_to_rest and _begins_anew(values):
            self._return()
        if self._hurry and (self.patient or self._future.done()):
            self._change(self.clock.now())
            self._faded_out = self._shown
            return True
        return came_to_rest

    def launch(self, values: Mapping[str, Value]) -> None:
        """Begins to play, from the first picture on or, if the clip's setting ``start`` is ``continue``, from the
        present one."""
        waited = self._waits
        super().launch(values)
        if waited:
            self._since, self._faded_out = self.clock.now(), self._shown
        elif _begins_anew(values):
            self._return()

    def read(self, begin: Begin, values: Mapping[str, Value]) -> float:
        """Waits until the next picture is due at ``fps``, writes the present picture into the buffer, or its mixture
        with the one before for ``fade`` seconds (at most ``dwell``), and returns the monotonic time (s) at which it was
        due. Every picture has the box's size, its sides cut to multiples of 4. A next picture that isn't read in time
        is waited for only if the source is `patient`; else the present one stays."""
        due = self._pacer.wait()
        started = self.clock.now()
        self._order(bool(values["shuffle"]))
        self._skip()
        is_time = not self._waits and (self._hurry or due - self._since >= float(values["dwell"]))
        if is_time and (self.patient or self._future.done()):
            self._change(due)
        fade = min(float(values["fade"]), float(values["dwell"]))
        share = (due - self._since) / fade if fade else 1.0
        if share < 1.0 and self._faded_out is not self._shown:
            blend(self._faded_out, self._shown, share, begin(self._frame.height, self._frame.width))
        else:
            np.copyto(begin(self._frame.height, self._frame.width), self._shown)
        self.on_spent("capture", self.clock.now() - started)
        return due

    def close(self) -> None:
        """Ends the thread that reads pictures, without waiting for it."""
        self._loader.shutdown(wait=False, cancel_futures=True)

    def _first(self) -> tuple[Path, Pixels]:
        """Returns the first picture that can be read, and its path. Raises BadInput."""
        reason = ""
        for path in self._paths:
            try:
                return path, _framed(path, self._frame)
            except BadInput as error:
                reason = str(error)
                self._tell(path, reason)
        raise BadInput(f"folder: no picture in {self._folder} can be read: {reason}")

    def _place(self) -> int:
        """Returns the index of the present picture in the list, or -1."""
        return self._paths.index(self._present) if self._present in self._paths else -1

    def _return(self) -> None:
        """Begins to read the first picture, unless it is the present one."""
        if self._present != self._paths[0]:
            self._load(0)
            self._hurry = True

    def _skip(self) -> None:
        """Begins to read the picture that the triggers lead to: only one picture, however many of them fired.

        Triggers that fire while it is being read wait for it, so that a key held down shows pictures go by.
        """
        if not self._skips or self._hurry:
            return
        place = self._place() + self._skips
        if place != self._coming:
            self._load(place)
        self._stride = 1 if self._skips > 0 else -1
        self._hurry, self._skips = True, 0

    def _load(self, place: int) -> None:
        """Begins to read the picture at ``place``, and gives up any other. Beyond an end of the list, a new list is
        made first."""
        if not 0 <= place < len(self._paths):
            beyond = place - len(self._paths) if place > 0 else place
            self._list_again()
            place = beyond % len(self._paths)
        self._coming = place
        self._future.cancel()  # unless it is being read already
        self._future = self._loader.submit(_framed, self._paths[place], self._frame)

    def _list_again(self) -> None:
        """Lists the folder again, and shuffles the list if the switch is on."""
        try:
            self._paths = _list(self._folder)
        except BadInput as error:  # emptied or removed while it plays: the files may come back
            _log.warning("%s", error)
        if self._shuffled:
            self._random.shuffle(self._paths)
            if self._paths[0] == self._present:
                self._paths.append(self._paths.pop(0))  # not twice in a row

    def _change(self, now: float) -> None:
        """Shows the picture that was read, if it could be, and begins to read the one after it."""
        try:
            shown = self._future.result()
        except BadInput as error:
            self._tell(self._paths[self._coming], str(error))
            self._in_vain += 1
            if self._in_vain >= len(self._paths):  # none could be read: they are tried again after another dwell
                self._since, self._in_vain = now, 0
        else:
            self._faded_out, self._shown, self._present = self._shown, shown, self._paths[self._coming]
            self._since, self._hurry, self._stride, self._in_vain = now, False, 1, 0
        self._load(self._coming + self._stride)

    def _tell(self, path: Path, reason: str) -> None:
        """Reports a file once, since the list comes round again and again."""
        if path not in self._unreadable:
            self._unreadable.add(path)
            _log.warning("skipped: %s", reason)

    def _order(self, shuffle: bool) -> None:
        """Applies the switch: the present picture stays, those after it change."""
        if shuffle == self._shuffled:
            return
        self._shuffled, self._stride = shuffle, 1
        self._paths.sort(key=lambda path: natural(path.name))
        if shuffle:
            self._random.shuffle(self._paths)
        self._load(self._place() + 1)


def _begins_anew(values: Mapping[str, Value]) -> bool:
    return ClipSettings.of(values).start == RESTART


def _list(folder: Path) -> list[Path]:
    """Returns the picture files in ``folder`` in natural order. Raises BadInput if there is none."""
    try:
        found = [path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES and path.is_file()]
    except OSError as error:
        raise BadInput(f"folder: {folder} can't be listed: {error.strerror}") from error
    if not found:
        raise BadInput(f"folder: there is no picture in {folder}; choices: {_ENDINGS}")
    return sorted(found, key=lambda path: natural(path.name))


def _framed(path: Path, frame: Size) -> Pixels:
    """Returns the picture in ``path``, whole and as large as fits, in the middle of a picture of size ``frame``."""
    picture = load(path, frame)
    height, width = picture.shape[:2]
    scale = min(frame.width / width, frame.height / height)
    size = frame.fitted(round(width * scale), round(height * scale))
    if size != (width, height):
        picture = resize(picture, size)
    if size == frame:
        return picture
    canvas = _ground(picture, frame)
    top, left = (frame.height - size.height) // 2, (frame.width - size.width) // 2
    canvas[top : top + size.height, left : left + size.width] = picture
    return canvas


def _ground(picture: Pixels, frame: Size) -> Pixels:
    """Returns the background: the middle of ``picture``, filling ``frame``, blurred and half as bright."""
    import cv2

    height, width = picture.shape[:2]
    scale = min(width / frame.width, height / frame.height)
    across, down = max(1, int(frame.width * scale)), max(1, int(frame.height * scale))
    top, left = (height - down) // 2, (width - across) // 2
    middle = picture[top : top + down, left : left + across]
    small = cv2.resize(middle, _COARSE, interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), 1.5)
    return resize(soft // 2, frame)
