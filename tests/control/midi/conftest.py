"""A show in front of controllers that are only in memory."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.frames import step
from vj.base.clock import FakeClock
from vj.control.midi.fake import FakePorts
from vj.control.midi.hub import PASS, Midi
from vj.control.midi.mapping import MidiBinding
from vj.control.midi.params import LEARN
from vj.params.control_queue import Change, ControlQueue
from vj.params.indicators import DARK
from vj.params.param import Param, ParamTable, choice, toggle, trigger
from vj.params.signals import Beat
from vj.params.store import Store

STYLES = ("mosaic", "candy", "rain", "udnie", "wave")
PORT = "Some Controller"


@pytest.fixture
def table() -> ParamTable:
    table = ParamTable()
    table.declare("/macro", [Param(str(number)) for number in range(1, 9)])
    table.declare("/snapshot", [*(trigger(str(number), help="") for number in range(1, 9))])
    table.declare("/snapshot", [trigger("recall", 1, 8, help="")])
    table.declare("/master", [Param("opacity", default=1.0), toggle("blackout", help=""), toggle("freeze", help="")])
    model = [Param("strength", default=1.0), Param("offset", -2.0, 6.0), Param("wedges", 1, 12, default=6, kind="int")]
    table.declare("/layer/1/model", [*model, choice("style", STYLES, "candy", help="")])
    table.declare("/learn", LEARN)
    return table


class Show:
    """Controllers, the hub, and the store behind it; ``frame`` is what the loop does, ``fired`` what it got."""

    def __init__(self, table: ParamTable, clock: FakeClock, *bindings: MidiBinding) -> None:
        self.clock, self.queue, self.store = clock, ControlQueue(), Store(table)
        self.ports = FakePorts(clock)
        read, revision = (lambda: self.store.targets), (lambda: self.store.revision)
        self.indicators = DARK
        self.midi = Midi(table, self.queue, read, revision, bindings, clock, self.ports, lambda: self.indicators)
        self.fired: list[Change] = []
        self.beat: Beat | None = None

    def _fire(self, change: Change, now: float) -> None:
        self.fired.append(change)

    def plug(self, port: str = PORT) -> None:
        self.ports.plug(port)
        self.frame()

    def unplug(self, port: str = PORT) -> None:
        self.ports.unplug(port)
        self.frame()

    def frame(self) -> None:
        self.midi.take_turn()
        batch = self.queue.drain()
        self.beat = batch.beats.get("midi", self.beat) if batch else self.beat
        fired = step(self.store, batch, PASS)
        for change in fired:
            self.midi.handlers.get(change.address, self._fire)(change, self.clock.now())
        self.clock.sleep(2 * PASS)

    def play(self, *messages: tuple[int, ...], port: str = PORT) -> None:
        """Each message in a frame of its own."""
        for message in messages:
            self.ports.play(port, *message)
            self.frame()

    def set(self, address: str, value: float | str) -> None:
        """Somebody else does it."""
        self.queue.put(address, value)
        self.frame()
        self.frame()

    def fire(self, address: str) -> None:
        self.queue.put_change(Change(address, "fire"))
        self.frame()
        self.frame()

    def sent(self) -> list[bytes]:
        """What the controllers were told since the last call."""
        told, self.ports.sent[:] = [data for _, data in self.ports.sent], []
        return told

    def __getitem__(self, address: str) -> object:
        return self.store.targets[address]


@pytest.fixture
def show(table: ParamTable, clock: FakeClock) -> Callable[..., Show]:
    """``show(*bindings)`` with `PORT` plugged in."""

    def make(*bindings: MidiBinding, port: str = PORT) -> Show:
        made = Show(table, clock, *bindings)
        made.plug(port)
        return made

    return make


class JackServer:
    """JACK without a sound card, under a name of its own; ``env`` is how its clients find it."""

    def __init__(self) -> None:
        self.name = f"vjtest{os.getpid()}"
        self.env = {"JACK_DEFAULT_SERVER": self.name, "JACK_NO_START_SERVER": "1", "JACK_NO_AUDIO_RESERVATION": "1"}
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """If none runs, what killed servers have left is removed first: JACK remembers no more than some."""
        if subprocess.run(["pgrep", "-x", "jackd"], stdout=subprocess.DEVNULL, check=False).returncode:
            for left in Path("/dev/shm").glob("jack[-_]*"):
                shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)
        command = ["jackd", "-r", "-n", self.name, "-d", "dummy", "-r", "48000", "-p", "256"]
        self._server = subprocess.Popen(
            command, env={**os.environ, **self.env}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait = ["jack_wait", "-s", self.name, "-w", "-t", "10"]
        subprocess.run(wait, env={**os.environ, **self.env}, stdout=subprocess.DEVNULL, check=True, timeout=100)

    def kill(self) -> None:
        """Without warning; what it leaves behind in shared memory is removed."""
        if self._server:
            self._server.kill()
        self._clear()

    def stop(self) -> None:
        """In order, if it is quick about it."""
        if self._server:
            self._server.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._server.wait(1.0)
        self.kill()

    def _clear(self) -> None:
        if self._server:
            self._server.wait(100)
            self._server = None
        for pattern in (f"jack_sem.*_{self.name}_*", f"jack_{self.name}_*"):
            for left in Path("/dev/shm").glob(pattern):
                left.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def jack() -> Iterator[JackServer]:
    if lacking := [name for name in ("jackd", "jack_wait", "jack_midi_clock") if not shutil.which(name)]:
        pytest.skip(f"needs {', '.join(lacking)}")
    server = JackServer()
    server.start()
    with pytest.MonkeyPatch.context() as patch:
        for key, value in server.env.items():
            patch.setenv(key, value)
        yield server
    server.stop()
