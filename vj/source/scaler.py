"""Decoded video frames to RGB at the delivery size, in one pass of swscale."""

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from vj.frame.colour import assumed_matrix
from vj.frame.frame import Pixels, Size

if TYPE_CHECKING:
    from av.video.frame import VideoFrame


class Scaler:
    """``aspect`` is the width of one stored pixel over its height (anamorphic video is shown stretched)."""

    def __init__(self, box: Size, aspect: Fraction | None = None) -> None:
        from av.video.reformatter import VideoReformatter

        self._box, self._aspect = box, aspect or Fraction(1)
        self._swscale = VideoReformatter()

    def size(self, width: int, height: int, turns: int = 0) -> Size:
        """The delivery size of stored pictures of ``width``×``height`` that are shown after ``turns`` quarter turns."""
        shown = max(1, round(width * self._aspect)), height
        return self._box.fitted(*(reversed(shown) if turns % 2 else shown))

    def pixels(self, frame: "VideoFrame") -> Pixels:
        """``frame``, scaled and upright: a view (rows may be padded) that keeps its memory alive."""
        turns = round(frame.rotation / 90) % 4
        size = self.size(frame.width, frame.height, turns)
        width, height = reversed(size) if turns % 2 else size
        # one thread: the cores belong to the model, and two take longer here in sum
        rgb = self._swscale.reformat(frame, width, height, "rgb24", src_colorspace=assumed_matrix(frame), threads=1)
        plane = rgb.planes[0]
        count = height * plane.line_size
        rows = np.frombuffer(plane, np.uint8, count).reshape(height, -1)  # type: ignore[call-overload]
        upright = rows[:, : 3 * width].reshape(height, width, 3)
        return np.ascontiguousarray(np.rot90(upright, turns)) if turns else upright
