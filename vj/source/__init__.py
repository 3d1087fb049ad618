"""The sources of pictures: one file for each, and one line here. A SPEC, ``kind`` or ``kind:target``, names a
source."""

from contextlib import suppress
from pathlib import Path

from vj.base.errors import BadInput
from vj.base.paths import PICTURES
from vj.base.registry import Registry
from vj.params.param import Param
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
        ("shader", "vj.source.shader:Shader"),
    ),
)
"""The classes of sources by kind. ``SOURCES[kind]`` imports the kind's module and returns the class itself; for an
unknown kind it raises BadInput with the choices."""


def params_of(spec: str) -> tuple[Param, ...]:
    """Returns the parameters of the source ``spec`` names, or of all sources of a kind, if ``spec`` is that alone.
    Raises BadInput as `split_spec` does, but nothing for a target that is wrong."""
    kind, target = split_spec(spec)
    return SOURCES[kind].params_of(target)


def split_spec(spec: str) -> tuple[str, str]:
    """Returns kind and target: ``movie:clip.mp4`` → ("movie", "clip.mp4"). The kind is a name in `SOURCES`; the target
    is what follows the colon, unchecked, and empty if there is nothing.

    Without a kind, the whole ``spec`` is the target, and its form decides: a URL is a stream, an existing folder a
    folder, a file that ends like a picture a still, any other existing file or name with an ending a movie. Raises
    BadInput for anything else.
    """
    kind, _, target = spec.partition(":")
    if kind in SOURCES:
        return kind, target
    if guessed := _kind_of(spec):
        return guessed, spec
    raise BadInput(f"unknown source {spec!r}; choices: {', '.join(f'{name}[:...]' for name in SOURCES)}, or a file")


def _kind_of(path: str) -> str:
    """Returns the kind of source for a URL, an existing folder or file, or a name with an ending; else an empty
    text."""
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
