"""A moving test card, whose frames people and tests can distinguish from each other."""

from collections.abc import Mapping

import numpy as np

from vj.base.clock import Pacer
from vj.base.frame import Pixels
from vj.params.param import Param, Value
from vj.source.source import Begin, Source

BITS = 24
"""The number of squares in the frame counter, a row along the bottom: most significant bit first, white for 1."""


class Pattern(Source):
    """A test card: colour bars, a moving disc, and the frame's number as a row of squares, which `read_counter` reads.
    Its pictures have exactly the size of ``box``."""

    name = "pattern"
    help = "a moving test card with a readable frame counter"
    params = (Param("speed", 0.0, 8.0, default=1.0, unit="×", help="how fast the disc travels"),)

    def open(self) -> None:
        """Draws the card that does not move. The frames' numbers begin with 0."""
        self._pacer = Pacer(self.clock, self.fps)
        self._count, self._phase = 0, 0.0
        self._card = _colour_bars(self.box.height, self.box.width)

    def read(self, begin: Begin, values: Mapping[str, Value]) -> float:
        """Waits until the next picture is due at ``fps``, draws it into the buffer and returns the monotonic time (s)
        at which it was due. The frame's number rises by 1 with each call; it lies in the picture as a row of squares.
        The disc moves by ``speed`` / ``fps`` seconds of its usual travel."""
        due = self._pacer.wait()
        started = self.clock.now()
        self._phase += float(values["speed"]) / self.fps
        picture = begin(self.box.height, self.box.width)
        np.copyto(picture, self._card)
        _draw_disc(picture, self._phase)
        draw_counter(picture, self._count)
        self._count += 1
        self.on_spent("capture", self.clock.now() - started)
        return due


def draw_counter(picture: Pixels, count: int) -> None:
    """Writes ``count``, of which the last `BITS` bits count, into the bottom of ``picture`` ([h, w, 3], changed in
    place) as a row of `BITS` (24) squares over the whole width, the most significant bit at the left, white (255) for 1
    and black for 0."""
    edges = [round(place * picture.shape[1] / BITS) for place in range(BITS + 1)]
    for place in range(BITS):
        bit = count >> (BITS - 1 - place) & 1
        picture[-edges[1] :, edges[place] : edges[place + 1]] = 255 * bit


def read_counter(picture: Pixels) -> int:
    """Returns the number, 0..2²⁴ - 1, that `draw_counter` wrote into ``picture`` ([h, w, 3]), also after scaling or
    video coding. The picture must be whole; in any other picture the number means nothing."""
    height, width = picture.shape[:2]
    side = width / BITS
    row = picture[int(height - side / 2)]
    bits = (bool(row[int((place + 0.5) * side)].mean() > 127) for place in range(BITS))
    return sum(bit << (BITS - 1 - place) for place, bit in enumerate(bits))


def _colour_bars(height: int, width: int) -> Pixels:
    """Returns seven bars over a grey ramp, as on a broadcast test card."""
    bars = 192 * np.array([[1, 1, 1], [1, 1, 0], [0, 1, 1], [0, 1, 0], [1, 0, 1], [1, 0, 0], [0, 0, 1]], np.uint8)
    card = np.empty((height, width, 3), np.uint8)
    card[:] = bars[np.arange(width) * 7 // width]
    card[height * 3 // 4 :] = np.linspace(0, 255, width).astype(np.uint8)[None, :, None]
    return card


def _draw_disc(picture: Pixels, phase: float) -> None:
    """Draws the disc where it is after ``phase`` seconds of its travel."""
    height, width = picture.shape[:2]
    radius = height // 8
    x = int((0.5 + 0.4 * np.sin(2 * np.pi * phase / 4)) * width)
    y = int((0.4 + 0.2 * np.cos(2 * np.pi * phase / 3)) * height)
    top, left = max(0, y - radius), max(0, x - radius)
    region = picture[top : y + radius, left : x + radius]
    rows, columns = np.ogrid[top - y : top - y + region.shape[0], left - x : left - x + region.shape[1]]
    region[rows * rows + columns * columns <= radius * radius] = (255, 128, 0)
