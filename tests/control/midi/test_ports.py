"""Between the show and the process that holds the ports: names that last, packets, and what a broken one may send."""

import pytest
import rtmidi
from hypothesis import given
from hypothesis import strategies as some

from vj.base.clock import FakeClock
from vj.base.errors import BadInput
from vj.control.midi import wire
from vj.control.midi.connection import connect
from vj.control.midi.driver import Driver, lasting
from vj.control.midi.fake import FakePorts
from vj.control.midi.port_client import RemotePorts
from vj.control.midi.port_process import PortHost
from vj.control.midi.ports import Event

RECORD = some.builds(wire.Record, some.integers(0, 2**32 - 1), some.floats(0, 1e9), some.binary(max_size=9))


def test_names_are_without_what_the_system_numbers_anew() -> None:
    listed = ["Midi Through:Midi Through Port-0 14:0", "nano:nano MIDI 1 20:0", "nano:nano MIDI 1 24:0", "vj:in 129:0"]
    assert lasting(listed, rtmidi.API_LINUX_ALSA) == {"nano:nano MIDI 1": 1, "nano:nano MIDI 1 #2": 2}
    assert lasting(["nanoKONTROL2 0", "Pad 1"], rtmidi.API_WINDOWS_MM) == {"nanoKONTROL2": 0, "Pad": 1}
    assert lasting(["vj-02:in", "pad:keys", "vjing:out"], rtmidi.API_UNIX_JACK) == {"pad:keys": 1, "vjing:out": 2}
    assert lasting(["Pad 1"], rtmidi.API_MACOSX_CORE) == {"Pad 1": 0}


def test_an_unknown_interface_lists_the_choices() -> None:
    with pytest.raises(BadInput, match="unknown MIDI interface 'oss'; choices: alsa, jack, core, winmm"):
        Driver("oss", (), lambda number, data: None)


@given(some.lists(RECORD))
def test_packets_there_and_back(records: list[wire.Record]) -> None:
    assert list(wire.unpack(wire.pack(records))) == records


@given(some.binary(max_size=200))
def test_any_packet_is_survived(packet: bytes) -> None:
    for record in wire.unpack(packet):
        assert len(record.data) <= len(packet)


class FakeDriver:
    """Ports that the test opens and plays."""

    def __init__(self, came) -> None:
        self.came, self.open, self.sent, self.says = came, {}, [], "fake"

    def look(self) -> bool:
        return True

    def ports(self):
        return list(self.open.items())

    def send(self, number, data) -> None:
        self.sent.append((number, data))


class FakeLink:
    def __init__(self) -> None:
        self.told: dict[str, object] = {}

    def tell(self, **status: object) -> None:
        self.told.update(status)


class Both:
    """The show's end, and the host that would be in the child."""

    def __init__(self) -> None:
        self.ports, self.link, self.drivers = RemotePorts("alsa"), FakeLink(), []

        def driver(came):
            self.drivers.append(FakeDriver(came))
            return self.drivers[-1]

        server = self.ports._server
        self.host = PortHost(self.link, connect(server.port, server.token), self.ports._heartbeats, driver)
        while not server.is_connected:
            server.receive(0.1)
        self.driver = self.drivers[0]

    def turn(self) -> list[Event]:
        self.host._due = 0.0
        self.host.step()
        self.host.step()
        return [event for _ in range(64) for event in self.ports.receive(0.0)]


@pytest.fixture
def both():
    made = Both()
    yield made
    made.host.close()
    made.ports.close()


def test_ports_bytes_and_beats_go_both_ways(both) -> None:
    both.driver.open = {"pad": 7}
    beats = both.ports.child._heartbeats()
    assert both.turn() == []
    assert both.ports.names() == {"pad": 7}
    assert both.ports.child._heartbeats() > beats
    assert both.link.told == {"title": "fake", "ready": True}
    both.driver.came(7, b"\x90\x01\x02")
    both.driver.came(8, b"\x90\x01\x02")
    assert [(event.port, event.data) for event in both.turn()] == [("pad", b"\x90\x01\x02")]
    both.ports.send("pad", b"\xb0\x01\x02")
    both.ports.send("other", b"\xb0\x01\x02")
    both.turn()
    assert both.driver.sent == [(7, b"\xb0\x01\x02")]


def test_a_flood_is_passed_on_whole_and_in_order(both) -> None:
    both.driver.open = {"pad": 7}
    both.turn()
    for number in range(5000):
        both.driver.came(7, number.to_bytes(2, "big"))
    found: list[bytes] = []
    while len(found) < 5000:
        found += [event.data for event in both.turn()]
    assert found == [number.to_bytes(2, "big") for number in range(5000)]


def test_of_more_than_can_wait_the_oldest_goes_and_is_counted(both, monkeypatch) -> None:
    monkeypatch.setattr("vj.control.midi.port_process._MOST_WAITING", 10)
    for number in range(15):
        both.driver.came(7, bytes((number,)))
    both.turn()
    both.turn()
    assert both.link.told["title"] == "fake; 6 dropped"


@given(some.binary(max_size=100))
def test_a_port_list_that_is_none_changes_nothing(data: bytes) -> None:
    ports = RemotePorts("alsa")
    ports._take(wire.port_list([("pad", 3)]), [])
    known = {"pad": 3}
    assert ports.names() == known
    ports._take(wire.Record(wire.PORT_LIST, 0.0, b"!" + data), [])
    assert ports.names() == known
    ports.close()


def test_the_fake_is_like_the_real_ones() -> None:
    ports = FakePorts(FakeClock())
    ports.play("pad", 1)
    assert ports.receive(0.0) == [Event("pad", 100.0, b"\x01")]
    assert ports.receive(0.0) == []
    ports.send("pad", b"\x01")
    assert ports.sent == []
    ports.plug("pad")
    ports.send("pad", b"\x01")
    assert ports.sent == [("pad", b"\x01")]
