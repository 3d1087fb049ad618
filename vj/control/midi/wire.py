"""What is sent between the show and the process that holds the MIDI ports: packets of records, both ways the same.

A record is a number, a time, a length, and bytes. The number stands for one opening of one port, and is never used
again; number 0 is no port: its bytes are the JSON list of those that are open, each ``[name, number]``.
"""

import json
import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_HEAD = struct.Struct("<IdH")
LONGEST_DATA = 1024
"""Bytes of a message that is passed on; exclusive messages beyond say nothing to us."""
PORT_LIST = 0


class Record(NamedTuple):
    port: int
    at: float
    data: bytes


def size(record: Record) -> int:
    """Its bytes in a packet."""
    return _HEAD.size + len(record.data)


def pack(records: Iterable[Record]) -> bytes:
    return b"".join(_HEAD.pack(port, at, len(data)) + data for port, at, data in records)


def unpack(packet: bytes) -> Iterator[Record]:
    """The records of ``packet``; one that is cut short is left out."""
    place = 0
    while place + _HEAD.size <= len(packet):
        port, at, length = _HEAD.unpack_from(packet, place)
        place += _HEAD.size
        if place + length <= len(packet):
            yield Record(port, at, packet[place : place + length])
        place += length


def port_list(ports: Iterable[tuple[str, int]]) -> Record:
    return Record(PORT_LIST, 0.0, json.dumps(list(ports)).encode())


def read_port_list(data: bytes) -> dict[str, int]:
    """Numbers by name. Raises ValueError or TypeError for what isn't a list of ports."""
    return {str(name): int(number) for name, number in json.loads(data)}
