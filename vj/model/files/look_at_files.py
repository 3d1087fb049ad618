"""Finds out what model files are, in a process of its own: an untrusted file is never opened in the show's process.

``python -m vj.model.files.look_at_files FILE ...`` prints one line of JSON for each file.
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

VERSION = 5
"""To be raised when a file may be judged differently than before; findings cached under other versions are ignored."""
_LONGEST = 200
"""The most characters that are quoted from a child's stderr."""
_TIMEOUT, _A_FILE = 60.0, 20.0
"""Seconds that a child may take: to import its libraries, and for each file in addition."""


class NotNow(str):
    """In words, why a file could not be examined, for a reason that is not the file's own, such as a missing library.
    It is never cached: the next call of `look` examines the file again."""


About = dict[str, Any] | str
"""What a file is (the fields of a `vj.model.files.recognised.RecognisedNetwork` by name, JSON-able), or a text that
says why it is refused, or a `NotNow`."""


def look(paths: Iterable[Path]) -> dict[Path, About]:
    """Returns for each of ``paths``, as it was given, what the file is: a dict of findings if it can be played, a text
    with the reason if it is refused, a `NotNow` (also a text) if it can't be examined now. A finding is cached, also on
    disk for later shows, as long as the file and its manifest stay as they are, a refusal also as long as nothing comes
    or goes in its folder. Files without a cached one are examined one after the other in a child, which this waits for.

    A `NotNow`, as for a missing library, a child that dies or takes longer than 60 s and 20 s a file, or a disk that
    can't be read, is never cached. Raises nothing for a bad file.
    """
    found = {path: _kept(path) for path in paths}
    new = [path for path, about in found.items() if about is None]
    if new:
        for path, about in zip(new, _found_out(new), strict=True):
            found[path] = about
            _keep(path, about)
    return {path: about for path, about in found.items() if about is not None}


def main(paths: list[str]) -> None:
    """Examines each of the files in this process, and prints a line of JSON for each, in order: an object with one of
    the keys ``about`` (the finding), ``refused`` and ``not_now`` (the reason). What libraries print goes to stderr from
    now on."""
    said = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print goes to stderr
    for name in paths:
        said.write(json.dumps(_seen(Path(name))) + "\n")
        said.flush()


def _seen(path: Path) -> dict[str, Any]:
    """Returns a dictionary with one of three keys: ``about`` (what the network is), ``refused`` (why the file is none),
    or ``not_now`` (why neither is known now)."""
    from vj.model.files.checkpoint import recognise

    try:
        return {"about": recognise(path).to_json()}
    except BadInput as error:
        of_the_moment = isinstance(error.__context__, OSError)  # the disk's fault, not the file's
        return {"not_now" if of_the_moment else "refused": str(error)}
    except VjError as error:
        return {"not_now": str(error)}
    except Exception as error:  # noqa: BLE001 - a library that is missing or broken; of the file nothing is known
        return {"not_now": f"{path} could not be looked at: {type(error).__name__}: {error}"}


def _found_out(paths: list[Path]) -> list[About]:
    """Examines the files in a child, and returns what each is. If the child dies over a file, that one becomes a
    `NotNow`, and another child examines the rest."""
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
    """Returns what the child reported on one file."""
    if "not_now" in seen:
        return NotNow(seen["not_now"])
    about: About = seen["about"] if "about" in seen else str(seen["refused"])
    return about


def _last_words(said: str) -> str:
    """Returns the last line of a child's stderr in brackets, or an empty text."""
    lines = said.strip().splitlines()
    return f" ({lines[-1].strip()[:_LONGEST]})" if lines else ""


def _place(path: Path, refused: bool) -> Path:
    """Returns the file that caches the finding. Its name changes with the file and its manifest; for a refusal also
    when anything comes or goes in the folder, since a decoder is refused for as long as its encoder is missing
    there."""
    files = (path, path.with_suffix(".toml"), *([path.parent] if refused else []))
    stats = [(str(file.resolve()), file.stat().st_size, file.stat().st_mtime_ns) for file in files if file.exists()]
    return cache("looks") / f"{hashlib.sha256(repr((VERSION, stats)).encode()).hexdigest()[:24]}.json"


def _kept(path: Path) -> About | None:
    """Returns the cached finding, or None."""
    for refused, kind in ((False, dict), (True, str)):
        with contextlib.suppress(OSError, ValueError):
            about = json.loads(_place(path, refused).read_text(encoding="utf-8"))
            if isinstance(about, kind):
                return about
    return None


def _keep(path: Path, about: About) -> None:
    """Caches a finding. Two shows may do that at the same time, so the file is written as a whole. A cache that can't
    be written to costs time only."""
    if isinstance(about, NotNow):
        return
    with contextlib.suppress(OSError):
        write_cached(_place(path, refused=isinstance(about, str)), json.dumps(about).encode())


if __name__ == "__main__":
    main(sys.argv[1:])
