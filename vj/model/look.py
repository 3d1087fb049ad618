"""What a model file is, found out in a process of its own: a stranger's file is never opened in the show's.

``python -m vj.model.look FILE ...`` prints one line of JSON a file.
"""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from vj.errors import VjError
from vj.paths import cache

VERSION = 1
"""Goes up when a file may be seen as something else than before, so that what was kept is found out anew."""
_TIMEOUT = 120.0
"""Seconds for all files together."""

About = dict[str, Any] | str
"""What a file is (`vj.model.checkpoint.Recognised` as JSON), or why it is refused."""


def look(paths: Iterable[Path]) -> dict[Path, About]:
    """What each file is. Found out once; asked again, it is read from the cache while the file stays as it is."""
    found = {path: _kept(path) for path in paths}
    new = [path for path, about in found.items() if about is None]
    if new:
        for path, about in zip(new, _found_out(new), strict=True):
            found[path] = about
            _keep(path, about)
    return {path: about for path, about in found.items() if about is not None}


def main(paths: list[str]) -> None:
    """Print what each of the files is."""
    from vj.model.checkpoint import recognise

    for name in paths:
        try:
            about: About = recognise(Path(name)).to_json()
        except VjError as error:
            about = str(error)
        sys.stdout.write(json.dumps(about) + "\n")
        sys.stdout.flush()


def _found_out(paths: list[Path]) -> list[About]:
    """In a child; where it dies over a file, that one is refused and the rest are looked at by another."""
    command = [sys.executable, "-m", "vj.model.look", *map(str, paths)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT)
        said, ended = done.stdout, f"ended with status {done.returncode}"
    except subprocess.TimeoutExpired as error:
        said, ended = (error.stdout or b"").decode(), f"took longer than {_TIMEOUT:.0f} s"
    abouts: list[About] = [json.loads(line) for line in said.splitlines()]
    if len(abouts) < len(paths):
        abouts.append(f"{paths[len(abouts)]} can't be read as a model: whoever looked at it {ended}")
        abouts += _found_out(paths[len(abouts) :]) if len(abouts) < len(paths) else []
    return abouts


def _place(path: Path) -> Path:
    """Where it is kept; another file, or another manifest beside it, has another place."""
    stats = [(str(file.resolve()), file.stat().st_size, file.stat().st_mtime_ns) for file in _parts(path)]
    return cache("looks") / f"{hashlib.sha256(repr((VERSION, stats)).encode()).hexdigest()[:24]}.json"


def _parts(path: Path) -> list[Path]:
    return [file for file in (path, path.with_suffix(".toml")) if file.is_file()]


def _kept(path: Path) -> About | None:
    try:
        about = json.loads(_place(path).read_text())
    except (OSError, ValueError):
        return None
    return about if isinstance(about, dict) else None


def _keep(path: Path, about: About) -> None:
    """Refusals aren't kept: what was missing may have been mended."""
    if isinstance(about, dict):
        place = _place(path)
        part = place.with_suffix(".part")
        part.write_text(json.dumps(about))
        part.replace(place)


if __name__ == "__main__":
    main(sys.argv[1:])
