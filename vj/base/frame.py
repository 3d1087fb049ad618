"""How pictures are stored everywhere outside ``model/``, and what is known about a frame besides its pixels."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
"""A picture: H×W×3 uint8, RGB in sRGB, top row first."""

Alpha = npt.NDArray[np.uint8]
"""What a picture covers: H×W uint8, 0 where it is transparent, 255 where it is opaque."""


class Picture(NamedTuple):
    """A picture with what it covers. ``alpha`` is None if all of it is opaque; else the colours of ``pixels`` are
    premultiplied by it, so that they alone are the picture over black."""

    pixels: Pixels
    alpha: Alpha | None = None

    @property
    def nbytes(self) -> int:
        """Returns how many bytes it takes."""
        return self.pixels.nbytes + (0 if self.alpha is None else self.alpha.nbytes)


class Size(NamedTuple):
    """Width and height in pixels; ``str`` writes it as ``WIDTHxHEIGHT``, such as ``640x360``."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"

    def fitted(self, width: int, height: int, multiple: int = 4) -> "Size":
        """Returns the size of a ``width``×``height`` picture that is scaled down to fit into this one, if it is larger.

        Its shape is kept; a picture that fits is never enlarged. Each side is cut to a multiple of ``multiple``, also
        where nothing is scaled, and is at least ``multiple``. Four suits the models and the GPU's rows, and distorts no
        shape visibly.
        """
        scale = min(self.width / width, self.height / height, 1.0)
        return Size(*(max(multiple, round(side * scale) // multiple * multiple) for side in (width, height)))


class Frame:
    """A picture in a `vj.child.latest_frame.LatestFrame`, valid until its reader takes the next one.

    ``pixels`` (H×W×3 uint8, RGB) is a view of the shared memory, not a copy; don't write to it. ``seq`` is the frame's
    number in that memory, counted from 1. ``captured`` is the monotonic time (s) at which the source captured it; every
    process that makes a picture from it passes the time on. ``origin`` is the ``seq`` of the source's frame that it was
    made from (its own for a source's frame), and ``maker`` the number of the model that made it, 0 for a source's.

    ``alpha`` is a view like ``pixels`` if the picture has transparent parts, else None. Colours are premultiplied by
    it, so that ``pixels`` alone are the picture over black, which is what models see.
    """

    __slots__ = ("alpha", "captured", "maker", "origin", "pixels", "seq")

    def __init__(
        self,
        pixels: Pixels,
        seq: int = 0,
        captured: float = 0.0,
        origin: int = 0,
        maker: int = 0,
        alpha: Alpha | None = None,
    ) -> None:
        self.pixels = pixels
        self.alpha = alpha
        self.seq = seq
        self.captured = captured
        self.origin = origin
        self.maker = maker
