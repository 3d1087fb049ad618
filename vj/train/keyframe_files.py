"""Reads a keyframe from two picture files: a frame, and the same frame as the performer painted it."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from vj.base.convert import resize
from vj.base.errors import BadInput
from vj.base.frame import Picture, Pixels, Size
from vj.base.picture import load_picture
from vj.train.keyframe import Keyframe

LONGEST: Final = 512
"""The longest side of a keyframe in pixels: what a look learns from it, it learns at this size."""
MULTIPLE: Final = 8
"""The sides of a keyframe are multiples of this, as the network needs."""
_OPAQUE: Final = 128
"""The least alpha (of 255) at which a pixel counts as painted."""
_FEWEST: Final = 64
"""The fewest painted pixels that can be learned from."""
_SAME_SHAPE: Final = 0.02
"""Two pictures whose sides differ in their ratio by no more than this part have the same shape."""
_CHANGED: Final = 2
"""The difference (of 255) of a pixel's number up to which it counts as unchanged."""

Mask = npt.NDArray[np.bool_]


class ReadKeyframe(NamedTuple):
    """A keyframe as it was read. ``changed`` is whether something was painted: the two pictures differ, or a part is
    left transparent. ``remark`` says how a painted file of another shape was fitted; usually empty."""

    keyframe: Keyframe
    changed: bool
    remark: str


def read_keyframe(source: Path, painted: Path, longest: int = LONGEST) -> ReadKeyframe:
    """Returns the keyframe in the files ``source`` (the frame) and ``painted``, both of any size.

    It gets the frame's shape, with sides that are multiples of `MULTIPLE` and at most ``longest`` pixels. A painted
    file of another shape is fitted as its edges suit the frame's best: stretched, cut, or laid over the frame's middle.
    Where it is transparent, nothing is learned. Raises BadInput for a file that can't be read, is no picture or is cut
    off, and for a painted file that is blank (all of one colour) or has nothing painted in it.
    """
    frame = _opened(source, longest).pixels
    size = Size(longest, longest).fitted(frame.shape[1], frame.shape[0], MULTIPLE)
    frame = resize(frame, size)
    picture = _opened(painted, longest)
    _check_painted(painted, picture)
    fitted, remark = _fitted(picture, frame)
    mask = _painted_part(fitted)
    if mask is not None and np.count_nonzero(mask) < _FEWEST:
        raise BadInput(f"{painted} is transparent: nothing is painted in it")
    colours = _without_black(fitted)
    changed = mask is not None or int(np.abs(colours.astype(np.int16) - frame).max()) > _CHANGED
    return ReadKeyframe(Keyframe(frame, colours, mask), changed, f"{painted.name} {remark}" if remark else "")


def _opened(path: Path, longest: int) -> Picture:
    """Returns the picture in a regular file, no larger than twice ``longest``. Raises BadInput."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for
            raise BadInput(f"{path} can't be read as a picture: it is no file")
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} can't be read: {getattr(error, 'strerror', None) or error}") from None
    return load_picture(path, Size(2 * longest, 2 * longest))


def _check_painted(path: Path, picture: Picture) -> None:
    """Raises BadInput for a picture that is all transparent, or opaque and of one colour."""
    if picture.alpha is not None:
        if picture.alpha.max() < _OPAQUE:
            raise BadInput(f"{path} is transparent: nothing is painted in it")
    elif int(np.ptp(picture.pixels.reshape(-1, 3), axis=0).max()) <= _CHANGED:
        raise BadInput(f"{path} is blank: all of it has the colour {tuple(picture.pixels[0, 0].tolist())}")


class _Fitting(NamedTuple):
    """A way to fit a picture to a frame: the part of the picture that is used, and the part of the frame that it then
    covers, as (left, top, right, bottom) in 0..1; ``remark`` says so in words."""

    used: tuple[float, float, float, float]
    covered: tuple[float, float, float, float]
    remark: str


_WHOLE: Final = (0.0, 0.0, 1.0, 1.0)


def _fitted(picture: Picture, frame: Pixels) -> tuple[Picture, str]:
    """Returns ``picture`` at the size of ``frame``, with alpha 0 where it doesn't reach, and how it was fitted."""
    ratio = (picture.pixels.shape[1] / picture.pixels.shape[0]) / (frame.shape[1] / frame.shape[0])
    if abs(ratio - 1.0) <= _SAME_SHAPE:
        return _laid(picture, frame, _Fitting(_WHOLE, _WHOLE, "")), ""
    ways = [(_laid(picture, frame, fit), fit.remark) for fit in _fits(ratio)]
    return max(ways, key=lambda way: edge_likeness(frame, way[0].pixels, _painted_part(way[0])))


