"""``vj bench stage``: how near a look comes to the truth, by seconds of learning from one painted frame, or from four.

A program paints, so that the truth of every frame is known. The error is that of frames away from those that were
painted, none of which is trained on. A second is one of the learning thread's own processor time, unless wall time is
asked for: on a busy machine, and on a core that others share, only that says what a core of its own learns in a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import torch

from vj.base.clock import now
from vj.base.errors import unknown
from vj.base.frame import Pixels
from vj.bench import promises, stage_clips, stage_show
from vj.bench.stage_clips import SHOTS, SIZE, StageFrames, StageLook
from vj.model.nets.look import LookNet
from vj.model.runtime import processor
from vj.train.keyframe import Keyframe
from vj.train.look_learner import LookLearner
from vj.train.make_learner import warm_start, warm_up
from vj.train.measures import structural_similarity

MOST: Final[Mapping[tuple[str, str, int], Mapping[float, float]]] = {
    ("bikes", "ink", 1): {2: 11.0, 10: 8.3},
    ("bunny", "ink", 1): {2: 14.0, 10: 10.5},
    ("carphone", "ink", 1): {2: 10.5, 10: 6.4},
    ("bikes", "style4", 1): {2: 28.0, 10: 26.7},
    ("bunny", "style4", 1): {2: 24.3, 10: 22.6},
    ("carphone", "style4", 1): {2: 23.6, 10: 20.7},
    ("bikes", "style4", 4): {10: 23.6},
    ("bunny", "style4", 4): {10: 20.7},
    ("carphone", "style4", 4): {10: 18.8},
}
"""The errors (of 255) that are promised at most, by clip, look and number of keyframes, then by seconds of learning, on
a processor with AVX2 or better."""
FIRST: Final = 0.5
"""Seconds until the first picture at most."""
STOPS: Final = (0.5, 2.0, 5.0, 10.0, 20.0, 40.0)
"""Seconds of learning after which the error is measured."""
CLOCKS: Final[Mapping[str, Callable[[], float]]] = {"thread": time.thread_time, "wall": now}
"""What a second is, by name: processor time of the thread that learns, or time."""

_SHOWN: Final = 20.0
"""Seconds that the show plays."""


class Watch:
    """Tells for how long something went on (s), by ``clock``, without the pauses."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock, self._paused = clock, 0.0

    def now(self) -> float:
        """Returns the time."""
        return self._clock() - self._paused

    @contextmanager
    def pause(self) -> Iterator[None]:
        """Let the time stand still in the ``with`` block."""
        begun = self._clock()
        yield
        self._paused += self._clock() - begun


class Course(NamedTuple):
    """How the error fell: ``first`` are the seconds until the first picture, ``errors`` and ``likeness`` (SSIM) are by
    seconds of learning, 0 for the first picture, and ``shown`` is a frame after the last of them. ``rate`` are the
    steps a second of the clock, ``share`` is the part of a core that the thread had."""

    first: float
    errors: dict[float, float]
    likeness: dict[float, float]
    rate: float
    share: float
    shown: list[Pixels]


def measure(
    seconds: float, clock: str, only: str = "", cold: bool = False, pictures: Path | None = None
) -> Iterator[str]:
    """Yields lines of text as they are known: a table row for each clip, look and number of keyframes, of those whose
    row begins with ``only``; then what we promise, and whether it held; and without ``only`` what a show plays
    meanwhile.

    Each learns for ``seconds`` of ``clock``, a name in `CLOCKS`; without the warm start if ``cold`` is set, and then
    nothing is promised. ``pictures``, if given, is a JPEG file to write. What is missing is downloaded. Raises VjError
    where it can't be, BadInput for another clock.
    """
    if clock not in CLOCKS:
        raise unknown("clock", clock, CLOCKS)
    ticks = CLOCKS[clock]
    torch.set_num_threads(1)
    warm_up()  # a show's trainer waits, warm
    yield f"{processor.name()}; one thread learns at {SIZE}. {promises.limit()}".rstrip()
    yield f"a second is one of {'the learning thread on a processor' if clock == 'thread' else 'the clock on the wall'}"
    stops = [stop for stop in STOPS if stop <= seconds]
    yield _line(
        "clip, look, frames", "as it is", "linear", "first", *(f"{stop:g} s" for stop in stops), "steps/s", "core"
    )
    rows: list[list[Pixels]] = []
    verdicts: list[str] = []
    for row in _rows(only):
        course = learned(row.keyframes, row.tested, row.truth, stops, ticks, None if cold else warm_start())
        yield _table_row(row, course)
        rows.append([row.tested[2], row.truth[2], *course.shown])
        if not cold:
            verdicts += row.verdicts(course)
    if pictures:
        _write_picture(pictures, rows)
    yield from verdicts
    if not only:
        yield from stage_show.measure(_SHOWN)


