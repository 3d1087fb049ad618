"""Sample sheets: what the networks make of a few pictures now, side by side."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final

import numpy as np

from vj.base.frame import Pixels

_GAP, _HEADING = 4, 20
"""Pixels between two pictures, and the height of the line above them."""
_DARK, _LIGHT = (18, 18, 20), (220, 220, 220)
_QUALITY: Final = 90


def sheet(columns: Sequence[tuple[str, Sequence[Pixels]]], title: str) -> bytes:
    """Returns the content of a JPEG file: a column for each of ``columns``, with its heading above the pictures (uint8
    RGB [h, w, 3], all of one size), and ``title`` below them all."""
    from PIL import Image, ImageDraw, ImageFont

    height, width = columns[0][1][0].shape[:2]
    rows = len(columns[0][1])
    size = (len(columns) * (width + _GAP) + _GAP, rows * (height + _GAP) + 2 * _HEADING + _GAP)
    image = Image.new("RGB", size, _DARK)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size=13)
    for place, (heading, pictures) in enumerate(columns):
        x = _GAP + place * (width + _GAP)
        draw.text((x + 2, 2), heading, _LIGHT, font)
        for row, picture in enumerate(pictures):
            image.paste(Image.fromarray(np.ascontiguousarray(picture)), (x, _HEADING + row * (height + _GAP)))
    draw.text((_GAP + 2, size[1] - _HEADING), title, _LIGHT, font)
    return _jpeg(image)


def _jpeg(image: object) -> bytes:
    content = io.BytesIO()
    image.save(content, "JPEG", quality=_QUALITY)  # type: ignore[attr-defined]
    return content.getvalue()
