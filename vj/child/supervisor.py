"""Brings children back: when they die, raise, or show no sign of life within their limit.

The rules take time as an argument. Live, a thread applies them fifty times a second, so that the display loop
neither starts nor waits for a process.
"""

import contextlib
import logging
import math
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from vj.base.clock import Clock
from vj.child.process import ChildSpec, Message, OsProcess, Process

FIRST_PAUSE, LONGEST_PAUSE, HEALTHY_AFTER = 0.1, 1.0, 5.0
"""Seconds: back-off doubles between the first two; after the third without a fault it starts afresh."""

_NOTICED = 0.5
"""Seconds of silence from which on it is asked whether the child is held up."""
OWN_GAP = 1.0
"""Seconds between two looks at the children beyond which the supervisor itself was held up."""
SLOW, LONGEST_SILENCE = 8.0, 10.0
"""A child that is slow by nature may be silent for so many times its usual distance between two signs, and so many
seconds at most. One that knows how long its work takes tells ``patience``, in seconds, which has no such bound."""
_LEARNS = 0.3
_MOST_DOUBLED = 16
"""Faults after which the back-off is not doubled any further."""


@dataclass(frozen=True)
class Limits:
    """Seconds without a sign of life: ``start`` until the first, or since the last thing that it said before;
    ``silence`` between two later ones, or more where the child is slow (see `SLOW`)."""

    start: float = 30.0
    silence: float = 2.5


class Child:
    """One supervised child. ``state`` is what the display shows of it; ``info`` the newest of each thing it told.

    States: ``starting`` → ``running`` ⇄ ``restarting``; ``stopped`` at the end. ``unavailable``: it has told that it
    can never work here, as a library is missing; it isn't started again.
    """

    def __init__(
        self,
        spec: ChildSpec,
        beats: Callable[[], int],
        limits: Limits = Limits(),
        launch: Callable[[ChildSpec], Process] = OsProcess,
    ) -> None:
        """``beats`` is a number that moves with every sign of life."""
        self.spec, self.limits = spec, limits
        self._beats, self._launch = beats, launch
        self._process: Process | None = None
        self._last_beat, self._last_sign, self._up_since, self._due = 0, 0.0, 0.0, 0.0
        self._faults = 0
        self._usual = 0.0
        self._held_up: float | None = None
        """How long it had been held up in all, when its silence was noticed."""
        self.state = "starting"
        self.restarts = 0
        self.fault = ""
        self.refused = ""
        self.lost = 0
        self.info: Message = {}

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def tend(self, now: float) -> None:
        """Start it when it is due, hear it, and take it down when it is dead or silent for too long.

        Raises nothing: whatever is raised in here, such as by starting it, is a fault of this child, which is tried
        again after a pause like any other. All other children are still tended.
        """
        try:
            self._tend(now)
        except Exception as error:  # noqa: BLE001 - see above
            what = "could not be tended" if self._process else "could not be started"
            self._take_down(now, f"{what}: {str(error) or type(error).__name__}")

    def _tend(self, now: float) -> None:
        process = self._process
        if process is None:
            if now >= self._due and self.state not in ("stopped", "unavailable"):
                self._start(now)
            return
        status = process.exit_status()  # before its last words, so that none are missed
        for message in process.messages():
            self._hear(message)
            if self.state != "running":  # what it says while it starts is a sign of life, too
                self._last_sign = now
        self._watch(now)
        if status is not None and self.info.get("retry") is False:
            self._let_go()
            self.state, self.fault = "unavailable", str(self.info.get("error"))
        elif status is not None:
            self._take_down(now, self.info.get("error") or f"ended with status {status}")
        elif self._silence(now, process) > self._patience:
            self._take_down(now, f"no sign of life for {now - self._last_sign:.1f} s")

    @property
    def _patience(self) -> float:
        """Seconds of silence that are no fault: what the child says that its work needs, or what it usually takes."""
        if self.state != "running":
            return self.limits.start
        asked = self.info.get("patience")
        told = float(asked) if isinstance(asked, int | float) else 0.0
        return max(self.limits.silence, told, min(LONGEST_SILENCE, SLOW * self._usual))

    def forgive(self, seconds: float) -> None:
        """Don't count ``seconds`` of silence: the supervisor itself was held up and didn't look."""
        self._last_sign += seconds

    def _silence(self, now: float, process: Process) -> float:
        """Seconds without a sign of life in which the system would have let it give one: a child that is held up by
        whatever else this machine does doesn't hang."""
        silent = now - self._last_sign
        if silent < _NOTICED:
            self._held_up = None
            return silent
        held_up = process.held_up()
        if self._held_up is None:
            self._held_up = held_up
        return silent - (held_up - self._held_up)

    def send(self, message: Message) -> None:
        """A command to the child; lost, and counted, if it isn't there."""
        process = self._process  # another thread may take it away meanwhile
        if not (process and process.send(message)):
            self.lost += 1

    def ask_to_stop(self) -> None:
        self.state = "stopped"
        if self._process:
            self._process.ask_to_stop()

    def gone(self) -> bool:
        """Whether a child that was asked to stop has left, as far as the system tells."""
        with contextlib.suppress(OSError):
            return self._process is None or self._process.exit_status() is not None
        return False

    def end(self) -> None:
        """Make sure that it is gone."""
        self.state = "stopped"
        if self._process:
            self._process.kill()
            self._process = None

    def _start(self, now: float) -> None:
        """What it told under ``resume`` is its configuration from then on: the very camera that it had found."""
        self._process = self._launch(self.spec.given((), **self.info.get("resume", {})))
        self._last_beat, self._last_sign, self._usual = self._beats(), now, 0.0
        self.info.pop("error", None)

    def _hear(self, message: Message) -> None:
        """A refusal counts until the child has once told that it is ready; later it is a fault like any other."""
        if not self.info.get("ready"):
            self.refused = str(message.get("refused", self.refused))
        self.info.update({key: value for key, value in message.items() if _is_sound(key, value)})

    def _watch(self, now: float) -> None:
        beats = self._beats()
        if beats == self._last_beat:
            return
        gap, self._last_beat, self._last_sign = now - self._last_sign, beats, now
        if self.state != "running":
            self.state, self._up_since = "running", now
            return
        self._usual += _LEARNS * (gap - self._usual)
        if self._faults and now - self._up_since > HEALTHY_AFTER:
            self._faults = 0

    def _let_go(self) -> None:
        """Have no process any more."""
        process, self._process = self._process, None
        if process:
            with contextlib.suppress(Exception):  # it is given up in any case
                process.kill()

    def _take_down(self, now: float, fault: str) -> None:
        self._let_go()
        self.state, self.fault = "restarting", fault
        self.restarts += 1
        self._due = now + min(FIRST_PAUSE * 2 ** min(self._faults, _MOST_DOUBLED), LONGEST_PAUSE)
        self._faults += 1


