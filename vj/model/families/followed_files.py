"""Files that are read again whenever they change, in a thread: playing never waits for a disk."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from vj.base.errors import BadInput
from vj.base.file_stamp import Stamp, stamp

Numbers = npt.NDArray[np.float32]
"""What a file was read as: float32, of a shape that the reading function chooses. It must not be written to."""

_EVERY: Final = 0.1
"""Seconds between two looks at the files."""


class _Read(NamedTuple):
    """What the last reading of a file gave: the file's ``stamp``, None if there was no file; the ``numbers`` of the
    last reading that went well, None if none did; ``why`` this one failed, empty if it didn't."""

    stamp: Stamp | None
    numbers: Numbers | None
    why: str


class FollowedFiles:
    """Follows the files that are asked for, a single one for each ``place``, a name that the caller chooses. A file
    that can't be read, or vanishes, leaves the numbers that were read before."""

    def __init__(self, read: Callable[[Path], Numbers], *, in_thread: bool = True) -> None:
        """``read`` turns a file into numbers and raises BadInput if it can't; it is called beside the show once `start`
        was called. ``in_thread`` is false in a renderer: files are then looked at whenever they are asked for."""
        self._read = read
        self._in_thread = in_thread
        self._changed = threading.Condition()
        self._checking = threading.Lock()
        self._followed: dict[str, Path] = {}
        self._known: dict[Path, _Read] = {}
        self._asked = self._is_new = False
        """Whether a file was asked for since the last look, and whether it was another one than before."""

    @property
    def notice(self) -> str:
        """Why files that are followed can't be read, those of all places, joined by ``; ``; empty if all can."""
        with self._changed:
            found = [self._known[path].why for path in self._followed.values() if path in self._known]
        return "; ".join(dict.fromkeys(why for why in found if why))

    def newest(self, place: str, path: Path) -> Numbers | None:
        """Returns the newest numbers of the file ``path``, which is followed for ``place`` from now on; None until it
        has been read. The same object as long as the file stays the same. It doesn't wait, unless files are looked at
        in the caller's thread."""
        with self._changed:
            if self._followed.get(place) != path:
                self._followed[place] = path
                self._is_new = True
            if self._is_new or not self._asked:
                self._asked = True
                self._changed.notify_all()
        if not self._in_thread:
            self.look()
        with self._changed:
            return self._known[path].numbers if path in self._known else None

    def look(self) -> None:
        """Look at all files that are followed now, and read those that have changed, in the caller's thread. What can't
        be read becomes a `notice`."""
        with self._checking:
            with self._changed:
                self._is_new = False
                followed = set(self._followed.values())
                self._known = {path: read for path, read in self._known.items() if path in followed}
            for path in followed:
                before = self._known.get(path)
                found = stamp(path)
                if before is None or before.stamp != found:
                    now = self._reading(path, found, before)
                    with self._changed:
                        self._known[path] = now

    def start(self) -> None:
        """Start the thread, which ends with the process; do nothing if files are looked at in the caller's thread. It
        must be called only once. It rests while no file is asked for."""
        if self._in_thread:
            threading.Thread(target=self._run, name="followed files", daemon=True).start()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._asked)
                self._asked = False
            self.look()
            with self._changed:
                self._changed.wait_for(lambda: self._is_new, _EVERY)

    def _reading(self, path: Path, found: Stamp | None, before: _Read | None) -> _Read:
        """Returns what reading the file gives, whose stamp ``found`` was taken before."""
        try:
            return _Read(found, self._read(path), "")
        except BadInput as error:
            why = str(error)
        except Exception as error:  # noqa: BLE001 - the thread must go on, for what comes later
            why = f"can't read {path}: {error or type(error).__name__}"
        return _Read(found, before.numbers if before else None, why)
