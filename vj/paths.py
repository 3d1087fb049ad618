"""Where the project's own files lie, in a checkout and in an installed wheel, and where caches go."""

import contextlib
import os
from pathlib import Path

from platformdirs import user_cache_path, user_data_path

_PACKAGE = Path(__file__).parent


def _room(name: str) -> Path:
    """``presets`` stands beside the package in a checkout, and as ``vj/_presets`` in a wheel."""
    beside = _PACKAGE.parent / name
    return beside if beside.is_dir() else _PACKAGE / f"_{name}"


PRESETS = _room("presets")
SHADERS = _room("shaders")
CLIP = PRESETS / "clips" / "bigbuckbunny.mp4"
"""The bundled film."""


PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
"""The endings of picture files."""


def library(*parts: str) -> Path:
    """A folder of the performer's library: ``$VJ_LIBRARY``, else the user's data folder for vj. It needn't exist."""
    own = os.environ.get("VJ_LIBRARY")
    return (Path(own).expanduser() if own else user_data_path("vj")).joinpath(*parts)


def picture(name: str) -> Path:
    """Where the picture ``name`` of a text parameter lies: itself if absolute, else in the library, else bundled.

    A relative name can't lead out of those folders, by whatever link; for what isn't there, a path where nothing is.
    """
    path = Path(name)
    if path.is_absolute():
        return path
    places = [library("pictures"), PRESETS / "paintings", PRESETS / "pictures"]
    inside = [place / path for place in places if (place / path).resolve().is_relative_to(place.resolve())]
    return next((found for found in inside if found.is_file()), places[0] / f"{path.name} (nothing in the library)")


def trim(folder: Path, most: int) -> None:
    """Remove files from ``folder``, those longest unused first, until no more than ``most`` bytes are left."""
    with contextlib.suppress(OSError):  # somebody else may be trimming too
        files = sorted((path for path in folder.iterdir() if path.is_file()), key=_last_used, reverse=True)
        total = 0
        for path in files:
            total += path.stat().st_size
            if total > most:
                path.unlink()


def _last_used(path: Path) -> float:
    return max(path.stat().st_atime, path.stat().st_mtime)


def cache(*parts: str) -> Path:
    """A folder of the user's cache (``$XDG_CACHE_HOME/vj/...``), made if it is missing."""
    folder = user_cache_path("vj").joinpath(*parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
