"""A contact sheet: one picture, and what every model on this machine makes of it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from vj.base.convert import resize
from vj.base.errors import BadInput, VjError
from vj.base.frame import Pixels, Size
from vj.base.new_file import whole_file
from vj.commands.apply import apply_picture
from vj.model import FAMILIES
from vj.model.files.library import Entry, known
from vj.model.files.weights import Progress
from vj.source.sample import pictures

_CELL = Size(384, 216)
_COLUMNS = 3
_MARGIN, _LABEL = 6, 18
"""Pixels between two cells, and the height of a line of text."""
EXTRA = (
    ("style26", ("style=ink",)),
    ("style26", ("style=stained_glass",)),
    ("style26", ("style=fauve", "colour=1")),
    ("painting", ("style_image=ochre_planes.jpg",)),
    ("painting", ("style_image=woodcut_wave.jpg",)),
    ("gatys", ("style_image=swirling_night.jpg",)),
    ("dream-mirror", ("layer=textures", "octaves=3")),
    ("from-noise", ("toward=goldfish",)),
)
"""Settings to show besides the defaults, for models that can look very different."""


def write_sheet(target: Path, progress: Progress) -> list[str]:
    """Draws a frame of the bundled film, and what every model whose files are on disk makes of it, with labels, into
    the picture file ``target``, which is replaced. Returns a line for each model that was left out, and why: its files
    are missing, or it failed. Nothing is downloaded; ``progress`` is called meanwhile. Raises BadInput if ``target``
    can't be written."""
    (picture,) = pictures(Size(640, 360), (0.4,))
    small = resize(picture, _CELL)  # for models that take hundreds of steps
    cells, missing = [("the source", picture)], []
    wanted = list(_wanted(known()))
    for number, (entry, settings) in enumerate(wanted):
        progress("drawing", number / len(wanted))
        if not entry.present:
            missing.append(f"{entry.name} isn't here; fix: vj models fetch {entry.name}")
            continue
        try:
            shown = small if FAMILIES[entry.family].still_steps > 1 else picture
            cells.append((" ".join([entry.name, *settings]), apply_picture(entry, shown, settings)))
        except (VjError, RuntimeError) as error:  # a model that fails doesn't keep the others off the sheet
            missing.append(f"{entry.name} can't be shown: {error}")
    progress("drawing", 1.0)
    draw(cells, target)
    return list(dict.fromkeys(missing))


def _wanted(entries: dict[str, Entry]) -> Iterator[tuple[Entry, tuple[str, ...]]]:
    """Yields each model with the settings to show it with."""
    for entry in entries.values():
        if entry.name != "identity":
            yield entry, ()
            yield from ((entry, settings) for name, settings in EXTRA if name == entry.name)


def draw(cells: Sequence[tuple[str, Pixels]], target: Path, cell: Size = _CELL, columns: int = _COLUMNS) -> None:
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
