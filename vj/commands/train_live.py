"""`vj train ... --live SHOW`: trains in a process of its own, beside a show that plays what is learned."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from vj.base.clock import LiveClock, now
from vj.base.errors import Unavailable
from vj.base.paths import library
from vj.child.process import ChildSpec
from vj.child.supervisor import Child, Limits, Supervisor

_NICE: Final = 10
"""How far a training steps back behind the show that plays it, in nice values."""
_GRACE: Final = 30.0
"""Seconds that it may take to save what it has learned."""
_LIMITS: Final = Limits(start=900.0, silence=900.0)
"""A large network's step, and the trials before the first one, take minutes on a small machine."""
_LOOKS: Final = 0.1
"""Seconds from one look at a training to the next."""

Progress = Callable[[str, float | None], None]
"""Gets what is being done, and the part that is done (0..1; None: unknown)."""


class LiveTraining:
    """A training in the process ``child``, of the model ``name``."""

    def __init__(self, name: str, child: Child) -> None:
        self.name = name
        self.child = child

    @property
    def state(self) -> str:
        """Returns ``learning`` once there are weights to play, then ``done``, ``stopped`` or ``failed``; before, an
        empty text."""
        return str(self.child.info.get("state", ""))

    def stop(self) -> None:
        """Have it save what it has learned, and wait for that."""
        until = now() + _GRACE
        while self.state == "learning" and now() < until:
            self.child.send({"do": "stop"})
            LiveClock().sleep(_LOOKS)

    @property
    def lines(self) -> list[str]:
        """Returns what the command prints after the show."""
        told = self.child.info
        on = "" if self.state == "done" else "; --resume goes on"
        return [
            *filter(None, [str(told.get("notice", ""))]),
            f"step {told.get('step', 0)}  {told.get('losses', '')}{on}",
            f"{library('models', self.name)}.safetensors is the model: vj run --model {self.name}",
            f"{library('training', self.name)} holds its checkpoint, sample sheets and curves",
        ]


@contextlib.contextmanager
def training_beside(
    method: str,
    data: Path,
    name: str,
    steps: int | None,
    seconds: float | None,
    asked: Mapping[str, Any],
    progress: Progress,
) -> Iterator[LiveTraining]:
    """Train the model ``name`` in a process of its own during the ``with`` block, which begins once there are weights
    to play. The process is started again, from its checkpoint, if it ends before it is done; at the block's end it
    saves what it has learned.

    The arguments are the fields of `vj.train.start.TrainingWish`; ``progress`` is called until the block begins. Raises
    Unavailable, with the reason, if the training is refused or ends without weights.
    """
    fields = {key: str(value) if isinstance(value, Path) else value for key, value in asked.items()}
    spec = ChildSpec("training", "vj.train.train_child:main", nice=_NICE, grace=_GRACE)
    spec = spec.given((), method=method, data=str(data), name=name, steps=steps, seconds=seconds, asked=fields)
    child = Child(spec, lambda: int(child.info.get("step", 0)), _LIMITS)
    training = LiveTraining(name, child)
    supervisor = Supervisor(LiveClock())
    supervisor.add(child)
    supervisor.start()
    try:
        while training.state not in ("learning", "done"):
            if child.refused or child.restarts or training.state == "failed":
                why = child.refused or child.info.get("notice") or child.fault
                raise Unavailable(f"{name} can't be trained: {why}")
            part = child.info.get("progress")
            progress(str(child.info.get("doing") or f"learning {name}"), float(part) if part else None)
            LiveClock().sleep(_LOOKS)
        yield training
    finally:
        training.stop()
        supervisor.close()
