"""Detects what kind of control an unknown one is (knob, fader, endless encoder, ...) from the values that it sends."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from vj.control.midi.mapping import Relative
from vj.control.midi.message import COARSE, ControlMove, MidiControl

Sort = Literal["button", "fader", "encoder"]

_MOST_WATCHED = 64
_KEPT = 16
_FADER = 4
"""Messages before a fader is believed to be one."""
_ENCODER = 6
_SPAN = 0.03
"""Part of the way that is more than jitter: four steps of 127."""
_NEAR = 24
"""Detents that an encoder reports at once at most."""


@dataclass(frozen=True)
class DetectedEncoder:
    """A control that was really moved."""

    control: MidiControl
    sort: Sort
    relative: Relative = "none"


@dataclass
class _Track:
    """What one control has sent: ``positions`` 0..1, ``values`` as they came."""

    values: list[int] = field(default_factory=list)
    positions: list[float] = field(default_factory=list)

    def add(self, moved: ControlMove) -> None:
        self.values = [*self.values, moved.value][-_KEPT:]
        self.positions = [*self.positions, moved.position][-_KEPT:]

    @property
    def span(self) -> float:
        return max(self.positions) - min(self.positions)


class Recogniser:
    """Watches one port's messages. Nothing that only trembles is recognised."""

    def __init__(self) -> None:
        self._tracks: OrderedDict[MidiControl, _Track] = OrderedDict()

    def hear(self, moved: ControlMove) -> DetectedEncoder | None:
        """The control that has just made itself known, if any."""
        control = moved.control
        track = self._tracks.setdefault(control, _Track())
        self._tracks.move_to_end(control)
        if len(self._tracks) > _MOST_WATCHED:
            self._tracks.popitem(last=False)
        track.add(moved)
        if control.type in ("note", "program"):
            return DetectedEncoder(control, "button") if moved.value else None
        if control.type == "cc" and self._belongs_elsewhere(control):
            return None
        return DetectedEncoder(control, "encoder") if moved.step else _judge(control, track)

    def _belongs_elsewhere(self, control: MidiControl) -> bool:
        """Whether a controller is only a part of a 14-bit pair or of an NRPN."""
        number, others = control.number, self._tracks
        if any(other.type in ("nrpn", "rpn") and other.channel == control.channel for other in others):
            return number in (6, 38, *range(96, 102))
        if number >= 64:
            return False
        pair = others.get(MidiControl("cc14", control.channel, number % 32))
        upper = others.get(MidiControl("cc", control.channel, number % 32))
        return pair is not None and upper is not None and 2 * len(pair.values) >= len(upper.values)


def _judge(control: MidiControl, track: _Track) -> DetectedEncoder | None:
    if control.type == "cc":
        if _is_button(track.values):
            return DetectedEncoder(control, "button")
        if len(track.values) >= _ENCODER and (relative := encoding(track.values)):
            return DetectedEncoder(control, "encoder", relative)
    seems_relative = control.type == "cc" and _repeats(track.values) >= 1
    if len(track.values) >= _FADER and track.span > _SPAN and not seems_relative:
        return DetectedEncoder(control, "fader")
    return None


def _is_button(values: Sequence[int]) -> bool:
    """On and off again, and nothing in between: on its own, 127 may be a fader at its end."""
    return len(values) >= 2 and set(values) in ({0, COARSE}, {0, 64})


def encoding(values: Sequence[int]) -> Relative | None:
    """How an endless encoder seems to count, or None for what stands somewhere. The best guess: some turns look the
    same in two encodings.
    """
    if 3 * _repeats(values) < len(values):
        return None
    if all(0 < abs(value - 64) <= _NEAR for value in values):
        return "offset"
    if all(0 < value <= _NEAR or value >= 128 - _NEAR for value in values):
        return "complement"
    if all(0 < value <= _NEAR or 64 < value <= 64 + _NEAR for value in values):
        return "sign"
    return None


def _repeats(values: Sequence[int]) -> int:
    """How often it said the same twice running: what stands somewhere doesn't."""
    return sum(one == other for one, other in pairwise(values))
