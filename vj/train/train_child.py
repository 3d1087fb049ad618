"""The child process that trains a model beside the show that plays it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from vj.base.clock import now
from vj.base.errors import VjError
from vj.child.parent_pipe import ParentPipe, StatusPipe

if TYPE_CHECKING:
    from torch import nn

    from vj.train.training import TrainingReport

_TOLD: Final = 0.5
"""Seconds between two reports."""
_LEFT: Final = 2
"""The cores that are left to the show, where there are more."""
_PATHS: Final = ("start", "painting", "classifier")
"""The fields of `vj.train.start.TrainingWish` that are paths."""


def main(
    pipe: ParentPipe,
    method: str,
    data: str,
    name: str,
    steps: int | None,
    seconds: float | None,
    asked: dict[str, Any],
    resumes: bool = False,
) -> None:
    """Train the model ``name`` until it is done, the command ``{"do": "stop"}`` comes or the show is gone; what was
    learned is saved then. It is the child's main function.

    The arguments are the fields of `vj.train.start.TrainingWish`, with paths as text. It tells ``state`` (`learning`
    once there are weights to play, then `done`, `stopped` or `failed`), ``step``, ``progress`` (0..1), ``losses`` (in
    words) and ``notice``. ``resumes`` is what an earlier process told under ``resume``: this one goes on from its
    checkpoint. Raises as `vj.train.start.train` does until the first step; later errors are told as the ``notice``.
    """
    os.environ["OMP_NUM_THREADS"] = str(max(1, (os.cpu_count() or 1) - _LEFT))
    from vj.train.start import TrainingWish, train
    from vj.train.training import TrainingLimits

    fields: dict[str, Any] = {key: Path(value) if key in _PATHS and value else value for key, value in asked.items()}
    if resumes:
        fields |= {"resume": True, "start": None}
    wish = TrainingWish(method, Path(data), name, TrainingLimits(steps, seconds), **fields)
    reports = Reports(pipe)

    def watch(report: TrainingReport) -> None:
        reports.tell(report)
        if pipe.commands() or pipe.stopping.is_set():
            raise KeyboardInterrupt  # as on a terminal: it saves first

    def new_weights(nets: Mapping[str, nn.Module]) -> None:
        pipe.tell(state="learning")

    try:
        last = train(wish, lambda doing, part: pipe.tell(doing=doing), watch, new_weights)
        reports.tell(last, at_once=True)
        pipe.tell(state="done")
    except KeyboardInterrupt:
        pipe.tell(state="stopped")
    except VjError as error:
        if not reports.begun:
            raise
        pipe.tell(state="failed", notice=str(error))
    pipe.stopping.wait()  # one that leaves by itself is started again


class Reports:
    """Tells how a training stands, now and then."""

    def __init__(self, pipe: StatusPipe) -> None:
        self._pipe = pipe
        self._told = 0.0
        self.begun = False
        """Whether a step was taken."""

    def tell(self, report: TrainingReport, *, at_once: bool = False) -> None:
        """Tell ``report``, unless one was told shortly before and this one isn't to be told ``at_once``. From the first
        one on, a process that takes this one's place goes on from the checkpoint."""
        if not self.begun:
            self.begun = True
            self._pipe.tell(ready=True, resume={"resumes": True})
        elif not at_once and now() - self._told < _TOLD:
            return
        self._told = now()
        losses = "  ".join(f"{name} {value:.3f}" for name, value in report.losses.items())
        self._pipe.tell(step=report.step, progress=report.progress, losses=losses, notice=report.notice)
