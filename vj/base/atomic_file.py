"""Files that are there whole or not at all, at any moment and for every reader."""

import contextlib
import os
import threading
import time
from pathlib import Path

_TRIES, _REST = 20, 0.025
"""How often, and after how many seconds, a file is tried that another program holds open."""


def write_whole(path: Path, content: bytes, *, older: Path | None = None) -> None:
    """Put ``content`` at ``path`` for good, so that a reader finds either this or what was there before.

    It is written beside it first, to ``NAME.new``; its folder is made if need be. ``older`` is where what was there
    before is kept, if it is to be: between the two steps only that one is there. For files that have one writer at a
    time. Raises OSError.
    """
    _write(path.with_name(f"{path.name}.new"), path, content, older)


def write_cached(path: Path, content: bytes) -> None:
    """The same for a cache: several processes may write one file at once, and a power cut may undo it.

    Raises OSError.
    """
    _write(path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident():x}.new"), path, content, durable=False)


def _write(part: Path, path: Path, content: bytes, older: Path | None = None, durable: bool = True) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with part.open("wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        if older:
            with contextlib.suppress(FileNotFoundError):  # the first one
                move(path, older)
        move(part, path)
        if durable:
            _sync(path.parent)
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def move(path: Path, target: Path) -> None:
    """Give ``path`` the name ``target``, in place of what is there. Raises OSError.

    On Windows that is refused while a reader, or a scanner for viruses, has either of them open; it is tried again for
    half a second.
    """
    for _ in range(_TRIES):
        with contextlib.suppress(PermissionError):
            os.replace(path, target)
            return
        time.sleep(_REST)
    os.replace(path, target)


def _sync(folder: Path) -> None:
    """Have the names in ``folder`` on the disk too. Windows can't open folders, and needn't."""
    if os.name != "nt":
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
