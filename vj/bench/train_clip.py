"""``vj bench train``, its second part: from a clip of half a minute to a model that plays, and how good it is by then.

The data set is made by ``vj data from CLIP --by edges``, in a child. The training is that of ``vj train pix2pix --size
tiny``. Its held-out error is measured on all pictures that are kept for the test, beside that of the edges themselves;
time stands still while it is.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import cv2
import numpy as np
import torch

from vj.base.clock import now
from vj.base.errors import VjError
from vj.base.frame import Pixels, Size
from vj.base.paths import CLIP
from vj.bench.stage import Watch
from vj.model.files.library import find
from vj.model.files.test_clips import BIKES, CARPHONE
from vj.model.files.weights import fetch_asset
from vj.train.batches import Batch
from vj.train.start import TrainingWish, held_out_pictures, prepared
from vj.train.training import TrainingLimits

if TYPE_CHECKING:
    from torch import nn

MOST_ERROR: Final = 0.85
"""The held-out L1 that is promised at most, as a part of that of the edges themselves."""
MOST_SECONDS: Final = 600.0
"""After how long it is promised, on two cores with AVX2, with the making of the data set."""
CLOCKS: Final[Mapping[str, Callable[[], float]]] = {"processor": time.process_time, "wall": now}
"""What a second of the training is, by name: one of the processor time of this process, which computes on one core
then, or of time, with all cores."""
STOPS: Final = (4.0, 8.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0)
"""Seconds of training after which a row is printed."""
_NAME: Final = "bench-first"
_SIZE, _RATE = Size(480, 272), 16
"""The pictures of the clip, and how many it has a second."""
_MOST_HELD: Final = 200


class ClipStop(NamedTuple):
    """How a model stood after ``seconds`` of training and ``steps``: its held-out L1 is ``error``, 0..1."""

    seconds: float
    steps: int
    error: float


def write_clip(path: Path) -> None:
    """Writes a film of 30 seconds: the bundled clip and two others, which are downloaded if they are missing, one after
    the other at `_RATE` pictures a second. Raises VjError where one can't be fetched."""
    import av

    clips = [CLIP, *(fetch_asset(asset, lambda doing, part: None) for asset in (BIKES, CARPHONE))]
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=_RATE, options={"crf": "18", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = *_SIZE, "yuv420p"
        for clip in clips:
            with av.open(str(clip)) as source:
                for frame in source.decode(video=0):
                    shown = _filling(np.asarray(frame.to_ndarray(format="rgb24"), np.uint8))
                    film.mux(stream.encode(av.VideoFrame.from_ndarray(shown, format="rgb24")))
        film.mux(stream.encode())


def _filling(picture: Pixels) -> Pixels:
    """Returns the middle of ``picture``, scaled to fill `_SIZE`."""
    height, width = picture.shape[:2]
    wide = min(width, round(height * _SIZE.width / _SIZE.height))
    high = min(height, round(width * _SIZE.height / _SIZE.width))
    left, top = (width - wide) // 2, (height - high) // 2
    cut = picture[top : top + high, left : left + wide]
    return np.asarray(cv2.resize(cut, _SIZE, interpolation=cv2.INTER_AREA), np.uint8)


def make_data(clip: Path, data: Path) -> tuple[float, float]:
    """Makes the data set ``data`` of the edges of ``clip`` by the command line, and returns the seconds that it took,
    and those of the processor (0 where the system doesn't tell). Raises VjError if it fails."""
    began, own = now(), os.times()
    command = [sys.executable, "-m", "vj", "data", "from", str(clip), str(data), "--by", "edges"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace")
    if done.returncode:
        raise VjError(f"the data set couldn't be made: {(done.stderr or done.stdout).strip()}")
    spent = os.times()
    children = spent.children_user + spent.children_system - own.children_user - own.children_system
    return now() - began, children


def measure(data: Path, made: tuple[float, float], minutes: float, clock: str) -> Iterator[str]:
    """Yields lines of text as they are known: how the held-out error falls, and whether what is promised was held.

    ``data`` is a data set of edges, and ``made`` what `make_data` returned of it. It is trained for ``minutes`` of
    ``clock``, a name in `CLOCKS`.
    """
    yield f"the data set: {made[0]:.1f} s, {made[1]:.1f} s of the processor"
    wish = TrainingWish("pix2pix", data, _NAME, TrainingLimits(None, 60.0 * minutes), size="tiny")
    course = ClipCourse(CLOCKS[clock])
    training = prepared(wish, new_weights=lambda nets: course.note(training.step, nets), clock=course.watch.now)
    course.begin(held_out_pictures(data, training.method.settings.side, _MOST_HELD))
    training.run()
    yield from course.lines(made[0 if clock == "wall" else 1], clock)
    yield f"{_NAME} plays: {find(_NAME).title}"


class ClipCourse:
    """How the held-out error of a training falls by the seconds of a clock."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.watch = Watch(clock)
        self.stops: list[ClipStop] = []
        self.edges = 0.0
        """The L1, 0..1, of the given pictures themselves."""
        self._held: Batch | None = None
        self._began = 0.0

    def begin(self, held: Batch) -> None:
        """Starts the time; ``held`` are the pictures that are held out."""
        self._held = held
        self.edges = float((held[0] - held[1]).abs().mean()) / 2
        self._began = self.watch.now()

    @torch.no_grad()
    def note(self, steps: int, nets: Mapping[str, nn.Module]) -> None:
        """Measures the generator ``G`` of ``nets``, after so many ``steps``; its file has just been written."""
        seconds = self.watch.now() - self._began
        with self.watch.pause():
            assert self._held
            net, (a, b) = nets["G"], self._held
            device = next(net.parameters()).device
            errors = [
                float((net(one[None].to(device)).clamp(-1, 1).cpu() - other[None]).abs().mean()) / 2
                for one, other in zip(a, b, strict=True)
            ]
        self.stops.append(ClipStop(seconds, steps, float(np.mean(errors))))

    def lines(self, before: float, clock: str) -> Iterator[str]:
        """Yields the table and the verdict; ``before`` are the seconds that making the data set took."""
        heading = f"{'seconds of training':<22}{'steps':>8}{'L1':>8}{'of edges':>10}"
        yield f"{heading}   ({clock}; the edges' L1: {self.edges:.3f})"
        due = iter((*STOPS, float("inf")))
        wanted = next(due)
        for stop in self.stops:
            if stop.seconds >= wanted or stop is self.stops[-1]:
                part = stop.error / self.edges
                yield f"{stop.seconds:<22.1f}{stop.steps:>8}{stop.error:>8.3f}{part:>10.2f}"
                wanted = next((time for time in due if time > stop.seconds), float("inf"))
        yield f"first file to play after {before + self.stops[0].seconds:.0f} s in all"
        good = next((stop for stop in self.stops if stop.error <= MOST_ERROR * self.edges), None)
        limit = f"at most {MOST_SECONDS:.0f} s"
        if good is None:
            yield f"held-out L1 at most {MOST_ERROR:g} of the edges': never ({limit}: NOT held)"
            return
        took = before + good.seconds
        held = "held" if took <= MOST_SECONDS else "NOT held"
        yield f"held-out L1 at most {MOST_ERROR:g} of the edges': after {took:.0f} s in all ({limit}: {held})"
