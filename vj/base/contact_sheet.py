"""Contact sheets: many pictures with their labels in one picture file."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from vj.base.convert import resize
from vj.base.errors import BadInput
from vj.base.frame import Pixels, Size
from vj.base.new_file import whole_file

CELL = Size(384, 216)
"""The size of a picture on a sheet, in pixels, unless another one is asked for."""
_COLUMNS = 3
_MARGIN, _LABEL = 6, 18
"""Pixels between two cells, and the height of a line of text."""


def draw(cells: Sequence[tuple[str, Pixels]], target: Path, cell: Size = CELL, columns: int = _COLUMNS) -> None:
    """Writes ``cells``, pictures (uint8 RGB [h, w, 3]) with their labels below, into the picture file ``target``, in
    rows of ``columns``; a file that was there is replaced. Every picture is stretched to the size ``cell``. Raises
    BadInput if it can't be written."""
    try:
        _save(cells, target, cell, columns)
    except (OSError, ValueError) as error:
        raise BadInput(f"can't write {str(target)!r}: {error}") from None


def _save(cells: Sequence[tuple[str, Pixels]], target: Path, cell: Size, columns: int) -> None:
    from PIL import Image, ImageDraw, ImageFont

    step = Size(cell.width + _MARGIN, cell.height + _LABEL + _MARGIN)
    rows = -(-len(cells) // columns)
    sheet = Image.new("RGB", (step.width * columns + _MARGIN, step.height * rows + _MARGIN), (18, 18, 20))
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=13)
    for place, (label, picture) in enumerate(cells):
        row, column = divmod(place, columns)
        x, y = _MARGIN + column * step.width, _MARGIN + row * step.height
        sheet.paste(Image.fromarray(np.ascontiguousarray(resize(picture, cell))), (x, y))
        draw.text((x + 2, y + cell.height + 1), label, (220, 220, 220), font)
    with whole_file(target) as part:
        sheet.save(part, quality=88)
