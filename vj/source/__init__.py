"""Where pictures come from. One file a source, one line here; SPEC is ``kind`` or ``kind:target``."""

from vj.errors import BadInput
from vj.registry import Registry
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
    """``movie:clip.mp4`` → ("movie", "clip.mp4"). Raises BadInput for an unknown kind."""
    kind, _, target = spec.partition(":")
    if kind not in SOURCES:
        raise BadInput(f"unknown source {spec!r}; choices: {', '.join(f'{name}[:...]' for name in SOURCES)}")
    return kind, target
