"""A contact sheet: one picture, and what every model on this machine makes of it."""

from collections.abc import Iterator
from pathlib import Path

from vj.base.contact_sheet import CELL, draw
from vj.base.convert import resize
from vj.base.errors import VjError
from vj.base.frame import Size
from vj.commands.apply import apply_picture
from vj.model import FAMILIES
from vj.model.files.library import Entry, known
from vj.model.files.weights import Progress
from vj.source.sample import pictures

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
    small = resize(picture, CELL)  # for models that take hundreds of steps
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
