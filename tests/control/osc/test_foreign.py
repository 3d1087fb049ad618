"""Senders that we didn't write, liblo's oscsend and oscdump, against a real port."""

import shutil
import socket
import subprocess

import pytest

from tests.control.osc.test_receiver import PATIENCE, STRENGTH, STYLE, Stage
from vj.control.osc import packets
from vj.control.osc.receiver import OscReceiver
from vj.params.control_queue import ControlQueue
from vj.params.store import Store

OSCSEND = shutil.which("oscsend")


@pytest.fixture
def stage(table, store):
    queue, store = ControlQueue(), Store(table)
    stage = Stage(table, queue, store)
    stage.receiver.close()
    stage.receiver = OscReceiver(table, queue, lambda: store.targets, port=0, revision=lambda: store.revision)
    stage.receiver.start()
    yield stage
    stage.close()


def oscsend(stage, *words):
    subprocess.run([OSCSEND, "127.0.0.1", str(stage.receiver.port), *words], check=True, timeout=PATIENCE)


@pytest.mark.skipif(not OSCSEND, reason="oscsend (liblo-tools) is not installed")
def test_oscsend_moves_by_steps(stage):
    oscsend(stage, "/layer/1/model/wedges", "si", "+", "3")
    stage.becomes("/layer/1/model/wedges", 9)
    oscsend(stage, STYLE, "s", "+")
    stage.becomes(STYLE, "rain")
    oscsend(stage, "/master/blackout", "s", "toggle")
    stage.becomes("/master/blackout", True)


@pytest.mark.skipif(not OSCSEND, reason="oscsend (liblo-tools) is not installed")
def test_oscsend_asks_for_feedback_and_another_port_is_told(stage):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(PATIENCE)
        oscsend(stage, "/osc/feedback", "i", str(listener.getsockname()[1]))
        told = {}
        while len(told) < len(stage.store.targets):
            told |= _read(listener)
        assert told == dict(stage.store.targets)
        oscsend(stage, STRENGTH, "f", "0.25")
        stage.becomes(STRENGTH, 0.25)
        assert _read(listener) == {STRENGTH: 0.25}


def _read(listener):
    return {
        packets.address_of(raw).decode(): packets.arguments(raw)[0] for raw in packets.messages(listener.recv(65536))
    }
