"""The packets between the show and the process that holds the MIDI ports: records, the same in both directions.

A record is a number, a time, a length, and bytes. The number stands for one opening of one port, and is never used
again. Number 0 is no port: its bytes are the JSON list of the open ports, each ``[name, number]``.
"""

import json
import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_HEAD = struct.Struct("<IdH")
LONGEST_DATA = 1024
"""The longest message that is passed on, in bytes. Longer ones are exclusive messages, which the show doesn't use."""
PORT_LIST = 0
"""The number of a record that lists the open ports."""


class Record(NamedTuple):
    """The bytes of one message, the number of its ``port``'s opening (or `PORT_LIST`), and when it came (``at``,
    monotonic seconds; 0 for messages to ports and lists).
    """

    port: int
    at: float
    data: bytes


def size(record: Record) -> int:
    """Returns how many bytes ``record`` takes in a packet, its head included."""
    return _HEAD.size + len(record.data)


def pack(records: Iterable[Record]) -> bytes:
    """Returns ``records`` as one packet for `vj.control.midi.connection`. Its length is not checked."""
    return b"".join(_HEAD.pack(port, at, len(data)) + data for port, at, data in records)


def unpack(packet: bytes) -> Iterator[Record]:
    """Yield the records of ``packet``, as `pack` made it; one that is cut short is left out."""
    place = 0
    while place + _HEAD.size <= len(packet):
        port, at, length = _HEAD.unpack_from(packet, place)
        place += _HEAD.size
        if place + length <= len(packet):
            yield Record(port, at, packet[place : place + length])
        place += length


def port_list(ports: Iterable[tuple[str, int]]) -> Record:
    """Returns the record that lists the open ``ports``, each given as its name and the number of its opening."""
    return Record(PORT_LIST, 0.0, json.dumps(list(ports)).encode())


def read_port_list(data: bytes) -> dict[str, int]:
    """Returns the numbers of ports by name, from the ``data`` of a record that `port_list` made. Raises ValueError or
    TypeError for what isn't a list of ports.
    """
    return {str(name): int(number) for name, number in json.loads(data)}
