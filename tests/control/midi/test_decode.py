"""Bytes to messages: every kind, in any pieces, with anything in between."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as some

from vj.control.midi.decode import LONGEST_SYSEX, MidiDecoder
from vj.control.midi.message import COARSE, FINE, ControlMove, Message, MidiControl, System


def decoded(*data: int) -> list[Message]:
    return MidiDecoder().feed(bytes(data))


def cc(number: int, value: int, channel: int = 1) -> ControlMove:
    return ControlMove(MidiControl("cc", channel, number), value)


def nrpn(number: int, value: int, step: int = 0) -> ControlMove:
    return ControlMove(MidiControl("nrpn", 1, number), value, FINE, step)


@pytest.mark.parametrize(
    ("data", "messages"),
    [
        ((0x90, 60, 100), [ControlMove(MidiControl("note", 1, 60), 100)]),
        ((0x9F, 60, 0), [ControlMove(MidiControl("note", 16, 60), 0)]),
        ((0x82, 60, 64), [ControlMove(MidiControl("note", 3, 60), 0)]),
        ((0xA0, 60, 9), [ControlMove(MidiControl("poly", 1, 60), 9)]),
        ((0xB1, 70, 127), [cc(70, 127, 2)]),
        ((0xC0, 5), [ControlMove(MidiControl("program", 1, 5), COARSE)]),
        ((0xD0, 33), [ControlMove(MidiControl("pressure", 1, 0), 33)]),
        ((0xE0, 0, 64), [ControlMove(MidiControl("pitch", 1, 0), 8192, FINE)]),
        ((0xE0, 127, 127), [ControlMove(MidiControl("pitch", 1, 0), 16383, FINE)]),
        ((0xF8, 0xFA, 0xFB, 0xFC), [System("clock"), System("start"), System("continue"), System("stop")]),
        ((0xF2, 1, 2), [System("position", 257)]),
        (
            (0x90, 60, 1, 61, 2),
            [ControlMove(MidiControl("note", 1, 60), 1), ControlMove(MidiControl("note", 1, 61), 2)],
        ),
        ((0x90, 60, 0xF8, 1), [System("clock"), ControlMove(MidiControl("note", 1, 60), 1)]),
        ((0xF0, 1, 0xF8, 2, 0xF7, 0xB0, 70, 1), [System("clock"), cc(70, 1)]),
        ((0xFE, 0xF6, 0xF3, 9), []),
        ((0xB0, 7, 3, 39, 5), [cc(7, 3), cc(39, 5), ControlMove(MidiControl("cc14", 1, 7), 3 << 7 | 5, FINE)]),
        ((0xB0, 39, 5), [cc(39, 5)]),
    ],
)
def test_every_kind_of_message(data: Sequence[int], messages: list[Message]) -> None:
    decoder = MidiDecoder()
    assert decoder.feed(bytes(data)) == messages
    assert decoder.malformed == 0


@pytest.mark.parametrize(
    ("data", "after"),
    [
        ((99, 1, 98, 2, 6, 127), [nrpn(130, FINE)]),
        ((98, 2, 99, 1, 6, 64), [nrpn(130, 64 << 7 | 64)]),
        ((99, 1, 98, 2, 6, 1, 38, 5), [nrpn(130, 129), nrpn(130, 133)]),
        ((99, 1, 98, 2, 6, 1, 38, 5, 6, 2, 38, 7), [nrpn(130, 129), nrpn(130, 133), nrpn(130, 263)]),
        ((99, 1, 98, 2, 96, 0, 97, 0), [nrpn(130, 0, 1), nrpn(130, 0, -1)]),
        ((101, 0, 100, 1, 6, 0), [ControlMove(MidiControl("rpn", 1, 1), 0, FINE)]),
        ((99, 1, 98, 2, 99, 127, 98, 127, 6, 9), [cc(6, 9)]),
        ((99, 1, 7, 0, 98, 2, 6, 9), [cc(7, 0), cc(6, 9)]),
        ((6, 9), [cc(6, 9)]),
    ],
)
def test_parameter_numbers(data: Sequence[int], after: list[ControlMove]) -> None:
    selectors = [MidiControl("cc", 1, number) for number in (98, 99, 100, 101)]
    found = decoded(0xB0, *data)
    assert [message for message in found if message[0] not in selectors] == after


@pytest.mark.parametrize(
    ("data", "malformed"),
    [
        ((1, 2, 3), 3),
        ((0x90, 60), 1),
        ((0x90, 0xB0, 70), 1),
        ((0xF0, 1, 2), 1),
        ((0xF7,), 1),
        ((0xF4,), 1),
        ((0xF9, 0xFD, 0xFF), 3),
        ((0xF2, 1, 0xF1), 1),
        ((0xF0, *[0] * LONGEST_SYSEX), 1),
    ],
)
def test_what_is_malformed_is_counted_and_the_next_is_fine(data: Sequence[int], malformed: int) -> None:
    decoder = MidiDecoder()
    decoder.feed(bytes(data))
    assert decoder.feed(bytes((0xB0, 70, 5))) == [cc(70, 5)]
    assert decoder.malformed == malformed


@given(some.lists(some.binary(max_size=20), max_size=20))
def test_anything_is_survived_the_same_in_any_pieces(pieces: list[bytes]) -> None:
    whole, pieced = MidiDecoder(), MidiDecoder()
    found = whole.feed(b"".join(pieces))
    assert found == [message for piece in pieces for message in pieced.feed(piece)]
    assert whole.malformed == pieced.malformed
    for message in found:
        if isinstance(message, ControlMove):
            assert 0 <= message.value <= message.most
            assert 0.0 <= message.position <= 1.0
            assert 1 <= message.control.channel <= 16
    assert whole.feed(bytes((0x9A, 60, 5)))[-1] == ControlMove(MidiControl("note", 11, 60), 5)


def test_a_pitch_wheel_rests_in_the_middle() -> None:
    positions = [decoded(0xE0, fine, coarse)[0].position for fine, coarse in ((0, 0), (0, 64), (127, 127))]
    assert positions == [0.0, 0.5, 1.0]


def halves(*events: tuple[float, int, int], until: float) -> list[int]:
    """The 14-bit values of controller 7 for halves that come at these times (s): 7 is the upper one, 39 the lower."""
    decoder, found = MidiDecoder(), list[Message]()
    for at, number, value in events:
        found += decoder.due(at)
        found += decoder.feed(bytes((0xB0, number, value)), at)
    found += decoder.due(until)
    return [moved.value for moved in found if isinstance(moved, ControlMove) and moved.control.type == "cc14"]


def test_the_lower_half_may_come_first() -> None:
    """129, 128, 127: what was brought jumped back by 128."""
    sent = [(0.0, 39, 1), (0.001, 7, 1), (0.1, 39, 0), (0.101, 7, 1), (0.2, 39, 127), (0.201, 7, 0)]
    assert halves(*sent, until=1.0) == [129, 128, 127]


def test_the_upper_half_may_come_first_and_a_lower_one_alone_is_heard_at_once() -> None:
    sent = [(0.0, 7, 1), (0.001, 39, 1), (0.1, 7, 1), (0.101, 39, 0), (0.2, 7, 0), (0.201, 39, 127)]
    assert halves(*sent, until=0.201) == [129, 128, 127]
    assert halves(*sent, (0.3, 39, 126), until=0.3) == [129, 128, 127, 126]


def test_a_half_alone_counts_after_ten_milliseconds() -> None:
    assert halves((0.0, 7, 3), until=0.009) == []
    assert halves((0.0, 7, 3), until=0.011) == [3 << 7]
    assert halves((0.0, 39, 5), until=1.0) == [], "nobody knows what it belongs to"
    assert halves((0.0, 39, 1), (0.001, 7, 3), (0.5, 39, 9), until=0.6) == [3 << 7 | 1, 3 << 7 | 9]
    assert halves((0.0, 7, 3), (0.1, 7, 4), until=0.2) == [3 << 7, 4 << 7]


def test_halves_of_two_controllers_are_kept_apart() -> None:
    decoder = MidiDecoder()
    found = decoder.feed(bytes((0xB0, 39, 1, 40, 2, 8, 3, 7, 4)), 0.0)
    pairs = {moved.control.number: moved.value for moved in found if moved.control.type == "cc14"}  # type: ignore[union-attr]
    assert pairs == {8: 3 << 7 | 2, 7: 4 << 7 | 1}
