"""Keeps the tracebacks of failed children in a file, so that the performer sees one line for each failure.

A failure that repeats whenever its child is restarted is reported once in a show.
"""

import time

from vj.base.paths import state

_FILE, _MOST = "errors.log", 1 << 20
"""The file's name, and the size in bytes from which on it is begun anew."""


def keep(show: int, who: str, error: str, details: str) -> str:
    """Add a failure to the file. Returns the line to print; an empty text if this show has reported the failure before.

    ``show`` is the id of the process that the child belongs to, ``who`` the child's name, ``details`` the traceback. If
    the file can't be written, ``details`` follow the line, which otherwise ends with the file's path.
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
