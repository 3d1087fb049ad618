"""Finds the files and folders that a performer names, or refuses them with the reason and similar names."""

import os
import re
from difflib import get_close_matches
from pathlib import Path

from vj.base.errors import NEAR, BadInput


def find_file(kind: str, target: str) -> Path:
    """Returns the path of the readable regular file ``target``, in which ``~`` is replaced by the user's home; a
    relative path stays relative. ``kind`` is the source's name in errors. Raises BadInput, with similar names in the
    same folder, if there is no such file."""
    path = _find(kind, target, "file")
    if path.is_dir():
        raise BadInput(f"{kind}: {path} is a folder, not a file")
    if not path.is_file():
        raise BadInput(f"{kind}: {path} is not a regular file")
    if not os.access(path, os.R_OK):
        raise BadInput(f"{kind}: {path} may not be read by this user")
    return path


def find_folder(kind: str, target: str) -> Path:
    """Returns the path of the readable folder ``target``, in which ``~`` is replaced by the user's home; a relative
    path stays relative. ``kind`` is the source's name in errors. Raises BadInput, with similar names in the same
    folder, if there is no such folder."""
    path = _find(kind, target, "folder")
    if not path.is_dir():
        raise BadInput(f"{kind}: {path} is a file, not a folder")
    if not os.access(path, os.R_OK | os.X_OK):
        raise BadInput(f"{kind}: {path} may not be read by this user")
    return path


def natural(name: str) -> list[tuple[int, str]]:
    """Returns a sorting key that counts as people do: ``2.png`` before ``10.png``. Upper and lower case count the
    same."""
    parts = re.findall(r"[0-9]+|[^0-9]+", name.casefold())
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _find(kind: str, target: str, what: str) -> Path:
    """Returns the path of something that exists. Raises BadInput."""
    if not target:
        raise BadInput(f"{kind} needs a {what}: {kind}:PATH")
    try:
        path = Path(target).expanduser()
        found = path.exists()
    except (OSError, ValueError, RuntimeError) as error:  # too long for the system, a null byte, ~ of an unknown user
        raise BadInput(f"{kind}: {target!r} can't be a {what}: {error}") from error
    if not found:
        raise BadInput(f"{kind}: there is no {what} {path}{_suggestion(path)}")
    return path


def _suggestion(path: Path) -> str:
    """Returns a question with similar names in the same folder, or an empty text."""
    try:
        names = [entry.name for entry in os.scandir(path.parent)]
    except OSError:
        return ""
    near = get_close_matches(path.name, names, n=3, cutoff=NEAR)
    return f" (did you mean {' or '.join(repr(str(path.with_name(name))) for name in near)}?)" if near else ""
