"""How films store colours, as FFmpeg numbers it, and what is assumed of films that don't say.

Players take large pictures without a tag for BT.709 and small ones for BT.601. All code here that reads or writes films
does the same, by these two functions.
"""

from typing import Any

BT709, BT601 = 1, 6
"""Colour matrices. `BT709` is also the number of BT.709's primaries and transfer curve."""
LIMITED = 1
"""The colour range in which black is 16 and white is 235."""
_UNSPECIFIED, _HD_HEIGHT = 2, 720


def matrix_for(height: int) -> int:
    """Returns the colour matrix for pictures of ``height`` lines: `BT709` from 720 lines on, else `BT601`."""
    return BT709 if height >= _HD_HEIGHT else BT601


def assumed_matrix(frame: Any) -> int | None:
    """Returns the colour matrix to assume for ``frame``, a decoded frame of PyAV; None to let swscale decide.

    It is `BT709` for a frame of 720 lines or more without a tag, and None for all others: swscale decides right by
    itself if the frame has a tag, and takes small pictures without one for BT.601.
    """
    return BT709 if frame.colorspace == _UNSPECIFIED and matrix_for(frame.height) == BT709 else None
