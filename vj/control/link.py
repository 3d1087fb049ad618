"""Ableton Link: a tempo that programs on one network share. It needs an extra (``pip install LinkPython-extern``).

The session is joined only while the clock's source is ``link``; a tempo that the performer sets meanwhile is sent to
the others. A thread of its own does all of it, the import included, so that the loop never waits.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from vj.base.clock import Clock
from vj.base.errors import Unavailable
from vj.base.packages import install_command
from vj.params.control_queue import ControlQueue
from vj.params.param import Value
from vj.params.signals import Beat

NAME = "link"
"""The value of `/clock/source` that stands for Link, and the name under which its beats are queued."""
_PERIOD = 0.02
"""Seconds between two readings of the session. Beats carry the time of their reading, so no finer period is needed."""
_WAKE = 0.25
"""Seconds between two checks whether Link is wanted."""
_BAR = 4.0
"""Beats in a bar of the session."""
_OURS = 0.05
"""Beats per minute by which the performer's tempo must differ from the session's to be sent to it."""


class LinkPeer:
    """Joins a Link session while `/clock/source` is `NAME`, and queues its beats.

    ``notice`` is a line for the heads-up display: how many others are in the session, or that the library is missing;
    empty while Link isn't wanted.
    """

    def __init__(self, queue: ControlQueue, read: Callable[[], Mapping[str, Value]], clock: Clock) -> None:
        """``read`` returns the values that were set, by address, of which `/clock/source` and `/clock/bpm` are used.
        ``clock`` gives the times of the beats.
        """
        self._queue = queue
        self._read = read
        self._clock = clock
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="link", daemon=True)
        self._session: Any = None
        self._tempo = 0.0
        self.notice = ""

    def start(self) -> None:
        """Start the thread, which calls `step` every 20 ms while a session is joined, and else four times a second.
        Call it once.
        """
        self._thread.start()

    def close(self) -> None:
        """End the thread, waiting for it, and leave the session. Harmless a second time, and before `start`."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()
        self._leave()

    def step(self) -> None:
        """Join or leave the session as `/clock/source` says. While joined, queue the session's beat with the present
        time, and set ``notice``.

        A tempo in `/clock/bpm` that differs from the session's is sent to the others, unless the session's own tempo
        has just changed. Where the library is missing, ``notice`` says so, and the next call tries it again. Called by
        the thread of `start`.
        """
        if self._read()["/clock/source"] != NAME:
            self._leave()
            return
        if self._session is None and not self._join():
            return
        state, at = self._session.captureAppSessionState(), self._clock.now()
        wanted = float(self._read()["/clock/bpm"])
        if abs(wanted - self._tempo) > _OURS and abs(state.tempo() - self._tempo) <= _OURS:
            state.setTempo(wanted, self._session.clock().micros())
            self._session.commitAppSessionState(state)
        self._tempo = state.tempo()
        beat = state.beatAtTime(self._session.clock().micros(), _BAR)
        self._queue.put_beat(NAME, Beat(at, beat, self._tempo))
        self.notice = f"link: {self._session.numPeers()} others"

    def _run(self) -> None:
        while not self._closing.wait(_PERIOD if self._session else _WAKE):
            self.step()

    def _join(self) -> bool:
        try:
            self._session = _open(float(self._read()["/clock/bpm"]))
        except Unavailable as reason:
            self.notice = str(reason)
            return False
        self._tempo = self._session.captureAppSessionState().tempo()
        return True

    def _leave(self) -> None:
        if self._session is not None:
            self._session.enabled = False
            self._session = None
        self.notice = ""


def _open(bpm: float) -> Any:
    try:
        import link
    except ImportError:
        raise Unavailable(f"no Ableton Link; fix: {install_command('LinkPython-extern')}") from None
    session = link.Link(bpm)
    session.enabled = True
    return session
