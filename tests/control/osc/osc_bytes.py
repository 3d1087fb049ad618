"""OSC packets for the tests, written by python-osc; and the three that are known to bring its server down."""

import struct

from pythonosc.osc_message_builder import OscMessageBuilder

AT_ONCE = b"\0" * 7 + b"\1"
AN_HOUR_AHEAD = struct.pack(">II", 3_990_000_000 + 3600, 0)

NEGATIVE_SIZE = b"#bundle\0" + AT_ONCE + struct.pack(">i", -4) + b"\0" * 4
EXPLODING_PATTERN = b"/" + b"*a" * 31 + b"b" + b"\0" * 4 + b",f\0\0" + struct.pack(">f", 0.5)


def message(address: str, *arguments: object, tags: str = "") -> bytes:
    """A message; ``tags`` where the types are not to be guessed (``f``, ``d``, ``h``, ``b`` …)."""
    builder = OscMessageBuilder(address)
    for place, argument in enumerate(arguments):
        builder.add_arg(argument, tags[place] if tags else None)
    return builder.build().dgram


def bundle(*elements: bytes, time_tag: bytes = AT_ONCE) -> bytes:
    return b"#bundle\0" + time_tag + b"".join(struct.pack(">i", len(element)) + element for element in elements)


FUTURE = bundle(message("/layer/1/model/strength", 0.5), time_tag=AN_HOUR_AHEAD)
