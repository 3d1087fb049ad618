"""Which input a name means."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from vj.base.errors import Unavailable
from vj.control.audio import devices
from vj.control.audio.devices import Input, choose

FOUND = (Input("Built-in Microphone", 0), Input("USB Audio: 2i2", 3), Input("USB Audio", 5), Input("BlackHole 2ch", 6))
SERVED = (Input("pulse", 1), Input("default", 2), Input("Monitor of Built-in Audio", 1, "out.monitor"))

LISTED = """Source #1
\tState: IDLE
\tName: out.monitor
\tDescription: Monitor of Built-in Audio
\tDriver: x
Source #2
\tState: IDLE
\tName: mic
\tDescription: A Microphone
"""


@pytest.mark.parametrize(
    ("wanted", "number"),
    [("", 3), ("usb audio", 5), ("2i2", 3), ("MICRO", 0), ("loopback", 6)],
)
def test_a_name_means_one_input(wanted: str, number: int) -> None:
    assert choose(wanted, FOUND, default=3).number == number


def test_without_a_usual_one_the_first_is_taken() -> None:
    assert choose("", FOUND, default=-1).number == 0


def test_a_servers_monitors_are_chosen_by_their_description_and_loopback_is_the_servers_own() -> None:
    assert choose("monitor of", SERVED, 2) == SERVED[2]
    assert choose("Loopback", SERVED, 2) == Input("loopback", 1, "@DEFAULT_MONITOR@")


def test_a_name_that_nothing_has_is_told_with_the_choices() -> None:
    with pytest.raises(Unavailable, match=r"like 'Scarlett'; choices: Built-in Microphone, USB Audio: 2i2"):
        choose("Scarlett", FOUND, 3)
    with pytest.raises(Unavailable, match="no sound input like 'loopback'"):
        choose("loopback", FOUND[:3], 3)
    with pytest.raises(Unavailable, match="no sound input; choices: none"):
        choose("", (), 0)


def test_what_a_sound_server_has_is_listed_beside_the_systems_own(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("Speakers", "Line in", "pulse")
    found = [{"name": name, "max_input_channels": int(name != "Speakers")} for name in names]
    fake = SimpleNamespace(query_devices=lambda: found, PortAudioError=RuntimeError)
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(stdout=LISTED))
    own = [Input("Line in", 1), Input("pulse", 2)]
    served = [Input("Monitor of Built-in Audio", 2, "out.monitor"), Input("A Microphone", 2, "mic")]
    assert devices.inputs() == own + served


def test_without_the_servers_tool_its_sources_are_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> None:
        raise FileNotFoundError("pactl")

    fake = SimpleNamespace(
        query_devices=lambda: [{"name": "pulse", "max_input_channels": 2}], PortAudioError=RuntimeError
    )
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    monkeypatch.setattr(subprocess, "run", missing)
    assert devices.devices() == ["pulse"]
