"""``vj bench train``: what a training costs beside its bare steps, and how soon a clip becomes a model that plays."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from vj.base.errors import unknown
from vj.bench import promises, train_clip, train_step
from vj.bench.own_library import library_in
from vj.model.runtime import processor


def measure(seconds: float, minutes: float, clock: str, clip: Path | None = None) -> Iterator[str]:
    """Yields lines of text as they are known: the processor, a table row for each method, then how a model of a clip
    becomes better, and whether what is promised was held.

    Each step has its turns for ``seconds`` (0: left out), and the model is trained for ``minutes`` of ``clock``, a name
    in `vj.bench.train_clip.CLOCKS` (0: left out). ``clip`` is a film in place of the half minute that the bench puts
    together. Everything that is made lies in a temporary folder and is removed. Raises VjError if a clip can't be
    fetched or made a data set of, BadInput for another clock.
    """
    with tempfile.TemporaryDirectory() as name, library_in(Path(name) / "library"):
        if clock not in train_clip.CLOCKS:
            raise unknown("clock", clock, train_clip.CLOCKS)
        threads = "one core's own time" if clock == "processor" else f"{torch.get_num_threads()} threads"
        yield f"{processor.name()}, {threads}. {promises.limit()}".rstrip()
        film, data = Path(name) / "clip.mp4", Path(name) / "data"
        if clip is None:
            train_clip.write_clip(film)
        made = train_clip.make_data(clip or film, data)
        with _threads(clock):
            if seconds:
                yield from train_step.measure(data, seconds, clock)
            if minutes:
                yield from train_clip.measure(data, made, minutes, clock)


@contextmanager
def _threads(clock: str) -> Iterator[None]:
    """Lets torch compute on one core during the ``with`` block, if ``clock`` is that of the processor."""
    before = torch.get_num_threads()
    torch.set_num_threads(1 if clock == "processor" else before)
    try:
        yield
    finally:
        torch.set_num_threads(before)
