"""Style pictures, read and described in a thread: playing never waits for a file, nor for the describing network."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from vj.base.convert import resize
from vj.base.errors import BadInput
from vj.base.frame import Pixels, Size
from vj.base.paths import picture as picture_path
from vj.base.picture import load

Numbers = npt.NDArray[np.float32]
"""The description of a picture: float32, in a shape that the describing function chooses. It is shared, so it must not
be written to."""

_LONGEST: Final = 1024
"""Pixels of a painting's longer side at most; the networks look at fewer."""


def read(path: Path) -> Pixels:
    """Returns the picture file at ``path`` as uint8 RGB [h, w, 3], upright, scaled down to fit into 1024×1024 if it is
    larger. Its sides are multiples of 4. Raises BadInput if it can't be read as a picture."""
    return load(path, Size(_LONGEST, _LONGEST))


SQUARE: Final = Size(256, 256)
"""The size of the squares that the describing networks take."""


def squares(picture: Pixels) -> list[Pixels]:
    """Returns squares that cover ``picture``, uint8 [h, w, 3], from end to end: the fewest that do, but at most four,
    each resized to a new uint8 array [256, 256, 3].

    They overlap, or leave gaps if the picture is more than four times as long as wide. Squeezing the whole picture
    instead would turn its strokes, and cropping it would leave out colours.
    """
    height, width = picture.shape[:2]
    side = min(height, width)
    count = min(4, -(-max(height, width) // side))
    places = [(round(y), round(x)) for y, x in np.linspace((0, 0), (height - side, width - side), count)]
    return [resize(picture[top : top + side, left : left + side], SQUARE) for top, left in places]


class StyleImages:
    """Describes pictures in a thread of its own. Each ``place``, a name that the caller chooses, holds one description;
    of several requests for a place, only the newest is handled."""

    def __init__(self, describe: Callable[[Pixels], Numbers], remembered: int = 64, *, in_thread: bool = True) -> None:
        """``describe`` turns a picture, uint8 RGB [h, w, 3] of any size, into numbers. The descriptions of the last
        ``remembered`` files are kept, so that such a file is described again only if it has changed.

        Before `start`, only `work` handles requests. ``in_thread`` is false in a renderer, whose time stands still
        while it waits: a request is then handled at once, in the caller's thread.
        """
        self._describe = describe
        self._remembered = remembered
        self._in_thread = in_thread
        self._changed = threading.Condition()
        self._named: dict[str, str] = {}
        """By place, the name of the file that was requested last."""
        self._asked: dict[str, str | Pixels] = {}
        """By place, the request that waits: a file's name or a picture."""
        self._busy = False
        self._found: dict[str, Numbers] = {}
        """By place, the newest description."""
        self._refused: dict[str, str] = {}
        """By place, why the last request failed."""
        self._known: dict[tuple[Path, int], Numbers] = {}
        """Descriptions of files, by path and time of change (ns)."""

    @property
    def notice(self) -> str:
        """Why the last request of a place failed, for all places where it did, joined by ``; ``; empty if none did."""
        with self._changed:
            return "; ".join(self._refused.values())

    def painting(self, place: str, name: str) -> Numbers | None:
        """Returns the newest numbers for ``place``, and requests those of the picture ``name`` if that isn't the name
        that this place was last asked for.

        It doesn't wait, unless requests are handled in the caller's thread: until the numbers of ``name`` are known,
        and if it can't be read, the earlier ones are returned; None if there are none. ``name`` is a path, or a name in
        the library or among the bundled pictures, as `vj.base.paths.picture` finds it.
        """
        with self._changed:
            if self._named.get(place) != name:
                self._named[place] = name
                self._ask(place, name)
            return self._found.get(place)

    def sight(self, place: str, picture: Pixels | None = None) -> Numbers | None:
        """Returns the newest numbers for ``place``, None if there are none, and requests those of ``picture``, uint8
        [h, w, 3], if one is given. It doesn't wait, so what it returns usually describes an earlier picture; if
        requests are handled in the caller's thread, it describes ``picture`` before it returns. The caller must not
        write to ``picture`` afterwards."""
        with self._changed:
            if picture is not None:
                self._ask(place, picture)
            return self._found.get(place)

    def start(self) -> None:
        """Start the thread, which ends with the process; do nothing if requests are handled in the caller's thread. It
        must be called only once."""
        if self._in_thread:
            threading.Thread(target=self._run, name="paintings", daemon=True).start()

    def settle(self, patience: float) -> None:
        """Wait until every request has been handled, at most ``patience`` seconds. Returns None in both cases, without
        saying which it was."""
        with self._changed:
            self._changed.wait_for(lambda: not self._asked and not self._busy, patience)

    def work(self) -> None:
        """Handle all requests that wait, in the calling thread, and return when none is left. An error in one becomes a
        `notice`. The thread does this; before `start`, the caller may."""
        while (job := self._next()) is not None:
            place, what = job
            try:
                numbers = self._of_file(what) if isinstance(what, str) else self._describe(what)
                self._done(place, numbers, "")
            except Exception as error:  # noqa: BLE001 - the thread must go on, for the paintings that follow
                self._done(place, None, str(error) or f"a painting can't be described: {type(error).__name__}")

    def _ask(self, place: str, what: str | Pixels) -> None:
        self._asked[place] = what
        if self._in_thread:
            self._changed.notify_all()
        else:
            self.work()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._asked)
            self.work()

    def _next(self) -> tuple[str, str | Pixels] | None:
        with self._changed:
            if not self._asked:
                return None
            self._busy = True
            place = next(iter(self._asked))
            return place, self._asked.pop(place)

    def _done(self, place: str, numbers: Numbers | None, refused: str) -> None:
        with self._changed:
            self._busy = False
            self._refused.pop(place, None)
            if numbers is None:
                self._refused[place] = refused
            else:
                self._found[place] = numbers
            self._changed.notify_all()

    def _of_file(self, name: str) -> Numbers:
        """Returns the description of the picture ``name``; it is made again only if the file has changed."""
        path = picture_path(name)
        try:
            key = path, path.stat().st_mtime_ns
        except (OSError, ValueError) as error:
            raise BadInput(f"{name} can't be read as a picture: {error}") from error
        if key not in self._known:
            if len(self._known) >= self._remembered:
                self._known.pop(next(iter(self._known)))
            self._known[key] = self._describe(read(path))
        return self._known[key]
