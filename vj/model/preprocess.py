"""Prepares the camera's picture for networks that were trained on something else: edges, drawings, flat colour planes.

The steps, in order: average over time, blur, median, one kind of drawing, negative. Lengths are in pixels of a picture
of 360 lines and are scaled with the picture, so that the processing size doesn't change the look.

What common data sets need: `edges2shoes`, `edges2handbags` and line drawings (OpenMoji's black set) are black lines on
white, so ``canny`` inverted, or ``lines`` as it is. Scans and stencils need ``threshold``. Label maps (facades,
cityscapes) can't be made from a camera's picture; a strong ``median`` comes nearest to their flat planes. Pairs that
`vj.data.filters` makes from a film are made by these very steps.
"""

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from vj.base.frame import Pixels
from vj.params.param import Param, Value, choice, toggle

KINDS: Final = ("none", "canny", "threshold", "lines", "grey", "pixels")
"""The values of ``condition/kind``, the kinds of drawing."""

PARAMS: Final[tuple[Param, ...]] = (
    choice("condition/kind", KINDS, "none", help="how the picture is drawn before the model sees it"),
    toggle("condition/invert", help="the negative: white lines on black become black on white"),
    Param("condition/average", 0.0, 5.0, default=0.0, unit="s", help="time constant of an average over the pictures"),
    Param("condition/blur", 0.0, 20.0, default=0.0, unit="px", help="Gaussian blur: its sigma in a 360-line picture"),
    Param("condition/median", 0.0, 15.0, default=0.0, unit="px", help="median: flat planes; its width at 360 lines"),
    Param("condition/low", 0.0, 255.0, default=20.0, help="canny: grey levels where a line may go on"),
    Param("condition/high", 0.0, 255.0, default=50.0, help="canny: grey levels where a line may begin"),
    choice("condition/aperture", ("3", "5", "7"), "3", help="canny: pixels that a slope is measured over"),
    Param("condition/thickness", 1.0, 9.0, default=2.0, unit="px", help="canny, lines: width of a line at 360 lines"),
    Param("condition/detail", 0.0, 1.0, default=0.7, help="lines: how faint an edge is still drawn"),
    Param(
        "condition/block",
        3.0,
        99.0,
        default=21.0,
        unit="px",
        help="threshold: width of what a pixel is held against; pixels: width of one, at 360 lines",
    ),
    Param(
        "condition/offset", -64.0, 64.0, default=6.0, help="threshold: grey levels darker than around it to be black"
    ),
)
"""The parameters of these steps. ``average``, ``blur``, ``median``, ``kind`` and ``invert`` switch one step each, which
0, ``none`` or off leaves out; the others shape the drawing."""

_LINES: Final = 360
"""The height of a picture, in lines, for which lengths are given."""
_SLOPES: Final = {"3": 4.0, "5": 64.0, "7": 1024.0}
"""By aperture, the gradient that OpenCV's Canny measures where the grey rises by one level over two pixels."""
_WIDER: Final = 1.6
"""The ratio of two Gaussians' widths at which their difference approximates a Laplacian (Marr and Hildreth 1980)."""
_GAIN: Final = 8.0
"""The factor on differences of Gaussians: kept as bytes around 128, they then resolve an eighth of a grey level."""

_Grey = npt.NDArray[np.uint8]


