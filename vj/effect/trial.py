"""Tries shaders in a process of their own before a show, or a person, relies on them."""

import contextlib
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from vj.base.clock import now
from vj.base.frame import Size
from vj.child.process import ChildSpec, Message, OsProcess, Process

_START, _LONGEST = 30.0, 10.0
"""Seconds that the process may take to start, and that a shader may take until it has drawn a few frames."""
_LOOK = 0.005
"""Seconds between two looks at what the process tells."""


@dataclass(frozen=True)
class ShaderVerdict:
    """What a trial found. ``error`` is empty for a shader that plays; ``kind`` is empty if that isn't known.

    ``ms`` is what a frame takes here, in milliseconds.
    """

    kind: str = ""
    error: str = ""
    ms: float = 0.0


class Trials:
    """Tries one shader after the other in a process, which starts with the first and again after one that ended it.

    All methods but one belong to one thread, which must live as long as the process is wanted.
    """

    def __init__(self, longest: float = _LONGEST) -> None:
        """``longest`` is how many seconds a shader may take."""
        self._longest = longest
        self._process: Process | None = None
        self._cancelled = threading.Event()

    def examine(self, path: Path, root: Path, size: Size) -> ShaderVerdict:
        """Returns whether the shader in ``path`` compiles and draws, and how long a frame of ``size`` takes.

        ``root`` is as in `vj.effect.isf.read`. Waits for it: a second or so, or ``longest`` for one that never ends.
        """
        if self._process is None:
            reason = self._start()
            if reason:
                return ShaderVerdict(error=reason)
        process = self._process
        assert process is not None
        process.send({"path": str(path), "root": str(root), "width": size.width, "height": size.height})
        told = self._heard(process, "tried", self._longest)
        if isinstance(found := told.get("tried"), dict):
            return ShaderVerdict(str(found["kind"]), str(found["error"]), float(found["ms"]))
        self.close()
        return ShaderVerdict(error=str(told.get("error") or f"it has drawn no picture within {self._longest:g} s"))

    def cancel(self) -> None:
        """Have the trial that goes on end at once, and all later ones. Any thread may call this."""
        self._cancelled.set()

    def close(self) -> None:
        """End the process, if there is one. Harmless a second time."""
        if self._process:
            self._process.kill()
            self._process = None

    def _start(self) -> str:
        """Start the process. Returns why it can't be, or an empty text."""
        try:
            self._process = OsProcess(ChildSpec("shaders", "vj.effect.trial_child:run"))
        except (OSError, RuntimeError) as error:
            return f"shaders can't be tried: {error}"
        told = self._heard(self._process, "ready", _START)
        if told.get("ready"):
            return ""
        self.close()
        return f"shaders can't be tried: {told.get('error') or 'the process for it does not start'}"

    def _heard(self, process: Process, key: str, longest: float) -> Message:
        """Returns what the process has told by the time that it tells ``key``, ends, or ``longest`` seconds are over.

        Time in which the system lets others run doesn't count.
        """
        told: Message = {}
        began, held = now(), process.held_up()
        while not self._cancelled.is_set() and now() - began - (process.held_up() - held) < longest:
            status = None
            with contextlib.suppress(OSError):
                status = process.exit_status()
            for message in process.messages():
                told.update(message)
            if key in told:
                break
            if status is not None:
                told.setdefault("error", f"the graphics driver has crashed at it (status {status})")
                break
            time.sleep(_LOOK)
        return told
