"""Keeps two processes from training the same thing, each of which would write over what the other has learned."""

import contextlib
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from vj.base.errors import BadInput

_LOCK: Final = ".lock"


def claim(folder: Path, name: str) -> FileLock:
    """Returns the lock that says that this process trains what lies in ``folder``, which ends with the process at the
    latest. ``folder`` is made if it isn't there. Raises BadInput, with ``name``, if another process has the lock. A
    disk that takes no locks is used without."""
    lock = FileLock(folder / _LOCK, blocking=False, mode=0o600)
    with contextlib.suppress(OSError, NotImplementedError):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except Timeout:
            raise BadInput(f"{name} is learned by another training already: stop that one first") from None
    return lock
