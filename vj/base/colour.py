"""How films store colours, in FFmpeg's numbers, and the guess where a film doesn't say.

Players take large pictures without a tag for BT.709 and small ones for BT.601; code that reads or writes films here
does the same, by these two functions.
"""

from typing import Any

BT709, BT601 = 1, 6
"""Colour matrices; the first number also stands for BT.709's primaries and transfer curve."""
LIMITED = 1
"""Black is 16 and white 235."""
_UNSPECIFIED, _HD_HEIGHT = 2, 720


def matrix_for(height: int) -> int:
    """The matrix that pictures of ``height`` lines are stored with."""
    return BT709 if height >= _HD_HEIGHT else BT601


def assumed_matrix(frame: Any) -> int | None:
    """The matrix to read a decoded ``frame`` with if it doesn't tell its own; None to go by what it tells.

    Small pictures without a tag are None too: swscale takes them for BT.601 by itself.
    """
    return BT709 if frame.colorspace == _UNSPECIFIED and matrix_for(frame.height) == BT709 else None
