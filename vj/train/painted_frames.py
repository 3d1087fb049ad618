"""Watches what is painted: the files in the folder of a look's training, which change while the show plays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vj.base.errors import BadInput
from vj.train.keyframe import Keyframe
from vj.train.keyframe_files import ReadKeyframe, read_keyframe
from vj.train.look_folder import LookFolder, Place

_PERIOD: Final = 0.1
"""Seconds from one look at the folder to the next."""
_AGAIN: Final = 0.5
"""Seconds after which a file that couldn't be read is tried again, even if it hasn't changed."""
_PATIENCE: Final = 1.0
"""Seconds for which a file may be half saved, or missing, before that is said."""
_LARGE: Final = 4 << 20
"""Bytes of files from which on reading them may take long."""

_Stamp = tuple[str, int, int]
"""By what a file is known to have changed: its name, when it was written (ns), and its length."""


@dataclass
class _Watched:
    """What is known of a frame that was kept."""

    stamp: _Stamp | None = None
    keyframe: Keyframe | None = None
    """What is learned from it: as it was painted last and could be read; None before."""
    fault: str = ""
    since: float = 0.0
    """When the fault was first found (s)."""
    tried: float = 0.0
    remark: str = ""


class PaintedFrames:
    """The keyframes of a look: the frames that were kept, and what was painted over them, read again when it changes.

    A file that is half saved is tried again until it is whole. Of one that can't be used, or is deleted, the keyframe
    stays as it was read last.
    """

    def __init__(
        self,
        folder: LookFolder,
        read: Callable[[Path, Path], ReadKeyframe] = read_keyframe,
        long: Callable[[bool], None] = lambda begins: None,
    ) -> None:
        """``read`` reads a keyframe; ``long`` is called with true before a file is read that may take long, and with
        false afterwards."""
        self._folder, self._read, self._long = folder, read, long
        self._watched: dict[int, _Watched] = {}
        self._due, self._now = float("-inf"), 0.0
        self.kept = 0
        """How many frames were kept, as far as was seen."""

    @property
    def keyframes(self) -> dict[int, Keyframe]:
        """Returns what is painted, by the number of the frame, in order."""
        return {number: known.keyframe for number, known in sorted(self._watched.items()) if known.keyframe}

    @property
    def unpainted(self) -> Place | None:
        """Returns the last frame that was kept and isn't painted yet, as far as was seen; None if there is none."""
        painted = self.keyframes
        waiting = [place for place in self._folder.places() if place.number not in painted]
        return waiting[-1] if waiting else None

    @property
    def notice(self) -> str:
        """What is wrong with a file, or how it was fitted, in a line; usually empty."""
        known = [watched for _, watched in sorted(self._watched.items())]
        faults = (one.fault for one in known if one.fault and self._now - one.since >= _PATIENCE)
        return next(faults, "") or next((one.remark for one in known if one.remark), "")

    def look(self, now: float) -> Mapping[int, Keyframe]:
        """Look at the folder, if that is due, and read what has changed. ``now`` is the present time (s). Returns the
        keyframes that are new, or were painted again, by number."""
        self._now = now
        if now < self._due:
            return {}
        self._due = now + _PERIOD
        places, before = self._folder.places(), self.keyframes
        self.kept = len(places)
        self._note_missing({place.number for place in places if place.painted})
        for place in places:
            self._follow(place)
        return {number: one for number, one in self.keyframes.items() if one is not before.get(number)}

    def _note_missing(self, there: set[int]) -> None:
        for number, known in self._watched.items():
            if number not in there and known.keyframe and known.stamp:
                known.stamp = None
                self._note(known, f"{number:02d} of {self._folder.name} was deleted: what was painted is still learned")

    def _follow(self, place: Place) -> None:
        """Read what is painted in ``place`` if its file has changed, or couldn't be read before."""
        known = self._watched.setdefault(place.number, _Watched())
        stamp = _stamp(place.painted) if place.painted else None
        if place.painted is None or stamp is None:
            return
        if stamp == known.stamp and not (known.fault and self._now - known.tried >= _AGAIN):
            return
        known.stamp, known.tried = stamp, self._now
        try:
            found = self._opened(place.source, place.painted, stamp[2])
        except BadInput as error:
            self._note(known, str(error))
        except MemoryError:
            self._note(known, f"{place.painted.name} can't be read: memory is full")
        else:
            known.fault = ""
            if found.changed:
                known.keyframe, known.remark = found.keyframe, found.remark

    def _opened(self, source: Path, painted: Path, length: int) -> ReadKeyframe:
        if length < _LARGE:
            return self._read(source, painted)
        self._long(True)
        try:
            return self._read(source, painted)
        finally:
            self._long(False)

    def _note(self, known: _Watched, fault: str) -> None:
        if not known.fault:
            known.since = self._now
        known.fault = fault


def _stamp(path: Path) -> _Stamp | None:
    """Returns the file's stamp; None if it has gone."""
    try:
        about = path.stat()
    except OSError:
        return None
    return path.name, about.st_mtime_ns, about.st_size
