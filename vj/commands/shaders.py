"""Lists the shaders that there are, and checks files of shaders."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from vj.base.errors import BadInput
from vj.base.frame import Size
from vj.base.paths import library
from vj.effect import library as shader_library
from vj.effect.isf import SUFFIXES, params, read
from vj.effect.trial import Trials
from vj.model.files.weights import Progress

COLUMNS = ("shader", "kind", "inputs", "what it does")
_SIZE = Size(640, 360)
"""The size at which shaders are checked."""


@dataclass(frozen=True)
class ShaderFinding:
    """What a check found: the file's name below the folder that was checked, ``kind`` (empty if it is unknown),
    whether it renders, why it doesn't (else empty), and the milliseconds that a frame takes."""

    name: str
    kind: str
    ok: bool
    error: str
    ms: float

    def as_table(self) -> dict[str, object]:
        """Returns it as a table for JSON."""
        return asdict(self)


def listing() -> Iterator[tuple[str, ...]]:
    """Yields rows of texts for `COLUMNS`: the project's shaders and the performer's own. One that can't be read is
    listed with the reason."""
    for name, path in shader_library.shaders().items():
        try:
            isf = read(path, shader_library.root_of(path))
        except BadInput as error:
            yield name, "", "", str(error)
            continue
        inputs = ", ".join(f"{one.name} {one.range}" for one in params(isf)[2:])
        own = " (yours)" if path.is_relative_to(library()) else ""
        yield name, isf.kind, inputs, f"{isf.description.strip()}{own}"


def check(place: Path, progress: Progress, longest: float) -> Iterator[ShaderFinding]:
    """Yields a finding for the shader file ``place``, or for each in that folder and those below it, sorted.

    Each is compiled and draws a few frames of a test picture, with its default inputs, in a process of its own; one
    that takes more than ``longest`` seconds has failed. ``progress`` is called meanwhile. Raises BadInput if there is
    no such file, or no shader in the folder.
    """
    files = shader_library.shader_files(place) if place.is_dir() else [place]
    if not place.exists():
        raise BadInput(f"{str(place)!r} doesn't exist")
    if not files:
        raise BadInput(f"there is no shader ({', '.join(SUFFIXES)}) in {place}")
    root = place if place.is_dir() else shader_library.root_of(place)
    trials = Trials(longest)
    try:
        for number, path in enumerate(files):
            progress("checking the shaders", number / len(files))
            verdict = trials.examine(path, root, _SIZE)
            name = path.relative_to(place).as_posix() if place.is_dir() else path.name
            yield ShaderFinding(name, verdict.kind, not verdict.error, verdict.error, round(verdict.ms, 2))
    finally:
        trials.close()
    progress("checking the shaders", 1.0)
