"""Waiting for what another thread or process does, however slow the machine is."""

import time
from collections.abc import Callable

PATIENCE = 100.0
"""Seconds: below the suite's own limit for a test."""


def rest() -> None:
    """Let others work for a moment."""
    time.sleep(0.005)


def until(
    true: Callable[[], object],
    what: str | Callable[[], object] = "it never came true",
    *,
    meanwhile: Callable[[], object] = rest,
    seconds: float = PATIENCE,
) -> float:
    """Call ``meanwhile`` until ``true()`` holds. Returns the seconds that it took.

    Fails after ``seconds`` with ``what``, or with what that returns then.
    """
    began = time.monotonic()
    while not true():
        assert time.monotonic() < began + seconds, what() if callable(what) else what
        meanwhile()
    return time.monotonic() - began
