"""How a film's stored pictures become upright ones: turned by quarters, and mirrored or not."""

import struct
from typing import TYPE_CHECKING, Any, NamedTuple

from vj.base.frame import Pixels

if TYPE_CHECKING:
    from av.video.frame import VideoFrame


class Orientation(NamedTuple):
    """What is done to a picture, in this order: its axes are exchanged, left and right, top and bottom."""

    exchanged: bool = False
    mirrored: bool = False
    flipped: bool = False

    @classmethod
    def of(cls, frame: "VideoFrame") -> "Orientation":
        """By the display matrix that comes with ``frame`` (libavutil/display.h): a stored pixel at (x, y) is shown at
        (a·x + c·y, b·x + d·y), but for a shift."""
        sides: Any = frame.side_data  # PyAV's own types say that it is a mapping
        for data in sides:
            if data.type.name == "DISPLAYMATRIX":
                a, b, _, c, d, *_ = struct.unpack("=9i", bytes(data))
                if abs(a) + abs(d) >= abs(b) + abs(c):
                    return cls(mirrored=a < 0, flipped=d < 0)
                return cls(True, mirrored=c < 0, flipped=b < 0)
        return cls()

    def upright(self, pixels: Pixels) -> Pixels:
        """``pixels`` [h, w, 3] as they are shown, in a row-major order of their own unless nothing is done to them."""
        import numpy as np

        if self == Orientation():
            return pixels
        turned = pixels.swapaxes(0, 1) if self.exchanged else pixels
        return np.ascontiguousarray(turned[:: -1 if self.flipped else 1, :: -1 if self.mirrored else 1])
