"""Keeps the tracebacks of failed children in a file, so that the performer sees one line for each failure.

A failure that repeats whenever its child is restarted is reported once in a show.
"""

import time

from vj.base.paths import state

_FILE, _MOST = "errors.log", 1 << 20
"""The file's name, and the size in bytes from which on it is begun anew."""


def keep(show: int, who: str, error: str, details: str) -> str:
    """Add a failure to ``errors.log`` in the state folder. Returns the line for the caller to print.

    That is an empty text, and nothing is added, if the file has the same failure of this show today already. ``show``
    is the id of the process that the child belongs to, ``who`` the child's name, ``error`` the failure in a line,
    ``details`` the traceback. The line ends with the file's path; if the file can't be written, ``details`` follow it
    instead, and nothing is raised. A file of more than 1 MB is begun anew.
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
