"""``vj bench gpu``: everything that is promised of graphics cards, measured in under eight minutes, with verdicts."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from vj.base.clock import Clock, LiveClock
from vj.base.errors import VjError
from vj.bench.gpu_task import Told
from vj.bench.promises import CARD_LIMITS
from vj.bench.subjects import ON_CARD
from vj.child.process import ChildSpec, OsProcess
from vj.model.runtime.cards import own_card, trouble

SECONDS: Final = 470.0
"""How long all of it may take."""
_POLL: Final = 0.02
"""Seconds between two looks for a message of the child."""
_SLACK: Final = 10.0
"""Seconds that a task may take longer than its share, and as long again as that, before it is given up."""
_LEAVES: Final = 5.0
"""Seconds that the child has to leave."""


@dataclass(frozen=True)
class Table:
    """A part of the report: tasks of one child, each with the seconds that it is expected to take on a card. Time that
    a task leaves over is shared out among all that follow."""

    title: str
    child: str
    tasks: Mapping[str, float]


TABLES: Final = (
    Table("The card", "numbers", {"peaks": 6.0}),
    Table("Networks", "numbers", dict.fromkeys(ON_CARD, 26.0)),
    Table("Dreams", "numbers", {"step-small": 16.0, "step-large": 20.0, "dream-zoom": 8.0, "dream-mirror": 8.0}),
    Table("The whole loop", "numbers", {"files": 6.0}),
    Table("", "shows", {"pattern": 88.0, "film": 78.0}),
    Table("Changes of the model", "shows", {"switches": 32.0}),
)
"""The tables in order. Numbers and shows have a child each: a process with a display loads no torch, and what the
numbers held on the card is free when the shows begin."""


class TaskChild(Protocol):
    """The process that does the tasks; `BenchChild` defines these methods, and tests bring their own."""

    def do(self, order: Told, patience: float) -> Iterator[Told]:
        """Yield what the task of ``order`` reports, until it is done. Raises Unavailable or another VjError if the
        process ends meanwhile, or if the task takes more than ``patience`` seconds; the process is then ended."""
        ...

    def close(self) -> None:
        """End the process; harmless if there is none."""
        ...


class TaskEnded(VjError):
    """The child's process ended in the middle of a task, or took too long for it."""


class BenchChild:
    """A child process that does tasks (`vj.bench.gpu_worker`). It is started when it is first needed, and anew after it
    ended."""

    def __init__(self, clock: Clock) -> None:
        """``clock`` times the tasks."""
        self._clock = clock
        self._process: OsProcess | None = None

    def do(self, order: Told, patience: float) -> Iterator[Told]:
        """Yield the messages of the task that ``order`` (as `Order.of` takes it) asks for, as they come. Raises
        TaskEnded if the process ends before the task is done, or doesn't do it in ``patience`` seconds."""
        process = self._running()
        process.send(order)
        deadline, why = self._clock.now() + patience, ""
        while True:
            status = process.exit_status()
            for message in process.messages():
                if message.get("done") == order["task"]:
                    return
                why = str(message.get("error", why))
                yield message
            if status is not None:
                self._process = None
                raise TaskEnded(f"its process ended: {why or f'status {status}'}")
            if self._clock.now() > deadline:
                self.close()
                raise TaskEnded(f"it was given up after {patience:.0f} s")
            self._clock.sleep(_POLL)

    def close(self) -> None:
        """End the process: asked first, then killed."""
        process, self._process = self._process, None
        if process is None:
            return
        process.ask_to_stop()
        deadline = self._clock.now() + _LEAVES
        while process.exit_status() is None and self._clock.now() < deadline:
            self._clock.sleep(_POLL)
        process.kill()

    def _running(self) -> OsProcess:
        if self._process is None or self._process.exit_status() is not None:
            self._process = OsProcess(ChildSpec("bench", "vj.bench.gpu_worker:main", grace=_LEAVES / 2))
        return self._process


@dataclass
class _Measured:
    """The newest figures, as messages by the limits' names, and the card's name."""

    card: str
    rehearsal: bool
    figures: dict[str, Told] = field(default_factory=dict)

    def verdict(self, name: str, value: float) -> str:
        """Returns whether the figure holds the limit ``name``, in words."""
        if self.rehearsal:
            return "rehearsed"
        return CARD_LIMITS[name].verdict(value, self.card) or "no limit on this card"


