"""Lists the sound inputs, and finds the one that a name means.

PortAudio knows the system's devices; on Windows it lists each several times (see `host_apis`). Where a PulseAudio or
PipeWire server runs, all its sources (each output's monitor among them) are behind the one ALSA device ``pulse``; the
environment variable PULSE_SOURCE chooses one of them.
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
"""The name by which the performer asks for the sound that this machine plays."""
_LOOPBACKS = ("loopback", "monitor", "blackhole", "soundflower", "stereo mix", "what u hear")
"""Parts of the names of inputs that give the sound that this machine plays."""
_BEHIND = ("pulse", "pipewire")
"""ALSA devices that stand for a sound server."""
_MONITOR = "@DEFAULT_MONITOR@"
"""The sound server's name for the monitor of its usual output."""
_PATIENCE = 2.0
"""Seconds that the sound server's tool may take."""


class Input(NamedTuple):
    """A sound input: its ``name``, PortAudio's ``number``, and the sound server's name of its ``source``, empty for
    other inputs.
    """

    name: str
    number: int
    source: str = ""


def devices() -> list[str]:
    """Returns the names of the sound inputs there are now, PortAudio's first, then the sound server's sources; empty if
    there are none. Raises Unavailable where PortAudio is missing or finds no sound system.
    """
    return [found.name for found in inputs()]


def inputs() -> list[Input]:
    """Returns every device with an input channel that PortAudio knows (on Windows each once, by its best host API), and
    after them the sources of the sound server, where one runs, by their descriptions, with the number of the server's
    own device. Raises Unavailable where PortAudio is missing or finds no sound system.
    """
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
    """Returns PortAudio's number of the system's usual input, or -1 if there is none.

    Raises Unavailable where the library is missing, and the library's own PortAudioError.
    """
    sounddevice = library()
    if sys.platform == "win32":
        return host_apis.usual_input(sounddevice.query_hostapis())
    return int(sounddevice.default.device[0])


def library() -> ModuleType:
    """Returns the module sounddevice. Raises Unavailable, naming what fixes it, where it or the system's PortAudio is
    missing.
    """
    try:
        import sounddevice
    except ModuleNotFoundError as reason:
        raise Unavailable(f"no audio: sounddevice is not installed; fix: {install_command('sounddevice')}") from reason
    except (ImportError, OSError) as reason:  # the package is there, the system's library is not
        fix = "; fix: apt install libportaudio2" if sys.platform == "linux" else ""
        raise Unavailable(f"no audio: {reason}{fix}") from reason
    return sounddevice  # type: ignore[no-any-return]


def choose(wanted: str, found: Sequence[Input], default: int) -> Input:
    """Returns the input of ``found`` that ``wanted`` means: its whole name, else a part of it (of several the first),
    in upper or lower case, or `LOOPBACK` for the sound that this machine plays: where a sound server runs that is an
    `Input` of its own, named ``loopback``. If ``wanted`` is empty, returns the one with PortAudio's number ``default``,
    or else the first.

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
    """Returns the input of that very name, else the first that has it as a part."""
    part = wanted.casefold()
    fitting = [each for each in found if part in each.name.casefold()]
    return next((each for each in fitting if each.name.casefold() == part), fitting[0] if fitting else None)


def _loopback(found: Sequence[Input]) -> Input | None:
    """Returns the input with the sound that this machine plays: the server's monitor where a server runs, else an input
    that is named so.
    """
    server = next((each for each in found if each.name in _BEHIND), None)
    if server:
        return Input(LOOPBACK, server.number, _MONITOR)
    return next((each for each in found if any(word in each.name.casefold() for word in _LOOPBACKS)), None)


def _sources() -> list[tuple[str, str]]:
    """Returns name and description of each of the sound server's sources, or nothing without the server's own tool."""
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
