"""Detects what kind of control an unknown one is (knob, fader, endless encoder, ...) from the values that it sends."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from vj.control.midi.mapping import Relative
from vj.control.midi.message import COARSE, ControlMove, MidiControl

Sort = Literal["button", "fader", "encoder"]
"""The kinds of control that are distinguished."""

_MOST_WATCHED = 64
"""Controls of a port that are watched; of more, the one that was silent the longest is forgotten."""
_KEPT = 16
"""Messages of each control that are looked at."""
_FADER = 4
"""Messages after which a control can be recognised as a fader."""
_ENCODER = 6
"""Messages after which a control can be recognised as an endless encoder."""
_SPAN = 0.03
"""The part of its way that a fader must move; less may be jitter. It is four steps of 127."""
_NEAR = 24
"""The most detents that an encoder reports at once."""


@dataclass(frozen=True)
class DetectedEncoder:
    """A control that was really moved: what ``sort`` it is, not always an encoder, and how it counts if it is one
    (``relative``; ``none`` for one that sends NRPN increments).
    """

    control: MidiControl
    sort: Sort
    relative: Relative = "none"


@dataclass
class _Track:
    """What one control has sent lately: ``positions`` 0..1, and ``values`` as they came."""

    values: list[int] = field(default_factory=list)
    positions: list[float] = field(default_factory=list)

    def add(self, moved: ControlMove) -> None:
        """Take another message, and forget the oldest beyond `_KEPT`."""
        self.values = [*self.values, moved.value][-_KEPT:]
        self.positions = [*self.positions, moved.position][-_KEPT:]

    @property
    def span(self) -> float:
        """How far the control has moved, 0..1."""
        return max(self.positions) - min(self.positions)


class Recogniser:
    """Recognises controls by the messages of one port. A control that only jitters isn't recognised."""

    def __init__(self) -> None:
        self._tracks: OrderedDict[MidiControl, _Track] = OrderedDict()

    def hear(self, moved: ControlMove) -> DetectedEncoder | None:
        """Takes a move, and returns what its control is, or None while that isn't clear: a key or program at once, a
        button after on and off, a fader after four moves, an encoder after six.

        None is also returned for a key that comes up, and for a ``cc`` that is a part of a 14-bit pair or an NRPN.
        Later moves of a known control return it again.
        """
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
        """Returns whether a controller is only a part of a 14-bit pair or of an NRPN."""
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
    """Returns whether the values are on and off, and nothing in between. A lone 127 may be a fader at its end."""
    return len(values) >= 2 and set(values) in ({0, COARSE}, {0, 64})


def encoding(values: Sequence[int]) -> Relative | None:
    """Returns how an endless encoder seems to count that sent ``values`` (0..127, at least one), never ``none``; or
    None if they seem to come from a control that has a position: fewer than a third of them equal the one before, or
    they fit no way of counting.

    It is the best guess: some turns look the same in two encodings.
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
    """Returns how often a value came twice running. A control that has a position never sends that."""
    return sum(one == other for one, other in pairwise(values))
