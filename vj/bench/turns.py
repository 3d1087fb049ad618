"""Timing several ways of doing the same thing in turns, so that whatever else the machine does hits all alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final

REST: Final = 0.05
"""Seconds between two runs: some runtimes' threads look out for more work a while, at the cost of the next one."""
ENOUGH: Final = 100
"""Runs of one way after which more would tell nothing: a card does one in a millisecond."""

Runs = Mapping[str, Callable[[], object]]


def take_turns(runs: Runs, seconds: float) -> dict[str, list[float]]:
    """The seconds that each run of each way took, after one that doesn't count.

    A way is run until its runs add up to ``seconds``, or `ENOUGH` times.
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
