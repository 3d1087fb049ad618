"""Turns decoded video frames into upright RGB pictures at the delivery size.

Only this module knows what a film states about its pictures: how they are turned and mirrored, the shape of their
pixels, their transparency and their colours.
"""

import logging
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from vj.base.colour import assumed_matrix
from vj.base.frame import Picture, Pixels, Size
from vj.source import hdr
from vj.source.orientation import Orientation
from vj.source.packed_rgb import PackedScaler, stored_pixels

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
        self._packed = PackedScaler()
        self._turned: int | None = None
        """The angle of the frame of which `_orientation` was read (degrees); None before the first."""
        self._orientation = Orientation()
        self._told = False
        self._alpha: dict[str, bool] = {}

    def size(self, frame: "VideoFrame") -> Size:
        """Returns the size, upright and in square pixels, in which `pixels` delivers ``frame``: scaled down to fit into
        the box if it is larger, its sides cut to multiples of 4. Nothing is scaled yet."""
        return self._box.fitted(*self._shown(frame, self._oriented(frame)))

    def pixels(self, frame: "VideoFrame") -> Pixels:
        """Returns what `picture` does without its alpha: uint8 RGB [h, w, 3]. Transparent parts are black."""
        return self.picture(frame).pixels

    def picture(self, frame: "VideoFrame") -> Picture:
        """Returns ``frame``, scaled and upright, of the size that `size` says. Its arrays may be views with padded
        rows; they keep their memory alive, and later calls don't change them.

        Its alpha is None if the film has none, or nothing of this picture is transparent. A high dynamic range is
        reduced to that of an ordinary display, with one warning in the log.
        """
        orientation = self._oriented(frame)
        size = self._box.fitted(*self._shown(frame, orientation))
        stored = Size(*reversed(size)) if orientation.exchanged else size
        if frame.color_trc in hdr.CURVES:
            return Picture(orientation.upright(self._brought_down(frame, stored)))
        if self._is_transparent(frame):
            made = self._premultiplied(frame, stored)
            return Picture(
                orientation.upright(made.pixels), None if made.alpha is None else orientation.upright(made.alpha)
            )
        if stored == (frame.width, frame.height) and frame.format.name == "nv12":
            frame = self._planar.reformat(frame, format="yuv420p", threads=1)  # swscale is much slower without
        elif stored != (frame.width, frame.height) and (packed := stored_pixels(frame)) is not None:
            return Picture(orientation.upright(self._packed.scaled(packed, frame.format.name, stored)))
        return Picture(orientation.upright(self._reformatted(frame, stored, "rgb24")))

    def _oriented(self, frame: "VideoFrame") -> Orientation:
        """Returns the frame's orientation. It is read anew when the angle changes, and not of every frame: a frame and
        its side data refer to each other, so that its memory would be freed late, and others taken meanwhile."""
        if frame.rotation != self._turned:
            self._turned, self._orientation = frame.rotation, Orientation.of(frame)
        return self._orientation

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

    def _premultiplied(self, frame: "VideoFrame", size: Size) -> Picture:
        """Returns ``frame`` with what it covers."""
        packed = stored_pixels(frame)
        if packed is not None:
            return self._packed.premultiplied(packed, frame.format.name, size)
        whole = self._reformatted(frame, Size(frame.width, frame.height), "rgba")
        return self._packed.premultiplied(whole, "rgba", size)

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
