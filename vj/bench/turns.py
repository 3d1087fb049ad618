"""Times several candidates for the same task in turns, so that other load on the machine affects all of them alike."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from vj.base.clock import Clock, LiveClock

REST: Final = 0.05
"""Seconds between two runs: some runtimes' threads stay busy for a while, waiting for work, and slow the next run."""
ENOUGH: Final = 100
"""The most runs of a candidate: more of them would show nothing new."""

Runs = Mapping[str, Callable[[], object]]
"""The candidates by name; each is called for one run."""


@dataclass
class Turns:
    """What `take_turns` measured: the seconds of each counted run, in order, and why a candidate failed, both by the
    candidates' names. A candidate that failed has no seconds."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


def take_turns(runs: Runs, seconds: float, quiet: Collection[str] = (), clock: Clock | None = None) -> Turns:
    """Runs the candidates one after the other, in turn, after one run of each that doesn't count, and returns how long
    each run took.

    A candidate has its turn until ``seconds`` have passed in its turns (rests included), or `ENOUGH` times, and at
    least once. Before a turn there is a rest of `REST` if the run before it was of a candidate whose threads may stay
    busy: of any but those in ``quiet``, such as ways on a graphics card. A candidate that raises an error is left out
    from then on. ``clock`` is the live one unless another is given.
    """
    clock = clock or LiveClock()
    turns = Turns()
    busy = False
    for way, run in runs.items():
        if not _failure(turns, way, run):
            turns.seconds[way] = []
            busy = way not in quiet
    spent = dict.fromkeys(turns.seconds, 0.0)
    while waiting := [way for way, taken in turns.seconds.items() if len(taken) < ENOUGH and spent[way] < seconds]:
        for way in waiting:
            began = clock.now()
            clock.sleep(REST if busy else 0.0)
            started = clock.now()
            if _failure(turns, way, runs[way]):
                continue
            ended = clock.now()
            turns.seconds[way].append(ended - started)
            spent[way] += ended - began
            busy = way not in quiet
    return turns


def _failure(turns: Turns, way: str, run: Callable[[], object]) -> bool:
    """Runs ``way`` once. Returns whether it failed, which is then noted."""
    try:
        run()
    except Exception as error:  # noqa: BLE001 - runtimes, drivers and their bindings raise errors of every kind
        turns.failed[way] = reason(error)
        turns.seconds.pop(way, None)
        return True
    return False


def reason(error: BaseException) -> str:
    """Returns the first line of the error's text, or the error's kind if it has none."""
    return next(iter(str(error).strip().splitlines()), "") or type(error).__name__
