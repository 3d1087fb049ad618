"""The folder of a look's training in the performer's library: the frames that were kept, and how they were painted.

``looks/NAME/01-source.png`` is the first frame that was kept, ``01.png`` begins as a copy of it, which the performer
paints over; then ``02-source.png``, ``02.png`` and so on. A painted file may have the ending of any picture.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from filelock import FileLock

from vj.base.atomic_file import write_whole
from vj.base.errors import BadInput
from vj.base.frame import Pixels, Size
from vj.base.paths import PICTURES, library
from vj.base.picture import load
from vj.train.claim import claim
from vj.train.keyframe_files import read_keyframe

_SOURCE: Final = re.compile(r"(\d{2,})-source\.png")
_NUMBER: Final = re.compile(r"\d{2,6}(?=\D)")
_LARGEST: Final = 1 << 30
"""The most bytes of a painted file that is copied into the folder."""
_ANY_SIZE: Final = Size(1 << 20, 1 << 20)
"""Larger than any picture."""
_FAST: Final = 1
"""How hard PNGs are compressed (0..9): the performer waits for them."""


class Place(NamedTuple):
    """A frame that was kept: its number, its file, and that which is painted, the newest if there are several; None if
    there is none any more."""

    number: int
    source: Path
    painted: Path | None


class LookFolder:
    """The folder of the look ``name``, which is made when something is first put into it. ``path`` is where it is."""

    def __init__(self, name: str) -> None:
        """``name`` must be checked already."""
        self.name = name
        self.path = library("looks", name)

    def places(self) -> list[Place]:
        """Returns the frames that were kept, in the order of their numbers; an empty list without such a folder, or for
        one that can't be read."""
        try:
            files = {file.name: file for file in os.scandir(self.path)}
        except OSError:
            return []
        numbers = sorted({int(found[1]) for name in files if (found := _SOURCE.fullmatch(name))})
        return [Place(number, self._source(number), self._painted(number, files)) for number in numbers]

    def keep(self, pixels: Pixels) -> Path:
        """Write the frame ``pixels`` under the next number, twice. Returns the file that is to be painted over. Raises
        BadInput when they can't be written."""
        content = _png(pixels)
        place = self.add(content, content, ".png")
        assert place.painted
        return place.painted

    def add(self, source: bytes, painted: bytes, ending: str) -> Place:
        """Write a frame, which is the content of a PNG, with its painted file under the next number. ``ending`` is that
        of the painted file's name. Returns where both are. Raises BadInput when they can't be written.

        The frame is written last: a place without one isn't seen yet.
        """
        number = self._next()
        there = self._write(f"{number:02d}{ending.lower()}", painted)
        return Place(number, self._write(self._source(number).name, source), there)

    def paint(self, number: int, painted: Path) -> Path:
        """Copy the file ``painted`` as the painted one of the frame ``number``. Returns the copy, which is newer than
        those that are there. Raises BadInput when it can't be read or written."""
        return self._write(f"{number:02d}{painted.suffix.lower()}", content_of(painted))

    def claim(self) -> FileLock:
        """Returns the lock that says that this process learns the look, which ends with the process at the latest.
        Raises BadInput if another training has it. A disk that takes no locks is used without."""
        return claim(self.path, self.name)

    def _next(self) -> int:
        """Returns the first number after all that a file's name begins with."""
        try:
            numbers = [int(found[0]) for name in os.listdir(self.path) if (found := _NUMBER.match(name))]
        except OSError:
            numbers = []
        return max(numbers, default=0) + 1

    def _source(self, number: int) -> Path:
        return self.path / f"{number:02d}-source.png"

    def _painted(self, number: int, files: dict[str, os.DirEntry[str]]) -> Path | None:
        found = [files[name] for name in _painted_names(number) if name in files]
        return Path(max(found, key=_changed).path) if found else None

    def _write(self, name: str, content: bytes) -> Path:
        path = self.path / name
        try:
            write_whole(path, content)
        except OSError as error:
            raise BadInput(f"can't write {path}: {error.strerror or error}") from None
        return path


def add_keyframe(folder: LookFolder, source: Path, painted: Path) -> None:
    """Copy the files of a frame, and of how it is to look, into ``folder``, unless it has the same already. Raises
    BadInput if one of them is no picture, nothing is painted in the second, or they can't be written."""
    if not read_keyframe(source, painted).changed:
        raise BadInput(f"{painted} is the same picture as {source}: nothing is painted in it")
    content = _png(load(source, _ANY_SIZE)), content_of(painted)
    for place in folder.places():
        if place.painted and (place.source.read_bytes(), place.painted.read_bytes()) == content:
            return
    folder.add(*content, painted.suffix)


def content_of(path: Path) -> bytes:
    """Returns the content of a picture's file. Raises BadInput for one that can't be read, is no regular file, has
    another ending than `PICTURES`, or is too large."""
    if path.suffix.lower() not in PICTURES:
        raise BadInput(f"{path} is no picture; choices: files ending in {', '.join(PICTURES)}")
    try:
        if not path.is_file():
            raise BadInput(f"there is no file {path}")
        if path.stat().st_size > _LARGEST:
            raise BadInput(f"{path} is too large a picture: {path.stat().st_size} bytes of at most {_LARGEST}")
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"can't read {path}: {error.strerror or error}") from None


def _painted_names(number: int) -> Iterator[str]:
    return (f"{number:02d}{ending}" for ending in PICTURES)


def _changed(file: os.DirEntry[str]) -> int:
    """Returns when the file was changed last (ns); 0 for one that has gone meanwhile."""
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


def _png(pixels: Pixels) -> bytes:
    from PIL import Image

    into = io.BytesIO()
    Image.fromarray(pixels).save(into, "PNG", compress_level=_FAST)
    return into.getvalue()
