"""Measures what a network's 8-bit form needs, once: the ranges of its numbers, and the error of its pictures."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from vj.base.atomic_file import write_cached
from vj.base.convert import resize
from vj.base.frame import Pixels, Size
from vj.base.paths import PRESETS, cache
from vj.model.network import Network
from vj.model.runtime import quantise, rewrite
from vj.model.runtime.compiled_network import Floats
from vj.model.runtime.export import square
from vj.model.runtime.number_format import NumberFormat
from vj.model.runtime.openvino import OpenVinoGraph

if TYPE_CHECKING:
    import openvino as ov

SIDE: Final = 256
"""The side of the pictures that are measured with, in pixels; ranges don't depend on it."""
PICTURES: Final = ("show.jpg", "styles.jpg")
"""Names of files in ``presets/pictures``, sheets of many pictures each, from which parts are cut."""


@dataclass(frozen=True)
class Calibration:
    """What is known of a network in one 8-bit format."""

    ranges: list[quantise.Span]
    """The ranges of the inputs of the graph's convolutions, in the graph's order."""
    error: float
    """How far its pictures are off those in floats: the length of the difference by the length of the picture (L2),
    averaged over the pictures that it was measured with. 0.06 is 6 %."""


def calibration(network: Network, build: Callable[[Size], ov.Model], number_format: NumberFormat) -> Calibration:
    """Returns the calibration of ``network`` in ``number_format``, one of the 8-bit ones.

    It is read from a file in the cache (by the network's key) if there is one. Else it is measured now, by compiling
    and running the network, which takes seconds, and kept in that file. ``build`` returns the network's graph in floats
    for a size, with the inputs and outputs that `picture_graph.build` gives it; it must be a new graph at each call,
    because it is changed.
    """
    path = cache("ranges") / f"{network.key}-{number_format}-{rewrite.VERSION}-{quantise.VERSION}.json"
    kept = _read(path)
    if kept is None:
        kept = _measure(network, build, number_format)
        text = json.dumps(asdict(kept) | {"ranges": [list(span) for span in kept.ranges]})
        with contextlib.suppress(OSError):  # a folder that can't be written to costs time only
            write_cached(path, f"{text}\n".encode())
    return kept


def pictures(size: Size) -> Iterator[Pixels]:
    """Yields ten pictures of ``size``, the same at every call, each uint8 [h, w, 3] in RGB.

    They are sheets and parts of sheets of photographs, a gradient of colours, a dim one, a pale sheet, and noise.
    """
    for name in PICTURES:
        sheet = _sheet(PRESETS / "pictures" / name)
        height, width = sheet.shape[:2]
        for part in (sheet, sheet[: height // 2, : width // 2], sheet[height // 2 :, width // 2 :]):
            yield resize(np.ascontiguousarray(part), size)
    ramp = _ramp(size)
    yield from (ramp, ramp[::-1, ::-1] // 8)
    yield 255 - resize(np.ascontiguousarray(_sheet(PRESETS / "pictures" / PICTURES[0])), size) // 4
    yield np.random.default_rng(0).integers(0, 256, ramp.shape, np.uint8)


def _ramp(size: Size) -> Pixels:
    """Returns a picture in which red grows to the right, green grows downwards, and blue alternates in squares."""
    y, x = np.mgrid[0 : size.height, 0 : size.width]
    return np.stack([x * 255 // size.width, y * 255 // size.height, (x // 16 + y // 16) % 2 * 255], -1).astype(np.uint8)


def _sheet(path: Path) -> Pixels:
    from PIL import Image

    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def _measure(network: Network, build: Callable[[Size], ov.Model], number_format: NumberFormat) -> Calibration:
    """Measure the ranges in floats, round a graph by them, and compare its pictures with those in floats."""
    size = square(network, SIDE)
    controls = [np.full(control.shape, control.sample, np.float32) for control in network.controls]
    shown = [np.ascontiguousarray(picture) for picture in pictures(size)]
    ranges = quantise.measure(_inputs(build(size), shown, controls))
    rounded = build(size)
    quantise.quantise(rounded, ranges, number_format)
    graphs = OpenVinoGraph(build(size), integers=False), OpenVinoGraph(rounded)
    errors = [_off(*(_shown(graph, picture, controls) for graph in graphs)) for picture in shown]
    return Calibration(ranges, float(np.mean(errors)))


def _inputs(model: ov.Model, shown: list[Pixels], controls: list[Floats]) -> Iterator[list[Floats]]:
    """Yield the inputs of the graph's convolutions, picture by picture. The arrays are reused."""
    graph = OpenVinoGraph(quantise.watched(model), integers=False)
    arrays = [np.empty(port.shape, port.dtype) for port in graph.outputs]
    for picture in shown:
        graph.run(picture, *controls, out=arrays)
        yield arrays[2:]


def _shown(graph: OpenVinoGraph, picture: Pixels, controls: list[Floats]) -> Pixels:
    """Returns what the graph makes of ``picture``."""
    out = np.empty_like(picture)
    graph.run(picture, *controls, out=(out, np.empty(1, np.float32)))
    return out


def _off(truth: Pixels, other: Pixels) -> float:
    """Returns the relative error (L2) of ``other``."""
    length = np.linalg.norm(truth.astype(np.float32))
    return float(np.linalg.norm(other.astype(np.float32) - truth) / max(float(length), 1.0))


def _read(path: Path) -> Calibration | None:
    """Returns the calibration in the file; None if there is none or it can't be used, and so has to be taken again."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return Calibration([quantise.Span(*span) for span in kept["ranges"]], float(kept["error"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None
