"""Restarts child processes that end, or that show no sign of life within their limit.

The rules take the time as an argument. In a show, a thread applies them fifty times a second, so that the display loop
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
"""Seconds. The pause before a restart begins with `FIRST_PAUSE` and doubles with each fault up to `LONGEST_PAUSE`.

After `HEALTHY_AFTER` without a fault it is short again.
"""

_NOTICED = 0.5
"""Seconds of silence after which the supervisor asks whether the system holds the child up."""
OWN_GAP = 1.0
"""Seconds between two looks at the children beyond which the supervisor itself was held up."""
SLOW, LONGEST_SILENCE = 8.0, 10.0
"""A slow child may be silent for `SLOW` times the usual distance of its signs of life, up to `LONGEST_SILENCE` seconds.

A child that knows how long its work takes tells ``patience`` (s), which has no such bound.
"""
_LEARNS = 0.3
"""The weight of the newest gap between two signs of life in the mean of a child's gaps."""
_MOST_DOUBLED = 16
"""Faults after which the pause is not doubled any further."""


@dataclass(frozen=True)
class Limits:
    """Seconds without a sign of life after which a child is taken down.

    ``start`` holds until the first sign, counted from the start or from the last message. ``silence`` holds between two
    later signs; a slow child gets more (see `SLOW`).
    """

    start: float = 30.0
    silence: float = 2.5


class Child:
    """One supervised child, whatever process of it runs. The display shows its ``state``.

    States: ``starting`` until the first heartbeat → ``running`` ⇄ ``restarting``; ``stopped`` at the end.
    ``unavailable``: it told that it can never work here, because a library is missing, and isn't started again.
    ``info`` holds the newest value of each key that it told by `ParentPipe.tell`; a restart keeps it, except ``error``.
    """

    def __init__(
        self,
        spec: ChildSpec,
        heartbeats: Callable[[], int],
        limits: Limits = Limits(),
        launch: Callable[[ChildSpec], Process] = OsProcess,
    ) -> None:
        """Start nothing yet: a `Supervisor` does that, by `tend`.

        ``heartbeats`` returns a number that changes with every heartbeat of the child; ``launch`` starts a process of
        the spec that it is given, and returns it.
        """
        self.spec = spec
        self.limits = limits
        self._heartbeats = heartbeats
        self._launch = launch
        self._process: Process | None = None
        self._last_heartbeat = 0
        self._last_sign = 0.0
        self._up_since = 0.0
        self._due = 0.0
        self._faults = 0
        self._usual = 0.0
        self._held_up: float | None = None
        """How long (s) the child had been held up in all when its silence was noticed; None while it isn't silent."""
        self.state = "starting"
        self.restarts = 0
        """How many faults there were: starts that failed, ends that weren't asked for, and silences."""
        self.fault = ""
        """What the last fault was, in a line; empty if there was none. It stays when the child runs again."""
        self.refused = ""
        """Why the child refused its job, if it did so before it first told ``ready``; else empty."""
        self.lost = 0
        """How many commands were lost, because there was no process or it left too many unread."""
        self.info: Message = {}

    @property
    def pid(self) -> int | None:
        """The id of the child's process; None while there is none."""
        return self._process.pid if self._process else None

    def tend(self, now: float) -> None:
        """Start the child if that is due, read its messages, and take it down if it has ended or is silent too long.

        ``now`` is in monotonic seconds. A child that is taken down is killed; a later call starts it again, after a
        pause. Raises nothing: every error in here, such as in starting it, is a fault of this child, and is followed by
        a restart after a pause like any other fault. So all other children are still tended.
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
        status = process.exit_status()  # asked first, so that no last message is missed
        for message in process.messages():
            self._hear(message)
            if self.state != "running":  # while it starts, a message is a sign of life, too
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
        """Seconds of silence that are no fault: what the child told that its work needs, or what it usually takes."""
        if self.state != "running":
            return self.limits.start
        asked = self.info.get("patience")
        told = float(asked) if isinstance(asked, int | float) else 0.0
        return max(self.limits.silence, told, min(LONGEST_SILENCE, SLOW * self._usual))

    def forgive(self, seconds: float) -> None:
        """Don't count ``seconds`` of the child's silence, during which the supervisor itself was held up."""
        self._last_sign += seconds

    def _silence(self, now: float, process: Process) -> float:
        """Returns the seconds without a sign of life, except those in which the system didn't let the child run.

        A child that is held up by other work of this machine doesn't hang.
        """
        silent = now - self._last_sign
        if silent < _NOTICED:
            self._held_up = None
            return silent
        held_up = process.held_up()
        if self._held_up is None:
            self._held_up = held_up
        return silent - (held_up - self._held_up)

    def send(self, message: Message) -> None:
        """Queue ``message``, a JSON-able command, for the child. Never waits. Any thread may call this.

        It is lost, and counted in ``lost``, if there is no process at the moment, or if 256 wait for it already.
        """
        process = self._process  # another thread may set it to None meanwhile
        if not (process and process.send(message)):
            self.lost += 1

    def ask_to_stop(self) -> None:
        """Ask the child to leave; returns at once. It isn't started again. Its ``state`` is ``stopped`` already."""
        self.state = "stopped"
        if self._process:
            self._process.ask_to_stop()

    def gone(self) -> bool:
        """Returns whether the child has no process, or one that has ended, as far as the system says. Never waits."""
        with contextlib.suppress(OSError):
            return self._process is None or self._process.exit_status() is not None
        return False

    def end(self) -> None:
        """Kill the child's process if there is one, and wait up to half a second until it is gone.

        The child isn't started again. Harmless a second time.
        """
        self.state = "stopped"
        if self._process:
            self._process.kill()
            self._process = None

    def _start(self, now: float) -> None:
        """Start a process.

        What an earlier one told under ``resume``, such as the very camera that it found, replaces the same part of its
        configuration.
        """
        self._process = self._launch(self.spec.given((), **self.info.get("resume", {})))
        self._last_heartbeat, self._last_sign, self._usual = self._heartbeats(), now, 0.0
        self.info.pop("error", None)

    def _hear(self, message: Message) -> None:
        """Take over a message.

        A refusal counts until the child has told that it is ready; later it is a fault like any other.
        """
        if not self.info.get("ready"):
            self.refused = str(message.get("refused", self.refused))
        self.info.update({key: value for key, value in message.items() if _is_sound(key, value)})

    def _watch(self, now: float) -> None:
        """Note a sign of life, if there was one since the last call."""
        heartbeats = self._heartbeats()
        if heartbeats == self._last_heartbeat:
            return
        gap, self._last_heartbeat, self._last_sign = now - self._last_sign, heartbeats, now
        if self.state != "running":
            self.state, self._up_since = "running", now
            return
        self._usual += _LEARNS * (gap - self._usual)
        if self._faults and now - self._up_since > HEALTHY_AFTER:
            self._faults = 0

    def _let_go(self) -> None:
        """Kill the child's process, if there is one, and forget it."""
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
    """Returns whether the display can use ``value``: a child that decodes untrusted films may tell anything."""
    if key == "parts":
        return isinstance(value, dict) and all(
            isinstance(total, list) and len(total) == 2 and all(isinstance(part, int | float) for part in total)
            for total in value.values()
        )
    return isinstance(value, dict) if key == "resume" else isinstance(value, str | int | float | bool | None)


