"""The child's ends of the two pipes: commands from the show, status to it, and leaving when the show is gone."""

import json
import os
import sys
import threading
import time
from collections import deque
from typing import Any, Protocol

from vj.base import clock
from vj.base.stats import Parts

Message = dict[str, Any]
_MOST_COMMANDS = 256
"""The most commands that wait for a busy child; of more, the oldest are dropped."""


class StatusPipe(Protocol):
    """A child's channel to report its status."""

    def tell(self, **status: object) -> None:
        """Report to the show: every key replaces what was told under it before."""
        ...


class ParentPipe:
    """The pipes to the parent.

    Commands arrive on stdin; status leaves on the original stdout, which prints no longer reach.
    """

    def __init__(self, grace: float = 1.0) -> None:
        """``grace`` is how many seconds the child has to end in order once the show is gone; then it exits at once."""
        self._grace = grace
        self._status = os.fdopen(os.dup(1), "wb", buffering=0)
        os.dup2(2, 1)  # whatever a library prints goes to stderr
        self._commands: deque[Message] = deque()
        self._dropped = 0
        self.stopping = threading.Event()
        """Set when the show asks the child to leave, or is gone."""
        threading.Thread(target=self._listen, name="pipe", daemon=True).start()

    def commands(self) -> list[Message]:
        """Returns the commands that the show has sent since the last call, in order."""
        taken = []
        while self._commands:
            taken.append(self._commands.popleft())
        return taken

    def tell(self, **status: object) -> None:
        """Report to the show: every key replaces what was said under it before."""
        try:
            self._status.write(json.dumps(status).encode() + b"\n")
        except OSError:  # the show is gone; Windows raises several errors
            self.stopping.set()

    def _listen(self) -> None:
        for line in sys.stdin.buffer:
            self._commands.append(json.loads(line))
            if len(self._commands) > _MOST_COMMANDS:  # the child is busy: the oldest goes, counted
                self._commands.popleft()
                self._dropped += 1
                self.tell(commands_dropped=self._dropped)
        self.stopping.set()
        time.sleep(self._grace)  # then exit at once: a hung driver must not keep this process
        os._exit(0)


class TimeMeter(Parts):
    """Adds up where a child's time goes, and tells it to the show every ``period`` seconds."""

    def __init__(self, pipe: StatusPipe, period: float = 0.5) -> None:
        super().__init__()
        self._pipe = pipe
        self._period = period
        self._told = clock.now()

    def tell(self, now: float) -> None:
        """Tell the show the counts and sums since the start, if it is time at ``now`` (s)."""
        if now - self._told >= self._period:
            self._told = now
            self._pipe.tell(parts=self.totals)
