"""Senders that we didn't write: liblo's oscsend and oscdump, and Pure Data, against a real port."""

import re
import shutil
import socket
import subprocess

import pytest

from tests.control.osc.test_receiver import PATIENCE, STRENGTH, STYLE, Stage
from vj.control.osc import wire
from vj.control.osc.receiver import OscReceiver
from vj.mailbox import Mailbox
from vj.store import Store

OSCSEND, PD = shutil.which("oscsend"), shutil.which("pd")
PATCH = """#N canvas 0 0 450 300 12;
#X obj 10 10 loadbang;
#X obj 10 40 t b b b b;
#X msg 10 200 disconnect;
#X msg 60 100 0.25;
#X obj 60 130 oscformat layer 1 model strength;
#X msg 160 100 symbol rain;
#X obj 160 130 oscformat layer 1 model style;
#X msg 260 70 connect 127.0.0.1 {port};
#X obj 60 170 list prepend send;
#X obj 60 190 list trim;
#X obj 60 230 netsend -u -b;
#X msg 360 100 list + 2;
#X obj 360 130 oscformat layer 1 model wedges;
#X obj 10 260 delay 100;
#X msg 10 290 \\; pd quit;
#X connect 0 0 1 0;
#X connect 1 0 13 0;
#X connect 1 1 3 0;
#X connect 1 1 11 0;
#X connect 1 2 5 0;
#X connect 1 3 7 0;
#X connect 3 0 4 0;
#X connect 4 0 8 0;
#X connect 5 0 6 0;
#X connect 6 0 8 0;
#X connect 7 0 10 0;
#X connect 8 0 9 0;
#X connect 9 0 10 0;
#X connect 11 0 12 0;
#X connect 12 0 8 0;
#X connect 13 0 14 0;
"""
"""On loading it sends a float, a symbol and a list to the show, and quits."""


@pytest.fixture
def stage(table, store):
    mailbox, store = Mailbox(), Store(table)
    stage = Stage(table, mailbox, store)
    stage.receiver.close()
    stage.receiver = OscReceiver(table, mailbox, lambda: store.targets, port=0, revision=lambda: store.revision)
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


@pytest.mark.skipif(not PD, reason="pd (puredata-core) is not installed")
def test_pure_data_plays(stage, tmp_path):
    patch = tmp_path / "play.pd"
    patch.write_text(PATCH.format(port=stage.receiver.port))
    done = subprocess.Popen(
        [PD, "-nogui", "-batch", "-noaudio", "-nomidi", str(patch)], stderr=subprocess.PIPE, text=True
    )
    try:
        stage.becomes(STRENGTH, 0.25)
        stage.becomes(STYLE, "rain")
        stage.becomes("/layer/1/model/wedges", 8)
    finally:
        done.terminate()
        complaints = done.communicate(timeout=PATIENCE)[1]
    assert not re.search("error", complaints), complaints
    assert stage.receiver.refused == 0


def _read(listener):
    return {wire.address_of(raw).decode(): wire.arguments(raw)[0] for raw in wire.messages(listener.recv(65536))}
