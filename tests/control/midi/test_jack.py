"""Real ports: JACK MIDI without a kernel's help, foreign senders, and a server that dies."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from tests.control.midi.conftest import JackServer
from tests.frames import step
from tests.waiting import rest, until
from vj.base.clock import LiveClock
from vj.child.supervisor import Supervisor
from vj.control.midi.hub import Midi
from vj.control.midi.mapping import MidiBinding
from vj.control.midi.port_client import RemotePorts
from vj.params.control_queue import ControlQueue
from vj.params.param import Param, ParamTable
from vj.params.signals import Beat
from vj.params.store import Store

pytestmark = pytest.mark.show

MACRO = "/macro/1"
PATIENCE = 100.0
"""Seconds after which a test gives up; usual waits are below two."""
PAD = """
import sys, rtmidi
out, back = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, "pad"), rtmidi.MidiIn(rtmidi.API_UNIX_JACK, "pad")
out.open_virtual_port("keys")
for line in sys.stdin:
    out.send_message(bytes.fromhex(line))
"""


class Stage:
    """The hub with this machine's ports, and the store behind it."""

    def __init__(self) -> None:
        table = ParamTable()
        table.declare("/macro", [Param(str(number)) for number in range(1, 9)])
        self.queue, self.store = ControlQueue(), Store(table)
        ports = RemotePorts("jack")
        read, revision = (lambda: self.store.targets), (lambda: self.store.revision)
        bindings = [MidiBinding(MACRO, "cc", 70, takeover="none")]
        self.midi = Midi(table, self.queue, read, revision, bindings, LiveClock(), ports)
        self.supervisor = Supervisor(LiveClock())
        self.supervisor.add(ports.child)
        self.supervisor.start()
        self.midi.start()
        self.beats: list[Beat] = []

    def until(self, true: Callable[[], object]) -> None:
        until(true, lambda: (self.midi.ports, self.midi.child.info, self.beats[-1:]), meanwhile=self.frame)

    def frame(self) -> None:
        batch = self.queue.drain()
        self.beats += list(batch.beats.values()) if batch else []
        step(self.store, batch, 1 / 60)
        rest()

    def hears(self, port: str) -> bool:
        return any(name.startswith(port) for name in self.midi.ports)

    def close(self) -> None:
        self.supervisor.close()
        self.midi.close()


@pytest.fixture
def stage(jack: JackServer) -> Iterator[Stage]:
    stage = Stage()
    yield stage
    stage.close()


def start(*command: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True, env=os.environ
    )


def say(sender: "subprocess.Popen[str]", *data: int) -> None:
    sender.stdin.write(bytes(data).hex() + "\n")
    sender.stdin.flush()


def end(sender: "subprocess.Popen[str]") -> None:
    sender.kill()
    sender.wait()
    sender.stdin.close()


def test_a_foreign_clock_and_a_foreign_controller_and_the_servers_death(stage: Stage, jack: JackServer) -> None:
    """In one, as what takes time is the starting."""
    clock = start("jack_midi_clock", "-b", "128", "-B")
    pad = start(sys.executable, "-c", PAD)
    try:
        stage.until(lambda: stage.hears("jack_midi_clock") and stage.hears("pad"))
        _roll()
        # A server without a sound card ticks late on a busy machine: the right tempo is waited for.
        stage.until(lambda: stage.beats[-1:] and stage.beats[-1].beat > 2.0 and abs(stage.beats[-1].bpm - 128.0) < 2.0)
        time.sleep(0.2)  # what comes right after opening doesn't count
        say(pad, 0xB0, 70, 127)
        stage.until(lambda: stage.store.targets[MACRO] == 1.0)

        jack.kill()
        stage.until(lambda: stage.midi.child.restarts and not stage.midi.ports)
        stage.until(lambda: "no MIDI" in str(stage.midi.child.info["title"]))
    finally:
        end(pad)
        end(clock)
    jack.start()
    pad = start(sys.executable, "-c", PAD)
    try:
        stage.until(lambda: stage.hears("pad"))
        stage.store.jump_to({MACRO: 0.5})
        time.sleep(0.2)
        before = stage.midi.received
        say(pad, 0xB0, 70, 10)
        stage.until(lambda: stage.midi.received > before)
        assert stage.store.targets[MACRO] == 0.5, "it was away: the first message is not believed"
        say(pad, 0xB0, 70, 20)
        stage.until(lambda: stage.store.targets[MACRO] == 20 / 127)
    finally:
        end(pad)


def _roll() -> None:
    """jack_midi_clock ticks while JACK's transport rolls."""
    subprocess.run(
        ["jack_transport"], input="play\nquit\n", text=True, check=True, timeout=100, stdout=subprocess.DEVNULL
    )
