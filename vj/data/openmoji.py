"""OpenMoji as a data set: about two thousand line drawings, each with the same picture in colour.

The pictures come from npm's package `openmoji`, of which nothing is run: its archive is kept in the cache, and only
read. They are under CC BY-SA 4.0, of which the text lies in the data set.
"""

import hashlib
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from vj.base.atomic_file import move
from vj.base.errors import BadInput, Unavailable
from vj.base.frame import Pixels
from vj.base.paths import cache
from vj.data.builder import ALIKE, BROKEN, DataPlan, FinishedSet, begin
from vj.data.filters import PictureFilter
from vj.data.pictures import Progress, in_order
from vj.data.svg import check_installed, rendered

VERSION: Final = "17.0.0"
ARCHIVE: Final = f"openmoji-{VERSION}.tgz"
SHA256: Final = "55ee7d13485dec86e9f38c1f3a645a13382d33ff97c0cd845ee824b0aef45e68"
"""Of npm's archive. Others that are given are read all the same."""
LICENCE: Final = "CC BY-SA 4.0"
CREDIT: Final = "OpenMoji, the open-source emoji and icon project, openmoji.org"
_MEMBER: Final = re.compile(
    r"package/(black/svg/[0-9A-F-]+\.svg|color/svg/[0-9A-F-]+\.svg|data/openmoji\.json|LICENSE\.txt)"
)
"""What is read of the archive."""
_LARGEST: Final = 32 << 20
"""The most bytes of a file in the archive."""
_TIMEOUT: Final = 600.0
"""Seconds after which npm is killed."""
_UNGUESSABLE: Final = ("flags", "subdivision-flag", "queer-symbols", "brand", "component")
"""Groups and subgroups whose colours no drawing tells: flags, trade marks, skin tones."""
_PEOPLE: Final = frozenset(
    ("man", "men", "woman", "women", "person", "people", "boy", "girl", "adult", "baby", "child")
)
"""Words that tell variants of one drawing apart, which are all trained on or all tested."""
LIVE: Final = PictureFilter(
    "few black lines, as wide as the drawings' own",
    "canny",
    {
        "condition/invert": True,
        "condition/blur": 6.0,
        "condition/low": 8.0,
        "condition/high": 20.0,
        "condition/thickness": 9.0,
    },
)
"""What makes a live picture look like one of the drawings."""
_COLOURLESS: Final = 1.0
"""Grey levels by which both sides differ on average at least, or there is nothing to learn."""


class Drawing(NamedTuple):
    """A line drawing and its coloured picture, as SVG. ``family`` is shared by its variants."""

    name: str
    family: str
    line: str
    colour: str


def make_openmoji(target: Path, plan: DataPlan, progress: Progress, archive: Path | None = None) -> FinishedSet:
    """Makes the data set ``target`` of OpenMoji's line drawings (a) and coloured pictures (b), both over white, and
    returns what was made. They have a margin, so that those that are cut out in the middle are whole.

    ``archive`` is npm's archive, openmoji-17.0.0.tgz; without it, npm fetches it, once. Flags, trade marks and the
    variants in other skin tones are left out: no drawing tells their colours. Raises Unavailable where there is neither
    npm nor an archive, NotInstalled without the library that renders, BadInput for an archive that isn't one.
    """
    render = _renderer(plan.side, plan.stored)
    found = archive or fetch_archive(progress)
    progress(f"reading {found.name}", None)
    files = _read(found)
    drawings = sorted(_drawings(files, found), key=lambda drawing: (drawing.family, drawing.name))
    progress(f"reading {found.name}", 1.0)
    with begin(target, replace(plan, licence=LICENCE, credit=CREDIT), progress) as new:
        into = new.collection("a", "b", gap=0)
        families = {family: number for number, family in enumerate(dict.fromkeys(one.family for one in drawings))}
        for number, (drawing, pair) in enumerate(in_order(render, drawings)):
            progress("drawing OpenMoji", number / len(drawings))
            if isinstance(pair, BadInput):
                new.leave_out(BROKEN, f"{drawing.name}: {pair}")
            elif np.abs(pair[0].astype(np.int16) - pair[1]).mean() < _COLOURLESS:
                new.leave_out(ALIKE, drawing.name)
            else:
                new.add(into, drawing.name, pair, run=families[drawing.family])
        progress("drawing OpenMoji", 1.0)
        (new.part / "LICENSE.txt").write_bytes(files.get("LICENSE.txt", LICENCE.encode()))
        return new.finish("pairs", LIVE.condition, LIVE.set)


