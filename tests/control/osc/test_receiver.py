"""OSC over real UDP: python-osc's bytes, liblo's oscsend, hostile packets and floods, on loopback."""

import json
import math
import os
import shutil
import socket
import subprocess
import sys
import time

import pytest
from pythonosc.osc_message import OscMessage

from tests.control.osc.osc_bytes import EXPLODING_PATTERN, FUTURE, NEGATIVE_SIZE, message
from tests.frames import step
from tests.waiting import rest, until
from vj.base.errors import BadInput
from vj.control.osc.allow import AllowList
from vj.control.osc.receiver import OscReceiver
from vj.params.control_queue import ControlQueue
from vj.params.param import Param
from vj.params.store import Store

STRENGTH, STYLE = "/layer/1/model/strength", "/layer/1/model/style"
PATIENCE = 100.0
"""Seconds after which a test gives up; usual waits are a few ms."""


class Stage:
    """A receiver, the store behind it, and a sender's socket before it."""

    def __init__(self, table, queue, store):
        self.queue, self.store, self.fired = queue, store, []
        self.receiver = OscReceiver(table, queue, lambda: store.values, port=0)
        self.receiver.start()
        self.sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sender.connect(("127.0.0.1", self.receiver.port))
        self.sender.settimeout(PATIENCE)

    def send(self, *packets):
        for packet in packets:
            self.sender.send(packet)

    def frame(self):
        rest()
        self.fired += step(self.store, self.queue.drain(), 1 / 60)

    def until(self, condition):
        """Play frames until ``condition()``; the seconds that it took."""
        return until(condition, lambda: self.receiver.reason, meanwhile=self.frame)

    def becomes(self, address, value):
        return self.until(lambda: self.store.values[address] == value)

    def close(self):
        self.receiver.close()
        self.sender.close()


@pytest.fixture
def stage(table, store):
    table.declare("/flood", [Param(f"p{number}") for number in range(40)])
    queue = ControlQueue(10**6)
    stage = Stage(table, queue, Store(table))
    yield stage
    stage.close()


def test_a_value_arrives(stage):
    stage.send(message(STRENGTH, 0.5))
    stage.becomes(STRENGTH, 0.5)
    assert (stage.receiver.received, stage.receiver.applied) == (1, 1)


def test_the_hostile_three_and_then_a_valid_one(stage):
    stage.send(NEGATIVE_SIZE, EXPLODING_PATTERN, FUTURE, message(STRENGTH, 0.25))
    assert stage.becomes(STRENGTH, 0.25) < 1.0  # some ms; the bound only tells a freeze from a busy machine
    assert stage.receiver.refused == 1


def test_nothing_and_the_largest_packet_are_survived(stage):
    stage.send(b"", b"\0" * 65507, b"/" + b"a" * 65506, message(STYLE, math.nan), message(STRENGTH, 0.25))
    stage.becomes(STRENGTH, 0.25)
    assert stage.receiver.refused == 4


def test_a_question_is_answered_to_who_asked(stage):
    stage.send(message(STYLE, "?"))
    answer = OscMessage(stage.sender.recv(4096))
    assert (answer.address, answer.params) == (STYLE, ["candy"])


def test_a_question_from_someone_who_left_does_no_harm(stage):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        gone.connect(("127.0.0.1", stage.receiver.port))
        gone.send(message(STYLE, "?"))
    stage.send(message(STRENGTH, 0.5))
    stage.becomes(STRENGTH, 0.5)


def test_a_busy_port_says_what_to_do(table, queue, stage):
    second = OscReceiver(table, queue, dict, port=stage.receiver.port)
    with pytest.raises(BadInput, match=rf"port {stage.receiver.port}.*--osc-port"):
        second.start()
    second.close()


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70000), ("192.0.2.1", 0), ("no such host", 0)])
def test_an_address_that_is_not_ours_is_refused(table, queue, host, port):
    with pytest.raises(BadInput, match="--osc-port"):
        OscReceiver(table, queue, dict, host=host, port=port, allow=["192.0.2.0/24"]).start()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "::", "stage.local"])
