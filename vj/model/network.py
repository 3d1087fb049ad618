"""A picture-to-picture network, apart from what runs it: what it is made of, and how its numbers are to be read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from vj.base.errors import BadInput
from vj.base.frame import Size

if TYPE_CHECKING:
    from torch import nn

Layout = Literal["nchw", "nhwc"]
Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Range:
    """How a pixel of 0..1 becomes the network's number: ``pixel * scale + shift``, by channel (RGB)."""

    scale: Triple
    shift: Triple = (0.0, 0.0, 0.0)

    @classmethod
    def between(cls, low: float, high: float) -> Range:
        """0 becomes ``low`` and 1 becomes ``high``, in every channel."""
        return cls((high - low,) * 3, (low,) * 3)


UNIT, SIGNED, BYTES = Range.between(0.0, 1.0), Range.between(-1.0, 1.0), Range.between(0.0, 255.0)
RANGES: Mapping[str, Range] = {"0..1": UNIT, "-1..1": SIGNED, "0..255": BYTES}
"""As manifests write them."""


@dataclass(frozen=True)
class NetworkControl:
    """An input beside the picture: float32 of a fixed shape, 0 or more of them, live.

    ``sample`` is a value for exporting, timing and calibrating: every element holds it.
    """

    name: str
    shape: tuple[int, ...]
    sample: float = 0.0


@dataclass(frozen=True)
class Network:
    """What every runtime needs to know of a network.

    Either ``module`` builds it in torch (float32, eval, without gradients; called as ``module()(image, *controls)``
    with image [1, 3, h, w] in the network's own range), or ``onnx`` is its file, whose inputs are the picture and
    then the controls, in order.
    """

    name: str
    key: str
    """Names it in caches: a digest of all that its numbers depend on; see `digest`."""
    takes: Range
    gives: Range
    multiple: int = 4
    """Its pictures' sides are multiples of this."""
    smallest: int = 16
    """The least side, in pixels."""
    controls: tuple[NetworkControl, ...] = ()
    module: Callable[[], nn.Module] | None = None
    onnx: Path | None = None
    layout: Layout = "nchw"
    """Of an ONNX file's picture, in and out."""
    steady: bool = True
    """Whether its numbers stay in ranges that can be measured beforehand, whatever its controls are."""
    fixed: Size | None = None
    """The only size that it can run at; None where any fits."""
    floats: bool = False
    """Whether it goes between float32 numbers, `channels` in and 3 out, rather than between the bytes of pictures."""
    channels: int = 3
    """Of what goes in, where that is floats."""
    recordable: bool = True
    """Whether it is the same operations every time, which can be exported and recorded."""
    timed_as: str = ""
    """Names networks that are alike in speed in every runtime, so that one of them is timed; else its ``key``."""

    @property
    def least(self) -> int:
        """The least side that is a multiple too."""
        return -(-self.smallest // self.multiple) * self.multiple

    def nearest(self, size: Size) -> Size:
        """The size nearest to ``size`` that it can take."""
        sides = (max(self.least, round(side / self.multiple) * self.multiple) for side in size)
        return self.fixed or Size(*sides)

    def sample(self, size: Size) -> npt.NDArray[np.uint8] | npt.NDArray[np.float32]:
        """Something to run it on: noise, of the shape and kind that it takes."""
        noise = np.random.default_rng(0)
        if self.floats:
            return noise.random((size.height, size.width, self.channels), np.float32)
        return noise.integers(0, 256, (size.height, size.width, 3), np.uint8)

    def check(self, size: Size) -> None:
        """Raises BadInput, naming the next sizes that fit, when it can't take pictures of ``size``."""
        if self.fixed and size != self.fixed:
            raise BadInput(f"{self.name} takes pictures of {self.fixed} only, not {size}")
        if any(side % self.multiple or side < self.smallest for side in size):
            near = self.nearest(size)
            raise BadInput(f"{self.name} takes sides that are multiples of {self.multiple}, not {size}; try {near}")


def digest(*files: Path, **options: object) -> str:
    """Names what is made of ``files`` (by content) with ``options`` (JSON-able): 24 hexadecimal digits."""
    total = hashlib.sha256(json.dumps(options, sort_keys=True).encode())
    for path in files:
        with path.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()[:24]
