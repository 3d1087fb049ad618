"""The MIDI controllers that are plugged in, and those that were: what each is bound to, and its lights."""

from collections.abc import Iterator, Mapping

from vj.control.midi.device import MidiDevice
from vj.control.midi.mapping import MidiBinding
from vj.control.midi.ports import Ports
from vj.params.control_queue import ControlQueue
from vj.params.indicators import DARK, Indicators
from vj.params.param import ParamTable, Value

PASS = 1 / 30
"""Seconds between two passes over the lights."""
_MOST_KNOWN = 64
"""Ports beyond which those that are away are forgotten."""


class MidiDevices:
    """The MIDI devices by the names of their ports. One that comes back is as it was, and its lights are sent again."""

    def __init__(self, ports: Ports, table: ParamTable, queue: ControlQueue, bindings: tuple[MidiBinding, ...]) -> None:
        self._ports = ports
        self._table = table
        self._queue = queue
        self._bound = bindings
        self._names = dict[str, int]()
        self._here: dict[str, MidiDevice] = {}
        self._known: dict[str, MidiDevice] = {}
        """All devices that were here, those that are away included."""
        self._lit: tuple[int, Indicators] = (-1, DARK)
        self._lit_at = -PASS

    def __iter__(self) -> Iterator[MidiDevice]:
        return iter(self._here.values())

    def get(self, port: str) -> MidiDevice | None:
        """Returns the device at ``port``, or None if it isn't plugged in."""
        return self._here.get(port)

    @property
    def profiles(self) -> dict[str, str]:
        """The names of the open ports, each with that of its profile. May be read from any thread."""
        return {name: device.profile.name for name, device in tuple(self._here.items())}

    def update_ports(self) -> None:
        """Take note of ports that have come or gone. A device that was here before is known again."""
        names = self._ports.names()
        if names == self._names:
            return
        for name in [name for name in self._here if name not in names]:
            self._here.pop(name).leave()
        for name, opened in names.items():
            self._here[name] = self._met(name, opened)
        if len(self._known) > _MOST_KNOWN:
            self._known = dict(self._here)
        self._names = dict(names)

    def bind_all(self, bindings: tuple[MidiBinding, ...]) -> None:
        """Make every device use ``bindings``."""
        if bindings is not self._bound:
            self._bound = bindings
            for device in self:
                device.bind(self._bound)

    def may_be_lit(self, now: float) -> bool:
        """Returns whether it is time for another pass over the lights: thirty times a second."""
        return bool(self._here) and now - self._lit_at >= PASS

    def light(self, values: Mapping[str, Value], revision: int, indicators: Indicators, now: float) -> None:
        """Send the lights that have changed. ``values`` are what the parameters are set to, and ``revision`` changes
        with them.
        """
        state = revision, indicators
        if state == self._lit and not any(device.feedback.is_behind for device in self):
            return
        self._lit, self._lit_at = state, now
        for device in self:
            for data in device.feedback.changes(values, now, indicators):
                self._ports.send(device.port, data)

    def _met(self, name: str, opened: int) -> MidiDevice:
        """Returns the device at the port ``name``, known again or new. ``opened`` is the number of the port's
        opening.
        """
        device = self._known.get(name)
        if device and device.opened == opened:
            return device
        if device:
            device.bind(self._bound)
            device.reopen(opened)
        else:
            device = self._known[name] = MidiDevice(name, opened, self._table, self._queue)
            device.bind(self._bound)
        for greeting in device.profile.greetings():
            self._ports.send(device.port, greeting)
        return device
