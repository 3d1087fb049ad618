"""Times several candidates for the same task in turns, so that other load on the machine affects all of them alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final

REST: Final = 0.05
"""Seconds between two runs: some runtimes' threads stay busy for a while, waiting for work, and slow the next run."""
ENOUGH: Final = 100
"""The most runs of a candidate; a graphics card does one in a millisecond, and more of them would show nothing new."""

Runs = Mapping[str, Callable[[], object]]
"""The candidates by name; each is called for one run."""


def take_turns(runs: Runs, seconds: float) -> dict[str, list[float]]:
    """Returns, by the names in ``runs``, the seconds that each run of each candidate took, in order. The candidates run
    one after the other, in turn, after one run of each that doesn't count.

    A candidate is run until its runs add up to ``seconds``, or `ENOUGH` times. What a candidate raises is passed on.
    """
    for run in runs.values():
        run()
    times: dict[str, list[float]] = {way: [] for way in runs}
    while waiting := [way for way, taken in times.items() if sum(taken) < seconds and len(taken) < ENOUGH]:
        for way in waiting:
            time.sleep(REST)
            started = time.perf_counter()
            runs[way]()
            times[way].append(time.perf_counter() - started)
    return times
