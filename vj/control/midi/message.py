"""Decoded MIDI messages: which control moved, and how far."""

from typing import Literal, NamedTuple

ControlType = Literal["note", "cc", "cc14", "nrpn", "rpn", "pitch", "pressure", "poly", "program"]
"""The kinds of control. ``pressure`` is a channel's, ``poly`` a single key's; ``cc14`` is controller n (0..31) together
with n + 32.
"""
SystemType = Literal["clock", "start", "continue", "stop", "position"]
"""The messages of a MIDI clock."""

COARSE, FINE = 127, 16383
"""The largest value of seven and of fourteen bits."""
CENTRE = 8192
"""Where a pitch wheel rests."""


class MidiControl(NamedTuple):
    """A control of a controller: ``channel`` is 1..16; ``number`` is the key's, controller's, parameter's or program's,
    from 0, and 0 for ``pitch`` and ``pressure``.
    """

    type: ControlType
    channel: int
    number: int

    def __str__(self) -> str:
        """Returns a name such as ``cc 7 channel 1``."""
        number = "" if self.type in ("pitch", "pressure") else f" {self.number}"
        return f"{self.type}{number} channel {self.channel}"


class ControlMove(NamedTuple):
    """A control has moved to ``value`` (0..``most``, which is 127 or 16383); a key that came up is at 0, a program at
    127.

    If ``step`` isn't 0 (NRPN increments), it says how far the control went, and ``value`` means nothing.
    """

    control: MidiControl
    value: int
    most: int = COARSE
    step: int = 0

    @property
    def position(self) -> float:
        """The position, 0..1. A pitch wheel at rest is at exactly one half."""
        if self.control.type == "pitch" and self.value >= CENTRE:
            return 0.5 + 0.5 * (self.value - CENTRE) / (FINE - CENTRE)
        return self.value / (2 * CENTRE if self.control.type == "pitch" else self.most)


class System(NamedTuple):
    """A message of a MIDI clock. ``value`` is the song position in sixteenths from the beginning, for a ``position``
    only.
    """

    type: SystemType
    value: int = 0


Message = ControlMove | System
