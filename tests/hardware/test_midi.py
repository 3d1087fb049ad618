"""A real USB-MIDI controller in an emulated machine: plugged, played, unplugged, replugged."""

import os
import time
from collections.abc import Callable, Iterator

import pytest

from tests.frames import step
from tests.hardware.gadget import NAME, Gadget
from tests.waiting import rest, until
from vj.base.clock import LiveClock
from vj.child.supervisor import Supervisor
from vj.control.midi.hub import Midi
from vj.control.midi.params import LEARN
from vj.control.midi.port_client import RemotePorts
from vj.params.control_queue import ControlQueue
from vj.params.param import Param, ParamTable, toggle
from vj.params.store import Store

pytestmark = [
    pytest.mark.hardware,
    pytest.mark.skipif(os.environ.get("VJ_GUEST") != "1", reason="runs in the emulated machine"),
]
MACRO, BLACKOUT = "/macro/1", "/master/blackout"
SLIDER, STOP = 0, 42
PATIENCE = 60.0
"""Seconds after which a test gives up; every instruction is emulated."""


class Stage:
    """A show of a few parameters, played frame by frame by whoever waits for something."""

    def __init__(self) -> None:
        self.gadget = Gadget()
        table = ParamTable()
        table.declare("/macro", [Param(str(number)) for number in range(1, 9)])
        table.declare("/master", [toggle("blackout", help="")])
        table.declare("/learn", LEARN)
        self.queue, self.store = ControlQueue(), Store(table)
        ports = RemotePorts("alsa", ignore=["f_midi"])
        read, revision = (lambda: self.store.targets), (lambda: self.store.revision)
        self.midi = Midi(table, self.queue, read, revision, (), LiveClock(), ports)
        self._supervisor = Supervisor(LiveClock())
        self._supervisor.add(ports.child)
        self._supervisor.start()
        self.midi.start()
        self.lit = b""

    def until(self, true: Callable[[], object]) -> None:
        until(true, lambda: (self.midi.ports, self.midi.child.info, self.lit), meanwhile=self.frame, seconds=PATIENCE)

    def frame(self) -> None:
        rest()
        step(self.store, self.queue.drain(), 1 / 60)

    def lights(self, *messages: bytes) -> None:
        """Until the controller has been told all of them."""

        def told() -> bool:
            self.lit += self.gadget.received()
            return all(message in self.lit for message in messages)

        self.lit = b""
        self.until(told)

    @property
    def is_there(self) -> bool:
        return any(NAME in port for port in self.midi.ports)

    def heard(self, *data: int) -> None:
        """Send it, until it was heard."""
        before = self.midi.received
        self.gadget.send(*data)
        self.until(lambda: self.midi.received > before)
        self.frame()

    def close(self) -> None:
        self._supervisor.close()
        self.midi.close()
        self.gadget.unplug()


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    stage = Stage()
    yield stage
    stage.close()


def test_a_controller_comes_goes_and_comes_back(stage: Stage) -> None:
    store, gadget = stage.store, stage.gadget
    stage.until(lambda: stage.midi.child.state == "running")
    assert not stage.is_there
    gadget.plug()
    stage.until(lambda: stage.is_there)
    assert list(stage.midi.ports.values()) == [NAME]
    time.sleep(1.0)  # what comes right after opening doesn't count
    stage.lights(bytes((0xB0, STOP, 0)))

    for value in (0, 20, 40, 64):
        stage.heard(0xB0, SLIDER, value)
    stage.until(lambda: store.targets[MACRO] == 64 / 127)
    stage.heard(0xB0, STOP, 127)
    stage.heard(0xB0, STOP, 0)
    stage.until(lambda: store.targets[BLACKOUT])
    stage.lights(bytes((0xB0, STOP, 127)))

    gadget.unplug()
    stage.until(lambda: not stage.is_there)
    assert store.targets[MACRO] == 64 / 127

    gadget.plug()
    gadget.send(0xB0, SLIDER, 3)  # on its way while nobody listens: old when it comes
    stage.until(lambda: stage.is_there)
    stage.lights(bytes((0xB0, STOP, 127)))
    time.sleep(1.0)
    stage.heard(0xB0, SLIDER, 10)
    assert store.targets[MACRO] == 64 / 127
    for value in (30, 50, 70):
        stage.heard(0xB0, SLIDER, value)
    stage.until(lambda: store.targets[MACRO] == 70 / 127)
    assert stage.midi.child.restarts == 0
