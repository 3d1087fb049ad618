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
    """A child's channel to report its status; `ParentPipe` defines it, and tests bring their own."""

    def tell(self, **status: object) -> None:
        """Report to the show: every key replaces what was told under it before; other keys keep theirs.

        Values must be JSON-able. The classes that implement this protocol send them; here nothing is done.
        """
        ...


class ParentPipe:
    """The pipes to the parent; a child makes one, and only one.

    Commands arrive on stdin, and status leaves on stdout, as lines of JSON. A thread reads the commands. When stdin
    ends, because the show asks the child to leave or is gone, it sets ``stopping``, and ends the process itself once
    ``grace`` is over.
    """

    def __init__(self, grace: float = 1.0) -> None:
        """``grace`` is how many seconds the child has to end in order once stdin has ended; then it exits at once.

        From now on, whatever this process prints to stdout goes to stderr.
        """
        self._grace = grace
        self._status = os.fdopen(os.dup(1), "wb", buffering=0)
        os.dup2(2, 1)  # whatever a library prints goes to stderr
        self._commands: deque[Message] = deque()
        self._dropped = 0
        self.stopping = threading.Event()
        """Set when the show asks the child to leave, or is gone."""
        threading.Thread(target=self._listen, name="pipe", daemon=True).start()

    def commands(self) -> list[Message]:
        """Returns the commands that the show has sent since the last call, in order; an empty list if there are none.

        Each is the JSON object that the show gave to `Child.send`, such as ``{"trigger": "seek", "amount": 0.0}``. Of
        more than 256 that wait, the oldest are dropped; the show gets their number under ``commands_dropped``.
        """
        taken = []
        while self._commands:
            taken.append(self._commands.popleft())
        return taken

    def tell(self, **status: object) -> None:
        """Report to the show: every key replaces what was told under it before; other keys keep theirs.

        What stands under ``error`` is why this process ends, in a line, and under ``notice`` what is wrong with it.
        Values must be JSON-able; the show ignores those that are no text, number, bool or None, except under ``parts``
        and ``resume``. Raises no OSError: if the show is gone, it sets ``stopping`` instead.
        """
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
    """Adds up where a child's time goes, and tells it to the show under ``parts``."""

    def __init__(self, pipe: StatusPipe, period: float = 0.5) -> None:
        """``period`` is how many seconds there are at least between two reports."""
        super().__init__()
        self._pipe = pipe
        self._period = period
        self._told = clock.now()

    def tell(self, now: float) -> None:
        """Tell the show the ``totals`` since the start, if ``period`` seconds have passed since the last report.

        They go under the key ``parts``, as ``[count, seconds]`` by the part's name. Else nothing is sent. ``now`` is
        the present time (monotonic seconds). The child must call this again and again; no thread does.
        """
        if now - self._told >= self._period:
            self._told = now
            self._pipe.tell(parts=self.totals)
