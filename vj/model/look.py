"""What a model file is, found out in a process of its own: a stranger's file is never opened in the show's.

``python -m vj.model.look FILE ...`` prints one line of JSON a file.
"""

import contextlib
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from vj.child.process import environment, module
from vj.errors import VjError
from vj.paths import cache

VERSION = 2
"""Goes up when a file may be seen as something else than before, so that what was kept is found out anew."""
_TIMEOUT, _A_FILE = 60.0, 20.0
"""Seconds for all files together: the libraries, and for each file."""

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
    said = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints goes to stderr
    from vj.model.checkpoint import recognise

    for name in paths:
        try:
            about: About = recognise(Path(name)).to_json()
        except VjError as error:
            about = str(error)
        said.write(json.dumps(about) + "\n")
        said.flush()


def _found_out(paths: list[Path]) -> list[About]:
    """In a child; where it dies over a file, that one is refused and the rest are looked at by another."""
    limit = _TIMEOUT + _A_FILE * len(paths)
    command = module("vj.model.look", *(str(path.absolute()) for path in paths))
    try:
        done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=limit)
        said, ended = done.stdout, f"ended with status {done.returncode}"
    except subprocess.TimeoutExpired as error:
        said, ended = (error.stdout or b"").decode(), f"took longer than {limit:.0f} s"
    abouts: list[About] = [json.loads(line) for line in said.splitlines()]
    if len(abouts) < len(paths):
        abouts.append(f"{paths[len(abouts)]} can't be read as a model: whoever looked at it {ended}")
        abouts += _found_out(paths[len(abouts) :]) if len(abouts) < len(paths) else []
    return abouts


def _place(path: Path, refused: bool) -> Path:
    """Where it is kept. Another file or another manifest has another place; a refusal also when anything comes or goes
    beside it: a decoder is refused for the encoder that is missing there."""
    files = (path, path.with_suffix(".toml"), *([path.parent] if refused else []))
    stats = [(str(file.resolve()), file.stat().st_size, file.stat().st_mtime_ns) for file in files if file.exists()]
    return cache("looks") / f"{hashlib.sha256(repr((VERSION, stats)).encode()).hexdigest()[:24]}.json"


def _kept(path: Path) -> About | None:
    for refused, kind in ((False, dict), (True, str)):
        with contextlib.suppress(OSError, ValueError):
            about = json.loads(_place(path, refused).read_text())
            if isinstance(about, kind):
                return about
    return None


def _keep(path: Path, about: About) -> None:
    """Whole or not at all, also when two shows look at once. A cache that can't be written to costs time only."""
    with contextlib.suppress(OSError):
        place = _place(path, refused=isinstance(about, str))
        part = place.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(about))
        part.replace(place)


if __name__ == "__main__":
    main(sys.argv[1:])
