"""Where the project's own files lie, in a checkout and in an installed wheel, and where caches go."""

from pathlib import Path

from platformdirs import user_cache_path

_PACKAGE = Path(__file__).parent


def _room(name: str) -> Path:
    """``presets`` stands beside the package in a checkout, and as ``vj/_presets`` in a wheel."""
    beside = _PACKAGE.parent / name
    return beside if beside.is_dir() else _PACKAGE / f"_{name}"


PRESETS = _room("presets")
SHADERS = _room("shaders")
CLIP = PRESETS / "clips" / "bigbuckbunny.mp4"
"""The bundled film."""


def cache(*parts: str) -> Path:
    """A folder of the user's cache (``$XDG_CACHE_HOME/vj/...``), made if it is missing."""
    folder = user_cache_path("vj").joinpath(*parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
