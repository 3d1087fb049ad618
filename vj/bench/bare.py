"""The bare network in the runtime that the show uses, and nothing around it.

``python -m vj.bench.bare CLIP WxH SECONDS RUNTIME``
"""

import json
import sys
import time

import numpy as np

from vj.frame.frame import Pixels, Size
from vj.model import MODELS, catalog
from vj.param import Value
from vj.source import SOURCES

MODEL = "style26"


def main(clip: str, size: str, seconds: str, runtime: str) -> None:
    """Print how many pictures a second the network alone gives, and which runtime runs it."""
    kind = MODELS[MODEL]
    model = kind({name: catalog.fetch(name, lambda doing, part: None) for name in kind.weights}, runtime)
    picture = _first_picture(clip, Size(*map(int, size.split("x"))))
    model.prepare(Size(picture.shape[1], picture.shape[0]))
    out = np.empty_like(picture)
    values: dict[str, Value] = {param.name: param.default for param in kind.params}
    for _ in range(5):
        model.run(picture, out, values, time.monotonic())
    count, started = 0, time.perf_counter()
    while time.perf_counter() - started < float(seconds):
        model.run(picture, out, values, time.monotonic())
        count += 1
    json.dump({"fps": count / (time.perf_counter() - started), "why": model.why}, sys.stdout)


def _first_picture(clip: str, box: Size) -> Pixels:
    source = SOURCES["movie"](clip, box, 25.0)
    source.open()
    taken: list[Pixels] = []

    def begin(height: int, width: int) -> Pixels:
        taken.append(np.empty((height, width, 3), np.uint8))
        return taken[-1]

    source.read(begin, {param.name: param.default for param in source.params})
    source.close()
    return taken[-1]


if __name__ == "__main__":
    main(*sys.argv[1:])