class Preprocessor:
    """Applies the steps to the pictures of one model, one after another, and keeps their average over time. One thread
    at a time may use it. A new one has seen no picture."""

    def __init__(self) -> None:
        self._shape: tuple[int, ...] = ()
        self._kept: dict[str, npt.NDArray[np.uint8]] = {}
        self._averaged: float | None = None
        self._mean = np.empty(0, np.float32)
        self._curve: tuple[float, _Grey] | None = None

    def apply(self, picture: Pixels, values: Mapping[str, Value], now: float) -> Pixels:
        """Returns ``picture``, uint8 RGB [h, w, 3], after the steps that ``values`` ask for, or ``picture`` itself if
        they ask for none; ``picture`` is never changed.

        The result has the same shape and dtype, lies in a reused array, and is valid until the next call; after any
        kind of drawing its three channels are equal. Lengths of too few pixels at this size are left out: a blur below
        0.2, a median below 2. ``values`` hold all of `PARAMS` by name. ``now`` is the monotonic time (s), for the
        average over time, which begins anew when the shape changes.
        """
        if picture.shape != self._shape:
            self._shape, self._kept, self._averaged = picture.shape, {}, None
        picture = self._average(picture, float(values["condition/average"]), now)
        picture = self._blur(picture, self._scaled(values, "blur"))
        picture = self._median(picture, self._scaled(values, "median"))
        picture = self._drawn(picture, values)
        return self._negative(picture) if values["condition/invert"] else picture

    def _average(self, picture: Pixels, constant: float, now: float) -> Pixels:
        """Returns the average over the pictures so far; ``constant`` is its time constant in seconds, 0 for none."""
        import cv2

        if constant <= 0.0:
            self._averaged = None
            return picture
        if self._averaged is None:
            self._mean = picture.astype(np.float32)
        else:
            part = 1.0 - math.exp(min(0.0, self._averaged - now) / constant)
            cv2.accumulateWeighted(picture, self._mean, part)
        self._averaged, into = now, self._colour("averaged")
        cv2.convertScaleAbs(self._mean, dst=into)
        return into

    def _blur(self, picture: Pixels, sigma: float) -> Pixels:
        import cv2

        if sigma < 0.2:
            return picture
        into = self._colour("blurred")
        if sigma < 2.0:
            cv2.GaussianBlur(picture, (0, 0), sigma, dst=into)
        else:  # a stack blur takes the same time whatever its width
            radius = round(math.sqrt(6.0 * sigma * sigma + 1.0) - 1.0)
            cv2.stackBlur(picture, (2 * radius + 1,) * 2, dst=into)
        return into

    def _median(self, picture: Pixels, width: float) -> Pixels:
        """Returns the median over a square of ``width`` pixels.

        From six pixels on it is computed on a smaller picture, which looks the same and takes a tenth of the time.
        """
        import cv2

        if width < 2.0:
            return picture
        into = self._colour("median")
        if width < 6.0:
            cv2.medianBlur(picture, 3 if width < 4.0 else 5, dst=into)
            return into
        height, breadth = (max(1, round(side * 5.0 / width)) for side in picture.shape[:2])
        small, planes = (self._buffer(name, height, breadth, 3) for name in ("small", "planes"))
        cv2.resize(picture, (breadth, height), dst=small, interpolation=cv2.INTER_AREA)
        cv2.medianBlur(small, 5, dst=planes)
        cv2.resize(planes, picture.shape[1::-1], dst=into, interpolation=cv2.INTER_CUBIC)
        return into

    def _drawn(self, picture: Pixels, values: Mapping[str, Value]) -> Pixels:
        import cv2

        kind = values["condition/kind"]
        if kind == "none":
            return picture
        if kind == "pixels":
            return self._pixels(picture, self._scaled(values, "block"))
        grey = self._plane("grey")
        cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY, dst=grey)
        draw = {"canny": self._canny, "threshold": self._threshold, "lines": self._lines}.get(str(kind))
        into = self._colour("drawn")
        cv2.cvtColor(draw(grey, values) if draw else grey, cv2.COLOR_GRAY2RGB, dst=into)
        return into

    def _pixels(self, picture: Pixels, width: float) -> Pixels:
        """Returns the mean colours of squares that are about ``width`` pixels wide, of which whole ones fit."""
        import cv2

        height, breadth = (max(1, round(side / max(1.0, width))) for side in picture.shape[:2])
        small, into = self._buffer("mosaic", height, breadth, 3), self._colour("drawn")
        cv2.resize(picture, (breadth, height), dst=small, interpolation=cv2.INTER_AREA)
        cv2.resize(small, picture.shape[1::-1], dst=into, interpolation=cv2.INTER_NEAREST)
        return into

    def _canny(self, grey: _Grey, values: Mapping[str, Value]) -> _Grey:
        """Returns white lines on black."""
        import cv2

        aperture = str(values["condition/aperture"])
        low, high = (float(values[f"condition/{name}"]) * _SLOPES[aperture] for name in ("low", "high"))
        edges = self._plane("edges")
        cv2.Canny(grey, low, max(low, high), edges=edges, apertureSize=int(aperture), L2gradient=True)
        width = round(self._scaled(values, "thickness"))
        if width > 1:
            cv2.dilate(edges, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width)), dst=edges)
        return edges

    def _threshold(self, grey: _Grey, values: Mapping[str, Value]) -> _Grey:
        """Returns white, and black where a pixel is darker than the mean around it."""
        import cv2

        block = 2 * max(1, round((self._scaled(values, "block") - 1.0) / 2.0)) + 1
        into = self._plane("threshold")
        offset = float(values["condition/offset"])
        cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, block, offset, dst=into)
        return into

    def _lines(self, grey: _Grey, values: Mapping[str, Value]) -> _Grey:
        """Returns soft dark lines on white, where a narrow blur is darker than a wide one.

        After H. Winnemöller, J. Kyprianidis, S. Olsen, "XDoG: an extended difference-of-Gaussians compendium", 2012.
        """
        import cv2

        narrow, wide = self._plane("narrow"), self._plane("wide")
        sigma = max(0.3, 0.5 * self._scaled(values, "thickness"))
        cv2.GaussianBlur(grey, (0, 0), sigma, dst=narrow)
        cv2.GaussianBlur(grey, (0, 0), sigma * _WIDER, dst=wide)
        cv2.addWeighted(narrow, _GAIN, wide, -_GAIN, 128.0, dst=wide)
        cv2.LUT(wide, self._softness(float(values["condition/detail"])), dst=narrow)
        return narrow

    def _softness(self, detail: float) -> _Grey:
        """Returns a lookup table from a difference of Gaussians (times `_GAIN`, around 128) to grey: white, falling to
        black with the depth of the edge."""
        if self._curve is None or self._curve[0] != detail:
            faintest = 1.0 + 9.0 * (1.0 - detail) ** 2  # in grey levels; less than one is only rounding
            depth = (128.0 - np.arange(256)) / _GAIN - faintest
            curve = 255.0 * (1.0 - np.tanh(depth.clip(0.0) / faintest))
            self._curve = detail, curve.round().astype(np.uint8)
        return self._curve[1]

    def _negative(self, picture: Pixels) -> Pixels:
        import cv2

        into = self._colour("negative")
        cv2.bitwise_not(picture, dst=into)
        return into

    def _scaled(self, values: Mapping[str, Value], name: str) -> float:
        """Returns the length ``name`` in pixels of this picture."""
        return float(values[f"condition/{name}"]) * self._shape[0] / _LINES

    def _colour(self, name: str) -> Pixels:
        """Returns the reused buffer ``name``, of the picture's shape."""
        return self._buffer(name, *self._shape)

    def _plane(self, name: str) -> _Grey:
        """Returns the reused buffer ``name``, of the picture's size and with one channel."""
        return self._buffer(name, *self._shape[:2])

    def _buffer(self, name: str, *shape: int) -> npt.NDArray[np.uint8]:
        kept = self._kept.get(name)
        if kept is None or kept.shape != shape:
            kept = self._kept[name] = np.empty(shape, np.uint8)
        return kept
