"""What a model file is, found out in a process of its own: a stranger's file is never opened in the show's.

``python -m vj.model.files.look_at_files FILE ...`` prints one line of JSON a file.
"""

import contextlib
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from vj.base.atomic_file import write_cached
from vj.base.errors import BadInput, VjError
from vj.base.paths import cache
from vj.child.process import environment, module

VERSION = 3
"""Goes up when a file may be seen as something else than before, so that what was kept is found out anew."""
_LONGEST = 200
_TIMEOUT, _A_FILE = 60.0, 20.0
"""Seconds for all files together: the libraries, and for each file."""


class NotNow(str):
    """Why a file could not be looked at, where the reason isn't the file's own: it is looked at again next time."""


About = dict[str, Any] | str
"""What a file is (`vj.model.files.checkpoint.RecognisedNetwork` as JSON), or why it is refused."""


def look(paths: Iterable[Path]) -> dict[Path, About]:
    """What each file is. Found out once; asked again, it is read from the cache while the file stays as it is.

    Only what lies in the file is kept. A missing library, a process that dies or takes too long, and a disk that can't
    be read give a `NotNow`.
    """
    found = {path: _kept(path) for path in paths}
    new = [path for path, about in found.items() if about is None]
    if new:
        for path, about in zip(new, _found_out(new), strict=True):
            found[path] = about
            _keep(path, about)
    return {path: about for path, about in found.items() if about is not None}


def main(paths: list[str]) -> None:
    """Print what each of the files is."""
    said = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints goes to stderr
    for name in paths:
        said.write(json.dumps(_seen(Path(name))) + "\n")
        said.flush()


def _seen(path: Path) -> dict[str, Any]:
    """``about``: what a network is; ``refused``: why a file is none; ``not_now``: why that isn't known."""
    from vj.model.files.checkpoint import recognise

    try:
        return {"about": recognise(path).to_json()}
    except BadInput as error:
        of_the_moment = isinstance(error.__context__, OSError)  # the disk's word, not the file's
        return {"not_now" if of_the_moment else "refused": str(error)}
    except VjError as error:
        return {"not_now": str(error)}
    except Exception as error:  # noqa: BLE001 - a library that is missing or broken; of the file nothing is known
        return {"not_now": f"{path} could not be looked at: {type(error).__name__}: {error}"}


def _found_out(paths: list[Path]) -> list[About]:
    """In a child; where it dies over a file, that one can't be looked at now, and another looks at the rest."""
    limit = _TIMEOUT + _A_FILE * len(paths)
    command = module("vj.model.files.look_at_files", *(str(path.absolute()) for path in paths))
    try:
        done = subprocess.run(
            command, env=environment(), capture_output=True, encoding="utf-8", errors="replace", timeout=limit
        )
        said, ended = done.stdout, f"ended with status {done.returncode}{_last_words(done.stderr)}"
    except subprocess.TimeoutExpired as error:
        told = error.stdout or ""  # bytes on some systems, text on others
        said = told if isinstance(told, str) else told.decode("utf-8", "replace")
        ended = f"took longer than {limit:.0f} s"
    abouts = [_about(json.loads(line)) for line in said.splitlines()]
    if len(abouts) < len(paths):
        abouts.append(NotNow(f"{paths[len(abouts)]} could not be looked at: the process that reads it {ended}"))
        abouts += _found_out(paths[len(abouts) :]) if len(abouts) < len(paths) else []
    return abouts


def _about(seen: Mapping[str, Any]) -> About:
    """What the child said of one file."""
    if "not_now" in seen:
        return NotNow(seen["not_now"])
    about: About = seen["about"] if "about" in seen else str(seen["refused"])
    return about


def _last_words(said: str) -> str:
    """The last line on a child's stderr, in brackets; nothing where there is none."""
    lines = said.strip().splitlines()
    return f" ({lines[-1].strip()[:_LONGEST]})" if lines else ""


def _place(path: Path, refused: bool) -> Path:
    """Where it is kept. Another file or another manifest has another place; a refusal also when anything comes or goes
    beside it: a decoder is refused for the encoder that is missing there."""
    files = (path, path.with_suffix(".toml"), *([path.parent] if refused else []))
    stats = [(str(file.resolve()), file.stat().st_size, file.stat().st_mtime_ns) for file in files if file.exists()]
    return cache("looks") / f"{hashlib.sha256(repr((VERSION, stats)).encode()).hexdigest()[:24]}.json"


def _kept(path: Path) -> About | None:
    for refused, kind in ((False, dict), (True, str)):
        with contextlib.suppress(OSError, ValueError):
            about = json.loads(_place(path, refused).read_text(encoding="utf-8"))
            if isinstance(about, kind):
                return about
    return None


def _keep(path: Path, about: About) -> None:
    """Whole or not at all, also when two shows look at once. A cache that can't be written to costs time only."""
    if isinstance(about, NotNow):
        return
    with contextlib.suppress(OSError):
        write_cached(_place(path, refused=isinstance(about, str)), json.dumps(about).encode())


if __name__ == "__main__":
    main(sys.argv[1:])
