"""python-rtmidi: every input there is, and the output of the same name, by names that stay.

Only the process for MIDI imports this; where the library is missing that raises NotInstalled.
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
"""What is called with the number of a port and what came from it."""
CLIENT = "vj"
"""What we are called by the system; ports of that name are our own, and never opened."""
SETTLE = 0.1
"""Seconds after opening in which nothing counts: what was on its way when the cable was pulled comes now."""

_UNANSWERED = 2
"""Looks after which a server that answers nothing is gone."""

_APIS = {
    "alsa": rtmidi.API_LINUX_ALSA,
    "jack": rtmidi.API_UNIX_JACK,
    "core": rtmidi.API_MACOSX_CORE,
    "winmm": rtmidi.API_WINDOWS_MM,
}
_IGNORED = re.compile(rf"Midi Through|{CLIENT}(-\d+)?:")
_ALSA_NUMBERS = re.compile(r" \d+:\d+$")
_WINMM_NUMBER = re.compile(r" \d+$")


@dataclass
class _MidiPort:
    """An open input and, if there is one, its output. ``number`` is of this opening alone."""

    number: int
    input: Any
    output: Any | None


class Driver:
    """Opens what is there and lets go of what isn't. A number stands for one opening of one port."""

    def __init__(self, api: str, ignore: Sequence[str], came: Came) -> None:
        """``came`` is called from threads of the system's; ``ignore`` are beginnings of names.

        Raises BadInput for another api.
        """
        if api and api not in _APIS:
            raise BadInput(f"unknown MIDI interface {api!r}; choices: {', '.join(_APIS)}")
        self._choices = [_APIS[api]] if api else rtmidi.get_compiled_api()
        self._came, self._ignore = came, tuple(ignore)
        os.environ.setdefault("JACK_NO_START_SERVER", "1")  # looking for one must not start one
        self._ports: dict[str, _MidiPort] = {}
        self._scouts: tuple[Any, Any] | None = None
        self._pulse: _Pulse | None = None
        self._next = int(now() * 1000) % (1 << 31)  # not where the process before this one began
        self.says = ""
        """For people: how many ports, or why there are none."""

    def ports(self) -> list[tuple[str, int]]:
        """Names and numbers of those that are open."""
        return [(name, port.number) for name, port in self._ports.items()]

    def look(self) -> bool:
        """Open and close as needed; whether anything changed. Raises OSError when the server behind it all is gone."""
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
        """To the output of the port with that number, if it has one."""
        for port in self._ports.values():
            if port.number == number and port.output is not None:
                port.output.send_message(data)

    def _listed(self) -> tuple[dict[str, int], dict[str, int]]:
        """Places of inputs and outputs by their lasting names."""
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
        """Of the first interface that is there. Raises what the last one raises."""
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
        """Whether it could be opened; one that is busy is tried again with the next look."""
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
    """A message that goes round through the server. A JACK client whose server has died gets no notice, still lists
    what was there, and crashes when it is closed.
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
        """Whether the last few came back; sends another."""
        if self._sink is None:
            return True
        self._sink.send_message((0xFA,))
        self._unanswered += 1
        return self._unanswered <= _UNANSWERED

    def _heard(self) -> None:
        self._unanswered = 0


@contextlib.contextmanager
def _hushed() -> Iterator[None]:
    """The system's libraries say on stderr that there is no server, every time they look."""
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


def lasting(names: Iterable[str], api: int) -> dict[str, int]:
    """Places by name, without our own ports and without the numbers that a system gives anew with each plugging; of
    two that are then the same, the second is ``name #2``.
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
