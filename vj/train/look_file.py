"""The file of a trained look in the performer's library: written whole, several times a second, while it is learned."""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from vj.base.atomic_file import move, write_cached, write_whole
from vj.base.errors import BadInput
from vj.base.paths import library, look

if TYPE_CHECKING:
    from torch import Tensor

_NAME: Final = re.compile(r"\w([\w .-]{0,62}\w)?")
_ENDING: Final = ".safetensors"
_OF_THE_SYSTEM: Final = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
"""Names that Windows keeps for its devices."""


class Learned(NamedTuple):
    """How long a look has learned: ``seconds``, and ``steps``."""

    seconds: float = 0.0
    steps: int = 0


def check_name(name: str) -> None:
    """Raises BadInput unless ``name`` can be a look's: letters, digits, spaces, ``_``, ``.`` and ``-``, at most 64, the
    first and the last a letter or a digit, and neither a name that Windows keeps nor one of the catalogue's models."""
    if not _NAME.fullmatch(name) or _OF_THE_SYSTEM.fullmatch(name):
        raise BadInput(f"a look can't be called {name[:80]!r}; choices: letters, digits, spaces, _ . - (at most 64)")
    from vj.model.files.library import catalogue

    if name in catalogue():
        raise BadInput(f"{name!r} is a model of the catalogue; call the look otherwise, such as {free_name(name)!r}")


def path_of(name: str) -> Path:
    """Returns where the weights of the look ``name``, which must be checked already, are or will be."""
    return look(name)


def taken(name: str) -> bool:
    """Returns whether a look, or another model file, of the library has the name already."""
    folder = library("models")
    return library("looks", name).exists() or any(folder.glob(f"{name}.*"))


def free_name(name: str) -> str:
    """Returns the first of ``NAME-2``, ``NAME-3`` and so on that is neither taken nor in the catalogue. Nothing is
    made, so another program may still take it."""
    from vj.model.files.library import catalogue

    others = catalogue()
    return next(new for number in count(2) if not taken(new := f"{name}-{number}") and new not in others)


def check_free(name: str) -> None:
    """Raises BadInput, with the next free name, if `taken`."""
    if taken(name):
        raise BadInput(f"a look {name!r} exists already; call it otherwise, such as {free_name(name)!r}")


def write(name: str, weights: Mapping[str, Tensor], learned: Learned, *, lasting: bool = False) -> None:
    """Write the weights of the look ``name`` atomically: a reader sees the old file or the whole new one.

    With ``lasting`` it returns once they are on the disk. Raises BadInput, and leaves the old file, when the file can't
    be written.
    """
    from vj.model.files.safetensors_file import encoded

    content = encoded(weights, {"seconds": f"{learned.seconds:.2f}", "steps": str(learned.steps)})
    path = path_of(name)
    try:
        (write_whole if lasting else write_cached)(path, content)
    except OSError as error:
        raise BadInput(f"can't write {path}: {error.strerror or error}") from None


def read(name: str) -> tuple[dict[str, Tensor], Learned] | None:
    """Returns the weights of the look ``name`` and how long it has learned; None if there is no such file. Raises
    BadInput for a file that can't be read."""
    from vj.model.files import safetensors_file, tensors

    path = path_of(name)
    if not path.is_file():
        return None
    found = tensors.load(path)
    about = safetensors_file.metadata(path)
    try:
        return found, Learned(float(about.get("seconds", 0.0)), int(about.get("steps", 0)))
    except ValueError:
        return found, Learned()


def clear_parts(name: str) -> None:
    """Remove what processes that were killed while they wrote the look ``name`` have left. Only what learns it may call
    this."""
    for part in library("models").glob(f"{name}{_ENDING}.*.new"):
        with contextlib.suppress(OSError):
            part.unlink()


def put_aside(name: str) -> None:
    """Move the weights of the look ``name``, if there are any, beside what was painted for it, in place of those that
    were put aside before. Raises BadInput when they can't be moved."""
    path, aside = path_of(name), library("looks", name, f"before{_ENDING}")
    try:
        if path.is_file():
            aside.parent.mkdir(parents=True, exist_ok=True)
            move(path, aside)
    except OSError as error:
        raise BadInput(f"can't move {path} to {aside}: {error.strerror or error}") from None


def write_manifest(name: str) -> None:
    """Write the manifest of the look ``name`` unless there is one already: the performer may have written it. Raises
    BadInput when it can't be written."""
    path = path_of(name).with_suffix(".toml")
    if path.exists():
        return
    about = {
        "title": f"{name}: a look that was painted on stage",
        "licence": "the performer's own",
        "credit": f"learned from frames that the performer painted, {time.strftime('%Y-%m-%d')}",
    }
    try:
        write_whole(path, "".join(f"{key} = {json.dumps(text)}\n" for key, text in about.items()).encode())
    except OSError as error:
        raise BadInput(f"can't write {path}: {error.strerror or error}") from None
