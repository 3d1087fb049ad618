"""`vj train`: starts a training, in several processes if asked to, and says how it stands."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from vj.base.clock import now
from vj.base.errors import BadInput

if TYPE_CHECKING:
    from vj.train.start import TrainingWish
    from vj.train.training import NewWeights, TrainingReport

_LINE = 15.0
"""Seconds between two lines, where there is no terminal."""
_PERMILLE = 1000


class TrainingBar:
    """Shows on ``console`` how a training stands: a bar with the time left, or a line now and then if that is no
    terminal. It is used in a ``with`` block, and called with each report."""

    def __init__(self, console: Console) -> None:
        self._console = console
        columns = (BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._bar.add_task("starting", total=_PERMILLE)
        self._next = now() + 1.0
        self._notice = ""

    def __enter__(self) -> "TrainingBar":
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._bar.stop()

    def doing(self, what: str, part: float | None) -> None:
        """Shows what is done before the first step, such as a download, of which ``part`` (0..1) is done."""
        self._bar.update(self._task, description=what, completed=(part or 0.0) * _PERMILLE)

    def playable(self, name: str) -> "NewWeights":
        """Returns a function that prints, the first time it is called, how the model ``name`` is played as it learns;
        it is to be called when its file was written."""
        lines = [f"It can be played while it learns: vj run --model {name}. A show that plays it follows by itself."]

        def tell(nets: object) -> None:
            while lines:
                self._console.print(lines.pop(), highlight=False, soft_wrap=True, markup=False)

        return tell

    def __call__(self, report: "TrainingReport") -> None:
        """Shows ``report``, and prints its notice if that is a new one."""
        if report.notice != self._notice and report.notice:
            self._console.print(report.notice, highlight=False, soft_wrap=True, markup=False)
        self._notice = report.notice
        self._bar.update(self._task, completed=report.progress * _PERMILLE, description=described(report))
        if not self._console.is_terminal and now() >= self._next:
            self._next = now() + _LINE
            line = f"{described(report)}; {report.left:.0f} s left"
            self._console.print(line, highlight=False, soft_wrap=True, markup=False)


def described(report: "TrainingReport") -> str:
    """Returns how a training stands in words: its step and its losses."""
    losses = "  ".join(f"{name} {value:.3f}" for name, value in report.losses.items())
    return f"step {report.step}  {losses}"


def run(
    method: str,
    data: Path,
    name: str,
    steps: int | None,
    minutes: float | None,
    devices: int,
    console: Console,
    asked: Mapping[str, Any],
) -> list[str]:
    """Trains the model ``name`` on ``data``, and returns lines on what was made. ``asked`` are other fields of
    `vj.train.start.TrainingWish`. With several ``devices``, the same command runs in as many processes, which torchrun
    starts; a process that it started already trains itself. Raises as `vj.train.start.train` does."""
    from vj.train import process_group
    from vj.train.start import TrainingWish, checked, train
    from vj.train.training import TrainingLimits

    limits = TrainingLimits(steps, None if minutes is None else 60.0 * minutes)
    wish = TrainingWish(method, data, name, limits, **asked)
    if devices > 1 and not process_group.is_started():
        checked(wish)
        _launch(devices, sys.argv[1:])
        return []
    try:
        with TrainingBar(console) as bar:
            report = train(wish, bar.doing, bar, bar.playable(name))
    except KeyboardInterrupt:
        console.print(f"stopped; what {name} has learned is saved, and --resume goes on", highlight=False, markup=False)
        raise
    if int(os.environ.get("RANK", "0")):
        return []
    return _made(wish, report)


def _made(wish: "TrainingWish", report: "TrainingReport") -> list[str]:
    from vj.base.paths import library

    return [
        f"{described(report)}, after {report.seconds:.0f} s",
        f"{library('models', wish.name)}.safetensors is the model: vj run --model {wish.name}",
        f"{library('training', wish.name)} holds its checkpoint, sample sheets and curves",
    ]


def _launch(devices: int, arguments: Sequence[str]) -> None:
    """Runs this command with ``arguments`` in as many processes, and waits for them. Raises BadInput if they fail."""
    threads = max(1, (os.cpu_count() or 1) // devices)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(devices)]
    environment = {"OMP_NUM_THREADS": str(threads), **os.environ}
    done = subprocess.run([*command, "-m", "vj", *arguments], env=environment)
    if done.returncode:
        raise BadInput(f"one of {devices} processes failed; what it said is above")
