"""Loads shaders away from the display loop: reads and tries them in a thread, and again whenever their file changes."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from vj.base.clock import now
from vj.base.errors import BadInput, VjError
from vj.base.frame import Size
from vj.effect.glsl import translate
from vj.effect.imported import Imported, load, missing
from vj.effect.isf import VERTEX_SUFFIXES, Isf
from vj.effect.library import path_of, read_shader, root_of, shader_of
from vj.effect.trial import ShaderVerdict, Trials

MOST_MS = 100.0
"""Milliseconds that a frame of a shader may take; a slower one stays out of the show."""
_PERIOD = 0.25
"""Seconds between two looks at the files in use."""
_WRITTEN_AFTER = 0.05
"""Seconds that the driver gets to write what it has compiled in a trial on disk, which it does beside: the loop finds
it there, and needn't compile."""
_IDLE = 20.0
"""Seconds without a trial after which the process for them is ended."""

Examine = Callable[[Path, Path, Size], ShaderVerdict]
Stamp = tuple[float, ...]
_NOWHERE: Stamp = ()
"""The stamp of a shader that there is no file of."""


@dataclass(frozen=True)
class LoadedShader:
    """A shader that may play: its file's content, the pictures that it brings, by name, and which are ``missing``."""

    isf: Isf
    imported: Mapping[str, Imported]
    missing: str


class ShaderFile:
    """A shader's file in use. The loader's thread changes it, and the loop reads it.

    ``loaded`` is the last version that may play, None before the first; ``version`` counts those. ``error`` is why the
    file as it is now doesn't play, empty if it does.
    """

    def __init__(self, instance: str) -> None:
        """``instance`` is the name of a shader or of an effect that is one (see `vj.effect.library.shader_of`)."""
        self.instance = instance
        self.path: Path | None = None
        """Where the file is; None until it is found."""
        self.loaded: LoadedShader | None = None
        self.version = 0
        self.error = ""
        self.stamp: Stamp | None = None
        """When its files were changed, and their sizes, as of the last look; None before the first."""

    @property
    def is_settled(self) -> bool:
        """Whether it was loaded, or refused, at least once."""
        return self.version > 0 or bool(self.error)


class ShaderLoader:
    """Loads files, one after the other, and watches them as long as they are open."""

    def __init__(
        self, size: Size, examine: Examine | None = None, most_ms: float = MOST_MS, background: bool = True
    ) -> None:
        """``size`` is that of the show's picture. ``examine`` tries a shader; without it, a process does that.

        Shaders that take more than ``most_ms`` milliseconds a frame are refused. Without ``background`` there is no
        thread and no trial: `open` returns when the shader is read, and changes of the file aren't noticed before
        `reload`.
        """
        self._size = size
        self._trials = Trials() if background and examine is None else None
        self._examine: Examine | None = examine or (self._trials.examine if self._trials else None)
        self._most_ms = most_ms
        self._background = background
        self._files: list[ShaderFile] = []
        self._changed = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def open(self, instance: str) -> ShaderFile:
        """Returns the file of the shader that the effect ``instance`` is, to be found and loaded.

        Returns before that, and reads nothing from the disk, except without ``background``.
        """
        file = ShaderFile(instance)
        with self._changed:
            self._files.append(file)
            self._changed.notify_all()
        if not self._background:
            self._load(file)
            return file
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="shaders", daemon=True)
            self._thread.start()
        return file

    def reload(self, instance: str) -> None:
        """Read the shader that the effect ``instance`` is once more, where it is open. Only without ``background``."""
        for file in self._files:
            if file.instance == instance:
                self._load(file)

    def close(self, file: ShaderFile) -> None:
        """Stop watching ``file``. Harmless a second time."""
        with self._changed:
            if file in self._files:
                self._files.remove(file)

    def wait(self, file: ShaderFile) -> None:
        """Wait until ``file`` was loaded or refused."""
        with self._changed:
            self._changed.wait_for(lambda: file.is_settled or self._stopping)

    def stop(self) -> None:
        """End the thread and the process, and a trial that goes on. Harmless a second time."""
        if self._trials:
            self._trials.cancel()
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        used = now()
        while not self._stopping:
            with self._changed:
                files = list(self._files)
            for file in files:
                if _is_changed(file) and file in self._files and not self._stopping:
                    self._load(file)
                    used = now()
            if self._trials and now() - used > _IDLE:
                self._trials.close()
            with self._changed:
                if not any(file.stamp is None for file in self._files) and not self._stopping:
                    self._changed.wait(_PERIOD)
        if self._trials:
            self._trials.close()

    def _load(self, file: ShaderFile) -> None:
        """Load ``file`` and note what came of it; a version that may not play leaves the one before."""
        error, loaded, stamp = "", None, _NOWHERE
        try:
            file.path = file.path or path_of(shader_of(file.instance))
            stamp = _stamp(file.path)
            loaded = self._loaded(file.path)
            if self._background and _stamp(file.path) != stamp:
                return  # what was tried may be another version than what was read: the next look begins anew
        except VjError as refused:
            error = str(refused)
        except Exception as fault:
            logging.getLogger(__name__).exception("the shader %s can't be loaded", file.instance)
            error = f"{type(fault).__name__}: {fault}"
        with self._changed:
            file.stamp, file.error = stamp, error
            if loaded:
                file.loaded = loaded
                file.version += 1
            self._changed.notify_all()

    def _loaded(self, path: Path) -> LoadedShader:
        isf = read_shader(path)
        if self._background and self._examine:
            verdict = self._examine(path, root_of(path), self._size)
            if verdict.error:
                raise BadInput(verdict.error)
            if verdict.ms > self._most_ms:
                raise BadInput(f"it takes {verdict.ms:.0f} ms a frame here; at most {self._most_ms:g} ms are taken")
            if self._trials:
                time.sleep(_WRITTEN_AFTER)
        translate(isf)  # kept there, so that the loop needn't
        return LoadedShader(isf, {one.name: load(one) for one in isf.imported}, missing(isf))


def _is_changed(file: ShaderFile) -> bool:
    """Returns whether the files of a shader have changed since they were looked at, or weren't looked at yet."""
    return file.stamp is None or (file.path is not None and _stamp(file.path) != file.stamp)


def _stamp(path: Path) -> Stamp:
    """Returns when the files of a shader were changed, and their sizes; 0 for one that isn't there."""
    found: list[float] = []
    for one in (path, *(path.with_suffix(suffix) for suffix in VERTEX_SUFFIXES)):
        try:
            about = one.stat()
            found += (about.st_mtime, about.st_size)
        except OSError:
            found += (0.0, 0.0)
    return tuple(found)
