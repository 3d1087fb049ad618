"""What passes the checks on OSC packets, and what doesn't."""

import math
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.control.osc.osc_bytes import FUTURE, NEGATIVE_SIZE, bundle, message
from vj.base.errors import BadInput
from vj.control.osc import packets

A, B, C = message("/a", 1), message("/b", 2.0), message("/c")


def nested(depth: int) -> bytes:
    packet = A
    for _ in range(depth):
        packet = bundle(packet)
    return packet


@pytest.mark.parametrize(
    ("packet", "found"),
    [
        (A, [A]),
        (bundle(), []),
        (bundle(A, B, C), [A, B, C]),
        (bundle(A, bundle(B, bundle(C), A), B), [A, B, C, A, B]),
        (nested(packets.DEEPEST), [A]),
        (bundle(*[A] * 1000), [A] * 1000),
        (FUTURE, [message("/layer/1/model/strength", 0.5)]),
    ],
    ids=["message", "empty bundle", "bundle", "bundles in bundles", "deep", "many", "stamped an hour ahead"],
)
def test_bundles_are_unwrapped_in_order(packet, found):
    assert packets.messages(packet) == found


BROKEN_PACKETS = {
    "empty": b"",
    "text": b"hello world!",
    "half a word": b"#bund",
    "no time tag": b"#bundle\0",
    "negative size": NEGATIVE_SIZE,
    "no size": bundle() + struct.pack(">i", 0),
    "size past the end": bundle() + struct.pack(">i", 400) + A,
    "uneven size": bundle() + struct.pack(">i", 5) + b"/a\0\0\0",
    "half a size": bundle(A) + b"\0\0",
    "good, then bad": bundle(A) + struct.pack(">i", -(2**31)),
    "bad inside": bundle(A, bundle() + struct.pack(">i", -4)),
    "too deep": nested(packets.DEEPEST + 1),
    "too many": bundle(*[bundle()] * (packets.MOST_ELEMENTS + 1)),
    "too long": message("/a", "x" * packets.LONGEST_MESSAGE),
    "too long inside": bundle(message("/a", "x" * packets.LONGEST_MESSAGE)),
}


@pytest.mark.parametrize("packet", BROKEN_PACKETS.values(), ids=BROKEN_PACKETS.keys())
def test_broken_packets_are_refused(packet):
    with pytest.raises(BadInput):
        packets.messages(packet)


@pytest.mark.parametrize(
    ("packet", "arguments"),
    [
        (message("/a"), []),
        (b"/a\0\0", []),
        (message("/a", 3), [3]),
        (message("/a", -(2**40), tags="h"), [-(2**40)]),
        (message("/a", 0.5), [0.5]),
        (message("/a", 0.1, tags="d"), [0.1]),
        (message("/a", True, False), [True, False]),
        (message("/a", "häppy"), ["häppy"]),
        (message("/a", ""), [""]),
        (message("/a", 1, 0.5, "x", True, 2), [1, 0.5, "x", True, 2]),
    ],
)
def test_arguments_are_decoded(packet, arguments):
    decoded = packets.arguments(packet)
    assert decoded == arguments
    assert [type(value) for value in decoded] == [type(value) for value in arguments]


BROKEN_MESSAGES = {
    "uneven": message("/a", 1)[:-1],
    "no end to the address": b"/abc",
    "no end to the tags": b"/a\0\0,iii",
    "no end to the text": b"/a\0\0,s\0\0text",
    "no comma": b"/a\0\0i\0\0\0" + bytes(4),
    "argument missing": b"/a\0\0,i\0\0",
    "half an argument": b"/a\0\0,d\0\0" + bytes(4),
    "argument missing at the end": b"/a\0\0,if\0" + bytes(4),
    "bytes left over": message("/a", 1) + bytes(4),
    "blob": message("/a", b"blob", tags="b"),
    "nil": message("/a", None),
    "array": message("/a", [1, 2]),
    "time tag": b"/a\0\0,t\0\0" + bytes(8),
    "too many arguments": message("/a", *range(packets.MOST_ARGUMENTS + 1)),
    "not UTF-8": b"/a\0\0,s\0\0\xff\xfe\0\0",
    "NaN": message("/a", math.nan),
    "inf": message("/a", math.inf),
    "-inf in double": message("/a", -math.inf, tags="d"),
    "NaN behind a good one": message("/a", 1.0, math.nan),
}


@pytest.mark.parametrize("packet", BROKEN_MESSAGES.values(), ids=BROKEN_MESSAGES.keys())
def test_broken_messages_are_refused(packet):
    with pytest.raises(BadInput):
        packets.arguments(packet)


@pytest.mark.parametrize(
    ("packet", "asks"),
    [
        (message("/a", "?"), True),
        (message("/abc", "?"), True),
        (b"/a\0\0?\0\0\0", True),
        (message("/a", 0.5), False),  # whose bytes end like the question's
        (message("/a", "??"), False),
        (message("/a", "?", 1), False),
        (message("/a"), False),
    ],
)
def test_a_lone_question_mark_asks(packet, asks):
    assert packets.asks(packet, len(packets.address_of(packet))) is asks


@pytest.mark.parametrize(("value", "tag"), [(0.25, "f"), (7, "i"), (True, "T"), (False, "F"), ("wave", "s")])
def test_values_are_encoded_by_their_type(value, tag):
    packet = packets.encode("/a", value)
    assert packet.startswith(b"/a\0\0," + tag.encode())
    assert packets.arguments(packet) == [value]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.binary(max_size=80) | st.binary(max_size=60).map(lambda tail: b"#bundle\0" + tail))
def test_anything_is_either_whole_or_refused(packet):
    try:
        found = packets.messages(packet)
    except BadInput:
        return
    for one in found:
        try:
            decoded = packets.arguments(one)
        except BadInput:
            continue
        assert all(isinstance(value, int | str) or math.isfinite(value) for value in decoded)
