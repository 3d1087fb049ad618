"""MIDI in the show: one thread that receives from every controller, moves parameters, updates lights and learns."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from vj.base.clock import Clock
from vj.child.supervisor import Child
from vj.control.midi.decode import TOGETHER
from vj.control.midi.device import MidiDevice
from vj.control.midi.devices import PASS, MidiDevices
from vj.control.midi.learn import Learner
from vj.control.midi.mapping import MidiBinding, check
from vj.control.midi.message import ControlMove, System
from vj.control.midi.midi_clock import MidiClock
from vj.control.midi.params import PREFIX
from vj.control.midi.port_client import RemotePorts
from vj.control.midi.ports import Event, Ports
from vj.params.changing import may_come
from vj.params.control_queue import Change, ControlQueue, TriggerHandler
from vj.params.indicators import DARK, Indicators
from vj.params.param import ParamTable, Value

REST = 0.0015
"""Seconds between two batches, as in the OSC receiver: a flood must not delay the picture."""

_MOST_IN_A_BATCH = 128
"""Events of one batch, each of which usually is one message."""
_AWAITED = 2.0
"""Seconds for which the notice says that a fader has yet to meet its parameter."""


class Midi:
    """Turns what comes from MIDI ports into values and changes in the control queue, and sends lights back.

    Counters only ever grow and may be read from any thread: ``received`` messages · ``applied``, those that queued
    something · ``refused``, malformed ones. ``midi_clock`` counts the ticks of a MIDI clock and knows its tempo.
    """

    def __init__(
        self,
        table: ParamTable,
        queue: ControlQueue,
        read: Callable[[], Mapping[str, Value]],
        revision: Callable[[], int],
        bindings: Iterable[MidiBinding],
        clock: Clock,
        ports: Ports | None = None,
        indicators: Callable[[], Indicators] = lambda: DARK,
    ) -> None:
        """``read`` returns what parameters are set to, by address, ``revision`` a number that changes when one of those
        does, and ``indicators`` what lights of triggers show. ``bindings`` are the preset's.

        ``ports`` are this machine's unless given: then `child` must be given to the supervisor. Raises BadInput for a
        binding that can't work in this show; one of a parameter that may come later rests until then.
        """
        own = tuple(bindings)
        for binding in own:
            if binding.address in table or not may_come(binding.address, table):
                check(binding, table)
        self._table = table
        self._read = read
        self._revision = revision
        self._clock = clock
        self._ports = RemotePorts() if ports is None else ports
        self._indicators = indicators
        self.midi_clock = MidiClock(queue)
        self._learner = Learner(table, own, queue.put)
        self._devices = MidiDevices(self._ports, table, queue, own)
        self._waiting: deque[Event] = deque()
        self._awaited = ("", 0.0)
        """The parameter that a fader was last moved for without effect, and when."""
        self._commands: deque[str] = deque(maxlen=256)
        """The triggers of `/learn` that the next turn handles, by the last parts of their addresses."""
        self._looked_at = -1
        """The revision at which `/learn` was last looked at."""
        self._thread: threading.Thread | None = None
        self._closing = False
        self._version = table.version
        self.received = self.applied = self.refused = 0

    @property
    def child(self) -> Child | None:
        """The process that holds the ports, for the supervisor; None for ports without one."""
        return self._ports.child if isinstance(self._ports, RemotePorts) else None

    @property
    def notice(self) -> str:
        """A line for the display: why there is no MIDI here, else about learning, else, for two seconds, about a fader
        that has yet to meet its parameter; else empty.
        """
        if self.child and self.child.state == "unavailable":
            return self.child.fault
        address, at = self._awaited
        waits = address and self._clock.now() - at < _AWAITED
        return self._learner.notice or (f"MIDI: the fader has yet to meet {address}" if waits else "")

    @property
    def bindings(self) -> tuple[MidiBinding, ...]:
        """The preset's bindings and the learned ones, as they are now. Defaults of a controller's profile are not among
        them.
        """
        return self._learner.bindings

    @property
    def ports(self) -> dict[str, str]:
        """A new dict with the names of the open ports, each with the name of its profile."""
        return self._devices.profiles

    def start(self) -> None:
        """Start the thread, which calls `take_turn` again and again. Call it once."""
        self._thread = threading.Thread(target=self._run, name="midi", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the thread, waiting for it, and release the ports. Call it after the child has left. Harmless before
        `start` and a second time.
        """
        if self._closing:
            return
        self._closing = True
        if self._thread:
            self._thread.join()
        self._ports.close()

    @property
    def handlers(self) -> dict[str, TriggerHandler]:
        """The handlers of the triggers below `/learn`, by whole address (`/learn/next`). Each only notes its trigger,
        whatever its arguments; the next turn carries it out.
        """
        triggers = (name for name, param in self._table.below(PREFIX).items() if param.kind == "trigger")
        return {f"{PREFIX}/{name}": partial(self._queue_command, name) for name in triggers}

    def _queue_command(self, name: str, change: Change, now: float) -> None:
        self._commands.append(name)

    def take_turn(self, timeout: float = 0.0) -> None:
        """Take one turn: receive, take over which ports are open, learn, act on up to 128 events, and update lights.
        Waits at most ``timeout`` seconds for something to come. Called by the thread of `start`; tests call it instead
        of `start`.
        """
        if len(self._waiting) < _MOST_IN_A_BATCH:
            self._waiting.extend(self._ports.receive(0.0 if self._waiting else timeout))
        self._devices.update_ports()
        self._follow_table()
        self._obey()
        values = self._read()
        for _ in range(min(len(self._waiting), _MOST_IN_A_BATCH)):
            self._hear(self._waiting.popleft(), values)
        if not self._waiting:
            self._hear_halves(values)
        self._devices.bind_all(self._learner.bindings)
        self._light()

    def _run(self) -> None:
        while not self._closing:
            before = self.received
            halves = any(device.decoder.is_waiting for device in self._devices)
            self.take_turn(TOGETHER if halves else PASS)
            if self.received != before:
                time.sleep(REST)

    def _hear(self, event: Event, values: Mapping[str, Value]) -> None:
        device = self._devices.get(event.port)
        if not device:
            return
        malformed = device.decoder.malformed
        for message in device.decoder.feed(event.data, event.at):
            self.received += 1
            if isinstance(message, System):
                self.midi_clock.count(event.port, message, event.at)
            elif self._learner.armed:
                self._learner.bind_moved(event.port, message)
                self._devices.bind_all(self._learner.bindings)
            else:
                self._move(device, message, values, event.at)
        self.refused += device.decoder.malformed - malformed

    def _hear_halves(self, values: Mapping[str, Value]) -> None:
        """Act on values of which only half has come. Nothing is learned from them, as most controllers send no other
        half.
        """
        now = self._clock.now()
        for device in self._devices:
            for moved in device.decoder.due(now):
                if not self._learner.armed:
                    self._move(device, moved, values, now)

    def _move(self, device: MidiDevice, moved: ControlMove, values: Mapping[str, Value], at: float) -> None:
        if device.moved(moved, values, at):
            self.applied += 1
            self._awaited = ("", at)
        elif awaited := device.awaited(moved.control):
            self._awaited = (awaited, at)

    def _follow_table(self) -> None:
        """Wake the bindings of parameters that came, and let those rest whose parameters went."""
        version = self._table.version
        if version != self._version:
            self._version = version
            self._learner.follow_table()
            self._devices.bind_again()

    def _obey(self) -> None:
        """Do what was asked for at `/learn` since the last turn: first what was set there, then the triggers."""
        revision = self._revision()
        if revision != self._looked_at and f"{PREFIX}/on" in self._table:
            self._learner.heed(self._read())
        self._looked_at = revision
        while self._commands:
            self._learner.handle_trigger(self._commands.popleft())

    def _light(self) -> None:
        now = self._clock.now()
        if not self._devices.may_be_lit(now):
            return
        indicators = self._indicators()
        if armed := self._learner.armed:  # what is learned blinks
            indicators = indicators._replace(waiting=indicators.waiting | {armed})
        self._devices.light(self._read(), self._revision(), indicators, now)
