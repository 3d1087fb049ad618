"""The parent's side of one child process: start it, hear it, end it."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from vj.priority import USUAL

Message = dict[str, Any]
_LONGEST_LINE = 65536
_READ = 4096
_REAP = 0.5


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

    def messages(self) -> Iterable[Message]: ...

    def send(self, message: Message) -> bool: ...

    def ask_to_stop(self) -> None: ...

    def kill(self) -> None: ...


class OsProcess:
    """``python -m vj.child`` with JSON lines on its stdin (the job, then commands) and stdout (status).

    The job goes by stdin because a stream's URL may hold a password, and a command line can be read by everybody.
    """

    def __init__(self, spec: ChildSpec) -> None:
        """Raises OSError when the system has no room for another process."""
        self._process = subprocess.Popen(
            module("vj.child", spec.target, str(os.getpid())),
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=spec.fds,
            start_new_session=True,  # the terminal's Ctrl-C is for the show, which then closes in order
        )
        self.pid = self._process.pid
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin, self._process.stdout
        self._lock = threading.Lock()  # the loop sends while the supervisor may be closing
        job = {"config": spec.config, "nice": USUAL + spec.nice, "grace": spec.grace}
        self._in.write(json.dumps(job).encode() + b"\n")
        self._in.flush()
        os.set_blocking(self._in.fileno(), False)
        os.set_blocking(self._out.fileno(), False)
        self._heard = b""

    def exit_status(self) -> int | None:
        return self._process.poll()

    def messages(self) -> Iterable[Message]:
        """What the child said since the last call. Lines that aren't JSON objects are passed over."""
        if self._out.closed:
            return
        with contextlib.suppress(BlockingIOError):
            self._heard += os.read(self._out.fileno(), _READ)
        *lines, self._heard = self._heard.split(b"\n")
        if len(self._heard) > _LONGEST_LINE:
            self._heard = b""
        for line in lines:
            with contextlib.suppress(ValueError):
                message = json.loads(line)
                if isinstance(message, dict):
                    yield message

    def send(self, message: Message) -> bool:
        """Whether it could be sent: a child that is gone or doesn't listen is the supervisor's business."""
        with self._lock, contextlib.suppress(OSError):
            if not self._in.closed:
                os.write(self._in.fileno(), json.dumps(message).encode() + b"\n")
                return True
        return False

    def ask_to_stop(self) -> None:
        """The end of its stdin is what asks a child to leave."""
        with self._lock, contextlib.suppress(OSError):
            self._in.close()

    def kill(self) -> None:
        """End it for certain. One that is stuck in a driver can't be reaped; nobody waits for it longer than this."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=_REAP)
        self.ask_to_stop()
        self._out.close()
