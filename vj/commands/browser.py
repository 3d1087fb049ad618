"""The layer browser: lists a classifier's layers, and draws what each of them, or each of its units, dreams of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from vj.base.contact_sheet import draw
from vj.base.errors import BadInput
from vj.base.frame import Pixels, Size
from vj.commands.apply import apply_picture
from vj.model import DREAMS
from vj.model.dreams.dream_model import DreamModel
from vj.model.files.library import Entry, find
from vj.model.files.weights import Progress
from vj.source.sample import pictures

_BOX = Size(512, 288)
_LAYER_CELL, _LAYER_COLUMNS = Size(384, 216), 4
_UNIT_CELL, _UNIT_COLUMNS = Size(192, 192), 8
_STILL: Final = ("zoom=0", "rotate=0", "octaves=3")
"""Settings for a dream that stays where it is."""
COLUMNS: Final = ("word", "layer", "channels", "pixels to one")


def layers(name: str, progress: Progress) -> Iterator[tuple[str, ...]]:
    """Yields rows of texts for `COLUMNS`, one for each main layer of the classifier that the model ``name`` plays, from
    the picture to the classes, then for each further layer that a word stands for. ``word`` is empty for a layer
    without one. The last column says how many of the picture's pixels, along a side, one place of the layer stands for;
    it is empty for a layer without places.

    ``name`` is a model's name or a classifier's file; missing files are downloaded, and ``progress`` is called
    meanwhile. Raises BadInput for a model that plays no classifier.
    """
    steps = _made(_entry(name, progress)).steps
    words = {steps.layer(word): word for word in steps.words}
    for layer in [*steps.main, *(layer for layer in words if layer not in steps.main)]:
        measures = steps.layers[layer]
        yield words.get(layer, ""), layer, str(measures.shape[1]), "" if measures.flat else str(measures.shrinks)


def write_layers(name: str, target: Path, progress: Progress, only: Sequence[str] = ()) -> None:
    """Draws one picture into the file ``target``, which is replaced: a frame of the bundled film, then what each main
    layer, or each of ``only`` (layers' names or words), of the classifier makes of it, with their names.

    ``name`` and ``progress`` are as in `layers`. Raises BadInput for a model that plays no classifier, for an unknown
    layer, and if ``target`` can't be written.
    """
    entry = _entry(name, progress)
    model = _made(entry)
    steps = model.steps
    words = {steps.layer(word): f" ({word})" for word in steps.words}
    shown = only or steps.main
    (picture,) = pictures(_BOX, (0.4,))
    cells = [("the source", picture)]
    for number, layer in enumerate(shown):
        progress("dreaming", number / len(shown))
        dream = apply_picture(entry, picture, (f"layer={layer}", *_STILL), model=model)
        cells.append((f"{layer}{words.get(layer, '')}", dream))
    progress("dreaming", 1.0)
    draw(cells, target, _LAYER_CELL, _LAYER_COLUMNS)


def write_units(name: str, layer: str, target: Path, units: Sequence[int], progress: Progress) -> None:
    """Draws one picture into the file ``target``, which is replaced: what each of ``units`` (numbers from 0) of
    ``layer`` (a layer's name or word) looks like, out of noise.

    ``name`` and ``progress`` are as in `layers`. Raises BadInput for a model that plays no classifier, for a layer or
    units that don't exist, and if ``target`` can't be written.
    """
    entry = replace(_entry(name, progress), family="visualise")
    model = _made(entry)
    steps = model.steps
    channels = steps.layers[steps.layer(layer)].shape[1]
    if beyond := [unit for unit in units if unit >= channels]:
        raise BadInput(f"{layer} has the units 0..{channels - 1}, not {beyond[0]}")
    noise: Pixels = np.full((_UNIT_CELL.height, _UNIT_CELL.width, 3), 128, np.uint8)
    cells: list[tuple[str, Pixels]] = []
    for number, unit in enumerate(units):
        progress("dreaming", number / len(units))
        settings = (f"layer={layer}", f"unit={unit}")
        cells.append((f"{layer} {unit}", apply_picture(entry, noise, settings, model=model)))
    progress("dreaming", 1.0)
    draw(cells, target, _UNIT_CELL, _UNIT_COLUMNS)


def _entry(name: str, progress: Progress) -> Entry:
    """Returns the classifier's entry, its files fetched and examined. Raises BadInput for another model."""
    entry = find(name)
    if entry.family not in DREAMS:
        raise BadInput(f"{name} is no classifier; choices: dream-zoom, or a classifier's file")
    entry.fetch(progress)
    return replace(Entry.from_job(entry.to_job()), family="dream_zoom")


def _made(entry: Entry) -> DreamModel:
    """Returns the classifier's model."""
    model = entry.make_model()
    assert isinstance(model, DreamModel)
    return model
