"""The contact sheet of a data set, so that what is wrong with it is seen before anything is trained on it."""

from pathlib import Path
from typing import Final

import numpy as np

from vj.base.contact_sheet import draw
from vj.base.frame import Pixels, Size
from vj.data.description import TEST, TRAIN, Description
from vj.data.pictures import Progress
from vj.data.reader import DataSet

_CELL: Final = 144
"""The side of a picture on the sheet."""
_COLUMNS: Final = 4
_MOST: Final = {TRAIN: 24, TEST: 12}
"""The most pictures that are shown of each part."""


def draw_sheet(folder: Path, description: Description, target: Path, progress: Progress) -> None:
    """Draws pictures from all over the data set in ``folder`` into the picture file ``target``: those of ``a``, with
    those of ``b`` on their right, as they are read without any chance. Raises BadInput if it can't be written, or a
    picture can't be read."""
    cells: list[tuple[str, Pixels]] = []
    for part, most in _MOST.items():
        pictures = DataSet(folder, description, part)
        places = np.unique(np.linspace(0, len(pictures) - 1, min(most, len(pictures))).round().astype(int))
        for number, place in enumerate(places):
            progress("drawing the sheet", number / len(places))
            cells.append(_cell(pictures, int(place)))
    progress("drawing the sheet", 1.0)
    wide = 1 if description.kind == "pictures" else 2
    draw(cells, target, Size(_CELL * wide, _CELL), _COLUMNS * 2 // wide)


def _cell(pictures: DataSet, place: int) -> tuple[str, Pixels]:
    name = pictures.names["a"][place]
    if pictures.description.kind == "pictures":
        return f"{pictures.part}: {name}"[:18], pictures.picture(place)
    a = pictures.picture(place)
    b = pictures.pair(place)[1] if pictures.names["b"] else np.zeros_like(a)
    return f"{pictures.part}: {name}"[:36], np.hstack((a, b))
