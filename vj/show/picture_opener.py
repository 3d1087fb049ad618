"""Opens a picture in the program in which this system paints or shows such files."""

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

_COMMANDS = {"darwin": "open"}
"""The command that opens a file, by the name of the system; all others but Windows have ``xdg-open``."""


def open_picture(path: Path, start: Callable[[Path], None] | None = None) -> None:
    """Have the system open the picture at ``path``, in a thread: the caller doesn't wait. Where it can't, nothing
    happens; the heads-up display says where the file is. ``start`` does it instead, for tests."""
    threading.Thread(target=_quietly, args=(start or _start, path), name="open picture", daemon=True).start()


def command(path: Path) -> list[str]:
    """Returns the words of the command that opens ``path`` where that isn't Windows."""
    return [_COMMANDS.get(sys.platform, "xdg-open"), str(path)]


def _start(path: Path) -> None:
    if sys.platform == "win32":
        import os

        os.startfile(path)
        return
    quiet = subprocess.DEVNULL
    subprocess.run(command(path), stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True, check=False)


def _quietly(start: Callable[[Path], None], path: Path) -> None:
    try:
        start(path)
    except OSError:  # there is no such command
        return
