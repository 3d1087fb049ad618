"""How MIDI goes between the show and the process that holds the ports: packets of records, both ways the same.

A record is a number, a time, a length, and bytes. The number stands for one opening of one port, and is never used
again; number 0 is no port: its bytes are the JSON list of those that are open, each ``[name, number]``.
"""

import json
import socket
import struct
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple

_HEAD = struct.Struct("<IdH")
LONGEST = 32768
"""Bytes of a packet."""
LONGEST_DATA = 1024
"""Bytes of a message that is passed on; exclusive messages beyond say nothing to us."""
PORT_LIST = 0


class Record(NamedTuple):
    port: int
    at: float
    data: bytes


def pair() -> tuple[socket.socket, socket.socket]:
    """Two connected ends that keep packets whole and never block."""
    kind = getattr(socket, "SOCK_SEQPACKET", socket.SOCK_DGRAM)
    try:
        ends = socket.socketpair(socket.AF_UNIX, kind)
    except OSError:  # macOS has datagrams only
        ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    for end in ends:
        end.setblocking(False)
        with suppress(OSError):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    return ends


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
