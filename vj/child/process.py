"""The parent's side of one child process: starts it, exchanges messages with it, ends it."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from vj.base.clock import now
from vj.base.process_priority import USUAL
from vj.child.pipes import LineReader, LineWriter

Message = dict[str, Any]
_REAP = 0.5
"""Seconds to wait until a killed process is gone."""
_LAST_WORDS = 0.5
"""Seconds to wait for the last messages of a child that has ended.

They come at once, unless a process that the child started still holds the pipe.
"""


def module(name: str, *arguments: str) -> list[str]:
    """Returns the words of the command that runs the module ``name`` (such as ``vj.child``) with ``arguments``.

    Run it with `environment`, so that the module is found. With -P, Python leaves the current folder out of its path,
    where other people's files of the same name may lie.
    """
    return [sys.executable, "-P", "-m", name, *arguments]


def environment() -> dict[str, str]:
    """Returns all environment variables to run the command of `module` with.

    They are a copy of this process's, with the folder above the package put first in ``PYTHONPATH``: so it is found
    where it is, installed or not.
    """
    here = str(Path(__file__).parents[2])
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (here, os.environ.get("PYTHONPATH"))))}


@dataclass(frozen=True)
class ChildSpec:
    """What a child runs: the function ``target`` (``module:function``), called with its pipe and with ``config``.

    ``name`` stands before the child's messages and in the error log. The pipe is a `vj.child.parent_pipe.ParentPipe`,
    the first argument; ``config`` holds the others by name and is JSON-able. ``fds`` are the descriptors of the shared
    memory that it describes. ``nice`` is added to the nice value that the show was started with. ``grace`` is how many
    seconds the child may take to leave when it is asked to.
    """

    name: str
    target: str
    config: dict[str, Any] = field(default_factory=dict)
    fds: tuple[int, ...] = ()
    nice: int = 5
    grace: float = 1.0

    def given(self, fds: tuple[int, ...], **config: object) -> "ChildSpec":
        """Returns a copy with ``fds`` added to its descriptors, and ``config`` to its configuration.

        A key of ``config`` that it has already is replaced.
        """
        return replace(self, config={**self.config, **config}, fds=self.fds + fds)


class Process(Protocol):
    """One running process of a child; `OsProcess` defines it, and tests bring a fake one.

    ``pid`` is the process's id.
    """

    pid: int

    def exit_status(self) -> int | None:
        """Returns the exit status, or None until the process has ended and `messages` can give all that it told.

        It may be negative for a process that was killed. Never waits.
        """
        ...

    def held_up(self) -> float:
        """Returns the seconds since its start in which the process could have run but the system let others run.

        Returns 0 where that is unknown.
        """
        ...

    def messages(self) -> Iterable[Message]:
        """Returns the messages that the process told since the last call, in order. Never waits.

        Each is a dict of what the child gave to `ParentPipe.tell`. It may be a generator, so use it up.
        """
        ...

    def send(self, message: Message) -> bool:
        """Queue ``message``, a JSON-able command, to be sent to the process. Never waits.

        Returns whether it was queued: not if the process is gone, or has too many that it didn't read.
        """
        ...

    def ask_to_stop(self) -> None:
        """Ask the process to leave; commands that are queued still reach it. Never waits; harmless a second time."""
        ...

    def kill(self) -> None:
        """End the process at once, whatever it does. May wait a moment until it is gone."""
        ...


class OsProcess:
    """A process ``python -m vj.child`` with JSON lines on its stdin (the job, then commands) and its stdout (status).

    It is started when the object is made, and never again. The job goes by stdin because a stream's URL may hold a
    password, and every user can read a command line.
    """

    def __init__(self, spec: ChildSpec) -> None:
        """Start the process. Returns before its target runs.

        Raises OSError or RuntimeError when the system has no room for another process or its two threads.
        """
        job = _line({"name": spec.name, "config": spec.config, "nice": USUAL + spec.nice, "grace": spec.grace})
        self._process = subprocess.Popen(
            module("vj.child", spec.target, str(os.getpid())),
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            **_apart(spec),
        )
        self.pid = self._process.pid
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._writer = LineWriter(self._process.stdin)
            self._reader = LineReader(self._process.stdout)
        except RuntimeError:
            self._process.kill()
            raise
        self._ended: float | None = None
        self._writer.put(job)

    def exit_status(self) -> int | None:
        """Returns the exit status, or None until the process has ended and `messages` can give all that it told.

        It is negative (the signal's number) for a process that was killed on a POSIX system. If the pipe stays open
        after the end, because the child's own child holds it, the status comes half a second later. Never waits.
        """
        status = self._process.poll()
        if status is None:
            return None
        self._ended = self._ended or now()
        return status if self._reader.at_end or now() - self._ended > _LAST_WORDS else None

    def held_up(self) -> float:
        """Returns the seconds in all during which the child's main thread could have run but the system let others run.

        Returns 0 where that is unknown: only Linux knows it.
        """
        try:
            return int(Path(f"/proc/{self.pid}/schedstat").read_text(encoding="ascii").split()[1]) / 1e9
        except (OSError, ValueError, IndexError):
            return 0.0

    def messages(self) -> Iterable[Message]:
        """Yield the messages that the child told since the last call, in order. Never waits.

        Each is a dict of what `ParentPipe.tell` was given. Lines that aren't JSON objects are skipped.
        """
        for line in self._reader.lines():
            with contextlib.suppress(ValueError, RecursionError):
                message = json.loads(line)
                if isinstance(message, dict):
                    yield message

    def send(self, message: Message) -> bool:
        """Queue ``message``, JSON-able, for the child, which reads it by `ParentPipe.commands`. Never waits.

        Returns whether it was queued: not for a child that is gone or that hasn't read for so long that 256 wait, which
        the supervisor deals with.
        """
        return self._writer.put(_line(message))

    def ask_to_stop(self) -> None:
        """Ask the child to leave, by closing its stdin once all queued commands are written.

        Never waits; harmless a second time.
        """
        self._writer.close()

    def kill(self) -> None:
        """Kill the process, and wait up to `_REAP` seconds until it is gone: one that is stuck in a driver never is."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=_REAP)
        self.ask_to_stop()


def _line(message: Message) -> bytes:
    return json.dumps(message).encode() + b"\n"


def _apart(spec: ChildSpec) -> dict[str, Any]:
    """Returns the arguments of `Popen` that differ by system: the child gets its shared memory, but no Ctrl-C.

    A Ctrl-C in the terminal is for the show alone, which then closes its children in order. Windows has no sessions,
    but a process group of its own doesn't get it either. And there, shared memory is found by its name, so no
    descriptor is inherited.
    """
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"pass_fds": spec.fds, "start_new_session": True}
