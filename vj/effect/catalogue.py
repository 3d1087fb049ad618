"""What shaders there are, and what they declare, read beside the loop so that it never waits for a disk."""

import logging
import threading
import time
from dataclasses import replace
from pathlib import Path

from vj.base.errors import BadInput, VjError, unknown
from vj.effect.isf import Isf, params
from vj.effect.library import NUMBERED, effect_params, keep, read_shader, shaders
from vj.params.param import Param

_PERIOD = 2.0
"""Seconds between two looks at the files."""
_REST = 0.001
"""Seconds of rest after each file that was read."""


class Catalogue:
    """Knows all shaders. Without `start`, every question reads the files.

    While its thread runs, `vj.effect.library.isf` answers from what it knows. One runs at a time.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[Path, int, Isf | str]] = {}
        """By shader: its file, when that was changed, and what it declares or what is wrong with it."""
        self._is_whole = False
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to read all shaders, and then those that change, in a thread. Call it once."""
        self._thread = threading.Thread(target=self._run, name="shader catalogue", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread, waiting for it. Harmless before `start` and a second time."""
        self._closing.set()
        if self._thread:
            self._thread.join()
            keep(None)

    @property
    def shaders(self) -> list[str]:
        """The names of all shaders."""
        return list(self._known) if self._is_whole else list(shaders())

    def params(self, instance: str) -> tuple[Param, ...]:
        """Returns the parameters of the effect ``instance``, as `vj.effect.library.effect_params` does, with the same
        errors. Once all shaders have been read, it waits for nothing.
        """
        if not self._is_whole:
            return effect_params(instance)
        numbered = NUMBERED.fullmatch(instance)
        found = self._known.get(instance) or (self._known.get(numbered[1]) if numbered else None)
        if found is None:
            raise unknown("shader", instance, self._known)
        if isinstance(found[2], str):
            raise BadInput(found[2])
        return tuple(replace(one, name=f"{instance}/{one.name}") for one in params(found[2]))

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._look()
                self._is_whole = True
            except Exception:
                logging.getLogger(__name__).exception("the shaders can't be looked at")
            self._closing.wait(_PERIOD)

    def _look(self) -> None:
        """Read what has changed since the last look."""
        found = {}
        for name, path in shaders().items():
            if self._closing.is_set():
                return
            before = self._known.get(name)
            try:
                changed = path.stat().st_mtime_ns
            except OSError:  # it has just gone
                continue
            if before and before[:2] == (path, changed):
                found[name] = before
                continue
            try:
                found[name] = path, changed, read_shader(path)
            except VjError as error:
                found[name] = path, changed, str(error)
            time.sleep(_REST)
        self._known = found
        keep({name: isf for name, (_, _, isf) in found.items()})
