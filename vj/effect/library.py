"""The shaders that there are: those that come with the project, and the performer's own."""

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from vj.base.errors import BadInput, unknown
from vj.base.paths import SHADERS, library
from vj.effect.isf import START, SUFFIXES, Isf, params, read, text_of
from vj.params.param import Param

FOLDER = "shaders"
"""The folder of the performer's own shaders in the library."""
NUMBERED = re.compile(r"(.+)-[1-9]\d*")
"""Matches the name of an effect that isn't the first of its kind in its chain; the group is the shader's name."""
_kept: Mapping[str, Isf | str] | None = None
"""See `keep`."""
_MOST = 5000
"""Files in one folder after which no others are looked for."""


def shaders() -> dict[str, Path]:
    """Returns the files of all shaders by name, sorted: the project's own, and those in the library.

    A name is the file's, without the ending, in lower case, with ``-`` in place of all that no address may have in it.
    The performer's shaders take the place of the project's that have the same name.
    """
    found = {name_of(path): path for path in shader_files(SHADERS) if path.parent == SHADERS}
    for path in shader_files(library(FOLDER)):
        found[name_of(path)] = path
    return dict(sorted(found.items()))


def transitions() -> tuple[str, ...]:
    """Returns the names of the shaders that are transitions, sorted. Files that can't be read are left out.

    They are looked for once; those that come later can be used in the next show.
    """
    return _transitions(library(FOLDER))


@cache
def _transitions(folder: Path) -> tuple[str, ...]:
    return tuple(name for name, path in shaders().items() if _is_transition(path))


def _is_transition(path: Path) -> bool:
    try:
        return START in text_of(path) and read(path, root_of(path)).kind == "transition"
    except BadInput:
        return False


def shader_files(folder: Path) -> list[Path]:
    """Returns the shader files in ``folder`` and below it, sorted. Links are left out: they may lead elsewhere."""
    found: list[Path] = []
    for place, folders, files in os.walk(folder):
        folders.sort()
        found += [Path(place, file) for file in files if file.lower().endswith(SUFFIXES)]
        if len(found) > _MOST:
            break
    return sorted(path for path in found if not path.is_symlink())


def name_of(path: Path) -> str:
    """Returns the name of the shader in the file ``path``: ``Bad TV.fs`` is ``bad-tv``."""
    return re.sub(r"[^a-z0-9_]+", "-", path.stem.lower()).strip("-") or "shader"


def shader_of(instance: str) -> str:
    """Returns the name of the shader that the effect ``instance`` of a chain is: ``kaleidoscope`` for its second one,
    ``kaleidoscope-2``. Raises BadInput, with the choices, if there is no such shader."""
    found = shaders()
    if instance in found:
        return instance
    numbered = NUMBERED.fullmatch(instance)
    if numbered and numbered[1] in found:
        return numbered[1]
    raise unknown("shader", instance, found)


def path_of(name: str) -> Path:
    """Returns the file of the shader ``name``. Raises BadInput, with the choices, if there is none."""
    found = shaders()
    if name not in found:
        raise unknown("shader", name, found)
    return found[name]


def root_of(path: Path) -> Path:
    """Returns the folder that the imports of the shader in ``path`` mustn't leave: the library, the project's shaders,
    or else the folder that it is in."""
    for root, folder in ((library(), library(FOLDER)), (SHADERS, SHADERS)):
        if path.resolve().is_relative_to(folder.resolve()):
            return root
    return path.parent


def read_shader(path: Path) -> Isf:
    """Returns the shader in the file ``path``, with the name that it has here. Raises BadInput as `read` does."""
    return replace(read(path, root_of(path)), name=name_of(path))


def isf(name: str) -> Isf:
    """Returns the shader ``name``, read anew unless `keep` was called. Raises BadInput if there is none, and for one
    that can't be read."""
    if _kept is None:
        return read_shader(path_of(name))
    if name not in _kept:
        raise unknown("shader", name, _kept)
    found = _kept[name]
    if isinstance(found, str):
        raise BadInput(found)
    return found


def keep(found: Mapping[str, Isf | str] | None) -> None:
    """Have `isf` wait for no disk: it knows the shaders in ``found`` from now on, by name, each as it was read, or why
    it can't be. None: it reads files again."""
    global _kept
    _kept = found


def effect_params(instance: str) -> tuple[Param, ...]:
    """Returns the parameters of the effect ``instance`` of a chain, each with its name below that of the effect, such
    as ``kaleidoscope/mix``. Raises BadInput if there is no such shader, and for one that can't be read."""
    return tuple(replace(one, name=f"{instance}/{one.name}") for one in params(isf(shader_of(instance))))
