"""Converts pictures with a high dynamic range (HDR), BT.2020 with the PQ or HLG curve, to sRGB.

Curves and matrices: ITU-R BT.2100 and BT.2087. Light is measured in reference whites: 203 cd/m² (ITU-R BT.2408), the
white of a sheet of paper. The tone curve is Reinhard's (2002, equation 4) on the largest of the three channels, so that
colours keep their hue.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from vj.base.frame import Pixels

Floats = npt.NDArray[np.float32]

CURVES: Final[Mapping[int, str]] = {16: "PQ", 18: "HLG"}
"""The curves of HDR films, by FFmpeg's number for the transfer characteristic."""
BT2020: Final = 9
"""FFmpeg's number for the colour matrix of HDR films."""
_REFERENCE_WHITE: Final = 203.0
"""cd/m² of the reference white."""
_PEAK: Final = 1000.0
"""cd/m² that become the brightest white; an HLG film's nominal peak as well."""
_STEPS: Final = 4096
"""Entries in a curve's table; pictures come with 10 or 12 bits."""
_TO_BT709: Final = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32
)
"""Turns BT.2020's primaries into those of BT.709, which sRGB has."""
_LUMINANCE: Final = np.array([[0.2627, 0.6780, 0.0593]], np.float32)
"""The weights of BT.2020's primaries in the luminance."""


def to_srgb(pixels: npt.NDArray[np.uint16], curve: str) -> Pixels:
    """Returns 16-bit ``pixels`` [h, w, 3] (RGB with BT.2020's primaries, 0..65535) as 8-bit sRGB, a new uint8 array of
    the same shape; of each number the upper 12 bits count, and ``pixels`` stays as it is. ``curve`` is "PQ" or "HLG",
    one of the words in `CURVES`."""
    import cv2

    light: Floats = _light(curve)[pixels >> 4]
    if curve == "HLG":  # its light is the scene's; a display of 1000 cd/m² adds a gamma of 1.2
        light *= np.maximum(cv2.transform(light, _LUMINANCE), 1e-6)[..., None] ** 0.2 * (_PEAK / _REFERENCE_WHITE)
    light = np.maximum(cv2.transform(light, _TO_BT709), 0.0)
    brightest = np.maximum(light.max(axis=2, keepdims=True), 1e-6)
    white = (_PEAK / _REFERENCE_WHITE) ** 2
    light *= (1.0 + brightest / white) / (1.0 + brightest)
    return _codes()[np.minimum(light * (_STEPS - 1), _STEPS - 1).astype(np.uint16)]


@cache
def _light(curve: str) -> Floats:
    """Returns the light for each code: for PQ in reference whites of a display, for HLG 0..1 of a scene."""
    signal = np.linspace(0.0, 1.0, _STEPS)
    if curve == "PQ":
        m1, m2, c1, c2, c3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
        root = signal ** (1.0 / m2)
        light = 10000.0 * (np.maximum(root - c1, 0.0) / (c2 - c3 * root)) ** (1.0 / m1) / _REFERENCE_WHITE
    else:
        a, b, c = 0.17883277, 0.28466892, 0.55991073
        light = np.where(signal <= 0.5, signal**2 / 3.0, (np.exp((signal - c) / a) + b) / 12.0)
    return light.astype(np.float32)


@cache
def _codes() -> Pixels:
    """Returns the sRGB code for each of `_STEPS` steps of light."""
    light = np.linspace(0.0, 1.0, _STEPS)
    signal = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(255.0 * signal).astype(np.uint8)
