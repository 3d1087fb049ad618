"""StyleImages, read and described aside: the picture never waits for a file, nor for the network that looks at it."""

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
"""What describes a painting to its network; never written to."""

_LONGEST: Final = 1024
"""Pixels of a painting's longer side; the networks look at fewer."""


def read(path: Path) -> Pixels:
    """The picture in ``path``, its longer side at most 1024 pixels. Raises BadInput; see `vj.base.picture.load`."""
    return load(path, Size(_LONGEST, _LONGEST))


SQUARE: Final = Size(256, 256)
"""What the networks that describe a painting look at."""


def squares(picture: Pixels) -> list[Pixels]:
    """As few squares as cover ``picture`` from end to end (four at most), each as 256 x 256.

    Strokes keep their direction, which they wouldn't if it were squeezed, and no colour is left out.
    """
    height, width = picture.shape[:2]
    side = min(height, width)
    count = min(4, -(-max(height, width) // side))
    places = [(round(y), round(x)) for y, x in np.linspace((0, 0), (height - side, width - side), count)]
    return [resize(picture[top : top + side, left : left + side], SQUARE) for top, left in places]


class StyleImages:
    """Describes what it is asked for, in a thread of its own. Each ``place`` holds one; who asks last wins."""

    def __init__(self, describe: Callable[[Pixels], Numbers], remembered: int = 64, *, in_thread: bool = True) -> None:
        """``describe`` turns a picture, [h, w, 3] of any size, into numbers; those of ``remembered`` files are kept.

        ``in_thread`` is false in a renderer, whose time stands still meanwhile: then the caller waits.
        """
        self._describe, self._remembered, self._in_thread = describe, remembered, in_thread
        self._changed = threading.Condition()
        self._named: dict[str, str] = {}
        self._asked: dict[str, str | Pixels] = {}
        self._busy = False
        self._found: dict[str, Numbers] = {}
        self._refused: dict[str, str] = {}
        self._known: dict[tuple[Path, int], Numbers] = {}

    @property
    def notice(self) -> str:
        """Which paintings can't be had, and why."""
        with self._changed:
            return "; ".join(self._refused.values())

    def painting(self, place: str, name: str) -> Numbers | None:
        """The newest numbers for ``place``: those of the picture ``name`` (see `vj.base.paths.picture`) once they are
        known, until then and where it can't be read those of the one before; None if there was none.
        """
        with self._changed:
            if self._named.get(place) != name:
                self._named[place] = name
                self._ask(place, name)
            return self._found.get(place)

    def sight(self, place: str, picture: Pixels | None = None) -> Numbers | None:
        """The newest numbers for ``place``; of ``picture`` [h, w, 3], given away, as soon as they are known."""
        with self._changed:
            if picture is not None:
                self._ask(place, picture)
            return self._found.get(place)

    def start(self) -> None:
        """Work in a thread from now on."""
        if self._in_thread:
            threading.Thread(target=self._run, name="paintings", daemon=True).start()

    def settle(self, patience: float) -> None:
        """Wait until everything asked for is there, at most ``patience`` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: not self._asked and not self._busy, patience)

    def work(self) -> None:
        """Describe what was asked for; what the thread does."""
        while (job := self._next()) is not None:
            place, what = job
            try:
                numbers = self._of_file(what) if isinstance(what, str) else self._describe(what)
                self._done(place, numbers, "")
            except Exception as error:  # noqa: BLE001 - this thread must live: without it there is no other painting
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
        """Described anew only when the file has changed since."""
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
