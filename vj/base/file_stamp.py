"""Tells by a file's stamp whether it has changed, without reading it."""

from pathlib import Path

Stamp = tuple[int, int, int]
"""A file's time of change (ns), its size and its number on the disk, which a file that replaces it hasn't."""


def stamp(path: Path) -> Stamp | None:
    """Returns the stamp of the file at ``path``; None if there is none, or it can't be asked for."""
    try:
        about = path.stat()
    except (OSError, ValueError):
        return None
    return about.st_mtime_ns, about.st_size, about.st_ino
