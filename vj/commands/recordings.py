"""`vj recordings`: lists the films and control recordings that this user has made.

Their paths are kept in a file in the user's state folder, one a line, the newest last.
"""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

from vj.base.atomic_file import write_cached
from vj.base.errors import VjError
from vj.base.paths import state
from vj.show.control_recording import read
from vj.sink.recorder import SUFFIXES
from vj.source.container import length, open_film

COLUMNS = ("made", "length", "picture", "size", "file")
_FILE, _MOST = "recordings.list", 1000
_UNKNOWN = "-"


def note(path: Path) -> None:
    """Remembers that a recording is made at ``path``, for `listing`; only the last 1000 are remembered. The file need
    not exist yet. If the state folder can't be written to, only the listing suffers."""
    text = "".join(f"{line}\n" for line in [*_noted(), str(path.absolute())][-_MOST:])
    with contextlib.suppress(OSError, UnicodeEncodeError):
        write_cached(state() / _FILE, text.encode())


def listing() -> Iterator[tuple[str, ...]]:
    """Yields rows of texts for `COLUMNS`, the one that was noted last first, without the recordings that no longer
    exist. ``made`` is the local time of the file's last change, ``length`` minutes and seconds, ``picture``
    WIDTHxHEIGHT or "controls"; what can't be read is "-"."""
    seen = dict.fromkeys(reversed(_noted()))
    for path in map(Path, seen):
        with contextlib.suppress(OSError, ValueError):  # gone meanwhile, or no path at all
            if path.is_file():
                yield _row(path)


def _row(path: Path) -> tuple[str, ...]:
    about = path.stat()
    made = time.strftime("%Y-%m-%d %H:%M", time.localtime(about.st_mtime))
    seconds, picture = _film(path) if path.suffix.lower() in SUFFIXES else _controls(path)
    return made, _duration(seconds), picture, f"{about.st_size / 1e6:.1f} MB", str(path)


def _film(path: Path) -> tuple[float, str]:
    """Returns the film's length (s) and the size of its pictures."""
    try:
        container, stream = open_film(path)
    except VjError:  # still being written, or cut short: listed all the same
        return 0.0, _UNKNOWN
    with container:
        return length(container, stream), f"{stream.width}x{stream.height}"


def _controls(path: Path) -> tuple[float, str]:
    """Returns the length (s) of a control recording, and the word for it."""
    try:
        return read(path).seconds, "controls"
    except VjError:
        return 0.0, _UNKNOWN


def _duration(seconds: float) -> str:
    return f"{int(seconds) // 60}:{seconds % 60:04.1f}" if seconds else _UNKNOWN


def _noted() -> list[str]:
    """Returns the paths that are remembered, the newest last."""
    try:
        return (state() / _FILE).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return []
