"""Which sound inputs there are, and which of them a name means.

PortAudio knows the system's devices; on Windows it lists each several times (see `host_apis`). Where a PulseAudio or
PipeWire server runs, its sources (each output's monitor among them) all hide behind the one ALSA device ``pulse``; they
are chosen by the variable PULSE_SOURCE.
"""

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import NamedTuple

from vj.base.errors import Unavailable
from vj.base.packages import install_command
from vj.control.audio import host_apis

LOOPBACK = "loopback"
"""The name of what this machine plays, wherever the system offers that as an input."""
_LOOPBACKS = ("loopback", "monitor", "blackhole", "soundflower", "stereo mix", "what u hear")
_BEHIND = ("pulse", "pipewire")
"""ALSA devices behind which a sound server is."""
_MONITOR = "@DEFAULT_MONITOR@"
_PATIENCE = 2.0


class Input(NamedTuple):
    """A sound input: its ``name``, PortAudio's number, and the sound server's source behind it, if it has one."""

    name: str
    number: int
    source: str = ""


def devices() -> list[str]:
    """The names of the audio inputs. Raises Unavailable where PortAudio is missing or finds no sound system."""
    return [found.name for found in inputs()]


def inputs() -> list[Input]:
    """Every input, the sound server's sources last. Raises Unavailable."""
    sounddevice = library()
    try:
        found = list(sounddevice.query_devices())
        if sys.platform == "win32":
            numbers = host_apis.inputs_once(found, sounddevice.query_hostapis())
        else:
            numbers = [number for number, each in enumerate(found) if each["max_input_channels"] > 0]
    except sounddevice.PortAudioError as reason:
        raise Unavailable(f"no audio: {reason}") from reason
    own = [Input(str(found[number]["name"]), number) for number in numbers]
    server = next((device for device in own if device.name in _BEHIND), None)
    return own + [Input(name, server.number, source) for source, name in _sources()] if server else own


def usual() -> int:
    """PortAudio's number of the input that the system has chosen; -1 where there is none. Raises Unavailable without
    the library, and its PortAudioError."""
    sounddevice = library()
    if sys.platform == "win32":
        return host_apis.usual_input(sounddevice.query_hostapis())
    return int(sounddevice.default.device[0])


def library() -> ModuleType:
    """sounddevice. Raises Unavailable with what fixes it."""
    try:
        import sounddevice
    except ModuleNotFoundError as reason:
        raise Unavailable(f"no audio: sounddevice is not installed; fix: {install_command('sounddevice')}") from reason
    except (ImportError, OSError) as reason:  # the package is there, the system's library is not
        fix = "; fix: apt install libportaudio2" if sys.platform == "linux" else ""
        raise Unavailable(f"no audio: {reason}{fix}") from reason
    return sounddevice  # type: ignore[no-any-return]


def choose(wanted: str, found: Sequence[Input], default: int) -> Input:
    """The input that ``wanted`` means: part of a name, whatever its case; nothing: the one with number ``default``.

    Raises Unavailable, with the choices, if there is none.
    """
    if not wanted:
        chosen = _usual(found, default)
    else:
        chosen = _loopback(found) if wanted.casefold() == LOOPBACK else _named(wanted, found)
    if chosen:
        return chosen
    choices = ", ".join(each.name for each in found) or "none"
    raise Unavailable(f"no sound input{f' like {wanted!r}' if wanted else ''}; choices: {choices}")


def _usual(found: Sequence[Input], default: int) -> Input | None:
    return next((each for each in found if each.number == default), found[0] if found else None)


def _named(wanted: str, found: Sequence[Input]) -> Input | None:
    """The one of that very name before one that has it as a part."""
    part = wanted.casefold()
    fitting = [each for each in found if part in each.name.casefold()]
    return next((each for each in fitting if each.name.casefold() == part), fitting[0] if fitting else None)


def _loopback(found: Sequence[Input]) -> Input | None:
    """What is played here: the server's own word for it where there is a server, else whatever is named so."""
    server = next((each for each in found if each.name in _BEHIND), None)
    if server:
        return Input(LOOPBACK, server.number, _MONITOR)
    return next((each for each in found if any(word in each.name.casefold() for word in _LOOPBACKS)), None)


def _sources() -> list[tuple[str, str]]:
    """Name and description of the sound server's sources, as its own tool tells them; none without it."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(
            ["pactl", "list", "sources"],
            env={**os.environ, "LC_ALL": "C"},
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_PATIENCE,
            check=True,
        )
        return re.findall(r"^\s+Name: (\S+)\n\s+Description: (.+)$", done.stdout, re.MULTILINE)
    return []
