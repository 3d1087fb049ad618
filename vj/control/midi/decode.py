"""Decodes MIDI bytes into messages: running status, real-time bytes in between, 14-bit pairs, NRPN."""

from collections import OrderedDict
from collections.abc import Iterator
from typing import NamedTuple

from vj.control.midi.message import COARSE, FINE, ControlMove, ControlType, Message, MidiControl, System, SystemType

LONGEST_SYSEX = 1 << 16
"""Bytes after which an exclusive message that doesn't end is given up."""

_LENGTHS = {0x80: 2, 0x90: 2, 0xA0: 2, 0xB0: 2, 0xC0: 1, 0xD0: 1, 0xE0: 2, 0xF1: 1, 0xF2: 2, 0xF3: 1}
"""How many data bytes follow a status; channel messages are listed by their upper four bits."""
_REALTIME: dict[int, SystemType] = {0xF8: "clock", 0xFA: "start", 0xFB: "continue", 0xFC: "stop"}
_SYSEX, _SYSEX_END, _TUNE = 0xF0, 0xF7, 0xF6

_DATA, _DATA_FINE, _MORE, _LESS = 6, 38, 96, 97
_SELECTORS: dict[int, tuple[ControlType, int]] = {98: ("nrpn", 0), 99: ("nrpn", 1), 100: ("rpn", 0), 101: ("rpn", 1)}
"""The controllers that choose a (non-)registered parameter: of which kind, and whether by the lower (0) or the upper
(1) seven bits of its number.
"""
TOGETHER = 0.010
"""Seconds within which two halves make one value."""
_NOTHING = (127, 127)
"""The halves of the number that stands for no parameter."""
_MOST_PARAMETERS = 1024
"""Parameters of a channel of which it is remembered that their values come in two halves."""


class MidiDecoder:
    """Decodes the bytes of one port, in any pieces. ``malformed`` counts the bytes and messages that were passed over;
    the next message is fine again.

    An NRPN whose sender never gives the lower seven bits is spread over the whole range (127 becomes 16383); if the
    sender gives them, the value counts when both halves are there. Each ``cc14`` comes besides the two ``cc`` of which
    it is made: two halves are one value if they come within `TOGETHER` of each other, in either order. A half that
    comes alone counts after that time (`due`).
    """

    def __init__(self) -> None:
        self.malformed = 0
        self._status = 0
        self._data = bytearray()
        self._sysex = 0
        self._at = 0.0
        self._channels = tuple(_Channel(number) for number in range(1, 17))

    @property
    def is_waiting(self) -> bool:
        """Whether half of a 14-bit value has come, and the other half may follow. Every plain controller below 64 may
        be such a half.
        """
        return any(channel.halves for channel in self._channels)

    def due(self, now: float) -> Iterator[ControlMove]:
        """Yield, as ``cc14``, the values of which half has come, and the other half has not followed within `TOGETHER`
        until ``now`` (seconds of the clock that `feed` gets). Each is yielded once. A half whose upper part is unknown
        gives none.
        """
        for channel in self._channels:
            if channel.halves:
                yield from channel.due(now)

    def feed(self, data: bytes, at: float = 0.0) -> list[Message]:
        """Returns the messages that ``data`` completes, which came at the time ``at`` (seconds, of any clock). One
        controller may give a ``cc`` and a ``cc14``. Exclusive messages are passed over, and nothing is raised.
        """
        found: list[Message] = []
        self._at = at
        for byte in data:
            if byte >= 0xF8:
                if byte in _REALTIME:
                    found.append(System(_REALTIME[byte]))
                elif byte != 0xFE:  # active sensing says nothing
                    self.malformed += 1
            elif byte >= 0x80:
                self._begin(byte)
            else:
                found.extend(self._continue(byte))
        return found

    def _begin(self, status: int) -> None:
        if (self._sysex and status != _SYSEX_END) or self._data or (status == _SYSEX_END and not self._sysex):
            self.malformed += 1
        self._sysex = 1 if status == _SYSEX else 0
        self._data.clear()
        known = status < 0xF0 or status in _LENGTHS
        if not known and status not in (_SYSEX, _SYSEX_END, _TUNE):
            self.malformed += 1
        self._status = status if known else 0

    def _continue(self, byte: int) -> Iterator[Message]:
        if self._sysex:
            self._skip()
        elif not self._status:
            self.malformed += 1
        else:
            self._data.append(byte)
            if len(self._data) == _length(self._status):
                yield from self._complete()

    def _skip(self) -> None:
        self._sysex += 1
        if self._sysex > LONGEST_SYSEX:
            self.malformed += 1
            self._sysex = 0  # and what follows until the next status counts as malformed too

    def _complete(self) -> Iterator[Message]:
        first, second = self._data[0], self._data[-1]
        self._data.clear()
        if self._status < 0xF0:
            yield from self._channels[self._status & 0x0F].take(self._status & 0xF0, first, second, self._at)
            return
        if self._status == 0xF2:
            yield System("position", first | second << 7)
        self._status = 0  # only channel messages run on


class _Half(NamedTuple):
    """Seven of the fourteen bits of a value, and when they came (s)."""

    is_lower: bool
    value: int
    at: float