def _fits(ratio: float) -> list[_Fitting]:
    """Returns the ways to fit a picture that is wider than the frame by the factor ``ratio``, if it is above 1."""
    part = min(ratio, 1.0 / ratio)
    low, high = (1.0 - part) / 2, (1.0 + part) / 2
    across, down = (low, 0.0, high, 1.0), (0.0, low, 1.0, high)
    middle, band = (across, down) if ratio > 1.0 else (down, across)
    shape = "is wider than its frame" if ratio > 1.0 else "is narrower than its frame"
    return [
        _Fitting(_WHOLE, _WHOLE, f"{shape}: it is stretched"),
        _Fitting(middle, _WHOLE, f"{shape}: its borders are cut off"),
        _Fitting(_WHOLE, band, f"{shape}: it is laid over the middle of it"),
    ]


def _laid(picture: Picture, frame: Pixels, fit: _Fitting) -> Picture:
    """Returns ``picture`` laid over a transparent ground of the size of ``frame``."""
    height, width = frame.shape[:2]
    left, top, right, bottom = _places(fit.used, picture.pixels)
    pixels = np.ascontiguousarray(picture.pixels[top:bottom, left:right])
    alpha = None if picture.alpha is None else np.ascontiguousarray(picture.alpha[top:bottom, left:right])
    left, top, right, bottom = _places(fit.covered, frame)
    size = Size(right - left, bottom - top)
    resized = resize(pixels, size)
    covers = None if alpha is None else resize(np.dstack([alpha] * 3), size)[..., 0]
    if size == (width, height):
        return Picture(resized, covers)
    ground, over = np.zeros_like(frame), np.zeros((height, width), np.uint8)
    ground[top:bottom, left:right] = resized
    over[top:bottom, left:right] = 255 if covers is None else covers
    return Picture(ground, over)


def _places(part: tuple[float, float, float, float], picture: Pixels) -> tuple[int, int, int, int]:
    """Returns a part of the picture in pixels."""
    height, width = picture.shape[:2]
    left, top, right, bottom = part
    return round(left * width), round(top * height), round(right * width), round(bottom * height)


def edge_likeness(frame: Pixels, painted: Pixels, mask: Mask | None = None) -> float:
    """Returns how much the edges of what is ``painted`` lie where those of the ``frame`` do, inside the ``mask``: a
    correlation of -1..1. Of pictures that have nothing to do with each other it is below 0.2."""
    inside = np.ones(frame.shape[:2], bool) if mask is None else mask
    if np.count_nonzero(inside) < _FEWEST:
        return -1.0
    one, other = (_edges(pixels)[inside] for pixels in (painted, frame))
    one, other = one - one.mean(), other - other.mean()
    return float((one * other).sum() / max(1e-6, float(np.sqrt((one**2).sum() * (other**2).sum()))))


def _edges(pixels: Pixels) -> npt.NDArray[np.float32]:
    """Returns how steep the brightness is at each pixel, softened, so that edges nearby are alike."""
    grey = pixels.astype(np.float32).mean(axis=2)
    for axis in (0, 1):
        grey = np.mean([np.roll(grey, by, axis) for by in (-2, -1, 0, 1, 2)], axis=0)
    steep: npt.NDArray[np.float32] = np.sqrt(np.hypot(*np.gradient(grey)))
    return steep


def _painted_part(picture: Picture) -> Mask | None:
    """Returns where the picture is painted; None for all of it."""
    if picture.alpha is None:
        return None
    painted: Mask = picture.alpha >= _OPAQUE
    return None if painted.all() else painted


def _without_black(picture: Picture) -> Pixels:
    """Returns the colours of the picture's painted part as they were painted, not over black."""
    if picture.alpha is None:
        return picture.pixels
    alpha = np.maximum(picture.alpha, _OPAQUE)[..., None].astype(np.float32)
    colours: Pixels = np.minimum(255.0, np.rint(picture.pixels * (255.0 / alpha))).astype(np.uint8)
    return colours
