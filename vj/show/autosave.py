"""The running state on disk, so that a crash costs some seconds: written aside, then put in place as a whole."""

import contextlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock, Timeout

from vj.base.atomic_file import write_whole
from vj.base.errors import BadInput
from vj.base.paths import PRESETS, library
from vj.base.paths import state as state_folder

State = dict[str, Any]

PERIOD = 5.0
"""Seconds between two looks at the state."""
LARGEST = 16 << 20
"""Bytes of a file that is written or believed."""
_FORMAT, _VERSION = "vj state", 1
_PIECES, _REST = 256, 0.001
"""After so many pieces of text the writer rests (s): encoded in one go, a large state would hold up a frame."""


class SavedState(NamedTuple):
    """``ended``: the show came to its end in order. ``path`` is the file that it was read from."""

    state: State
    ended: bool
    path: Path


def place(show: str) -> Path:
    """Where the state of the preset ``show`` is kept, a name or a ``.toml`` file: in the user's state folder. It
    needn't exist.

    Presets of one name in different folders are told apart; those that are found by their names keep them.
    """
    path = Path(os.path.realpath(show))
    is_file = show.endswith(".toml")
    named = path.stem if is_file else show
    name = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in named)[:100] or "_"
    if is_file and path.parent not in [Path(os.path.realpath(folder)) for folder in (PRESETS, library("presets"))]:
        name += f"-{blake2b(os.fsencode(path), digest_size=4).hexdigest()}"
    return state_folder() / f"{name}.json"


def load(path: Path) -> SavedState:
    """The state in the file ``path``, or in the one before it if that is no longer whole.

    Raises BadInput, with the file and the reason, where there is neither.
    """
    try:
        return _read(path)
    except BadInput as reason:
        try:
            return _read(_before(path))
        except BadInput:
            raise reason from None


def latest(show: str | None) -> State | None:
    """The state of the preset ``show``, a name or a file, or of whichever was played last; None where there is none:
    it wasn't played, or nothing was done in it. Raises BadInput for one that can't be read."""
    if show:
        kept = [path for path in (place(show), _before(place(show))) if os.path.exists(path)]
    else:
        kept = [path for path in state_folder().glob("*.json*") if path.name.endswith((".json", ".json.old"))]
    if not kept:
        return None
    newest = max(kept, key=lambda path: path.stat().st_mtime)  # .old alone, where a kill came between
    return load(newest.with_name(newest.name.removesuffix(".old"))).state


def crashed(path: Path) -> bool:
    """Whether a show left a state at ``path`` and didn't come to its end."""
    try:
        return not load(path).ended
    except BadInput:
        return False


def aside(path: Path) -> Path:
    """Where the state at ``path`` of a show that crashed is kept when another one is begun instead."""
    return path.with_name(f"{path.name}.crashed")