def test_an_open_port_needs_a_list_of_who_may_send(table, queue, host):
    with pytest.raises(BadInput, match="--allow"):
        OscReceiver(table, queue, dict, host=host)


def test_the_port_is_free_after_close_and_closing_twice_is_harmless(table, queue):
    first = OscReceiver(table, queue, dict, port=0)
    first.start()
    first.close()
    first.close()
    second = OscReceiver(table, queue, dict, port=first.port)
    second.start()
    second.close()


def test_packets_of_strangers_are_counted_and_go_no_further(stage, monkeypatch):
    monkeypatch.setattr(AllowList, "allows", lambda self, host: False)
    stage.send(message(STRENGTH, 0.5), NEGATIVE_SIZE)
    stage.until(lambda: stage.receiver.denied == 2)
    assert (stage.receiver.received, stage.receiver.refused) == (0, 0)


OSCSEND = shutil.which("oscsend")


@pytest.mark.skipif(not OSCSEND, reason="oscsend (liblo-tools) is not installed")
@pytest.mark.parametrize(
    ("words", "address", "value"),
    [
        ([STRENGTH, "f", "0.25"], STRENGTH, 0.25),
        ([STRENGTH, "d", "0.25"], STRENGTH, 0.25),
        ([STRENGTH, "i", "0"], STRENGTH, 0.0),
        (["/layer/1/model/wedges", "i", "9"], "/layer/1/model/wedges", 9),
        (["/layer/1/model/wedges", "h", "9"], "/layer/1/model/wedges", 9),
        ([STYLE, "s", "wave"], STYLE, "wave"),
        ([STYLE, "i", "2"], STYLE, "rain"),
        (["/master/blackout", "T"], "/master/blackout", True),
        (["/layer/*/model/strength", "f", "0.5"], "/layer/2/model/strength", 0.5),
    ],
)
def test_oscsend_sets_values(stage, words, address, value):
    subprocess.run([OSCSEND, "127.0.0.1", str(stage.receiver.port), *words], check=True, timeout=PATIENCE)
    stage.becomes(address, value)


@pytest.mark.skipif(not OSCSEND, reason="oscsend (liblo-tools) is not installed")
@pytest.mark.parametrize(
    ("words", "amount"),
    [(["/master/panic"], 0.0), (["/master/panic", "f", "1"], 0.0), (["/snapshot/recall", "i", "3"], 3.0)],
)
def test_oscsend_fires_triggers(stage, words, amount):
    subprocess.run([OSCSEND, "127.0.0.1", str(stage.receiver.port), *words], check=True, timeout=PATIENCE)
    stage.until(lambda: stage.fired)
    assert [(change.address, change.amount) for change in stage.fired] == [(words[0], amount)]


def test_a_burst_ends_on_the_newest_value_with_every_trigger_in_order(stage):
    triggers = 0
    for number in range(20_000):
        if number % 10:
            stage.send(message(STRENGTH, number / 20_000))
        else:
            stage.send(message("/snapshot/recall", number // 10 % 8 + 1))
            triggers += 1
    stage.send(message(STRENGTH, 0.75))
    stage.until(lambda: stage.store.values[STRENGTH] == 0.75 and len(stage.fired) == triggers)
    assert [change.amount for change in stage.fired] == [number % 8 + 1 for number in range(triggers)]
    assert stage.receiver.received == 20_001


def test_a_flood_is_coalesced_and_its_end_is_live_soon(stage):
    command = [sys.executable, "-m", "vj.bench.osc_sender", str(stage.receiver.port), "50000", "1.0"]
    addresses = [f"/flood/p{number}" for number in range(39)]
    with subprocess.Popen([*command, *addresses, STRENGTH], stdout=subprocess.PIPE, text=True) as flood:
        stage.becomes(STRENGTH, 1.0)
        live = time.monotonic()
        told = json.loads(flood.stdout.readline())
    sent, ended = told["sent"], told["last"]
    assert live - float(ended) < 0.5  # two frames on a machine with nothing else to do
    assert stage.receiver.received > 0.9 * float(sent)
    if os.cpu_count() > 1:
        assert stage.receiver.superseded > 0