class _Channel:
    """What the decoder remembers of one of the sixteen channels."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._upper: dict[int, int] = {}
        """The newest values of controllers 0..31, the upper halves of pairs."""
        self._upper_first: set[int] = set()
        """The pairs whose sender gives the upper half before the lower one, as the MIDI specification has it."""
        self._is_pair: set[int] = set()
        """The pairs of which a lower half has come. A pair has the number of its upper controller."""
        self.halves: dict[int, _Half] = {}
        """The halves that have come and whose other halves may follow, by the number of the pair."""
        self._last_controller = -1
        self._halves: dict[ControlType, list[int | None]] = {"nrpn": [None, None], "rpn": [None, None]}
        self._chosen: MidiControl | None = None
        self._coarse = 0
        self._has_fine: OrderedDict[MidiControl, None] = OrderedDict()

    def take(self, kind: int, first: int, second: int, at: float) -> Iterator[ControlMove]:
        """Yield what a whole channel message means that came at the time ``at``."""
        if kind == 0x80:
            yield self._moved("note", first, 0)
        elif kind == 0x90:
            yield self._moved("note", first, second)
        elif kind == 0xA0:
            yield self._moved("poly", first, second)
        elif kind == 0xB0:
            yield from self._controller(first, second, at)
            self._last_controller = first
        elif kind == 0xC0:
            yield self._moved("program", first, COARSE)
        elif kind == 0xD0:
            yield self._moved("pressure", 0, first)
        else:
            yield self._moved("pitch", 0, first | second << 7, FINE)

    def _moved(self, kind: ControlType, number: int, value: int, most: int = COARSE) -> ControlMove:
        return ControlMove(MidiControl(kind, self._number, number), value, most)

    def due(self, now: float) -> Iterator[ControlMove]:
        """Yield the values of which only half has come; see `MidiDecoder.due`."""
        for number in [number for number, half in self.halves.items() if now - half.at > TOGETHER]:
            yield from self._alone(number)

    def _controller(self, number: int, value: int, at: float) -> Iterator[ControlMove]:
        if self._chosen and number in (_DATA, _DATA_FINE, _MORE, _LESS):
            yield from self._entry(self._chosen, number, value)
            return
        if number in _SELECTORS:
            self._select(number, value)
        yield self._moved("cc", number, value)
        if number < 64:
            yield from self._half(number % 32, _Half(number >= 32, value, at))

    def _half(self, number: int, half: "_Half") -> Iterator[ControlMove]:
        """Take the upper or the lower half of the pair ``number``, and yield the value that it completes."""
        other = self.halves.get(number)
        self._is_pair |= {number} if half.is_lower else set()
        if other and (other.is_lower == half.is_lower or half.at - other.at > TOGETHER):
            if number in self._is_pair:  # else it is most likely a controller of seven bits
                yield from self._alone(number)
            other = None
        if not half.is_lower:
            self._upper[number] = half.value
        if other:
            del self.halves[number]
            (self._upper_first.add if half.is_lower else self._upper_first.discard)(number)
            yield from self._pair(number, half.value if half.is_lower else other.value)
        elif half.is_lower and number in self._upper_first:
            yield from self._pair(number, half.value)
        else:
            self.halves[number] = half

    def _alone(self, number: int) -> Iterator[ControlMove]:
        """Yield the value of a half that came alone: a lower half goes with the newest upper one, an upper half
        with 0.
        """
        half = self.halves.pop(number)
        yield from self._pair(number, half.value if half.is_lower else 0)

    def _pair(self, number: int, lower: int) -> Iterator[ControlMove]:
        if number in self._upper:
            yield self._moved("cc14", number, self._upper[number] << 7 | lower, FINE)

    def _select(self, number: int, value: int) -> None:
        """Take one half of the number of a parameter.

        The two halves must follow each other at first: two knobs that send 98 and 99 choose nothing.
        """
        kind, half = _SELECTORS[number]
        halves = self._halves[kind]
        halves[half] = value
        other = _SELECTORS.get(self._last_controller)
        is_pair = other is not None and other == (kind, 1 - half)
        if (is_pair or (self._chosen and self._chosen.type == kind)) and None not in halves:
            lower, upper = halves
            assert lower is not None
            assert upper is not None
            nothing = (lower, upper) == _NOTHING
            self._chosen = None if nothing else MidiControl(kind, self._number, upper << 7 | lower)

    def _entry(self, control: MidiControl, number: int, value: int) -> Iterator[ControlMove]:
        if number in (_MORE, _LESS):
            yield ControlMove(control, 0, FINE, 1 if number == _MORE else -1)
        elif number == _DATA:
            self._coarse = value
            if control not in self._has_fine:
                yield ControlMove(control, value << 7 | value, FINE)
        else:
            self._has_fine[control] = None
            if len(self._has_fine) > _MOST_PARAMETERS:
                self._has_fine.popitem(last=False)
            yield ControlMove(control, self._coarse << 7 | value, FINE)


def _length(status: int) -> int:
    return _LENGTHS[status & 0xF0 if status < 0xF0 else status]
