"""Reads and writes OSC packets. Sizes, nesting, type tags and ends of strings are checked before anything is parsed.

python-osc decodes single arguments. Its bundle parser, which a negative element size sends into an endless loop, and
its server, which sleeps until a bundle's time tag, are not used.
"""

import math
import struct
from collections.abc import Callable, Iterable, Mapping

from pythonosc.parsing import osc_types

from vj.base.errors import BadInput
from vj.params.param import Value

LONGEST_MESSAGE = 4096
"""The longest message that is read, in bytes. Names and numbers need a few dozen; python-osc reads strings byte by
byte.
"""
MOST_ARGUMENTS = 16
"""The most arguments of a message that is read."""
MOST_ELEMENTS = 1024
"""Messages and bundles in one packet, at all depths together."""
DEEPEST = 8
"""The deepest nesting of bundles within bundles."""

_BUNDLE = b"#bundle\0"
_BUNDLE_HEAD = 16
"""Bytes before the first element: the word, then a time tag of eight."""
_AT_ONCE = _BUNDLE + struct.pack(">Q", 1)
"""The head of a bundle that is to be applied at once."""
LONGEST_BUNDLE = 1400
"""The longest packet that we send, in bytes: it fits into one Ethernet frame, whatever is wrapped around it."""
_QUESTION = b"?\0\0\0"
_TAGGED_QUESTION = b",s\0\0" + _QUESTION


def messages(packet: bytes) -> list[bytes]:
    """Returns the messages of ``packet``, a single message or a bundle, in their order and out of their bundles, each
    as bytes. Their arguments are not looked at yet.

    Time tags are ignored: a bundle stamped ahead is applied at once, since no performer wants to wait an hour for a
    knob. Raises BadInput for a malformed packet, and for one with a message longer than `LONGEST_MESSAGE`, more than
    `MOST_ELEMENTS`, or bundles nested more than `DEEPEST`; then none of it counts.
    """
    found: list[bytes] = []
    todo, seen = [(packet, 0)], 0
    while todo:
        element, depth = todo.pop()
        seen += 1
        if seen > MOST_ELEMENTS:
            raise BadInput(f"OSC packet holds more than {MOST_ELEMENTS} elements")
        if len(element) > LONGEST_MESSAGE and element.startswith(b"/"):
            raise BadInput(f"OSC message of {len(element)} bytes; the longest taken has {LONGEST_MESSAGE}")
        if element.startswith(b"/"):
            found.append(element)
        else:
            todo.extend((inner, depth + 1) for inner in reversed(_elements(element, depth)))
    return found


def address_of(message: bytes) -> bytes:
    """Returns the address as it stands on the wire, without the zeros after it. By it messages are looked up and
    coalesced; it is not checked.
    """
    return message[: message.find(b"\0")]


def asks(message: bytes, address_length: int) -> bool:
    """Returns whether the only argument of ``message`` is the text ``?``, with type tags or without: such a message
    asks for the value.

    ``address_length`` is the length of the message's address in bytes.
    """
    return message[address_length:].lstrip(b"\0") in (_TAGGED_QUESTION, _QUESTION)


def arguments(message: bytes) -> list[Value]:
    """Returns the arguments of ``message``: ints (i, h), floats (f, d), texts (s) and bools (T, F, and I as true); an
    empty list if there are none.

    Raises BadInput for another type, a number that isn't finite, more than `MOST_ARGUMENTS`, or arguments that don't
    fill the message exactly. I, an impulse, is what some programs send to a trigger.
    """
    place = _skip_address(message)
    if place == len(message):
        return []  # older senders leave the tags out where there are no arguments
    tags, place = _text(message, place)
    if not tags.startswith(",") or len(tags) > 1 + MOST_ARGUMENTS:
        raise BadInput(f"OSC type tags must be a comma and up to {MOST_ARGUMENTS} letters, not {tags[:40]!r}")
    found = []
    for tag in tags[1:]:
        value, place = _argument(message, place, tag)
        found.append(value)
    if place != len(message):
        raise BadInput(f"OSC message of {len(message)} bytes has arguments for {place}")
    return found


