"""The controllers that are plugged in, and those that were: what each is bound to, and its lights."""

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
"""Ports that are known again."""


class MidiDevices:
    """By the names of their ports. A device that comes back is where it was, and its lights are sent again."""

    def __init__(self, ports: Ports, table: ParamTable, queue: ControlQueue, bindings: tuple[MidiBinding, ...]) -> None:
        self._ports, self._table, self._queue = ports, table, queue
        self._bound, self._names = bindings, dict[str, int]()
        self._here: dict[str, MidiDevice] = {}
        self._known: dict[str, MidiDevice] = {}
        """Those that are away, too."""
        self._lit: tuple[int, Indicators] = (-1, DARK)
        self._lit_at = -PASS

    def __iter__(self) -> Iterator[MidiDevice]:
        return iter(self._here.values())

    def get(self, port: str) -> MidiDevice | None:
        """The device at ``port``, if it is plugged in."""
        return self._here.get(port)

    @property
    def profiles(self) -> dict[str, str]:
        """The ports that are open, and the profile that each goes by. From any thread."""
        return {name: device.profile.name for name, device in tuple(self._here.items())}

    def update_ports(self) -> None:
        """Ports may have come or gone; those that were here before are known again."""
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
        """Have every device go by ``bindings``."""
        if bindings is not self._bound:
            self._bound = bindings
            for device in self:
                device.bind(self._bound)

    def may_be_lit(self, now: float) -> bool:
        """Whether it is time for another pass over the lights: thirty times a second."""
        return bool(self._here) and now - self._lit_at >= PASS

    def light(self, values: Mapping[str, Value], revision: int, indicators: Indicators, now: float) -> None:
        """Send the lights that have changed. ``revision`` moves when a value does."""
        state = revision, indicators
        if state == self._lit and not any(device.feedback.is_behind for device in self):
            return
        self._lit, self._lit_at = state, now
        for device in self:
            for data in device.feedback.changes(values, now, indicators):
                self._ports.send(device.port, data)

    def _met(self, name: str, opened: int) -> MidiDevice:
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