class Autosave:
    """A thread that writes what ``state`` gives whenever it has changed. Full disks cost nothing but a notice.

    A show in which nothing was done leaves the file of the one before alone, so that a crash can still be mended
    after a start without it; one in which something is done puts what crashed `aside` first.
    """

    def __init__(
        self, path: Path, state: Callable[[], State], period: float = PERIOD, *, goes_on: bool = False
    ) -> None:
        """``state`` is called in the thread; it gives what JSON can hold, and no NaN. ``period`` is in seconds; 0:
        nothing is saved. ``goes_on``: from what is at ``path``."""
        self._path, self._state, self._period, self._goes_on = path, state, period, goes_on
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._last: str | None = None
        self._written = False
        self._lock = FileLock(path.with_name(f"{path.name}.lock"), blocking=False, mode=0o600, thread_local=False)
        self.crashed = False
        """Whether a show that didn't come to its end, and that this one doesn't go on from, was at ``path`` when this
        one was started."""
        self.notice = ""
        """Why the state isn't safe just now."""

    def start(self) -> None:
        """Take the state as it is for the one to start from, and look after it; unless another show does already."""
        if not self._period:
            self._closing.set()
            return
        self._last = self._encoded()
        if not self._claim():
            self.notice = "another show of this preset runs: the state of this one isn't saved"
            self._closing.set()
            return
        self.crashed = not self._goes_on and crashed(self._path)
        self._thread = threading.Thread(target=self._run, name="autosave", daemon=True)
        self._thread.start()

    def save(self) -> bool:
        """Write the state if it isn't what was written last; whether it was."""
        text = self._encoded()
        if text == self._last:
            return False
        return self._write(text, ended=False)

    def close(self, clean: bool = True) -> None:
        """Write the state for the last time; ``clean`` marks the show as ended in order. Harmless a second time."""
        if self._closing.is_set():
            return
        self._closing.set()
        if self._thread:
            self._thread.join()
        text = self._encoded()
        if text != self._last or self._written or self._is_kept(text):
            self._write(text, ended=clean)
        self._lock.release()

    def _claim(self) -> bool:
        """Lock the file for as long as this show lives; False if another show has.

        Returns True as well where the disk takes no locks: rather no lock than no autosave.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        except Timeout:
            return False
        except (OSError, NotImplementedError):
            return True
        return True

    def _run(self) -> None:
        while not self._closing.wait(self._period):
            self.save()

    def _encoded(self) -> str:
        pieces: list[str] = []
        for count, piece in enumerate(_encoding(self._state()), start=1):
            pieces.append(piece)
            if count % _PIECES == 0:
                time.sleep(_REST)
        return "".join(pieces)

    def _write(self, text: str, ended: bool) -> bool:
        head = json.dumps({"format": _FORMAT, "version": _VERSION, "ended": ended})
        whole = f'{head[:-1]}, "state": {text}}}\n'.encode()
        if len(whole) > LARGEST:
            self.notice = f"the state isn't saved: {len(whole)} bytes are more than {LARGEST}"
            return False
        try:
            if self.crashed and not self._written:
                self._put_aside()
            write_whole(self._path, whole, older=_before(self._path))
        except OSError as error:
            self.notice = f"the state isn't saved: {self._path}: {error.strerror}"
            return False
        self._last, self._written, self.notice = text, True, ""
        return True

    def _put_aside(self) -> None:
        """A copy: a kill between this and the first write leaves all where it was."""
        with contextlib.suppress(BadInput):  # it was removed meanwhile
            write_whole(aside(self._path), load(self._path).path.read_bytes())

    def _is_kept(self, text: str) -> bool:
        """Whether the file holds this state already: a show that was restored and left as it was."""
        try:
            return bool(load(self._path).state == json.loads(text))
        except BadInput:
            return False


def _encoding(value: object) -> Iterator[str]:
    """``value`` as JSON, piece by piece, so that the loop can go on between two.

    The library's own iterator leaves a reference cycle behind each time, and in a show garbage isn't collected.
    """
    if isinstance(value, Mapping):
        yield "{"
        for place, (key, inner) in enumerate(value.items()):
            yield f"{', ' if place else ''}{json.dumps(str(key))}: "
            yield from _encoding(inner)
        yield "}"
    elif isinstance(value, list | tuple):
        yield "["
        for place, inner in enumerate(value):
            yield ", " if place else ""
            yield from _encoding(inner)
        yield "]"
    else:
        yield json.dumps(value, allow_nan=False)


def _before(path: Path) -> Path:
    return path.with_name(f"{path.name}.old")


def _read(path: Path) -> SavedState:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise BadInput(f"can't read the saved state {str(path)!r}: {error.strerror}") from None
    if len(content) > LARGEST:
        raise BadInput(f"{path}: not a saved state: more than {LARGEST} bytes")
    try:
        found = json.loads(content, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path}: not a whole saved state: {error}") from None
    return _checked(path, found)


def _checked(path: Path, found: object) -> SavedState:
    if not isinstance(found, dict) or found.get("format") != _FORMAT:
        raise BadInput(f"{path}: not a saved state")
    if found.get("version") != _VERSION:
        raise BadInput(f"{path}: a saved state of version {found.get('version')!r}; this one reads {_VERSION}")
    state, ended = found.get("state"), found.get("ended")
    if not isinstance(state, dict) or not isinstance(ended, bool):
        raise BadInput(f"{path}: a saved state without its state")
    return SavedState(state, ended, path)


def _refuse(constant: str) -> Iterator[None]:
    raise ValueError(f"{constant} is no value of a parameter")
