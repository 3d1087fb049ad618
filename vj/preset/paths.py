"""Files that a preset names by relative paths: where they are looked for, and how they are written into a preset again.

A relative path is looked for in the folder of the preset's file, then in the user's library, then in the folder of the
bundled presets: a copy of a bundled preset finds what the original found.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from vj.base.paths import PRESETS, library
from vj.model.files.library import ROLES
from vj.params.param import Param, Value
from vj.source import split_spec

ON_DISK = ("movie", "still", "folder")
"""The kinds of source whose target is a file or a folder."""


def find(name: str, folder: Path, exists: Callable[[Path], bool] = Path.exists) -> Path | None:
    """Where the file ``name`` of a preset in ``folder`` is, as an absolute path; None where ``exists`` holds nowhere.

    ``name`` may be absolute or begin with ``~``, too.
    """
    with suppress(OSError, ValueError, RuntimeError):  # too long for the system; a null byte; ~ of an unknown user
        for place in _places(folder):
            path = (place / Path(name).expanduser()).resolve()
            if name and exists(path):
                return path
    return None


def as_written(path: str, folder: Path) -> str:
    """How a preset in ``folder`` names the file at ``path``: relative if `find` leads from that to it, else in full."""
    for place in map(Path.resolve, _places(folder)):
        if Path(path).is_relative_to(place):
            name = Path(path).relative_to(place).as_posix()
            if find(name, folder) == Path(path):
                return name
    return path


def resolve_target(spec: str, folder: Path) -> str:
    """A SPEC of a preset in ``folder``, its file named in full; as it is where that isn't found."""
    kind, target = split_spec(spec)
    found = find(target, folder) if kind in ON_DISK else None
    return f"{kind}:{found}" if found else spec


def resolve_model(name: str, folder: Path) -> str:
    """A model of a preset in ``folder``: its file in full, if it is the path of one, else its name."""
    file, colon, role = _role(name)
    found = find(file, folder, Path.is_file) if Path(file).suffix else None
    return f"{found}{colon}{role}" if found else name


def spec_as_written(spec: str, folder: Path) -> str:
    """How a preset in ``folder`` writes ``spec``, which names its file in full."""
    kind, target = split_spec(spec)
    return f"{kind}:{as_written(target, folder)}" if kind in ON_DISK and target else spec


def model_as_written(name: str, folder: Path) -> str:
    """How a preset in ``folder`` writes the model ``name``, or the one in a file that is named in full."""
    file, colon, role = _role(name)
    return f"{as_written(file, folder)}{colon}{role}"


def in_full(spec: str) -> str:
    """``spec``, its file named in full."""
    kind, target = split_spec(spec)
    with suppress(OSError):  # a name too long to be one
        if target and Path(target).exists():
            return f"{kind}:{Path(target).resolve()}"
    return spec


def find_picture(param: Param, value: Value, folder: Path) -> Value:
    """The value of a picture's parameter in a preset in ``folder``: in full if `find` finds it, else as it is."""
    found = find(value, folder, Path.is_file) if param.kind == "picture" and isinstance(value, str) else None
    return param.check(str(found), strict=True) if found else value


def _role(name: str) -> tuple[str, str, str]:
    """``mine.pth:mirror`` → ("mine.pth", ":", "mirror"); without a role the last two are empty."""
    file, colon, role = name.rpartition(":")
    return (file, colon, role) if role in ROLES else (name, "", "")


def _places(folder: Path) -> tuple[Path, ...]:
    return folder, library(), PRESETS
