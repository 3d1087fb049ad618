"""``vj bench start``: times how soon there is an answer and a picture, beside a Python that imports three libraries."""

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from vj.base.clock import now
from vj.base.errors import VjError
from vj.child.process import environment, module

MOST_HELP = 0.5
"""Seconds that ``vj --help`` may take."""
_BARE = (sys.executable, "-c", "import numpy, moderngl, av")
_SHOW = ("run", "--headless", "--frames", "2", "--osc-port", "0", "--query-port", "-1")
ROWS = {
    "bare": "python, importing numpy, moderngl and PyAV",
    "help": "vj --help",
    "screen": "vj run: the first picture on screen",
    "model": "vj run: the first picture of the model",
}
"""What is timed, and the words for it."""


def measure(rounds: int) -> Iterator[str]:
    """Yields lines of text once all is timed: for each of `ROWS` the seconds from the start of a process, the median of
    ``rounds``, and last whether what we promise held. A run before these fills the caches. Raises VjError if one of the
    commands fails, or gives no picture of its model."""
    _one_show()
    seconds: dict[str, list[float]] = {row: [] for row in ROWS}
    for _ in range(rounds):
        seconds["bare"].append(_took(_BARE))
        seconds["help"].append(_took(module("vj", "--help")))
        screen, model = _one_show()
        seconds["screen"].append(screen)
        seconds["model"].append(model)
    medians = {row: statistics.median(taken) for row, taken in seconds.items()}
    for row, title in ROWS.items():
        yield f"{title:<48}{medians[row]:6.2f} s  {medians[row] / medians['bare']:5.1f} x bare"
    held = "held" if medians["help"] <= MOST_HELP else "NOT held"
    yield f"vj --help: {medians['help']:.2f} s (at most {MOST_HELP:g}: {held})"


def _took(command: tuple[str, ...] | list[str]) -> float:
    """Returns the seconds from the command's start to its end. Raises VjError if it fails."""
    started = now()
    done = subprocess.run(command, env=environment(), capture_output=True, check=False)
    if done.returncode:
        raise VjError(f"{' '.join(command)} failed with status {done.returncode}")
    return now() - started


def _one_show() -> tuple[float, float]:
    """Returns the seconds from the start of a show's process to its first picture on screen, and to its model's
    first."""
    with tempfile.TemporaryDirectory() as folder:
        stats = Path(folder) / "stats.json"
        started = now()
        _took(module("vj", *_SHOW, "--stats", str(stats)))
        report = json.loads(stats.read_text(encoding="utf-8"))
    first_result = report["layers"][0]["model"]["first_at"]
    if first_result is None:
        raise VjError("the show ended before its model's first picture")
    return report["display"]["first_at"] - started, first_result - started
