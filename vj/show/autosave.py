"""Keeps the state of a running show in a file, which is replaced as a whole: a crash costs some seconds."""

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
"""What `vj.show.save_load.SaveLoad.state` returns (keys ``preset``, ``layers``, ``values``, ``play``, ``midi``)."""

PERIOD = 5.0
"""Seconds between two looks at whether the state has changed."""
LARGEST = 16 << 20
"""The most bytes of a state's file, to write or to read."""
_FORMAT, _VERSION = "vj state", 1
_PIECES, _REST = 256, 0.001
"""The writer rests for `_REST` seconds after every `_PIECES` pieces of text: one long turn would hold up a frame."""


class SavedState(NamedTuple):
    """A state that was read from the file ``path``, which may be the one before (``.old``).

    ``ended`` says whether its show ended in order.
    """

    state: State
    ended: bool
    path: Path


def place(show: str) -> Path:
    """Returns the file for the state of the preset ``show``, a name or the path of a ``.toml`` file. It may not exist.

    It is ``NAME.json`` in the user's state folder, called after the preset. Presets that aren't found by name get a
    hash of their path as well, because there may be several of one name.
    """
    path = Path(os.path.realpath(show))
    is_file = show.endswith(".toml")
    named = path.stem if is_file else show
    name = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in named)[:100] or "_"
    if is_file and path.parent not in [Path(os.path.realpath(folder)) for folder in (PRESETS, library("presets"))]:
        name += f"-{blake2b(os.fsencode(path), digest_size=4).hexdigest()}"
    return state_folder() / f"{name}.json"


def load(path: Path) -> SavedState:
    """Returns the state in the file ``path`` or, if that is missing or not whole, the one before it (``PATH.old``).

    Raises BadInput, with the file and the reason, if neither can be read.
    """
    try:
        return _read(path)
    except BadInput as reason:
        try:
            return _read(_before(path))
        except BadInput:
            raise reason from None


def latest(show: str | None) -> State | None:
    """Returns the newest state of the preset ``show`` (a name or a ``.toml`` file), or of any preset if that is None.

    Returns None if there is none: the preset wasn't played, or nothing was changed. States that were put `aside` don't
    count. Raises BadInput for a state that can't be read.
    """
    if show:
        kept = [path for path in (place(show), _before(place(show))) if os.path.exists(path)]
    else:
        kept = [path for path in state_folder().glob("*.json*") if path.name.endswith((".json", ".json.old"))]
    if not kept:
        return None
    newest = max(kept, key=lambda path: path.stat().st_mtime)  # only .old is there after a kill in a write
    return load(newest.with_name(newest.name.removesuffix(".old"))).state


def crashed(path: Path) -> bool:
    """Returns whether the show that left a state at ``path`` did not end in order.

    False if there is no state that can be read. A show that still runs counts as not ended.
    """
    try:
        return not load(path).ended
    except BadInput:
        return False


def aside(path: Path) -> Path:
    """Returns the file into which the state of a crashed show at ``path`` is copied: ``path`` with ``.crashed`` added.

    `Autosave` does that before another show saves its own at ``path``. The file may not exist.
    """
    return path.with_name(f"{path.name}.crashed")


class Autosave:
    """A thread that writes what ``state`` returns into a file whenever it has changed. A full disk only makes a notice.

    Each write replaces the file as a whole, and keeps the one before as ``PATH.old``. A show in which nothing is
    changed leaves the file of the one before alone, so that a crashed show can still be restored after a start without
    ``--restore``. A show that changes something copies the state of a crashed one `aside` first.
    """

    def __init__(
        self, path: Path, state: Callable[[], State], period: float = PERIOD, *, goes_on: bool = False
    ) -> None:
        """``path`` is the file to write, as `place` gives it. Nothing is read or written before `start`.

        ``state`` is called in the thread, and in those that call `start`, `save` and `close`; it returns what JSON can
        hold, without NaN. ``period`` is the seconds between two looks; with 0 nothing is saved. ``goes_on`` says
        whether the show goes on from the state at ``path``.
        """
        self._path = path
        self._state = state
        self._period = period
        self._goes_on = goes_on
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._last: str | None = None
        self._written = False
        self._lock = FileLock(path.with_name(f"{path.name}.lock"), blocking=False, mode=0o600, thread_local=False)
        self.crashed = False
        """Whether, at the start, ``path`` held the state of a crashed show from which this one doesn't go on."""
        self.notice = ""
        """Why the state isn't saved at present; else empty."""

    def start(self) -> None:
        """Take the lock on the file, and start the thread. The state of this moment isn't written unless it changes.

        If another show of this preset runs already, or ``period`` is 0, no thread is started, and nothing is ever
        saved; in the first case ``notice`` says so. Call it only once.
        """
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
        """Write the state now if it has changed since it was last written, or since `start`.

        Returns whether it was written: not if nothing has changed, and not if it couldn't be; then ``notice`` says why.
        Only the thread of `start` calls it in a show; the lock isn't looked at here.
        """
        text = self._encoded()
        if text == self._last:
            return False
        return self._write(text, ended=False)

    def close(self, clean: bool = True) -> None:
        """End the thread, and write the state for the last time; ``clean`` says that the show ended in order.

        A state that never changed isn't written, unless the file holds it already, as after a restored show: then it
        gets the new mark. Does nothing a second time, or where nothing is saved.
        """
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
        """Take a lock on the file for this show's lifetime. Returns False if another show has it.

        Returns True as well if the disk takes no locks: autosaving without a lock is better than none.
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
        """Copy a crashed show's state `aside`.

        If this process is killed before its first write, the original is still there.
        """
        with contextlib.suppress(BadInput):  # the file was removed meanwhile
            write_whole(aside(self._path), load(self._path).path.read_bytes())

    def _is_kept(self, text: str) -> bool:
        """Returns whether the file holds this state already, as after a show that was restored and left as it was."""
        try:
            return bool(load(self._path).state == json.loads(text))
        except BadInput:
            return False


def _encoding(value: object) -> Iterator[str]:
    """Yield ``value`` as JSON in pieces, so that the loop can go on between two of them.

    The iterator of `json` isn't used: it leaves a reference cycle behind each time, and in a show garbage isn't
    collected.
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
