"""How the stored pictures of a film become upright: turned by quarters, and mirrored or not."""

import struct
from typing import TYPE_CHECKING, Any, NamedTuple

from vj.base.frame import Pixels

if TYPE_CHECKING:
    from av.video.frame import VideoFrame


class Orientation(NamedTuple):
    """The steps that make a picture upright, in this order: exchange its axes, its left and right, its top and
    bottom."""

    exchanged: bool = False
    mirrored: bool = False
    flipped: bool = False

    @classmethod
    def of(cls, frame: "VideoFrame") -> "Orientation":
        """Returns the orientation that the display matrix of ``frame`` asks for (libavutil/display.h), rounded to
        quarter turns; nothing to do if it has none.

        Except for a shift, a stored pixel at (x, y) is shown at (a·x + c·y, b·x + d·y).
        """
        sides: Any = frame.side_data  # PyAV's own types say that it is a mapping
        for data in sides:
            if data.type.name == "DISPLAYMATRIX":
                a, b, _, c, d, *_ = struct.unpack("=9i", bytes(data))
                if abs(a) + abs(d) >= abs(b) + abs(c):
                    return cls(mirrored=a < 0, flipped=d < 0)
                return cls(True, mirrored=c < 0, flipped=b < 0)
        return cls()

    def upright(self, pixels: Pixels) -> Pixels:
        """Returns ``pixels`` [h, w, 3], or an alpha [h, w], upright, with its sides exchanged if axes are: an array of
        its own in row-major order, or ``pixels`` if nothing changes."""
        import numpy as np

        if self == Orientation():
            return pixels
        turned = pixels.swapaxes(0, 1) if self.exchanged else pixels
        return np.ascontiguousarray(turned[:: -1 if self.flipped else 1, :: -1 if self.mirrored else 1])
