"""What `vj devices` asks for, on machines that have it and on machines that don't."""

import sys
from types import SimpleNamespace

import pytest

from vj.base.errors import Unavailable
from vj.control.audio import devices as audio
from vj.control.midi import ports as midi


class BrokenLibrary:
    """An import hook under which ``name`` fails to load as it does where the system's library is missing."""

    def __init__(self, name, failure):
        self.name, self.failure = name, failure

    def find_spec(self, name, path=None, target=None):
        if name == self.name:
            raise self.failure


def fake_midi(monkeypatch, names):
    class RtMidiError(Exception):
        pass

    monkeypatch.setitem(sys.modules, "mido", SimpleNamespace(get_input_names=lambda: names(RtMidiError)))
    monkeypatch.setitem(sys.modules, "rtmidi", SimpleNamespace(RtMidiError=RtMidiError))


def test_midi_inputs_are_named_once(monkeypatch):
    fake_midi(monkeypatch, lambda _: ["nanoKONTROL2", "Launchpad", "nanoKONTROL2"])
    assert midi.ports() == ["nanoKONTROL2", "Launchpad"]


@pytest.mark.parametrize("failure", ["rtmidi", SystemError, OSError])
def test_a_system_without_sequencer_is_unavailable_with_its_reason(monkeypatch, failure):
    def names(rtmidi_error):
        raise (rtmidi_error if failure == "rtmidi" else failure)("no sequencer client")

    fake_midi(monkeypatch, names)
    with pytest.raises(Unavailable, match="no sequencer client"):
        midi.ports()


def test_midi_of_this_machine_is_listed_or_unavailable():
    try:
        names = midi.ports()
    except Unavailable as reason:
        assert "MIDI" in str(reason)  # noqa: PT017 - either of the two is right, and not known beforehand
    else:
        assert names == list(dict.fromkeys(names)), "each once"


def test_a_missing_midi_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "mido", None)
    with pytest.raises(Unavailable, match="install mido"):
        midi.ports()


def test_only_audio_inputs_are_listed(monkeypatch):
    found = [{"name": "Microphone", "max_input_channels": 2}, {"name": "Speakers", "max_input_channels": 0}]
    fake = SimpleNamespace(query_devices=lambda: found, PortAudioError=RuntimeError)
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    assert audio.devices() == ["Microphone"]


def test_a_missing_portaudio_says_what_to_install(monkeypatch):
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [BrokenLibrary("sounddevice", OSError("PortAudio library not found"))])
    with pytest.raises(Unavailable, match=r"PortAudio library not found.*apt install libportaudio2"):
        audio.devices()


def test_a_sound_system_that_fails_is_unavailable(monkeypatch):
    def query_devices():
        raise RuntimeError("host error")

    fake = SimpleNamespace(query_devices=query_devices, PortAudioError=RuntimeError)
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    with pytest.raises(Unavailable, match="host error"):
        audio.devices()
