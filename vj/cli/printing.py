"""What commands print: results to stdout; notices and the progress bar to stderr."""

import math
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from vj.base.clock import now

if TYPE_CHECKING:
    from rich.progress import TaskID

out = Console()
err = Console(stderr=True)

_WORTH_A_LINE = 1.0
"""Seconds after which a running task is announced."""


def print_line(line: str) -> None:
    """Prints ``line`` as it is: without markup, and not wrapped."""
    out.print(line, highlight=False, soft_wrap=True, markup=False)


def print_lines(lines: Iterable[str]) -> None:
    """Prints each line as soon as it is there."""
    for line in lines:
        print_line(line)


def print_verdict(ok: bool, text: str) -> None:
    """Prints ``text`` behind "ok" or "failed"."""
    mark = "[green]ok[/]    " if ok else "[red]failed[/]"
    out.print(f"{mark} {escape(text)}", highlight=False, soft_wrap=True)


def wide_console() -> Console:
    """Returns a console as wide as the terminal, or of 240 columns where there is none."""
    return Console(width=None if sys.stdout.isatty() else 240)


def table_of(columns: Iterable[str | Column], rows: Iterable[Iterable[str]]) -> Table:
    """Returns a table without lines, to be printed."""
    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*map(escape, row))
    return table


def print_table(columns: Iterable[str | Column], rows: Iterable[Iterable[str]]) -> None:
    """Prints a table on the wide console."""
    wide_console().print(table_of(columns, rows), highlight=False)


def tell(line: str) -> None:
    """Prints ``line`` to stderr, beside what the command prints; nothing if it is empty."""
    if line:
        err.print(line, highlight=False, soft_wrap=True, markup=False)


class ProgressBar:
    """A progress bar on stderr, which appears when a task begins; if that is no terminal, one line about each long
    task. It is used in a ``with`` block, and called with the progress."""

    def __init__(self) -> None:
        from rich.progress import Progress

        self._progress = Progress(console=err, transient=True, disable=not err.is_terminal)
        self._tasks: dict[str, TaskID] = {}
        self._begun: dict[str, float] = {}

    def __enter__(self) -> "ProgressBar":
        return self

    def __exit__(self, *error: object) -> None:
        if self._tasks:
            self._progress.stop()

    def __call__(self, doing: str, part: float | None) -> None:
        """Shows that ``part`` (0..1; None: unknown) of the task ``doing`` is done; ``doing`` is its name in words, and
        a new one begins a new bar. If stderr is no terminal, prints a line once a task has taken a second."""
        if not err.is_terminal:
            self._say(doing)
            return
        if doing not in self._tasks:
            self._progress.start()
            self._tasks[doing] = self._progress.add_task(doing, total=1.0)
        self._progress.update(self._tasks[doing], completed=part or 0.0, total=None if part is None else 1.0)
        if part is not None and part >= 1.0:
            self._progress.stop()

    def _say(self, doing: str) -> None:
        """Prints a line, once, about a task that takes long."""
        begun = self._begun.setdefault(doing, now())
        if now() - begun >= _WORTH_A_LINE:
            self._begun[doing] = math.inf
            tell(f"{doing} ...")