def fetch_archive(progress: Progress) -> Path:
    """Returns npm's archive of OpenMoji, which npm fetches into the cache unless it is there. Raises Unavailable if
    that fails, with what can be done instead."""
    kept = cache("data") / ARCHIVE
    if kept.is_file() and _is_right(kept):
        return kept
    npm = shutil.which("npm")
    instead = f"fetch it where npm is (npm pack openmoji@{VERSION}) and give it: --archive {ARCHIVE}"
    if npm is None:
        raise Unavailable(f"OpenMoji comes from npm, and there is no npm here; {instead}")
    progress("fetching OpenMoji", None)
    with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
        command = [npm, "pack", f"openmoji@{VERSION}", "--ignore-scripts", "--silent", "--pack-destination", folder]
        try:
            done = subprocess.run(
                command, cwd=folder, capture_output=True, encoding="utf-8", errors="replace", timeout=_TIMEOUT
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Unavailable(f"npm can't fetch OpenMoji: {error}; {instead}") from None
        fetched = Path(folder) / ARCHIVE
        if not fetched.is_file():
            said = (done.stderr or done.stdout).strip().splitlines() or [f"status {done.returncode}"]
            raise Unavailable(f"npm can't fetch OpenMoji: {said[-1]}; {instead}")
        if not _is_right(fetched):
            raise Unavailable(f"npm gave another {ARCHIVE} than the one that is known; {instead}")
        move(fetched, kept)
    progress("fetching OpenMoji", 1.0)
    return kept


def _is_right(archive: Path) -> bool:
    with archive.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == SHA256


def _read(archive: Path) -> dict[str, bytes]:
    """Returns the files of ``archive`` that are needed, by their paths in the package. Nothing is unpacked. Raises
    BadInput for one that can't be read."""
    try:
        with tarfile.open(archive, "r:*") as opened:
            return {
                match[1]: content.read(_LARGEST)
                for member in opened
                if member.isreg()
                and (match := _MEMBER.fullmatch(member.name))
                and (content := opened.extractfile(member))
            }
    except (OSError, tarfile.TarError, EOFError) as error:
        raise BadInput(f"{archive} can't be read as npm's archive {ARCHIVE}: {error}") from None


def _drawings(files: Mapping[str, bytes], archive: Path) -> Iterable[Drawing]:
    """Yields what is to be learnt of the archive's ``files``. Raises BadInput if it isn't OpenMoji's."""
    try:
        entries = json.loads(files["data/openmoji.json"])
        for entry in entries:
            name = str(entry["hexcode"])
            line, colour = (files.get(f"{side}/svg/{name}.svg") for side in ("black", "color"))
            if line and colour and _is_guessable(entry):
                yield Drawing(name, _family(entry), line.decode(), colour.decode())
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(f"{archive} isn't npm's archive {ARCHIVE}: {error!r} is missing or damaged") from None


def _is_guessable(entry: Mapping[str, Any]) -> bool:
    is_flag = (
        entry["group"] in _UNGUESSABLE or entry["subgroups"] in _UNGUESSABLE or "flag" in entry["annotation"].split()
    )
    return not (entry["skintone"] or is_flag)


def _family(entry: Mapping[str, Any]) -> str:
    """Returns a name that the drawing shares with those of other people doing the same."""
    words = [word for word in entry["annotation"].split(":")[0].split() if word not in _PEOPLE]
    return f"{entry['subgroups']} {' '.join(words)}"


def _renderer(side: int, stored: int) -> Callable[[Drawing], tuple[Pixels, Pixels]]:
    """Returns a function that renders both sides of a drawing, ``side`` pixels wide on a ground of ``stored``. Raises
    NotInstalled without the library."""
    check_installed()

    def on_ground(svg: str) -> Pixels:
        made, ground = rendered(svg, side), np.full((stored, stored, 3), 255, np.uint8)
        height, width = made.shape[:2]
        top, left = (stored - height) // 2, (stored - width) // 2
        ground[top : top + height, left : left + width] = made
        return ground

    return lambda drawing: (on_ground(drawing.line), on_ground(drawing.colour))
