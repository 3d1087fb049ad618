"""Files that a preset names: found beside it, and told in full where it goes elsewhere."""

from contextlib import suppress
from pathlib import Path

from vj.param import Param, Value
from vj.source import split_spec


def resolve_target(spec: str, folder: Path) -> str:
    """A SPEC whose file is named relative to ``folder`` (a preset's own), made independent of where we run."""
    kind, target = split_spec(spec)
    if kind in ("movie", "still", "folder"):
        with suppress(OSError):  # a name too long to be one
            if target and (folder / target).exists():
                return f"{kind}:{folder / target}"
    return spec


def in_full(spec: str) -> str:
    """``spec``, its file named in full."""
    kind, target = split_spec(spec)
    with suppress(OSError):  # a name too long to be one
        if target and Path(target).exists():
            return f"{kind}:{Path(target).resolve()}"
    return spec


def beside(param: Param, value: Value, folder: Path) -> Value:
    """A picture that names a file in ``folder`` becomes that file's path."""
    if param.kind == "picture" and isinstance(value, str) and value:
        with suppress(OSError):  # a name too long to be one
            if (folder / value).is_file():
                return param.check(str((folder / value).resolve()), strict=True)
    return value
