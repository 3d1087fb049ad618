"""The losses of every step: as a table in a CSV file, and as curves in a picture."""

from __future__ import annotations

import csv
import io
import math
from array import array
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from vj.base.atomic_file import write_cached

HELD_OUT: Final = "held-out L1"
"""The mean absolute difference (0..1) of held-out pictures from what is wanted; only at steps with a sample sheet."""
Table = npt.NDArray[np.float64]
_FIRST: Final = ("step", "seconds", "rate")
_WIDTH, _HEIGHT, _EDGE, _LABEL = 720, 150, 12, 18
_DARK, _FRAME, _LIGHT, _FAINT, _LINE = (18, 18, 20), (70, 70, 76), (220, 220, 220), (60, 84, 110), (120, 200, 255)
_POINTS: Final = 360
"""Into how many parts a training is divided, each of which is a point of the thick curve."""
_FEW: Final = 64
"""Fewer points than these are not smoothed."""


class Metrics:
    """The table of one training. Its columns are the step, the seconds of training until then, the learning rate's
    factor, the losses and `HELD_OUT`; what is new is added to the file whenever `flush` is called."""

    def __init__(self, path: Path) -> None:
        """Nothing is read or written yet."""
        self._path = path
        self._columns: list[str] = []
        self._numbers = array("d")
        """The rows one after the other."""
        self._written = 0
        self._held: float | None = None

    def resume(self, step: int) -> None:
        """Reads the file as far as ``step``: what was trained behind it is trained again. A file that can't be read
        counts as empty."""
        try:
            with self._path.open(newline="", encoding="utf-8") as file:
                heading, *rows = csv.reader(file)
                found = [[float(cell) if cell else math.nan for cell in row] for row in rows]
        except (OSError, ValueError, csv.Error):
            return
        self._columns = heading
        for row in found:
            if len(row) == len(heading) and row[0] <= step:
                self._numbers.extend(row)
        held = self._table()[:, -1]
        self._held = next(iter(held[np.isfinite(held)][::-1].tolist()), None)

    def cut(self, step: int) -> None:
        """Forgets what lies behind ``step``, to which the training has gone back."""
        table = self._table()
        self._numbers = array("d", table[table[:, 0] <= step].flatten().tolist())
        self._written = 0

    def add(self, step: int, seconds: float, rate: float, losses: Mapping[str, float]) -> None:
        """Adds a row: the losses of the ``step``-th step, counted from 1."""
        if not self._columns:
            self._columns = [*_FIRST, *losses, HELD_OUT]
        self._numbers.extend((step, seconds, rate, *losses.values(), math.nan))

    def hold(self, error: float) -> None:
        """Writes `HELD_OUT` into the newest row."""
        if self._numbers:
            self._numbers[-1] = self._held = error

    def flush(self) -> None:
        """Writes what is new to the file; all of it if rows were forgotten. Raises OSError."""
        if not self._columns:
            return
        table = self._table()
        if self._written == 0:
            write_cached(self._path, (",".join(self._columns) + "\r\n" + _lines(table)).encode())
        else:
            with self._path.open("a", newline="", encoding="utf-8") as file:
                file.write(_lines(table[self._written :]))
        self._written = len(table)

    def recent(self, count: int = 20) -> dict[str, float]:
        """Returns the means of the losses over the last ``count`` steps, and the newest `HELD_OUT`, by name; what isn't
        known yet is left out."""
        if not self._numbers:
            return {}
        width = len(self._columns)
        last = np.array(self._numbers[-count * width :]).reshape(-1, width).mean(0)
        found = {name: float(last[place]) for place, name in enumerate(self._columns[:-1]) if place >= len(_FIRST)}
        return found if self._held is None else {**found, HELD_OUT: self._held}

    def curves(self) -> bytes:
        """Returns the content of a PNG file: a diagram for each loss over the steps; empty before the second step."""
        table = self._table()
        if len(table) < 2:
            return b""
        diagrams = [(name, table[:, place]) for place, name in enumerate(self._columns) if place >= len(_FIRST)]
        return _drawn([(name, *_known(table[:, 0], numbers)) for name, numbers in diagrams])

    def _table(self) -> Table:
        return np.array(self._numbers).reshape(-1, max(1, len(self._columns)))


def _lines(table: Table) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    for step, *numbers in table.tolist():
        writer.writerow([int(step), *("" if math.isnan(number) else f"{number:.9g}" for number in numbers)])
    return text.getvalue()


Curve = tuple[str, Table, Table]
"""A name, steps, and a number for each."""


def _known(steps: Table, numbers: Table) -> tuple[Table, Table]:
    there = np.isfinite(numbers)
    return steps[there], numbers[there]


def _drawn(curves: Sequence[Curve]) -> bytes:
    from PIL import Image, ImageDraw, ImageFont

    shown = [curve for curve in curves if len(curve[1]) > 1]
    image = Image.new("RGB", (_WIDTH, len(shown) * (_HEIGHT + _LABEL) + _EDGE), _DARK)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size=13)
    for place, (name, steps, numbers) in enumerate(shown):
        top = place * (_HEIGHT + _LABEL) + _LABEL
        points, low, high = _scaled(steps, numbers, top)
        draw.rectangle((_EDGE, top, _WIDTH - _EDGE, top + _HEIGHT - _EDGE), outline=_FRAME)
        draw.text((_EDGE, top - _LABEL + 2), f"{name}  {low:.4g} .. {high:.4g}", _LIGHT, font)
        draw.text((_WIDTH - 110, top - _LABEL + 2), f"step {int(steps[-1])}", _LIGHT, font)
        draw.line(points, fill=_FAINT)
        draw.line(points if len(points) < _FEW else _smoothed(points), fill=_LINE, width=2)
    content = io.BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


Points = list[tuple[float, float]]


def _scaled(steps: Table, numbers: Table, top: int) -> tuple[Points, float, float]:
    """Returns the curve in pixels, and the least and largest number that the diagram shows: all but outliers."""
    low, high = float(numbers.min()), float(np.quantile(numbers, 0.995))
    x = _EDGE + (steps - steps[0]) / max(1.0, float(steps[-1] - steps[0])) * (_WIDTH - 2 * _EDGE)
    share = ((numbers - low) / max(1e-12, high - low)).clip(0.0, 1.0)
    y = top + (_HEIGHT - _EDGE) * (1.0 - share)
    thinned = slice(None, None, max(1, len(x) // (8 * _POINTS)))
    return list(zip(x[thinned].tolist(), y[thinned].tolist(), strict=True)), low, high


def _smoothed(points: Points) -> Points:
    parts = np.array_split(np.array(points), min(_POINTS, max(2, len(points) // 8)))
    return [tuple(part.mean(0).tolist()) for part in parts]
