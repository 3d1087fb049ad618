"""Data sets of what a camera, the screen or any other source shows while the command runs."""

from collections.abc import Generator
from contextlib import closing, suppress
from pathlib import Path

import numpy as np

from vj.base.clock import Clock, LiveClock
from vj.base.errors import Unavailable
from vj.base.frame import Alpha, Pixels, Size
from vj.data.builder import DataPlan, FinishedSet, begin
from vj.data.filters import PictureFilter
from vj.data.gathering import filtered_collection, finish_filtered, sides_of
from vj.data.pictures import Progress, covering
from vj.source import SOURCES, split_spec


def make_capture(
    spec: str,
    target: Path,
    plan: DataPlan,
    progress: Progress,
    by: PictureFilter | None = None,
    rate: float = 4.0,
    seconds: float = 30.0,
    clock: Clock | None = None,
) -> FinishedSet:
    """Makes the data set ``target`` of what the source ``spec`` (``kind`` or ``kind:target``) shows, and returns what
    was made: pairs as in `vj.data.gathering.make_from`, or pictures.

    ``rate`` pictures a second are taken for ``seconds``, or until Ctrl-C, which keeps what was taken. A running show is
    captured from the screen, or made into a set from its recording afterwards. ``clock`` is the live one unless another
    is given. Raises BadInput or Unavailable for a source that can't be opened.
    """
    kind, name = split_spec(spec)
    SOURCES[kind].check(name)
    sides = sides_of(by, plan)
    with begin(target, plan, progress) as new:
        into = filtered_collection(new, by, is_film=True, rate=rate)
        taken = _taken(kind, name, plan.stored, rate, seconds, clock or LiveClock(), progress)
        with suppress(KeyboardInterrupt), closing(taken):
            for number, picture in enumerate(taken):
                new.add(into, f"{kind}-{number:05d}", sides(picture), run=0)
        return finish_filtered(new, by)


def _taken(
    kind: str, target: str, stored: int, rate: float, seconds: float, clock: Clock, progress: Progress
) -> Generator[Pixels]:
    """Yields the source's pictures."""
    source = SOURCES[kind](target, Size(2 * stored * 16 // 9, 2 * stored), max(rate, 25.0), clock)
    source.on_wait = lambda why: progress(why, None) if why else None
    values = {param.name: param.default for param in source.params_of(target)}
    latest = np.empty((0, 0, 3), np.uint8)

    def begin_picture(height: int, width: int, alpha: Alpha | None = None) -> Pixels:
        nonlocal latest
        latest = np.empty((height, width, 3), np.uint8)
        return latest

    try:
        source.open()
    except OSError as error:  # what isn't there yet, which a show would wait for
        raise Unavailable(f"{source.title} can't be opened: {error}") from None
    doing = f"watching {source.title}; Ctrl-C ends it and keeps what it has"
    try:
        first: float | None = None
        due = 0.0
        while True:
            captured = source.read(begin_picture, values)
            if first is None:
                first = due = captured
            if captured - first >= seconds:
                break
            progress(doing, (captured - first) / seconds)
            if captured >= due:
                due = max(due + 1.0 / rate, captured)
                yield covering(latest, stored)
    finally:
        source.close()
        progress(doing, 1.0)
