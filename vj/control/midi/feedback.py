"""What is sent to controllers: which lights are lit, and where motor faders and rings of LEDs stand."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vj.control.midi.action import Action
from vj.control.midi.mapping import ANY
from vj.control.midi.message import CENTRE, FINE, MidiControl
from vj.control.midi.profile import Light, Profile, ProfileRow
from vj.params.indicators import DARK, Indicators
from vj.params.param import Value

MOST = 64
"""Messages in one pass, as a controller's own processor is slow."""
HELD = 0.3
"""Seconds after the performer has moved a control in which its motor leaves it alone."""

_CONTROLLER = 0xB0
_DEAF = ("pressure", "poly", "program")
"""Types of control that have no light."""


@dataclass(frozen=True)
class ControlLight:
    """One control that shows the parameter of ``action``: as a light (``light`` is ``led``) with the values ``on``,
    ``off``, ``blink`` and ``dim``, each 0..127, or by its position (``value``).
    """

    control: MidiControl
    action: Action
    light: Light
    on: int = 127
    off: int = 0
    blink: int = 127
    dim: int = 0

    def bytes(self, value: Value | None, indicators: Indicators) -> bytes:
        """Returns the MIDI bytes that show ``value``, the parameter's; for 14 bits they are several messages. None
        stands for a trigger, whose state is in ``indicators``; a position then is 0.
        """
        if self.light == "led":
            return _encode(self.control, self._colour(value, indicators), 127)
        position = 0.0 if value is None else self.action.scale.position(value)
        return _encode(self.control, position, 1.0)

    def _colour(self, value: Value | None, indicators: Indicators) -> int:
        address = self.action.binding.address
        if address in indicators.waiting:
            return self.blink
        if address in indicators.on or (value is not None and value == self.action.scale.value(1.0)):
            return self.on
        return self.dim if address in indicators.there else self.off


class MidiFeedback:
    """The lights and motors of one port, and what they show as far as it was sent. `changes` gives only what has
    changed; a new instance gives everything. It sends nothing itself. Its length is the number of its lights.
    """

    def __init__(self, actions: Iterable[Action], profile: Profile, port: str) -> None:
        """``actions`` are what the controls of ``port`` do; ``profile`` knows their lights. Of several actions with the
        same control, the first is shown. A binding whose ``feedback`` is None is shown only if the profile has a light
        for its control, one with False never.
        """
        self._lights: dict[MidiControl, ControlLight] = {}
        for action in actions:
            one = _light_of(action, profile, port)
            if one:
                self._lights.setdefault(one.control, one)
        self._shown: dict[MidiControl, bytes] = {}
        self._moved: dict[MidiControl, float] = {}
        self.is_behind = bool(self._lights)
        """Whether another pass is needed even if nothing changes."""

    def __len__(self) -> int:
        return len(self._lights)

    def moved(self, control: MidiControl, at: float) -> None:
        """Note that the performer moved ``control`` at the time ``at`` (monotonic seconds): if it shows a position, it
        no longer stands where its motor was sent, and is left alone for `HELD` seconds.
        """
        one = self._lights.get(control)
        if one and one.light == "value":
            self._moved[control] = at
            self._shown.pop(control, None)
            self.is_behind = True

    def changes(self, values: Mapping[str, Value], now: float, indicators: Indicators = DARK) -> list[bytes]:
        """Returns the bytes that are to be sent now, one element for each light or motor that changed (a 14-bit one
        takes several MIDI messages), at most `MOST`, and notes them as sent. Empty if nothing changed. ``values`` are
        what the parameters are set to, by address; ``now`` is in monotonic seconds.

        What has to wait makes ``is_behind`` true.
        """
        found: list[bytes] = []
        self.is_behind = False
        for control, one in self._lights.items():
            wanted = one.bytes(values.get(one.action.binding.address), indicators)
            if self._shown.get(control) == wanted:
                continue
            if len(found) >= MOST or now - self._moved.get(control, -HELD) < HELD:
                self.is_behind = True
                continue
            self._shown[control] = wanted
            found.append(wanted)
        return found


def _light_of(action: Action, profile: Profile, port: str) -> ControlLight | None:
    binding = action.binding
    if binding.feedback is False or binding.type in _DEAF or (binding.relative != "none" and not binding.feedback):
        return None
    known = profile.find(binding, port)
    if known and known[1].light != "none":
        return _of_row(action, *known)
    if not binding.feedback or (binding.number == ANY and binding.type != "pitch"):
        return None
    control = MidiControl(binding.type, binding.channel or 1, max(0, binding.number))
    return ControlLight(control, action, "value" if action.is_continuous else "led")


def _of_row(action: Action, control: MidiControl, row: ProfileRow) -> ControlLight:
    return ControlLight(control, action, row.light, row.on, row.off, row.blink, row.off if row.dim is None else row.dim)


def _encode(control: MidiControl, value: float, most: float) -> bytes:
    """Returns the message that sets the light or motor of ``control`` to ``value`` (0..``most``)."""
    part, channel = value / most, control.channel - 1
    coarse, fine = round(127 * part), round(FINE * part)
    if control.type == "pitch":
        fine = round(2 * CENTRE * part) if part < 0.5 else round(CENTRE + (FINE - CENTRE) * (2 * part - 1))
        return bytes((0xE0 | channel, fine & 127, fine >> 7))
    status = _CONTROLLER | channel
    if control.type == "cc14":
        return bytes((status, control.number, fine >> 7, status, control.number + 32, fine & 127))
    if control.type in ("nrpn", "rpn"):
        upper, lower = (99, 98) if control.type == "nrpn" else (101, 100)
        chosen = (status, upper, control.number >> 7, status, lower, control.number & 127)
        return bytes((*chosen, status, 6, fine >> 7, status, 38, fine & 127))
    if control.type == "cc":
        return bytes((status, control.number, coarse))
    return bytes((0x90 | channel, control.number, coarse))
