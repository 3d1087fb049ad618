"""Times the bare network in the backend that the show uses, and nothing around it.

``python -m vj.bench.bare CLIP WxH SECONDS RUNTIME``
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

from vj.base.clock import now
from vj.base.frame import Size
from vj.model.files import library
from vj.params.param import Value
from vj.source.sample import pictures

MODEL = "style26"


def main(clip: str, size: str, seconds: str, runtime: str) -> None:
    """Runs `MODEL` on the first picture of the film ``clip`` again and again, and prints an object in JSON: ``fps``,
    the pictures a second of the network alone, and ``why``, the backend that runs it and why.

    The arguments are texts of the command line: ``size`` (WIDTHxHEIGHT) is the box that the picture is fitted into,
    ``seconds`` how long it is timed, ``runtime`` a backend's name or "auto".
    """
    entry = library.find(MODEL)
    entry.fetch(lambda doing, part: None)
    model = entry.make_model(runtime)
    (picture,) = pictures(Size(*map(int, size.split("x"))), film=Path(clip))
    prepared = model.prepare(Size(picture.shape[1], picture.shape[0]))
    out = np.empty_like(picture)
    values: dict[str, Value] = {param.name: param.default for param in model.params}
    for _ in range(5):
        prepared.run(picture, out, values, now())
    count, started = 0, time.perf_counter()
    while time.perf_counter() - started < float(seconds):
        prepared.run(picture, out, values, now())
        count += 1
    json.dump({"fps": count / (time.perf_counter() - started), "why": prepared.why}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