def _argument(message: bytes, place: int, tag: str) -> tuple[Value, int]:
    """Returns the argument at ``place``, and where the next one begins."""
    if tag not in _READERS:
        raise BadInput(f"OSC type {tag!r} is not taken; choices: {', '.join(_READERS)}")
    try:
        value, after = _READERS[tag](message, place)
    except osc_types.ParseError:
        raise BadInput(f"OSC message of {len(message)} bytes ends within an argument of type {tag!r}") from None
    if isinstance(value, float) and not math.isfinite(value):
        raise BadInput(f"OSC argument {value} is not finite")
    return value, after


def encode(address: str, value: Value) -> bytes:
    """Returns an OSC message to ``address`` with ``value`` as its one argument: f, i, T, F or s, as its type is; d or h
    for numbers too large for those.
    """
    return _padded(address.encode()) + _encoded(value)


def bundles(messages: Iterable[bytes]) -> list[bytes]:
    """Returns packets that hold ``messages``, in their order, each filled up to `LONGEST_BUNDLE`. A message that is
    alone in its packet needs no bundle; one that is longer than that is sent as it is.
    """
    packed: list[list[bytes]] = []
    room = 0
    for message in messages:
        if len(message) + 4 > room:
            packed.append([])
            room = LONGEST_BUNDLE - _BUNDLE_HEAD
        packed[-1].append(message)
        room -= len(message) + 4
    return [_bundle(together) if len(together) > 1 else together[0] for together in packed]


def _bundle(messages: list[bytes]) -> bytes:
    return _AT_ONCE + b"".join(struct.pack(">i", len(message)) + message for message in messages)


def _encoded(value: Value) -> bytes:
    if isinstance(value, bool):
        return b",T\0\0" if value else b",F\0\0"
    if isinstance(value, str):
        return b",s\0\0" + _padded(value.encode())
    narrow, wide = ("i", "h") if isinstance(value, int) else ("f", "d")
    try:
        return b",%s\0\0" % narrow.encode() + struct.pack(f">{narrow}", value)
    except (struct.error, OverflowError):
        return b",%s\0\0" % wide.encode() + struct.pack(">q" if wide == "h" else ">d", value)


def _padded(text: bytes) -> bytes:
    """Returns ``text`` with one to four zeros after it, up to a multiple of four bytes."""
    return text + b"\0" * (4 - len(text) % 4)


def _elements(bundle: bytes, depth: int) -> list[bytes]:
    """Returns what ``bundle`` holds. Raises BadInput unless each size is positive, a multiple of four and inside the
    bundle.
    """
    if not bundle.startswith(_BUNDLE) or len(bundle) < _BUNDLE_HEAD or len(bundle) % 4:
        raise BadInput(f"OSC packet is neither a message nor a whole bundle: {bundle[:16]!r}")
    if depth >= DEEPEST:
        raise BadInput(f"OSC bundles are nested more than {DEEPEST} deep")
    found, place = [], _BUNDLE_HEAD
    while place < len(bundle):
        (size,) = struct.unpack_from(">i", bundle, place)
        start, place = place + 4, place + 4 + size
        if size <= 0 or size % 4 or place > len(bundle):
            raise BadInput(f"OSC bundle element has the impossible size {size}")
        found.append(bundle[start:place])
    return found


def _skip_address(message: bytes) -> int:
    """Returns where what follows the address begins."""
    end = message.find(b"\0")
    if end < 0 or len(message) % 4:
        raise BadInput(f"OSC message of {len(message)} bytes has no end to its address, or is not a multiple of 4")
    return _after(end)


def _text(message: bytes, place: int) -> tuple[str, int]:
    """Returns the string at ``place``, and where what follows it begins."""
    end = message.find(b"\0", place)
    if end < 0:
        raise BadInput("OSC string has no end")
    try:
        return message[place:end].decode(), _after(end)
    except UnicodeDecodeError:
        raise BadInput(f"OSC string is not UTF-8: {message[place:end][:40]!r}") from None


def _after(end: int) -> int:
    """Returns where what follows a string begins whose closing zero is at ``end``."""
    return (end // 4 + 1) * 4


_READERS: Mapping[str, Callable[[bytes, int], tuple[Value, int]]] = {
    "i": osc_types.get_int,
    "h": osc_types.get_int64,
    "f": osc_types.get_float,
    "d": osc_types.get_double,
    "s": _text,
    "T": lambda _, place: (True, place),
    "F": lambda _, place: (False, place),
    "I": lambda _, place: (True, place),
}
