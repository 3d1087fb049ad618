"""MIDI in the show: one thread that hears every controller, moves parameters, keeps lights lit and learns."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping

from vj.base.clock import Clock
from vj.child.supervisor import Child
from vj.control.midi.decode import TOGETHER
from vj.control.midi.device import Station
from vj.control.midi.learn import Learner
from vj.control.midi.mapping import MidiBinding, check
from vj.control.midi.message import Moved, System
from vj.control.midi.params import PREFIX
from vj.control.midi.port_client import RemotePorts
from vj.control.midi.ports import Event, Ports
from vj.params.control_queue import Change, ControlQueue
from vj.params.indicators import DARK, Lamps
from vj.params.param import ParamTable, Value
from vj.tempo.follow import TempoFollower

REST = 0.0015
"""Seconds between two batches, as the OSC receiver rests: a flood must leave the picture alone."""
PASS = 1 / 30
"""Seconds between two passes over the lights."""

_MOST_IN_A_BATCH = 128
"""Pieces that came from ports, each a message as a rule."""
_MOST_KNOWN = 64
"""Ports that are known again."""
_AWAITED = 2.0
"""Seconds for which it is said that a fader has yet to meet its parameter."""
_CLOCK_LOST = 1.0
"""Seconds after which another port's clock may be followed."""


