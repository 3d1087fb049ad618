"""How the motion between pictures of a source is written as bytes: by the process that measures it, for the display.

A record is a picture for `vj.child.latest_frame.LatestFrame`: a row that says which pictures it is about, then `MAPS`
maps, each of them ``h`` rows of ``w`` places. A place takes two pixels, which are six bytes: x and y of the motion as
16-bit fixed-point numbers (high byte first), how well both pictures agree there (0..255), and nothing.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vj.base.frame import Pixels, Size

Floats = npt.NDArray[np.float32]

MAPS = 3
"""How many maps there are: from `FlowHead.newest` to ``shown`` and to ``coming``, and from ``coming`` to ``shown``."""
NEWEST_TO_SHOWN, NEWEST_TO_COMING, COMING_TO_SHOWN = range(MAPS)
STEPS = 64.0
"""Steps of the fixed-point numbers in a pixel of the map; `shaders/lib/flow.frag` reads them back."""
ZERO = 32768
"""The fixed-point number that means no motion."""
LONGEST = Size(384, 384)
"""The largest map that is made."""
SHORTER_SIDE, LEAST = 144, 32
"""Pixels of a map's shorter side, if the source's pictures have so many; and the fewest that the method can use."""


class FlowHead(NamedTuple):
    """What a record is about: the numbers of three of the source's pictures, 0 for none, and what of it is known.

    ``newest`` is the newest that was measured, ``shown`` the one that the shown result was made from, and ``coming``
    the one that the next result is made from. ``known`` has a bit for each map, the first one the lowest; a map that
    isn't known holds what it held before.
    """

    newest: int
    shown: int
    coming: int
    known: int

    def has(self, number: int) -> bool:
        """Returns whether the map of that ``number`` is known."""
        return bool(self.known >> number & 1)


class FlowMap(NamedTuple):
    """Where each place of one picture was in another one: ``motion``, float32 [h, w, 2], x and y in pixels of the map,
    and ``agrees``, float32 [h, w] in 0..1, how well the two agree there."""

    motion: Floats
    agrees: Floats


def map_size(width: int, height: int) -> Size:
    """Returns the size of the maps for pictures of that size: its shorter side has `SHORTER_SIDE` pixels, or as many as
    the picture has if it is smaller; none is below `LEAST` or above `LONGEST`."""
    scale = min(1.0, SHORTER_SIDE / min(width, height), LONGEST.width / max(width, height))
    return Size(*(max(LEAST, round(side * scale)) for side in (width, height)))


def record_size(size: Size) -> Size:
    """Returns the size of the picture that holds a record of maps of that ``size``."""
    return Size(2 * size.width, 1 + MAPS * size.height)


def write(record: Pixels, head: FlowHead, maps: Sequence[FlowMap | None]) -> None:
    """Write a record into ``record``, uint8 [1 + 3h, 2w, 3]. ``maps`` are all `MAPS`, None for those not known."""
    numbers = np.array(head, np.int64).view(np.uint8)
    record[0].reshape(-1)[: numbers.size] = numbers
    height = (record.shape[0] - 1) // MAPS
    for number, flow in enumerate(maps):
        if flow:
            rows = record[1 + number * height : 1 + (number + 1) * height]
            _write_map(rows.reshape(height, -1, 6), flow)


def _write_map(places: Pixels, flow: FlowMap) -> None:
    fixed = np.clip(np.rint(flow.motion * STEPS) + ZERO, 0, 65535).astype(np.uint16)
    places[..., 0:4:2] = fixed >> 8
    places[..., 1:4:2] = fixed & 255
    places[..., 4] = np.rint(flow.agrees * 255.0)
    places[..., 5] = 0


def read_head(record: Pixels) -> FlowHead:
    """Returns what ``record`` is about."""
    return FlowHead(*record[0].reshape(-1)[:32].view(np.int64).tolist())
