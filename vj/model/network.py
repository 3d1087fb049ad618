"""A picture-to-picture network as data: its origin, its sizes and the ranges of its numbers, for any runtime."""

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
    """The scaling from a pixel in 0..1 to the network's number: ``pixel * scale + shift``, three numbers each, by
    channel (RGB). For numbers that come out it is the same relation, read backwards: ``(number - shift) / scale`` is
    the pixel."""

    scale: Triple
    shift: Triple = (0.0, 0.0, 0.0)

    @classmethod
    def between(cls, low: float, high: float) -> Range:
        """Returns the range that maps 0 to ``low`` and 1 to ``high`` in every channel."""
        return cls((high - low,) * 3, (low,) * 3)


UNIT, SIGNED, BYTES = Range.between(0.0, 1.0), Range.between(-1.0, 1.0), Range.between(0.0, 255.0)
RANGES: Mapping[str, Range] = {"0..1": UNIT, "-1..1": SIGNED, "0..255": BYTES}
"""Ranges by the names that manifests use for them: ``0..1``, ``-1..1`` and ``0..255``."""


@dataclass(frozen=True)
class NetworkControl:
    """A live input of a network beside the picture: a float32 array of a fixed shape.

    ``name`` is the input's name; ``sample`` fills the whole array when the network is exported, timed or calibrated.
    """

    name: str
    shape: tuple[int, ...]
    sample: float = 0.0


@dataclass(frozen=True)
class Network:
    """What every runtime needs to know of a network; nothing is loaded before a runtime compiles it.

    The network is given by ``module``, by ``onnx``, or by both. ``module`` builds it in torch: float32, in eval mode,
    without gradients, called as ``module()(image, *controls)`` with image [1, channels, h, w] in the range ``takes``;
    it gives [1, 3, h, w] in the range ``gives``. ``onnx`` is a file whose inputs are the picture and then the controls,
    in order, and whose one output is the result: float32 in the same ranges, its axes as ``layout`` says. ``name`` is
    what messages and kept timings call the network.
    """

    name: str
    key: str
    """Names the network in caches: a digest of everything that its numbers depend on; see `digest`."""
    takes: Range
    """The range of the numbers that go in."""
    gives: Range
    """The range of the numbers that come out."""
    multiple: int = 4
    """The sides of the network's pictures must be multiples of this."""
    smallest: int = 16
    """The smallest side that the network can process, in pixels."""
    controls: tuple[NetworkControl, ...] = ()
    module: Callable[[], nn.Module] | None = None
    onnx: Path | None = None
    layout: Layout = "nchw"
    """The order of the axes of an ONNX file's picture, both in and out."""
    steady: bool = True
    """Whether the ranges of the network's inner numbers can be measured beforehand, whatever its controls are. If not,
    the network isn't computed in 8-bit integers."""
    fixed: Size | None = None
    """The only size that the network takes; None if it takes any."""
    trained_at: int = 0
    """The shorter side in pixels of the pictures that it was trained on, so that it knows things of the size that they
    have there; 0 if that isn't known or doesn't matter."""
    floats: bool = False
    """Whether the network goes between float32 arrays, `channels` in and 3 out, instead of 8-bit pictures."""
    channels: int = 3
    """How many channels go in; 3 unless `floats` is set."""
    recordable: bool = True
    """Whether the network runs the same operations every time: only then can it be exported to ONNX or recorded."""
    timed_as: str = ""
    """Networks that share this name are equally fast in every runtime, so only one is timed. Empty: ``key`` is used."""

    @property
    def least(self) -> int:
        """`smallest`, in pixels, rounded up to a multiple of `multiple`. It is the same whether `fixed` is set or
        not."""
        return -(-self.smallest // self.multiple) * self.multiple

    def nearest(self, size: Size) -> Size:
        """Returns the size nearest to ``size`` that the network takes: `fixed` if there is one, else each side rounded
        to the nearest multiple and at least `least`, so that the shape may change a little."""
        sides = (max(self.least, round(side / self.multiple) * self.multiple) for side in size)
        return self.fixed or Size(*sides)

    def sample(self, size: Size) -> npt.NDArray[np.uint8] | npt.NDArray[np.float32]:
        """Returns noise of ``size`` to run the network on, the same at each call: uint8 [h, w, 3], or float32 [h, w,
        channels] in 0..1 if the network goes between floats."""
        noise = np.random.default_rng(0)
        if self.floats:
            return noise.random((size.height, size.width, self.channels), np.float32)
        return noise.integers(0, 256, (size.height, size.width, 3), np.uint8)

    def check(self, size: Size) -> None:
        """Raises BadInput, naming the nearest size that fits, if the network doesn't take pictures of ``size``: another
        one than `fixed`, a side below `smallest`, or no multiple of `multiple`. Returns nothing."""
        if self.fixed and size != self.fixed:
            raise BadInput(f"{self.name} takes pictures of {self.fixed} only, not {size}")
        if any(side % self.multiple or side < self.smallest for side in size):
            near = self.nearest(size)
            raise BadInput(f"{self.name} takes sides that are multiples of {self.multiple}, not {size}; try {near}")


def digest(*files: Path, **options: object) -> str:
    """Returns 24 hexadecimal digits that identify the contents of ``files``, in their order and whatever their names,
    together with ``options`` (JSON-able). Reads every file to its end; raises OSError if it can't."""
    total = hashlib.sha256(json.dumps(options, sort_keys=True).encode())
    for path in files:
        with path.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()[:24]