class Midi:
    """From ports to the mailbox, and back to the lights. Counters only ever grow and may be read from any thread:

    ``received`` messages · ``applied``, those that did something · ``refused``, malformed ones · ``ticks`` of clocks.
    """

    def __init__(
        self,
        table: ParamTable,
        mailbox: ControlQueue,
        read: Callable[[], Mapping[str, Value]],
        revision: Callable[[], int],
        bindings: Iterable[MidiBinding],
        clock: Clock,
        ports: Ports | None = None,
        lamps: Callable[[], Lamps] = lambda: DARK,
    ) -> None:
        """``read`` gives what parameters are set to, ``revision`` a number that moves when one of those does, and
        ``lamps`` what lights of triggers show.

        ``ports`` are this machine's unless given. Raises BadInput for a binding that can't work in this show.
        """
        own = tuple(bindings)
        for binding in own:
            check(binding, table)
        self._table, self._mailbox, self._read, self._revision, self._clock = table, mailbox, read, revision, clock
        self._ports = RemotePorts() if ports is None else ports
        self._lamps = lamps
        self._learner = Learner(table, own, mailbox.post)
        self._bound, self._names = own, dict[str, int]()
        self._stations: dict[str, Station] = {}
        self._known: dict[str, Station] = {}
        """Those that are away, too."""
        self._waiting: deque[Event] = deque()
        self._follower, self._clock_port, self._ticked = TempoFollower(), "", -_CLOCK_LOST
        self._awaited = ("", 0.0)
        """The parameter that a fader was last moved for in vain, and when."""
        self._commands: deque[str] = deque(maxlen=256)
        self._followed: Mapping[str, Value] | None = None
        self._seen: Mapping[str, Value] | None = None
        self._lit: tuple[int, Lamps] = (-1, DARK)
        self._lit_at = -PASS
        self._thread: threading.Thread | None = None
        self._closing = False
        self.received = self.applied = self.refused = self.ticks = 0

    @property
    def child(self) -> Child | None:
        """The process that holds the ports, for the supervisor; None where they need none."""
        return self._ports.child if isinstance(self._ports, RemotePorts) else None

    @property
    def notice(self) -> str:
        """One line: why there is no MIDI here; else about learning, or a fader that has yet to meet its parameter; else
        nothing."""
        if self.child and self.child.state == "unavailable":
            return self.child.fault
        address, at = self._awaited
        waits = address and self._clock.now() - at < _AWAITED
        return self._learner.notice or (f"MIDI: the fader has yet to meet {address}" if waits else "")

    @property
    def bindings(self) -> tuple[MidiBinding, ...]:
        """The preset's and the learned ones, as they are now."""
        return self._learner.bindings

    @property
    def ports(self) -> dict[str, str]:
        """The ports that are open, and the profile that each goes by."""
        return {name: station.profile.name for name, station in tuple(self._stations.items())}

    @property
    def bpm(self) -> float:
        """Of the MIDI clock; 0 where there is none."""
        return self._follower.bpm

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="midi", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Hear nothing more; call it after the child has left. Harmless before `start` and a second time."""
        if self._closing:
            return
        self._closing = True
        if self._thread:
            self._thread.join()
        self._ports.close()

    def command(self, change: Change) -> bool:
        """Whether the trigger was one of `/learn`'s. Never blocks."""
        if not change.address.startswith(f"{PREFIX}/"):
            return False
        self._commands.append(change.address.removeprefix(f"{PREFIX}/"))
        return True

    def follow(self, snapshot: Mapping[str, Value]) -> None:
        """What the parameters are in this frame: `/learn` is looked at in the next turn. Never blocks."""
        self._followed = snapshot

    def step(self, timeout: float = 0.0) -> None:
        """One turn: hear, learn, light. Waits at most ``timeout`` seconds for something to come."""
        if len(self._waiting) < _MOST_IN_A_BATCH:
            self._waiting.extend(self._ports.receive(0.0 if self._waiting else timeout))
        names = self._ports.names()
        if names != self._names:
            self._meet(names)
        self._obey()
        values = self._read()
        for _ in range(min(len(self._waiting), _MOST_IN_A_BATCH)):
            self._hear(self._waiting.popleft(), values)
        if not self._waiting:
            self._hear_halves(values)
        self._rebind()
        self._light(self._clock.now())

    def _run(self) -> None:
        while not self._closing:
            before = self.received
            halves = any(station.decoder.is_waiting for station in self._stations.values())
            self.step(TOGETHER if halves else PASS)
            if self.received != before:
                time.sleep(REST)

    def _meet(self, names: Mapping[str, int]) -> None:
        """Ports have come or gone; those that were here before are known again."""
        for name in [name for name in self._stations if name not in names]:
            self._stations.pop(name).leave()
        for name, opened in names.items():
            station = self._known.get(name)
            if not station:
                station = self._known[name] = Station(name, opened, self._table, self._mailbox)
                station.bind(self._bound)
                self._greet(station)
            elif station.opened != opened:
                station.bind(self._bound)
                station.reopen(opened)
                self._greet(station)
            self._stations[name] = station
        if len(self._known) > _MOST_KNOWN:
            self._known = dict(self._stations)
        self._names = dict(names)

    def _greet(self, station: Station) -> None:
        for greeting in station.profile.greetings():
            self._ports.send(station.port, greeting)

    def _hear(self, event: Event, values: Mapping[str, Value]) -> None:
        station = self._stations.get(event.port)
        if not station:
            return
        malformed = station.decoder.malformed
        for message in station.decoder.feed(event.data, event.at):
            self.received += 1
            if isinstance(message, System):
                self._count(event.port, message, event.at)
            elif self._learner.armed:
                self._learner.hear(event.port, message)
                self._rebind()
            else:
                self._move(station, message, values, event.at)
        self.refused += station.decoder.malformed - malformed

    def _hear_halves(self, values: Mapping[str, Value]) -> None:
        """Values of which only half has come. Nothing is learned from them: most controllers send no other half."""
        now = self._clock.now()
        for station in self._stations.values():
            for moved in station.decoder.due(now):
                if not self._learner.armed:
                    self._move(station, moved, values, now)

    def _move(self, station: Station, moved: Moved, values: Mapping[str, Value], at: float) -> None:
        if station.moved(moved, values, at):
            self.applied += 1
            self._awaited = ("", at)
        elif awaited := station.awaited(moved.control):
            self._awaited = (awaited, at)

    def _count(self, port: str, message: System, at: float) -> None:
        """A clock's message. The first port that ticks is followed for as long as it does."""
        if port != self._clock_port:
            if at - self._ticked < _CLOCK_LOST:
                return
            self._follower, self._clock_port = TempoFollower(), port
        if message.type == "clock":
            self._ticked = at
            self.ticks += 1
            beat = self._follower.tick(at)
        elif message.type == "position":
            beat = self._follower.position(message.value)
        else:
            acts = {"start": self._follower.start, "continue": self._follower.go_on, "stop": self._follower.stop}
            beat = acts[message.type](at)
        if beat:
            self._mailbox.beat("midi", beat)

    def _obey(self) -> None:
        """What was done at `/learn` since the last turn; first what is chosen there, then what was pressed."""
        followed = self._followed
        if followed is not None and followed is not self._seen and f"{PREFIX}/on" in self._table:
            self._learner.follow(followed)
        self._seen = followed
        while self._commands:
            self._learner.command(self._commands.popleft())

    def _rebind(self) -> None:
        if self._learner.bindings is self._bound:
            return
        self._bound = self._learner.bindings
        for station in self._stations.values():
            station.bind(self._bound)

    def _light(self, now: float) -> None:
        """What has changed, at most thirty times a second."""
        if now - self._lit_at < PASS or not self._stations:
            return
        lamps = self._lamps()
        if armed := self._learner.armed:  # what is learned blinks
            lamps = lamps._replace(waiting=lamps.waiting | {armed})
        state = self._revision(), lamps
        if state == self._lit and not any(station.feedback.is_behind for station in self._stations.values()):
            return
        self._lit, self._lit_at = state, now
        values = self._read()
        for station in self._stations.values():
            for data in station.feedback.changes(values, now, lamps):
                self._ports.send(station.port, data)
