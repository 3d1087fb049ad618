"""Writing files atomically: a reader sees the old file or the whole new one, never a part of it."""

import contextlib
import os
import threading
import time
from pathlib import Path

_TRIES, _REST = 20, 0.025
"""How many times a refused rename is tried, and the seconds between two tries; see `move`."""


def write_whole(path: Path, content: bytes, *, older: Path | None = None) -> None:
    """Write ``content`` to ``path`` atomically and durably: a reader sees either the old file or the whole new one.

    Returns once the content is on the disk. It is written to ``NAME.new`` beside ``path`` first, which is then renamed.
    Missing folders are made. With ``older``, the old file is moved to that path, replacing what is there; between the
    two renames only ``older`` exists. Only one writer at a time may write a file. Raises OSError.
    """
    _write(path.with_name(f"{path.name}.new"), path, content, older)


def write_cached(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path`` atomically, for a cache: readers see the old file or the whole new one.

    Unlike with `write_whole`, several threads and processes may write the same file at once, of which the last one
    counts, but nothing is synced to the disk: a power cut may lose the file. Missing folders are made. Raises OSError.
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
            with contextlib.suppress(FileNotFoundError):  # there was no file before
                move(path, older)
        move(part, path)
        if durable:
            _sync(path.parent)
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def move(path: Path, target: Path) -> None:
    """Rename ``path`` to ``target``, replacing a file that has that name. Raises OSError.

    Windows refuses this while another program, such as a virus scanner, has one of the two files open. So a rename that
    is refused (PermissionError, on any system) is tried again for half a second, during which this call waits.
    """
    for _ in range(_TRIES):
        with contextlib.suppress(PermissionError):
            os.replace(path, target)
            return
        time.sleep(_REST)
    os.replace(path, target)


def _sync(folder: Path) -> None:
    """Sync the names in ``folder`` to the disk. Does nothing on Windows, which can't open folders and needn't."""
    if os.name != "nt":
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
