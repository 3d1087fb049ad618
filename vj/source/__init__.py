"""Where pictures come from. One file a source, one line here; SPEC is ``kind`` or ``kind:target``."""

from contextlib import suppress
from pathlib import Path

from vj.base.errors import BadInput
from vj.base.paths import PICTURES
from vj.base.registry import Registry
from vj.source.source import Source

SOURCES: Registry[Source] = Registry(
    "source",
    (
        ("camera", "vj.source.camera:Camera"),
        ("movie", "vj.source.movie:Movie"),
        ("still", "vj.source.still:Still"),
        ("folder", "vj.source.folder:Folder"),
        ("stream", "vj.source.stream:Stream"),
        ("screen", "vj.source.screen:Screen"),
        ("pattern", "vj.source.pattern:Pattern"),
    ),
)


def split_spec(spec: str) -> tuple[str, str]:
    """``movie:clip.mp4`` → ("movie", "clip.mp4"); a path or a URL alone is recognised by its form.

    Raises BadInput for an unknown kind.
    """
    kind, _, target = spec.partition(":")
    if kind in SOURCES:
        return kind, target
    if guessed := _kind_of(spec):
        return guessed, spec
    raise BadInput(f"unknown source {spec!r}; choices: {', '.join(f'{name}[:...]' for name in SOURCES)}, or a file")


def _kind_of(path: str) -> str:
    """The kind of source for a URL, a folder or a file that is there, or a name with an ending; nothing for others."""
    word, colon, _ = path.partition(":")
    if "://" in path:
        return "stream"
    with suppress(OSError, ValueError):  # a name too long for the system; a null byte
        found = Path(path).expanduser()
        if path and found.is_dir():
            return "folder"
        looks_like_one = bool(found.suffix) and not (
            colon and len(word) > 1
        )  # a word before a colon is meant as a kind
        if found.is_file() or looks_like_one:
            return "still" if found.suffix.lower() in PICTURES else "movie"
    return ""
