"""The tracebacks of failed children. They are kept in a file, so that the performer sees one line a failure.

A failure that repeats each time that a child is restarted is printed once a show."""

import time

from vj.base.paths import state

_FILE, _MOST = "errors.log", 1 << 20
"""Bytes after which the file is begun anew."""


def keep(show: int, who: str, error: str, details: str) -> str:
    """Add to the file; return the line to tell people, or nothing if they were told.

    ``show`` is the process that the child belongs to, ``who`` what the child is called. Where the file can't be
    written, the line holds no place to look, and ``details`` follow it.
    """
    path = state() / _FILE
    head = f"{time.strftime('%Y-%m-%d')} show {show}, {who}: {' '.join(error.split())}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        if head in before:
            return ""
        with path.open("a" if len(before) < _MOST else "w", encoding="utf-8", errors="replace") as file:
            file.write(f"{head}\n{details.rstrip()}\n\n")
    except OSError:
        return f"{who}: {error}\n{details.rstrip()}"
    return f"{who}: {error} (details in {path})"
