"""Where things lie: the project's own files (in a checkout or a wheel), the user's library, saved states and caches."""

import contextlib
import functools
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from platformdirs import user_cache_path, user_data_path, user_state_path

from vj.base.errors import Unavailable

_PACKAGE = Path(__file__).parents[1]


def _room(name: str) -> Path:
    """Returns the project's folder ``name``. It is beside the package in a checkout, and ``vj/_NAME`` in a wheel."""
    beside = _PACKAGE.parent / name
    return beside if beside.is_dir() else _PACKAGE / f"_{name}"


PRESETS = _room("presets")
SHADERS = _room("shaders")
CLIP = PRESETS / "clips" / "bigbuckbunny.mp4"
"""The bundled film. ``PRESETS`` is the folder of the presets, clips and pictures that come with the project,
``SHADERS`` that of its GLSL files."""


PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
"""The endings of picture files, in lower case."""

FILMS = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".mpg", ".mpeg")
"""The endings of films that are written, and looked for in folders; one that is named is recognised by its content."""


def library(*parts: str) -> Path:
    """Returns a path in the performer's library, which is at ``$VJ_LIBRARY`` or in the user's data folder for vj.

    ``parts`` are the names of folders, and perhaps a file, below it; without any it is the library's own folder. For a
    user without a home it is among the temporary files. Nothing is made, so the path may not exist.
    """
    own = os.environ.get("VJ_LIBRARY")
    return (Path(own).expanduser() if own else _at_home(user_data_path, "library")).joinpath(*parts)


def picture(name: str) -> Path:
    """Returns the path of the picture file ``name``, which is the value of a parameter of kind ``picture``.

    An absolute path is returned as it is. A relative one, with its ending, is looked for in the library's folder
    ``pictures``, then among the bundled paintings and pictures; it can't lead out of those folders, not even by a link.
    If there is no such file, the path that is returned doesn't exist. Raises nothing for that.
    """
    path = Path(name)
    if path.is_absolute():
        return path
    places = [library("pictures"), PRESETS / "paintings", PRESETS / "pictures"]
    inside = [place / path for place in places if (place / path).resolve().is_relative_to(place.resolve())]
    return next((found for found in inside if found.is_file()), places[0] / f"{path.name} (nothing in the library)")


def look(name: str) -> Path:
    """Returns the path of the trained look ``name``, which is the value of a parameter of kind ``look``: that of its
    weights, ``NAME.safetensors``, in the library's folder ``models``.

    The file may not exist. For a name that leads out of that folder, by a link or otherwise, the path that is returned
    doesn't exist. Raises nothing.
    """
    folder = library("models")
    path = folder / f"{name}.safetensors"
    is_inside = is_mere_name(name) and path.resolve().is_relative_to(folder.resolve())
    return path if is_inside else folder / f"{Path(name).name} (nothing in the library)"


def is_mere_name(text: str) -> bool:
    """Returns whether ``text`` names a file without saying where, on every system, or is empty: it has no ``/``, ``\\``
    or ``:``, and doesn't begin with a dot or ``~``."""
    return not text.startswith((".", "~")) and not any(sign in text for sign in "/\\:")


def trim(folder: Path, most: int) -> None:
    """Remove files from ``folder``, those longest unused first, until no more than ``most`` bytes are left.

    Only files that lie directly in it count and are removed. When something can't be read or removed, or ``folder``
    doesn't exist, the trimming just ends.
    """
    with contextlib.suppress(OSError):  # another process may be trimming too
        files = sorted((path for path in folder.iterdir() if path.is_file()), key=_last_used, reverse=True)
        total = 0
        for path in files:
            total += path.stat().st_size
            if total > most:
                path.unlink()


def clear(folder: Path, most: int) -> None:
    """Remove everything below ``folder`` if its files, however deep, are more than ``most`` bytes together.

    It suits caches whose files belong to each other. What can't be removed stays; without ``folder`` nothing happens.
    """
    with contextlib.suppress(OSError):
        if sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) > most:
            shutil.rmtree(folder, ignore_errors=True)


def _last_used(path: Path) -> float:
    return max(path.stat().st_atime, path.stat().st_mtime)


def state() -> Path:
    """Returns the folder in which the states of shows are saved (``$XDG_STATE_HOME/vj`` on Linux). It may not exist.

    A user without a home gets a private folder among the temporary files. Raises Unavailable where there are none.
    """
    return _at_home(user_state_path, "state")


def cache(*parts: str) -> Path:
    """Returns a folder for files that can be made again (``$XDG_CACHE_HOME/vj/...`` on Linux), and makes it if need be.

    ``parts`` are names of folders below the cache. If the user's cache can't be written, the folder is among the
    system's temporary files; whether it can is checked once in a process. Raises Unavailable where no folder can be
    made.
    """
    own = _own(user_cache_path)
    folder = (_temporary() if not own or _why_unwritable(own) else own).joinpath(*parts)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"no folder for what is kept: {folder}: {error.strerror}") from None
    return folder


def cache_trouble() -> str:
    """Returns a line on why the user's own cache isn't used, and which folder is used instead; empty if it is used.

    Raises Unavailable where there is no folder to use instead.
    """
    own = _own(user_cache_path)
    if own is None:
        return f"this user has no home: what is fetched and measured is in {cache()}"
    reason = _why_unwritable(own)
    return reason and f"{own} can't be written ({reason}): what is fetched and measured is in {cache()} instead"


@functools.cache
def _why_unwritable(folder: Path) -> str:
    """Returns why no files can be made in ``folder``, which is made if it is missing; an empty text if they can.

    Each folder is checked once in a process.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return error.strerror or str(error)


def _at_home(place: Callable[[str], Path], name: str) -> Path:
    """Returns the folder that ``place`` (of platformdirs) gives.

    Users without a home get one called ``name`` among the temporary files.
    """
    return _own(place) or _temporary() / name


def _own(place: Callable[[str], Path]) -> Path | None:
    """Returns the folder that ``place`` (of platformdirs) gives for this project; None for a user without a home."""
    try:
        folder = place("vj")
    except RuntimeError:
        return None
    return folder if folder.is_absolute() else None  # older platformdirs: ~, as it is


@functools.cache
def _temporary() -> Path:
    """Returns this user's private folder among the system's temporary files; if possible the same one in all processes.

    Raises Unavailable where there are no temporary files.
    """
    try:
        folder = Path(tempfile.gettempdir()) / _name_for_this_user()
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        return folder if _is_private(folder) else Path(tempfile.mkdtemp(prefix="vj-"))
    except OSError as error:
        raise Unavailable(f"no folder for what is kept: {error.strerror}") from None


def _name_for_this_user() -> str:
    """Returns the name of the user's temporary folder. On Windows each user has temporary files of their own."""
    if sys.platform == "win32":
        return "vj"
    return f"vj-{os.getuid()}"


def _is_private(folder: Path) -> bool:
    """Returns whether no other user can have put files into ``folder``: cached files are trusted."""
    if sys.platform == "win32":
        return True
    about = folder.lstat()
    return stat.S_ISDIR(about.st_mode) and about.st_uid == os.getuid() and not about.st_mode & 0o022
