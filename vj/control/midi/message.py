"""One MIDI message as the rest of the show sees it: what moved, and how far."""

from typing import Literal, NamedTuple

ControlType = Literal["note", "cc", "cc14", "nrpn", "rpn", "pitch", "pressure", "poly", "program"]
"""``pressure`` is a channel's, ``poly`` a single key's; ``cc14`` is controller n (0..31) together with n + 32."""
SystemType = Literal["clock", "start", "continue", "stop", "position"]

COARSE, FINE = 127, 16383
"""The largest value of seven and of fourteen bits."""
CENTRE = 8192
"""Where a pitch wheel rests."""


class MidiControl(NamedTuple):
    """What a hand can move: ``channel`` 1..16; ``number`` is the key's, controller's or program's, else 0."""

    type: ControlType
    channel: int
    number: int

    def __str__(self) -> str:
        """``cc 7 channel 1``"""
        number = "" if self.type in ("pitch", "pressure") else f" {self.number}"
        return f"{self.type}{number} channel {self.channel}"


class ControlMove(NamedTuple):
    """A control is at ``value`` of 0..``most``; a key that came up is at 0. A ``step`` other than 0 (from NRPN
    increments) says how far it went instead.
    """

    control: MidiControl
    value: int
    most: int = COARSE
    step: int = 0

    @property
    def position(self) -> float:
        """0..1; a pitch wheel at rest is at exactly one half."""
        if self.control.type == "pitch" and self.value >= CENTRE:
            return 0.5 + 0.5 * (self.value - CENTRE) / (FINE - CENTRE)
        return self.value / (2 * CENTRE if self.control.type == "pitch" else self.most)


class System(NamedTuple):
    """Something that is said to everybody; ``value`` is a song position in sixteenths."""

    type: SystemType
    value: int = 0


Message = ControlMove | System
