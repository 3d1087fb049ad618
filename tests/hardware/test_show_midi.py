"""A whole show in the emulated machine, played on a real USB-MIDI controller that is pulled out and put back."""

import os
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hardware.gadget import Gadget
from tests.running import Playing
from tests.waiting import until

pytestmark = [
    pytest.mark.hardware,
    pytest.mark.timeout(400),
    pytest.mark.skipif(os.environ.get("VJ_GUEST") != "1", reason="runs in the emulated machine"),
]
MACRO, BLACKOUT = "/macro/1", "/master/blackout"
SLIDER, STOP = 0, 42
PATIENCE = 120.0
"""Seconds after which a test gives up; every instruction may be emulated."""


@pytest.fixture
def gadget() -> Iterator[Gadget]:
    gadget = Gadget()
    yield gadget
    gadget.unplug()


@pytest.fixture
def playing(tmp_path: Path) -> Iterator[Playing]:
    small = ("--headless", "--source", "pattern", "--model", "identity", "--size", "64x36", "--fps", "5")
    show = Playing(tmp_path, *small)
    show.patience = PATIENCE
    yield show.wait_until_up()
    show.close()


def value(playing: Playing, address: str) -> float | bool | None:
    """What the show says it is set to."""
    answer = playing.ask(address)
    if answer is None:
        return None
    kind = answer[answer.index(b",") + 1 : answer.index(b",") + 2]
    return struct.unpack(">f", answer[-4:])[0] if kind == b"f" else kind == b"T"


def move(gadget: Gadget, playing: Playing, *places: int) -> None:
    """The slider, slowly enough that every place is seen."""
    for place in places:
        gadget.send(0xB0, SLIDER, place)
        playing.ask(MACRO)
        time.sleep(0.5)


def test_a_controller_comes_goes_and_comes_back(playing: Playing, gadget: Gadget) -> None:
    lit = bytearray()

    def told(*message: int) -> bool:
        lit.extend(gadget.received())
        return bytes(message) in lit

    gadget.plug()
    until(lambda: told(0xB0, STOP, 0), "its lights were never set")
    time.sleep(2.0)  # what comes right after opening doesn't count
    move(gadget, playing, 40, 90, 127, 90, 64)  # it has to be picked up at 1, where the knob stands
    until(lambda: value(playing, MACRO) == pytest.approx(64 / 127), "the slider did nothing")
    gadget.send(0xB0, STOP, 127)
    until(lambda: value(playing, BLACKOUT) is True, "the button did nothing")
    until(lambda: told(0xB0, STOP, 127), "its light was never lit")

    gadget.unplug()
    time.sleep(2.0)
    assert value(playing, MACRO) == pytest.approx(64 / 127)

    lit.clear()
    gadget.plug()
    gadget.send(0xB0, SLIDER, 3)  # on its way while nobody listens: old when it comes
    until(lambda: told(0xB0, STOP, 127), "its lights were not set again")
    time.sleep(2.0)
    move(gadget, playing, 10)
    assert value(playing, MACRO) == pytest.approx(64 / 127)  # it has to be picked up again
    move(gadget, playing, 30, 50, 70)
    until(lambda: value(playing, MACRO) == pytest.approx(70 / 127), "it was never picked up")
    report = playing.stop()
    assert report["display"]["frames"] > 20
