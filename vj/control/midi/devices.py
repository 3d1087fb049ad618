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
    """The MIDI devices by the names of their ports. Iterating gives those that are plugged in. One that comes back is
    as it was, and its lights are sent again.
    """

    def __init__(self, ports: Ports, table: ParamTable, queue: ControlQueue, bindings: tuple[MidiBinding, ...]) -> None:
        """``bindings`` are those of the preset, which every device gets besides its profile's defaults. No device is
        known before `update_ports`.
        """
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
        """Returns the device at the port of that name, or None if it isn't plugged in."""
        return self._here.get(port)

    @property
    def profiles(self) -> dict[str, str]:
        """A new dict with the names of the open ports, each with the name of its profile. May be read from
        any thread.
        """
        return {name: device.profile.name for name, device in tuple(self._here.items())}

    def update_ports(self) -> None:
        """Read the names of the open ports from ``ports``, each with the number of its opening, and follow what has
        changed. Does nothing while names and numbers are the same.

        A new port gets a device, which is bound and sent its profile's greetings. A port that was opened anew gets its
        earlier device back: what its controls held down is released, and bindings, lights and greetings are set again.
        A device whose port has gone releases what its controls held down. Once more than 64 devices are known, those
        that are away are forgotten.
        """
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
        """Make every device that is plugged in, and each that comes later, use ``bindings``. Nothing happens if it is
        the very tuple of the last call.
        """
        if bindings is not self._bound:
            self._bound = bindings
            for device in self:
                device.bind(self._bound)

    def bind_again(self) -> None:
        """Bind every device anew, those that are away as well, as the table has changed."""
        for device in self._known.values():
            device.bind(self._bound)

    def may_be_lit(self, now: float) -> bool:
        """Returns whether a device is plugged in and it is time for another pass over the lights: `PASS` seconds after
        the last `light` that looked for changes. ``now`` is in monotonic seconds.
        """
        return bool(self._here) and now - self._lit_at >= PASS

    def light(self, values: Mapping[str, Value], revision: int, indicators: Indicators, now: float) -> None:
        """Send each device the lights that have changed. ``values`` are what the parameters are set to, by address, and
        ``revision`` changes with them; ``now`` is in monotonic seconds.

        If ``revision`` and ``indicators`` are those of the last call, nothing is looked at, unless a device is behind.
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
