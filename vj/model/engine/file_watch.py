"""Watches the files of an engine's models, so that new weights are played soon after they were written."""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from vj.base.file_stamp import Stamp, stamp

EVERY: Final = 0.5
"""Seconds between two looks at the files."""

_Stamps = tuple[Stamp | None, ...]


class FileWatch:
    """Counts how often the files of each model have changed. A change counts once the files have stayed as they are
    from one look to the next, so that one that is being written is left alone; files that are missing don't count."""

    def __init__(self, files: Mapping[str, Sequence[Path]]) -> None:
        """``files`` are the paths by the model's name. How they are now is no change."""
        self._files = files
        self._counted = {name: self._stamps(name) for name in files}
        self._seen = dict(self._counted)
        self._editions = dict.fromkeys(files, 0)
        self._ended = threading.Event()

    def edition(self, name: str) -> int:
        """Returns how often the files of the model ``name`` have changed; 0 for a model that isn't watched. It never
        waits."""
        return self._editions.get(name, 0)

    def look(self) -> None:
        """Look at all files, in the caller's thread, and count what has changed."""
        for name in self._files:
            before, self._seen[name] = self._seen[name], self._stamps(name)
            now = self._seen[name]
            if now == before and now != self._counted[name] and None not in now:
                self._counted[name] = now
                self._editions[name] += 1

    def start(self) -> None:
        """Start the thread that looks every `EVERY` seconds, until `end` or the process's end. Without files it isn't
        started."""
        if self._files:
            threading.Thread(target=self._run, name="watching model files", daemon=True).start()

    def end(self) -> None:
        """End the thread."""
        self._ended.set()

    def _run(self) -> None:
        while not self._ended.wait(EVERY):
            self.look()

    def _stamps(self, name: str) -> _Stamps:
        return tuple(stamp(path) for path in self._files[name])
