"""The parent's side of one child process: start it, hear it, end it."""

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
_LAST_WORDS = 0.5
"""Seconds for which the last messages of a child that has ended are waited for. They come at once, unless a process
that it started still holds the pipe."""


def module(name: str, *arguments: str) -> list[str]:
    """The command that runs a module of ours. Never one of the same name in the current folder, where a stranger's
    files may lie (-P leaves that out of the path); see `environment`.
    """
    return [sys.executable, "-P", "-m", name, *arguments]


def environment() -> dict[str, str]:
    """What goes with `module`: the package is found where it is, installed or not."""
    here = str(Path(__file__).parents[2])
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (here, os.environ.get("PYTHONPATH"))))}


@dataclass(frozen=True)
class ChildSpec:
    """What a child runs: ``target`` is ``module:function``, called with a `Link` and ``config`` (JSON-able).

    ``fds`` are the descriptors of the shared memory that ``config`` describes; ``grace`` is how many seconds it
    may take to leave when it is asked to.
    """

    name: str
    target: str
    config: dict[str, Any] = field(default_factory=dict)
    fds: tuple[int, ...] = ()
    nice: int = 5
    grace: float = 1.0

    def given(self, fds: tuple[int, ...], **config: object) -> "ChildSpec":
        """The same with more to inherit and to know."""
        return replace(self, config={**self.config, **config}, fds=self.fds + fds)


class Process(Protocol):
    """One running incarnation of a child; tests bring a fake one."""

    pid: int

    def exit_status(self) -> int | None: ...

    def held_up(self) -> float: ...

    def messages(self) -> Iterable[Message]: ...

    def send(self, message: Message) -> bool: ...

    def ask_to_stop(self) -> None: ...

    def kill(self) -> None: ...


class OsProcess:
    """``python -m vj.child`` with JSON lines on its stdin (the job, then commands) and its stdout (status).

    The job goes by stdin because a stream's URL may hold a password, and a command line can be read by everybody.
    """

    def __init__(self, spec: ChildSpec) -> None:
        """Raises OSError or RuntimeError when the system has no room for another process or its two threads."""
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
            self._writer, self._reader = LineWriter(self._process.stdin), LineReader(self._process.stdout)
        except RuntimeError:
            self._process.kill()
            raise
        self._ended: float | None = None
        self._writer.put(job)

    def exit_status(self) -> int | None:
        """Its exit status once it has ended and all that it said can be had from `messages`; None until then."""
        status = self._process.poll()
        if status is None:
            return None
        self._ended = self._ended or now()
        return status if self._reader.at_end or now() - self._ended > _LAST_WORDS else None

    def held_up(self) -> float:
        """Seconds in all that its main thread could have gone on and the system let others go first; 0 where the system
        doesn't tell, which only Linux does."""
        try:
            return int(Path(f"/proc/{self.pid}/schedstat").read_text(encoding="ascii").split()[1]) / 1e9
        except (OSError, ValueError, IndexError):
            return 0.0

    def messages(self) -> Iterable[Message]:
        """What the child said since the last call. Lines that aren't JSON objects are passed over."""
        for line in self._reader.lines():
            with contextlib.suppress(ValueError, RecursionError):
                message = json.loads(line)
                if isinstance(message, dict):
                    yield message

    def send(self, message: Message) -> bool:
        """Have ``message`` written to the child. Never waits.

        Returns False, and does nothing, for a child that is gone or hasn't read for a long time: that is the
        supervisor's business.
        """
        return self._writer.put(_line(message))

    def ask_to_stop(self) -> None:
        """The end of its stdin is what asks a child to leave."""
        self._writer.close()

    def kill(self) -> None:
        """End it for certain. One that is stuck in a driver can't be reaped: waiting for it is limited to `_REAP`
        seconds.
        """
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=_REAP)
        self.ask_to_stop()


def _line(message: Message) -> bytes:
    return json.dumps(message).encode() + b"\n"


def _apart(spec: ChildSpec) -> dict[str, Any]:
    """Arguments for `Popen` that differ by system: the child gets its shared memory, but not the terminal's Ctrl-C.

    Ctrl-C is for the show alone, which then closes its children in order. Windows has no sessions; there, a process
    group of its own doesn't get it. And there, shared memory is found by its name, so no descriptor is inherited.
    """
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"pass_fds": spec.fds, "start_new_session": True}
