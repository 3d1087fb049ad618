"""Opens MIDI ports with python-rtmidi: every input there is, and the output of the same name, under names that stay.

Only the child process of MIDI imports this module. Where the library is missing, importing it raises NotInstalled.
"""

import contextlib
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from vj.base.clock import now
from vj.base.errors import BadInput
from vj.control.midi import library

rtmidi = library.rtmidi()

Came = Callable[[int, bytes], None]
"""Takes the number of a port's opening and the bytes of one message that came from it."""
CLIENT = "vj"
"""Our name in the system's lists. Ports of that name are our own, and are never opened."""
SETTLE = 0.1
"""Seconds after opening in which messages are ignored: they may have been on their way when the cable was pulled."""

_UNANSWERED = 2
"""Looks without an answer after which a server counts as gone."""

_APIS = {
    "alsa": rtmidi.API_LINUX_ALSA,
    "jack": rtmidi.API_UNIX_JACK,
    "core": rtmidi.API_MACOSX_CORE,
    "winmm": rtmidi.API_WINDOWS_MM,
}
_IGNORED = re.compile(rf"Midi Through|{CLIENT}(-\d+)?:")
"""The names of ports that are not opened: the system's loop and our own."""
_ALSA_NUMBERS = re.compile(r" \d+:\d+$")
_WINMM_NUMBER = re.compile(r" \d+$")


@dataclass
class _MidiPort:
    """An open input and, if there is one, its output. Each opening of a port has another ``number``."""

    number: int
    input: Any
    output: Any | None


class Driver:
    """Opens MIDI ports that have come and closes those that have gone, whenever `look` is called. A number stands for
    one opening of one port.
    """

    def __init__(self, api: str, ignore: Sequence[str], came: Came) -> None:
        """``api`` chooses the system's MIDI interface (alsa, jack, core, winmm); if empty, the first one that works is
        used.

        Ports whose names begin with one of ``ignore`` are not opened. ``came`` is called from threads of the system.
        Raises BadInput for another ``api``. No port is opened before `look`.
        """
        if api and api not in _APIS:
            raise BadInput(f"unknown MIDI interface {api!r}; choices: {', '.join(_APIS)}")
        self._choices = [_APIS[api]] if api else rtmidi.get_compiled_api()
        self._came = came
        self._ignore = tuple(ignore)
        os.environ.setdefault("JACK_NO_START_SERVER", "1")  # looking for a JACK server must not start one
        self._ports: dict[str, _MidiPort] = {}
        self._scouts: tuple[Any, Any] | None = None
        self._pulse: _Pulse | None = None
        self._next = int(now() * 1000) % (1 << 31)  # other numbers than those of the process before this one
        self.says = ""
        """A line for people: how many ports are open, or why there are none."""

    def ports(self) -> list[tuple[str, int]]:
        """Returns the names of the open inputs, as `lasting` makes them, each with the number of its opening."""
        return [(name, port.number) for name, port in self._ports.items()]

    def look(self) -> bool:
        """Open the inputs that have come, each with the output of the same name if there is one, and close those that
        have gone. Returns whether any was opened or closed; sets ``says``. An input that is busy is tried again by the
        next call.

        Raises OSError when the system's MIDI server is gone; one that never answered only shows in ``says``.
        """
        try:
            inputs, outputs = self._listed()
        except (rtmidi.RtMidiError, OSError, SystemError) as reason:
            if self._scouts:  # not even closing is safe any more: the process must go
                raise OSError(f"the MIDI server is gone: {reason}") from None
            self.says = f"no MIDI: {reason}"
            return False
        gone = [name for name in self._ports if name not in inputs]
        for name in gone:
            self._close(self._ports.pop(name))
        fresh = [name for name in inputs if name not in self._ports]
        opened = [self._open(name, inputs[name], outputs.get(name)) for name in fresh]
        count = len(self._ports)
        self.says = f"{count or 'no'} MIDI port{'' if count == 1 else 's'}"
        return bool(gone) or any(opened)

    def send(self, number: int, data: bytes) -> None:
        """Send ``data``, one message, to the output of the port whose opening has that ``number``. Nothing happens if
        it has no output, or is closed.
        """
        for port in self._ports.values():
            if port.number == number and port.output is not None:
                port.output.send_message(data)

    def _listed(self) -> tuple[dict[str, int], dict[str, int]]:
        """Returns the places of inputs and of outputs in the system's lists, by their lasting names."""
        if not self._scouts:
            self._scouts = self._send_scouts()
            if self._api_of(self._scouts[0]) == rtmidi.API_UNIX_JACK:
                self._pulse = _Pulse(*self._scouts)
        if self._pulse and not self._pulse.goes_on():
            raise OSError("the server does not answer")
        inputs, outputs = (self._named(scout) for scout in self._scouts)
        return inputs, outputs

    def _named(self, scout: Any) -> dict[str, int]:
        named = lasting(scout.get_ports(), self._api_of(scout))
        return {name: place for name, place in named.items() if not name.startswith(self._ignore)}

    def _send_scouts(self) -> tuple[Any, Any]:
        """Make an input and an output that only list ports, of the first interface that works. Raises what the last one
        raises.
        """
        *others, last = self._choices
        for api in others:
            with contextlib.suppress(rtmidi.RtMidiError, OSError, SystemError), _hushed():
                return rtmidi.MidiIn(api, CLIENT), rtmidi.MidiOut(api, CLIENT)
        with _hushed():
            return rtmidi.MidiIn(last, CLIENT), rtmidi.MidiOut(last, CLIENT)

    @staticmethod
    def _api_of(client: Any) -> int:
        return int(client.get_current_api())

    def _open(self, name: str, place: int, output_place: int | None) -> bool:
        """Open an input and its output. Returns False if the input is busy; the next look tries it again."""
        self._next += 1
        number, counts_from = self._next, now() + SETTLE
        assert self._scouts
        api = self._api_of(self._scouts[0])

        def heard(event: tuple[list[int], float], _: object) -> None:
            if now() >= counts_from:
                self._came(number, bytes(event[0]))

        try:
            source = rtmidi.MidiIn(api, CLIENT)
            source.ignore_types(sysex=False, timing=False, active_sense=True)
            source.set_callback(heard)
            source.open_port(place, "in")
        except (rtmidi.RtMidiError, OSError, SystemError):
            return False
        self._ports[name] = _MidiPort(number, source, self._open_output(api, output_place))
        return True

    def _open_output(self, api: int, place: int | None) -> Any | None:
        if place is None:
            return None
        try:
            output = rtmidi.MidiOut(api, CLIENT)
            output.open_port(place, "out")
        except (rtmidi.RtMidiError, OSError, SystemError):
            return None
        return output

    @staticmethod
    def _close(port: _MidiPort) -> None:
        port.input.cancel_callback()
        for end in filter(None, (port.input, port.output)):
            end.close_port()
            end.delete()


