"""The paths in a preset: finding the files that they name, and writing them into a preset again.

A relative path is looked for in the folder of the preset's file, then in the user's library, then in the folder of the
bundled presets. A copy of a bundled preset thus finds what the original found.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from vj.base.paths import PRESETS, library
from vj.model.files.library import ROLES
from vj.params.param import Param, Value
from vj.source import split_spec

ON_DISK = ("movie", "still", "folder")
"""The kinds of source whose target is the path of a file or a folder."""


def find(name: str, folder: Path, exists: Callable[[Path], bool] = Path.exists) -> Path | None:
    """Returns the absolute path of the file that a preset in ``folder`` calls ``name``; None if it isn't found.

    It is looked for in ``folder``, then in the performer's library, then beside the bundled presets; the first place
    where ``exists`` is true counts. ``name`` may also be absolute, or begin with ``~``. An empty one is never found.
    """
    with suppress(OSError, ValueError, RuntimeError):  # too long for the system; a null byte; ~ of an unknown user
        for place in _places(folder):
            path = (place / Path(name).expanduser()).resolve()
            if name and exists(path):
                return path
    return None


def as_written(path: str, folder: Path) -> str:
    """Returns how a preset in ``folder`` names the file at ``path``, which is absolute.

    Relative, with ``/`` between its parts, if `find` leads from that to the very file; else ``path`` as it is.
    """
    for place in map(Path.resolve, _places(folder)):
        if Path(path).is_relative_to(place):
            name = Path(path).relative_to(place).as_posix()
            if find(name, folder) == Path(path):
                return name
    return path


def resolve_target(spec: str, folder: Path) -> str:
    """Returns the source ``spec`` (``KIND:TARGET``, or a path alone) of a preset in ``folder`` as ``KIND:PATH`` with an
    absolute path, or unchanged if its file isn't found or its kind has none (see `ON_DISK`).

    Raises BadInput for an unknown kind.
    """
    kind, target = split_spec(spec)
    found = find(target, folder) if kind in ON_DISK else None
    return f"{kind}:{found}" if found else spec


def resolve_model(name: str, folder: Path) -> str:
    """Returns the model ``name`` of a preset in ``folder`` with an absolute path, if it is a file with an ending that
    is found; else unchanged. A role after a colon (``mine.pth:mirror``) stays.
    """
    file, colon, role = _role(name)
    found = find(file, folder, Path.is_file) if Path(file).suffix else None
    return f"{found}{colon}{role}" if found else name


def spec_as_written(spec: str, folder: Path) -> str:
    """Returns how a preset in ``folder`` writes the source ``spec`` (``KIND:PATH``): by `as_written` of its path.

    A source that isn't on disk is returned unchanged.
    """
    kind, target = split_spec(spec)
    return f"{kind}:{as_written(target, folder)}" if kind in ON_DISK and target else spec


def model_as_written(name: str, folder: Path) -> str:
    """Returns how a preset in ``folder`` writes the model ``name``: a path by `as_written`, keeping a role after a
    colon (``mine.pth:mirror``), a mere name unchanged.
    """
    file, colon, role = _role(name)
    return f"{as_written(file, folder)}{colon}{role}"


def in_full(spec: str) -> str:
    """Returns the source ``spec`` as ``KIND:PATH`` with an absolute path, if its target is the path of something that
    exists, as seen from the working folder; else unchanged. Raises BadInput for an unknown kind.
    """
    kind, target = split_spec(spec)
    with suppress(OSError):  # a name too long to be one
        if target and Path(target).exists():
            return f"{kind}:{Path(target).resolve()}"
    return spec


def find_picture(param: Param, value: Value, folder: Path) -> Value:
    """Returns ``value`` of a preset in ``folder`` as an absolute path, if ``param`` is a picture and `find` finds the
    file; else unchanged. So a picture that isn't found stays the name that it was.
    """
    found = find(value, folder, Path.is_file) if param.kind == "picture" and isinstance(value, str) else None
    return param.check(str(found), strict=True) if found else value


def _role(name: str) -> tuple[str, str, str]:
    """Split the role off a model's name: ``mine.pth:mirror`` → ("mine.pth", ":", "mirror"). Without one the last two
    are empty.
    """
    file, colon, role = name.rpartition(":")
    return (file, colon, role) if role in ROLES else (name, "", "")


def _places(folder: Path) -> tuple[Path, ...]:
    return folder, library(), PRESETS