class Supervisor:
    """Tends any number of children in one thread, and ends them together."""

    def __init__(self, clock: Clock, period: float = 0.02) -> None:
        """``period`` is the seconds from one turn to the next. The thread isn't started yet."""
        self._clock = clock
        self._period = period
        self._looked = math.inf
        """When the children were last tended (s)."""
        self._children: list[Child] = []
        self._asked: deque[Callable[[], None]] = deque()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)

    def add(self, child: Child) -> None:
        """Tend ``child`` from now on; the next turn of the thread starts it. Returns before that.

        Waits for a turn that goes on just now, unlike `add_in_background`.
        """
        with self._lock:
            self._children.append(child)

    def remove(self, child: Child) -> None:
        """Kill ``child``, without asking it to leave, and forget it.

        Returns when its process is gone, or after half a second. Raises ValueError if it isn't tended.
        """
        with self._lock:
            self._children.remove(child)
            child.end()

    def add_in_background(self, child: Child) -> None:
        """Note that ``child`` is to be tended; the next turn begins with that. Never waits, so the loop may call it."""
        self._asked.append(lambda: self._children.append(child))

    def remove_in_background(self, child: Child, then: Callable[[], None]) -> None:
        """Note that ``child`` is to be killed and forgotten; the next turn does it. Never waits: the loop may call it.

        The supervisor's thread calls ``then`` once the child is gone; what ``then`` raises is only logged. It isn't
        called if the child isn't tended.
        """

        def end() -> None:
            self._children.remove(child)
            _logged(child.end)
            then()

        self._asked.append(end)

    def start(self) -> None:
        """Start the thread that calls `turn` every ``period`` seconds. Call it only once."""
        self._thread.start()

    def close(self) -> None:
        """Ask all children to leave, wait up to a second for them, and kill those that stay. Stops the thread.

        Returns when all are gone; one that is stuck in a driver is waited for half a second more, and left. If the
        thread was never started, the caller's thread does this. Harmless a second time.
        """
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
        """Tend every child once, after carrying out what was asked for in the background.

        The thread calls this; only tests do it themselves. A gap of more than `OWN_GAP` seconds since the last turn,
        such as in a show that was suspended, doesn't count as the children's silence.
        """
        with self._lock:
            self._admit()
            now = self._clock.now()
            gap, self._looked = now - self._looked, now
            for child in self._children:
                if gap > OWN_GAP:
                    child.forgive(gap)
                child.tend(now)

    def _admit(self) -> None:
        """Carry out what was asked for in the background, in order: a child may be removed before it ever starts."""
        while self._asked:
            _logged(self._asked.popleft())

    def _end_all(self, patience: float = 1.0) -> None:
        """Ask all children to leave, and kill those that haven't within ``patience`` seconds."""
        for child in self._children:
            _logged(child.ask_to_stop)
        deadline = self._clock.now() + patience
        while self._clock.now() < deadline and not all(child.gone() for child in self._children):
            self._clock.sleep(self._period)
        for child in self._children:
            _logged(child.end)


def _logged(work: Callable[[], None]) -> None:
    """Call ``work``. What it raises is logged and goes no further: the supervisor's thread must live."""
    try:
        work()
    except Exception:
        logging.getLogger(__name__).exception("a child could not be looked after")
