"""Fixtures for the sources: films whose frames can be told apart, and a place for pictures to arrive."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vj.base.clock import FakeClock
from vj.base.frame import Alpha, Pixels, Size
from vj.params.param import Value
from vj.source.pattern import draw_counter, read_counter
from vj.source.source import Source

BOX = Size(320, 240)


class Viewer:
    """Takes pictures from a source as its host does, with the default values of its parameters."""

    def __init__(self, source: Source, **values: Value) -> None:
        self.source = source
        self.values = {param.name: param.default for param in source.params if param.kind != "trigger"} | values
        self.picture: Pixels = np.empty((0, 0, 3), np.uint8)
        self.alpha: Alpha | None = None
        self.times: list[float] = []

    def take(self, **values: Value) -> Pixels:
        self.times.append(self.source.read(self._begin, self.values | values))
        return self.picture

    def count(self, **values: Value) -> int:
        return read_counter(self.take(**values))

    def counts(self, number: int, **values: Value) -> list[int]:
        return [self.count(**values) for _ in range(number)]

    def _begin(self, height: int, width: int, alpha: Alpha | None = None) -> Pixels:
        self.alpha = None if alpha is None else alpha.copy()
        self.picture = np.full((height, width, 3), 77, np.uint8)
        return self.picture


def numbered(width: int, height: int, count: int) -> Pixels:
    """A grey picture that carries its number."""
    picture = np.full((height, width, 3), 96, np.uint8)
    picture[: height // 3] = (200, 120, 60)
    draw_counter(picture, count)
    return picture


def encode(
    path: Path,
    frames: int = 30,
    *,
    fps: int = 25,
    size: Size = BOX,
    gop: int = 12,
    stamps: list[int] | None = None,
    **container: Any,
) -> Path:
    """An H.264 film of ``frames`` numbered pictures; ``stamps`` are their times in milliseconds."""
    import av

    with av.open(str(path), "w", **container) as film:
        stream = film.add_stream("libx264", rate=fps, options={"g": str(gop), "crf": "12", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = size.width, size.height, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        for count in range(frames):
            frame = av.VideoFrame.from_ndarray(numbered(size.width, size.height, count), "rgb24")
            frame.pts, frame.time_base = stamps[count] if stamps else round(count * 1000 / fps), Fraction(1, 1000)
            film.mux(stream.encode(frame))
        film.mux(stream.encode())
    return path


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """30 numbered pictures of 320x240 at 25 frames/s, in groups of 12."""
    return encode(tmp_path / "numbered.mp4")


@pytest.fixture
def start(clock: FakeClock) -> Iterator[Callable[..., Viewer]]:
    """``start(Kind, target)`` opens a source on the fake clock; it is closed after the test."""
    opened: list[Source] = []

    def open_source(kind: type[Source], target: object, box: Size = BOX, fps: float = 25.0) -> Viewer:
        source = kind(str(target), box, fps, clock)
        source.open()
        opened.append(source)
        return Viewer(source)

    yield open_source
    for source in opened:
        source.close()
