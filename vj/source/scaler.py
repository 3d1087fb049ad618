"""Turns decoded video frames into upright RGB pictures at the delivery size.

Only this module knows what a film states about its pictures: how they are turned and mirrored, the shape of their
pixels, their transparency and their colours.
"""

import logging
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from vj.base.colour import assumed_matrix
from vj.base.frame import Pixels, Size
from vj.source import hdr
from vj.source.orientation import Orientation

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_log = logging.getLogger(__name__)
_UNSPECIFIED = 2
"""FFmpeg's number for a colour matrix that the film doesn't state."""


class Scaler:
    """Makes pictures that fit into ``box`` from the decoded frames (av.VideoFrame) of one stream."""

    def __init__(self, box: Size, stream: "VideoStream | None" = None, name: str = "") -> None:
        """``box`` bounds the pictures: larger ones are scaled down to fit, smaller ones stay, and sides are cut to
        multiples of 4. ``stream`` states the shape of the pixels, which count as square without it. ``name`` is the
        stream's name in warnings."""
        from av.video.reformatter import VideoReformatter

        told = stream.sample_aspect_ratio if stream else None
        self._box = box
        self._aspect = told or Fraction(1)
        """The width of a stored pixel divided by its height: anamorphic video is shown stretched."""
        self._name = name
        self._swscale, self._planar = VideoReformatter(), VideoReformatter()
        self._told = False
        self._alpha: dict[str, bool] = {}

    def size(self, frame: "VideoFrame") -> Size:
        """Returns the size, upright and in square pixels, in which `pixels` delivers ``frame``: scaled down to fit into
        the box if it is larger, its sides cut to multiples of 4. Nothing is scaled yet."""
        return self._box.fitted(*self._shown(frame, Orientation.of(frame)))

    def pixels(self, frame: "VideoFrame") -> Pixels:
        """Returns ``frame``, scaled and upright: uint8 RGB [h, w, 3] of the size that `size` says. It may be a view
        with padded rows; it keeps its memory alive, and later calls don't change it.

        Transparent parts become black. A high dynamic range is reduced to that of an ordinary display, with one warning
        in the log.
        """
        orientation = Orientation.of(frame)
        size = self._box.fitted(*self._shown(frame, orientation))
        stored = Size(*reversed(size)) if orientation.exchanged else size
        if frame.color_trc in hdr.CURVES:
            return orientation.upright(self._brought_down(frame, stored))
        if self._is_transparent(frame):
            return orientation.upright(self._over_black(frame, stored))
        if stored == (frame.width, frame.height) and frame.format.name == "nv12":
            frame = self._planar.reformat(frame, format="yuv420p", threads=1)  # swscale is much slower without
        elif _is_packed_rgb(frame.format.name):
            return orientation.upright(_shrunk(self._whole(frame, "rgb24"), stored))
        return orientation.upright(self._reformatted(frame, stored, "rgb24"))

    def _shown(self, frame: "VideoFrame", orientation: Orientation) -> tuple[int, int]:
        """Returns the frame's upright width and height in square pixels."""
        width, height = max(1, round(frame.width * self._aspect)), frame.height
        return (height, width) if orientation.exchanged else (width, height)

    def _reformatted(self, frame: "VideoFrame", size: Size, form: str) -> npt.NDArray[np.uint8]:
        """Returns ``frame`` at ``size`` in the packed format ``form``: [h, w, bytes of a pixel]."""
        matrix = assumed_matrix(frame)
        if frame.color_trc in hdr.CURVES and frame.colorspace == _UNSPECIFIED:
            matrix = hdr.BT2020
        # one thread: the model needs the cores, and two threads take more time in sum
        made: Any = self._swscale.reformat(frame, *size, form, src_colorspace=matrix, threads=1)
        plane, wide = made.planes[0], {"rgb24": 3, "rgba": 4, "rgb48le": 6}[form]
        rows = np.frombuffer(plane, np.uint8, size.height * plane.line_size).reshape(size.height, -1)
        packed: npt.NDArray[np.uint8] = rows[:, : wide * size.width].reshape(size.height, size.width, wide)
        return packed

    def _whole(self, frame: "VideoFrame", form: str) -> npt.NDArray[np.uint8]:
        """Returns ``frame`` at its own size in the packed format ``form``."""
        return self._reformatted(frame, Size(frame.width, frame.height), form)

    def _over_black(self, frame: "VideoFrame", size: Size) -> Pixels:
        """Returns ``frame`` with its transparent parts made black before it is scaled, so that hidden colours don't
        bleed over the edges."""
        import cv2

        seen = cv2.cvtColor(self._whole(frame, "rgba"), cv2.COLOR_RGBA2mRGBA)
        return _shrunk(cv2.cvtColor(seen, cv2.COLOR_RGBA2RGB), size)

    def _brought_down(self, frame: "VideoFrame", size: Size) -> Pixels:
        """Returns an HDR frame as sRGB, and warns about the first one."""
        curve = hdr.CURVES[frame.color_trc]
        if not self._told:
            self._told = True
            _log.warning("%s is HDR (%s): its highlights are brought down", self._name, curve)
        codes = np.ascontiguousarray(self._reformatted(frame, size, "rgb48le")).view("<u2")
        return hdr.to_srgb(codes, curve)

    def _is_transparent(self, frame: "VideoFrame") -> bool:
        """Returns whether the frame's format can have transparent parts."""
        name = frame.format.name
        if name not in self._alpha:
            self._alpha[name] = name == "pal8" or any(part.is_alpha for part in frame.format.components)
        return self._alpha[name]


@cache
def _is_packed_rgb(name: str) -> bool:
    """Returns whether pixels of the format called ``name`` are red, green and blue side by side, with 8 bits each, as
    in films of HAP. swscale takes twice as long to scale those as OpenCV does, the conversion to RGB included."""
    from av.video.format import VideoFormat

    form = VideoFormat(name)
    return form.is_rgb and not form.is_planar and all(part.bits == 8 for part in form.components)


def _shrunk(pixels: Pixels, size: Size) -> Pixels:
    """Returns ``pixels`` at ``size``; ``pixels`` itself if nothing changes.

    A larger picture is halved as often as that goes, by the mean of four pixels, and the rest is interpolated: OpenCV's
    mean over an area that doesn't end between pixels takes four times as long.
    """
    import cv2

    while pixels.shape[0] >= 2 * size.height and pixels.shape[1] >= 2 * size.width:
        half = Size((pixels.shape[1] + 1) // 2, (pixels.shape[0] + 1) // 2)
        pixels = cv2.resize(pixels, half, interpolation=cv2.INTER_AREA)
    return pixels if pixels.shape[:2] == (size.height, size.width) else cv2.resize(pixels, size)