def measure(
    seconds: float = SECONDS,
    rehearsal: bool = False,
    clock: Clock | None = None,
    start: Callable[[Clock], TaskChild] = BenchChild,
) -> Iterator[str]:
    """Yields lines of text as they are known: the tables of `TABLES`, and last a table (Markdown) of every limit with
    what was measured and whether it was held. What doesn't run, or has no time left, is a line with the reason.

    All of it takes about ``seconds``, if nothing hangs in the last task. ``rehearsal`` runs the same code on the
    processor, with tiny pictures and for moments, so its figures mean nothing; so does a machine without a card that
    torch uses as "cuda". Nothing is downloaded. ``clock`` and ``start``, which makes the child, are replaced in tests.
    """
    clock = clock or LiveClock()
    deadline = clock.now() + seconds
    found = own_card()
    card = found.name if found else ""
    if not rehearsal and not card:
        yield f"{trouble() or 'no graphics card that torch can use as cuda is here'}: this is a rehearsal"
    rehearsal = rehearsal or not card
    if rehearsal:
        yield "a rehearsal on the processor: tiny pictures, moments instead of minutes; its figures mean nothing"
    measured = _Measured(card, rehearsal)
    with tempfile.TemporaryDirectory() as folder:
        yield from _tables(measured, deadline, clock, start, Path(folder))
    yield from _summary(measured)


def _tables(
    measured: _Measured, deadline: float, clock: Clock, start: Callable[[Clock], TaskChild], folder: Path
) -> Iterator[str]:
    """Yields the lines of all tables, one child after the other."""
    expected = sum(sum(table.tasks.values()) for table in TABLES)
    for kind in dict.fromkeys(table.child for table in TABLES):
        with closing(start(clock)) as child:
            for table in (table for table in TABLES if table.child == kind):
                if table.title:
                    yield f"\n{table.title}"
                for task, usual in table.tasks.items():
                    left = deadline - clock.now()
                    share, expected = left * usual / expected, expected - usual
                    if share <= 0:
                        yield f"{task} is left out: the time is over"
                        continue
                    order = {"task": task, "seconds": share, "rehearsal": measured.rehearsal, "folder": str(folder)}
                    yield from _lines(child, order, min(left, 2 * share + _SLACK), measured)


def _lines(child: TaskChild, order: Told, patience: float, measured: _Measured) -> Iterator[str]:
    """Yields the lines of one task, and notes its figures."""
    try:
        for message in child.do(order, patience):
            if "line" in message:
                yield str(message["line"])
            elif "figure" in message:
                measured.figures[str(message["figure"])] = message
            elif "card" in message and not measured.rehearsal:
                measured.card = str(message["card"])
    except VjError as error:
        yield f"{order['task']}: {error}"


def _summary(measured: _Measured) -> Iterator[str]:
    """Yields the table of limits, one row for each."""
    yield f"\n{measured.card or 'the processor'}: what is promised, and what was measured"
    yield "| | size | limit | measured | by | eager torch | |"
    yield "|---|---|---|---|---|---|---|"
    slowest = ("", float("inf"))
    for name, limit in CARD_LIMITS.items():
        found = measured.figures.get(name)
        if name == "eager":
            continue
        cells = ["", "", "", "not measured"]
        if found:
            value, eager = float(found["value"]), float(found["eager"])
            cells = [f"{value:.4g}", str(found["how"]), f"{eager:.4g}" if eager else "", measured.verdict(name, value)]
            if eager and eager / value < slowest[1]:
                slowest = (limit.title, eager / value)
        yield f"| {' | '.join((limit.title, str(limit.size), limit.words(measured.card), *cells))} |"
    if slowest[0]:
        verdict, limit = measured.verdict("eager", slowest[1]), CARD_LIMITS["eager"]
        yield (
            f"\n{limit.title}: {slowest[0]} gains least, {slowest[1]:.2f} x ({limit.words(measured.card)}: {verdict})"
        )