class _Row(NamedTuple):
    """What a row of the table is about: a clip, a look and some painted keyframes; frames that are tested and their
    truth."""

    clip: str
    look: str
    keyframes: list[Keyframe]
    tested: list[Pixels]
    truth: list[Pixels]

    @property
    def title(self) -> str:
        return f"{self.clip} {self.look} {len(self.keyframes)}"

    def verdicts(self, course: Course) -> list[str]:
        """Returns a line for each promise."""
        most = MOST.get((self.clip, self.look, len(self.keyframes)), {})
        found = [
            f"{self.title}: {error:.1f} after {stop:g} s (at most {most[stop]:g}: {_verdict(error <= most[stop])})"
            for stop, error in course.errors.items()
            if stop in most
        ]
        first = f"first picture after {course.first:.2f} s (at most {FIRST:g}: {_verdict(course.first <= FIRST)})"
        return [*found, f"{self.title}: {first}"]


def _rows(only: str) -> Iterator[_Row]:
    for shot in SHOTS:
        frames = shot.frames()
        for name, look in stage_clips.looks(frames.keys[0]).items():
            for count in (1, 4) if name == "style4" else (1,):
                if f"{shot.name} {name} {count}".startswith(only):
                    yield _row(shot.name, name, frames, look, count)


def _row(clip: str, name: str, frames: StageFrames, look: StageLook, count: int) -> _Row:
    keyframes = [look.paint(frame) for frame in frames.keys[:count]]
    return _Row(clip, name, keyframes, frames.tested, [look.truth(frame) for frame in frames.tested])


def learned(
    keyframes: Sequence[Keyframe],
    tested: Sequence[Pixels],
    truth: Sequence[Pixels],
    stops: Sequence[float],
    clock: Callable[[], float],
    start: LookNet | None,
) -> Course:
    """Returns how a look is learned from ``keyframes`` until the last of ``stops`` (s), by its error on the frames
    ``tested``, whose ``truth`` is known."""
    watch, began, own = Watch(clock), now(), time.thread_time()
    learner = LookLearner(keyframes, start, now=watch.now)
    net = learner.first()
    took = learner.seconds
    errors, likeness, shown = {}, {}, []
    for stop in (0.0, *stops):
        while learner.seconds < stop:
            learner.step()
            net = learner.average
        with watch.pause():
            played = [play(net, frame) for frame in tested]
            pairs = list(zip(played, truth, strict=True))
            errors[stop] = float(np.mean([error(one, other) for one, other in pairs]))
            likeness[stop] = float(np.mean([structural_similarity(one, other) for one, other in pairs]))
            shown.append(played[len(played) // 2])
    share = (time.thread_time() - own) / (now() - began)
    return Course(took, errors, likeness, learner.steps / max(1e-9, learner.seconds), share, shown)


@torch.no_grad()
def play(net: LookNet, frame: Pixels) -> Pixels:
    """Returns ``frame`` as the network shows it."""
    image = torch.from_numpy(frame).permute(2, 0, 1)[None].float().div(255)
    shown = net(image.contiguous(memory_format=torch.channels_last))[0].permute(1, 2, 0)
    found: Pixels = shown.mul(255).round().clamp(0, 255).byte().contiguous().numpy()
    return found


def error(shown: Pixels, truth: Pixels) -> float:
    """Returns the mean absolute error, of 255."""
    return float(np.abs(shown.astype(np.float32) - truth).mean())


def linear(keyframes: Sequence[Keyframe], frame: Pixels) -> Pixels:
    """Returns ``frame`` through the map of colours (3×4) that is the nearest to ``keyframes``, by least squares."""
    source = np.concatenate([keyframe.source.reshape(-1, 3) for keyframe in keyframes])
    painted = np.concatenate([keyframe.painted.reshape(-1, 3) for keyframe in keyframes]).astype(np.float64)
    found, *_ = np.linalg.lstsq(np.c_[source / 255.0, np.ones(len(source))], painted, rcond=None)
    shown = (np.c_[frame.reshape(-1, 3) / 255.0, np.ones(frame.size // 3)] @ found).clip(0, 255)
    mapped: Pixels = np.rint(shown).astype(np.uint8).reshape(frame.shape)
    return mapped


def _table_row(row: _Row, course: Course) -> str:
    before = [row.tested, [linear(row.keyframes, frame) for frame in row.tested]]
    ways = (error, structural_similarity)
    cells = [
        _cell(*(float(np.mean([how(*pair) for pair in zip(shown, row.truth, strict=True)])) for how in ways))
        for shown in before
    ]
    cells += [_cell(course.errors[stop], course.likeness[stop]) for stop in course.errors]
    return _line(row.title, *cells, f"{course.rate:.0f}", f"{course.share:.0%}")


def _cell(error: float, likeness: float) -> str:
    return f"{error:.1f}/{likeness:.2f}".replace("/0.", "/.")


def _line(title: str, *cells: str) -> str:
    return f"{title:<20}" + "".join(f"{cell:>10}" for cell in cells)


def _verdict(held: bool) -> str:
    return "held" if held else "NOT held"


def _write_picture(path: Path, rows: Sequence[Sequence[Pixels]]) -> None:
    from PIL import Image

    Image.fromarray(np.vstack([np.hstack(list(row)) for row in rows])).save(path, quality=85)
