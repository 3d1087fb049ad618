"""Sound inputs as PortAudio lists them on Windows, each several times, and on a Mac."""

import sys
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from vj.control.audio import devices, input
from vj.control.audio.devices import choose
from vj.control.audio.input import SoundInput

REALTEK, SCARLETT = "Microphone (Realtek High Definition Audio)", "Analogue 1 + 2 (Focusrite USB Audio)"


def device(name: str, api: int, inputs: int = 2, rate: float = 48000.0) -> dict[str, Any]:
    return {"name": name, "hostapi": api, "max_input_channels": inputs, "default_samplerate": rate}


MME, SOUND, WASAPI, KS = range(4)
WINDOWS = (
    device("Microsoft Sound Mapper - Input", MME, rate=44100.0),
    device(REALTEK[:31], MME, rate=44100.0),
    device(SCARLETT[:31], MME, rate=44100.0),
    device("Speakers (Realtek High Definiti", MME, inputs=0),
    device("Primary Sound Capture Driver", SOUND, rate=44100.0),
    device(REALTEK, SOUND, rate=44100.0),
    device(SCARLETT, SOUND, rate=44100.0),
    device("Speakers (Realtek High Definition Audio)", WASAPI, inputs=0),
    device(REALTEK, WASAPI),
    device(SCARLETT, WASAPI, rate=96000.0),
    device("Line In (Realtek HD Audio Line input)", KS, rate=44100.0),
)
APIS = (
    {"name": "MME", "default_input_device": 1},
    {"name": "Windows DirectSound", "default_input_device": 5},
    {"name": "Windows WASAPI", "default_input_device": 9},
    {"name": "Windows WDM-KS", "default_input_device": 10},
)


class Stream:
    """An input stream that only notes how it was asked for."""

    asked: dict[str, Any]

    def __init__(self, **how: Any) -> None:
        type(self).asked = how

    def start(self) -> None:
        """Nothing sounds."""

    abort = close = start


def sounddevice(found: Iterable[dict[str, Any]], apis: Iterable[dict[str, Any]], usual: int) -> SimpleNamespace:
    listed, systems = list(found), list(apis)
    return SimpleNamespace(
        query_devices=lambda number=None: listed if number is None else listed[number],
        query_hostapis=lambda number=None: systems if number is None else systems[number],
        default=SimpleNamespace(device=(usual, -1)),
        PortAudioError=RuntimeError,
        InputStream=Stream,
        WasapiSettings=lambda auto_convert: {"auto_convert": auto_convert},
        _terminate=lambda: None,
        _initialize=lambda: None,
    )


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", sounddevice(WINDOWS, APIS, usual=1))
    monkeypatch.setattr(devices.sys, "platform", "win32")
    monkeypatch.setattr(input.sys, "platform", "win32")


@pytest.fixture
def mac(monkeypatch: pytest.MonkeyPatch) -> None:
    found = (
        device("MacBook Pro Microphone", 0, inputs=1),
        device("MacBook Pro Speakers", 0, inputs=0),
        device("BlackHole 2ch", 0, rate=44100.0),
    )
    monkeypatch.setitem(sys.modules, "sounddevice", sounddevice(found, [{"name": "Core Audio"}], usual=0))
    monkeypatch.setattr(devices.sys, "platform", "darwin")


@pytest.mark.usefixtures("windows")
def test_on_windows_each_input_is_listed_once_by_wasapi_if_it_has_it() -> None:
    assert [(each.name, each.number) for each in devices.inputs()] == [
        (REALTEK, 8),
        (SCARLETT, 9),
        ("Primary Sound Capture Driver", 4),
        ("Microsoft Sound Mapper - Input", 0),
        ("Line In (Realtek HD Audio Line input)", 10),
    ]


@pytest.mark.usefixtures("windows")
@pytest.mark.parametrize(
    ("wanted", "number"), [("", 9), ("realtek", 8), (REALTEK[:31], 8), (REALTEK, 8), ("focusrite", 9), ("line in", 10)]
)
def test_names_that_performers_know_mean_the_wasapi_device(wanted: str, number: int) -> None:
    assert choose(wanted, devices.inputs(), devices.usual()).number == number


@pytest.mark.usefixtures("windows")
@pytest.mark.parametrize(
    ("wanted", "rate", "settings"),
    [("realtek", 48000.0, None), ("focusrite", 48000.0, {"auto_convert": True}), ("line in", 44100.0, None)],
)
def test_wasapi_opens_at_the_devices_own_rate_or_is_asked_to_convert(
    wanted: str, rate: float, settings: object
) -> None:
    opened = SoundInput(wanted)
    assert (opened.rate, Stream.asked["samplerate"], Stream.asked["extra_settings"]) == (rate, rate, settings)
    opened.close()


def test_other_host_apis_convert_by_themselves(windows: None, monkeypatch: pytest.MonkeyPatch) -> None:
    only_mme = [{**each, "default_samplerate": 96000.0} for each in WINDOWS if each["hostapi"] == MME]
    monkeypatch.setitem(sys.modules, "sounddevice", sounddevice(only_mme, APIS[:1], usual=1))
    assert SoundInput("realtek").rate == 48000.0
    assert Stream.asked["extra_settings"] is None


def test_a_system_with_no_usual_input_has_none(windows: None, monkeypatch: pytest.MonkeyPatch) -> None:
    apis = [{**api, "default_input_device": -1} for api in APIS]
    monkeypatch.setitem(sys.modules, "sounddevice", sounddevice((), apis, usual=-1))
    assert devices.usual() == -1
    assert devices.inputs() == []


@pytest.mark.usefixtures("mac")
def test_on_a_mac_nothing_is_listed_twice_and_the_usual_one_is_the_systems() -> None:
    assert [each.name for each in devices.inputs()] == ["MacBook Pro Microphone", "BlackHole 2ch"]
    assert choose("", devices.inputs(), devices.usual()).name == "MacBook Pro Microphone"
    assert choose("loopback", devices.inputs(), devices.usual()).name == "BlackHole 2ch"
    opened = SoundInput("blackhole")
    assert (opened.rate, Stream.asked["extra_settings"]) == (44100.0, None)
    opened.close()
