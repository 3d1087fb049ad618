"""Lists the presets, and draws a sheet of how each begins."""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from vj.base.contact_sheet import draw
from vj.base.errors import BadInput, VjError
from vj.base.frame import Pixels, Size
from vj.base.paths import PRESETS
from vj.child.process import environment, module
from vj.model.files.weights import Progress
from vj.preset import preset as presets
from vj.sink.recorder import SUFFIXES
from vj.source.sample import pictures

COLUMNS = ("preset", "title", "models", "sources")
_CELL, _LOOKS, _ABREAST = Size(256, 144), 3, 2
"""The size of a picture on the sheet, the number of pictures of a preset, and the number of presets in a row."""


def listing() -> Iterator[tuple[str, ...]]:
    """Yields rows of texts for `COLUMNS`, for the project's presets and the performer's own. Models and sources are
    those of all layers, with commas between them. A preset that can't be read is listed with the reason as its
    title."""
    for name, path in presets.available().items():
        try:
            found = presets.load(name)
        except BadInput as error:
            yield name, str(error), "", ""
            continue
        models = ", ".join(entry.name for layer in found.layers for entry in layer.bank)
        sources = ", ".join(_short(spec) for layer in found.layers for spec in layer.sources)
        own = "" if path.is_relative_to(PRESETS) else " (yours)"
        yield name, f"{found.title}{own}", models, sources


def write_sheet(target: Path, seconds: float, progress: Progress) -> list[str]:
    """Plays every preset for ``seconds``, one after the other, in a process without a window, from the sources that it
    names. Draws three pictures of each, spread over that time, into the file ``target``, which is replaced. Returns,
    for the presets that are missing on the sheet because they failed, a line with name and reason.

    ``progress`` is called meanwhile. Raises BadInput if ``target`` can't be written.
    """
    cells: list[tuple[str, Pixels]] = []
    missing = []
    names = list(presets.available())
    for number, name in enumerate(names):
        progress("playing the presets", number / len(names))
        try:
            looks = _played(name, seconds)
        except VjError as error:
            missing.append(f"{name}: {error}")
            continue
        cells += [(f"{name}, {at:.0f} s", picture) for at, picture in looks]
    progress("playing the presets", 1.0)
    draw(cells, target, _CELL, _LOOKS * _ABREAST)
    return missing


def _played(name: str, seconds: float) -> list[tuple[float, Pixels]]:
    """Returns pictures from a show of the preset ``name``, each with its time in the show (s). Raises VjError if it
    failed."""
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder) / f"show{SUFFIXES[0]}"
        show = ("run", name, "--headless", "--seconds", str(seconds), "--record", str(film), "--osc-port", "0")
        command = module("vj", *show, "--query-port", "-1")
        done = subprocess.run(
            command, env=environment(), capture_output=True, encoding="utf-8", errors="replace", check=False
        )
        if done.returncode:
            raise VjError(done.stderr.strip().rpartition("\n")[2] or f"it ended with status {done.returncode}")
        parts = [(look + 0.5) / _LOOKS for look in range(_LOOKS)]
        return [(part * seconds, picture) for part, picture in zip(parts, pictures(_CELL, parts, film), strict=True)]


def _short(spec: str) -> str:
    """Returns a SPEC without the folders of its file."""
    kind, colon, target = spec.partition(":")
    return f"{kind}{colon}{Path(target).name}" if target and "://" not in target else spec
