"""The one convention for pictures outside ``model/``."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
"""H×W×3, RGB, uint8, sRGB, top row first."""


class Size(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"

    def fitted(self, width: int, height: int, multiple: int = 4) -> "Size":
        """The size for a picture of ``width``×``height`` inside this one: its shape kept, never blown up.

        Sides are cut to ``multiple``; four suits the models and the GPU's rows, and bends no shape visibly.
        """
        scale = min(self.width / width, self.height / height, 1.0)
        return Size(*(max(multiple, round(side * scale) // multiple * multiple) for side in (width, height)))


class Frame:
    """A picture in a slot, valid until the reader asks for the next one.

    ``seq`` counts the slot's frames from 1; ``captured`` is the monotonic time (s) at which the light was
    caught, carried through every process; ``origin`` is the source's ``seq`` for a frame made from another, and
    ``maker`` the number of the model that made it.
    """

    __slots__ = ("captured", "maker", "origin", "pixels", "seq")

    def __init__(self, pixels: Pixels, seq: int = 0, captured: float = 0.0, origin: int = 0, maker: int = 0) -> None:
        self.pixels = pixels
        self.seq = seq
        self.captured = captured
        self.origin = origin
        self.maker = maker