def _is_sound(key: str, value: object) -> bool:
    """Whether the display may use it as it is: a child that decodes strangers' films isn't believed everything."""
    if key == "parts":
        return isinstance(value, dict) and all(
            isinstance(total, list) and len(total) == 2 and all(isinstance(part, int | float) for part in total)
            for total in value.values()
        )
    return isinstance(value, dict) if key == "resume" else isinstance(value, str | int | float | bool | None)


class Supervisor:
    """Tends any number of children from one thread; closes them in order."""

    def __init__(self, clock: Clock, period: float = 0.02) -> None:
        self._clock, self._period = clock, period
        self._looked = math.inf
        """When the children were last looked after."""
        self._children: list[Child] = []
        self._asked: deque[Callable[[], None]] = deque()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)

    def add(self, child: Child) -> None:
        """Start it soon, and look after it from now on."""
        with self._lock:
            self._children.append(child)

    def remove(self, child: Child) -> None:
        """End it and forget it."""
        with self._lock:
            self._children.remove(child)
            child.end()

    def add_in_background(self, child: Child) -> None:
        """`add` without ever waiting, for the loop."""
        self._asked.append(lambda: self._children.append(child))

    def remove_in_background(self, child: Child, then: Callable[[], None]) -> None:
        """`remove` without ever waiting, for the loop; ``then`` is called once it is gone, in another thread."""

        def end() -> None:
            self._children.remove(child)
            _logged(child.end)
            then()

        self._asked.append(end)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Ask every child to leave; those that stay are killed. Returns when all are gone."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        else:
            self._end_all()

    def _run(self) -> None:
        while not self._stop.wait(self._period):
            self.turn()
        self._admit()
        self._end_all()  # in this thread: on Linux a child is tied to the life of the thread that started it

    def turn(self) -> None:
        """Look after every child once. A gap of our own, as of a show that was stopped and continued, is no fault."""
        with self._lock:
            self._admit()
            now = self._clock.now()
            gap, self._looked = now - self._looked, now
            for child in self._children:
                if gap > OWN_GAP:
                    child.forgive(gap)
                child.tend(now)

    def _admit(self) -> None:
        """In the order in which it was asked for: a child may be dismissed before it was ever started."""
        while self._asked:
            _logged(self._asked.popleft())

    def _end_all(self, patience: float = 1.0) -> None:
        for child in self._children:
            _logged(child.ask_to_stop)
        deadline = self._clock.now() + patience
        while self._clock.now() < deadline and not all(child.gone() for child in self._children):
            self._clock.sleep(self._period)
        for child in self._children:
            _logged(child.end)


def _logged(work: Callable[[], None]) -> None:
    """Do ``work``. What it raises is written to the log and goes no further: the supervisor's thread must live."""
    try:
        work()
    except Exception:
        logging.getLogger(__name__).exception("a child could not be looked after")