class _Pulse:
    """Sends messages round through a JACK server, to notice when it has died.

    A client of a dead server gets no notice, still lists its ports, and crashes when it is closed.
    """

    def __init__(self, source: Any, sink: Any) -> None:
        name = f"pulse {os.getpid()}"
        source.ignore_types(timing=False)
        source.set_callback(lambda event, _: self._heard())
        source.open_virtual_port(name)
        place = next((place for place, port in enumerate(sink.get_ports()) if port.endswith(name)), None)
        self._sink = None if place is None else sink
        self._unanswered = 0
        if place is not None:
            sink.open_port(place, "pulse")

    def goes_on(self) -> bool:
        """Returns whether the last few messages came back. Sends another."""
        if self._sink is None:
            return True
        self._sink.send_message((0xFA,))
        self._unanswered += 1
        return self._unanswered <= _UNANSWERED

    def _heard(self) -> None:
        self._unanswered = 0


@contextlib.contextmanager
def _hushed() -> Iterator[None]:
    """Silence stderr: the system's libraries write there that there is no server, every time they look."""
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


def lasting(names: Iterable[str], api: int) -> dict[str, int]:
    """Returns the places of ports in ``names`` by lasting names: without the numbers that the system gives anew at each
    plugging. ``api`` is python-rtmidi's number of the interface that listed them.

    Our own ports and ALSA's Midi Through are left out. Of two that are then the same, the second is called ``name #2``.
    """
    found: dict[str, int] = {}
    seen: Counter[str] = Counter()
    for place, listed in enumerate(names):
        if _IGNORED.match(listed):
            continue
        name = listed
        if api == rtmidi.API_LINUX_ALSA:
            name = _ALSA_NUMBERS.sub("", listed)
        elif api == rtmidi.API_WINDOWS_MM:
            name = _WINMM_NUMBER.sub("", listed)
        seen[name] += 1
        found[name if seen[name] == 1 else f"{name} #{seen[name]}"] = place
    return found
