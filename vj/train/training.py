"""The loop of a training: steps, checkpoints, sample sheets, and the way back when the numbers run away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import torch
from torch import Tensor, nn

from vj.base.errors import Unavailable, VjError
from vj.train import checkpoint_state
from vj.train.averages import AveragedNets
from vj.train.batches import Batch, Batches, as_pixels
from vj.train.checkpoint_state import CheckpointState
from vj.train.method import Method, StepRandom, fades, finite
from vj.train.process_group import ProcessGroup
from vj.train.training_files import TrainingFiles

_SAVED: Final = 25.0
"""Seconds between two checkpoints: what a crash loses is less than a minute, with the time that writing takes."""
_FIRST_SAVED: Final = 5.0
_EARLY, _EARLY_SHOWN, _SHOWN = 60.0, 4.0, 30.0
"""Seconds between two sample sheets: few within the first minute, more later."""
_PUBLISHED: Final = 4.0
"""Seconds between two writings of the model's files, for a show that plays it meanwhile, unless they take long."""
_WRITING: Final = 0.02
"""The most of the time that may go into that."""
_MOST_ATTEMPTS: Final = 4
"""How often in a row a training goes back to its last good state before it gives up."""


class TrainingFailed(VjError):
    """A training whose numbers ran away again and again. Its last good checkpoint stays."""


@dataclass(frozen=True)
class TrainingLimits:
    """When a training ends: after so many ``steps``, or so many ``seconds`` of training, whichever comes first."""

    steps: int | None = None
    seconds: float | None = None

    def progress(self, step: int, seconds: float) -> float:
        """Returns how much of the training is done, 0..1, after ``step`` steps in ``seconds``."""
        parts = [step / self.steps] if self.steps else []
        parts += [seconds / self.seconds] if self.seconds else []
        return min(1.0, max(parts, default=0.0))


@dataclass(frozen=True)
class TrainingReport:
    """How a training stands: ``progress`` is 0..1, ``losses`` are means of the last steps by name, ``notice`` is one
    line on what went wrong; ``seconds`` is the time of training, and ``left`` an estimate of what remains."""

    step: int = 0
    seconds: float = 0.0
    progress: float = 0.0
    losses: Mapping[str, float] = field(default_factory=dict)
    notice: str = ""

    @property
    def left(self) -> float:
        """Returns the seconds that remain, if it goes on as fast as until now; 0 before the first step."""
        return self.seconds * (1.0 / self.progress - 1.0) if self.progress else 0.0


NewWeights = Callable[[Mapping[str, nn.Module]], None]
"""Called with the averaged generators, by name, each time the model's files were written. They must not be changed."""


class Training:
    """A method that learns from batches. `run` does it all; the attributes say how it stands."""

    def __init__(
        self,
        method: Method,
        batches: Batches,
        shown: Batch,
        files: TrainingFiles,
        limits: TrainingLimits,
        now: Callable[[], float],
        *,
        watch: Callable[[TrainingReport], None] = lambda report: None,
        new_weights: NewWeights = lambda nets: None,
    ) -> None:
        """``shown`` are the pictures of the sample sheets, held out if there are any. ``now`` is a monotonic time in
        seconds. ``watch`` is called after every step, ``new_weights`` whenever the model's files were written, both in
        the first process only."""
        self.method = method
        self.step = 0
        self.notice = ""
        self.averages = AveragedNets({name: method.nets[name] for name in method.played}, method.settings.averaged)
        self._group: ProcessGroup = method.group
        self.batches, self._files, self._limits, self._now = batches, files, limits, now
        self._shown = shown[0].to(method.device), shown[1].to(method.device)
        self._watch, self._new_weights = watch, new_weights
        self._attempt = self._failures = 0
        self._began = now()
        self._saved = self._sheeted = 0.0
        """The seconds of training at which the last checkpoint and sheet were made."""
        self._published, self._apart = 0.0, _PUBLISHED
        """The same of the model's files, and the seconds until they are written again."""
        self._good = self._taken()

    @property
    def seconds(self) -> float:
        """Returns how long it has been training, in all sessions together."""
        return self._now() - self._began

    def restore(self, state: CheckpointState) -> None:
        """Goes on from ``state``. Raises BadInput if it is that of other networks."""
        checkpoint_state.restore(state, self.method, self.averages)
        self.step, self._attempt = state.step, state.attempt
        self._began = self._now() - state.seconds
        self._saved = self._sheeted = self._published = state.seconds
        self._good = self._taken()

    def run(self) -> TrainingReport:
        """Trains until the limits, and returns how it stands then. What was learned is saved also on Ctrl-C
        (KeyboardInterrupt), which is raised again.

        Raises TrainingFailed if the losses stop being numbers again and again, Unavailable if the last checkpoint can't
        be written, and BadInput if no picture can be read; the last good checkpoint stays.
        """
        try:
            self._loop()
        finally:
            self.close()
        if not self._files.wait():
            raise Unavailable(self._files.notice)
        return self._report()

    def close(self) -> None:
        """Ends its threads, after what is being written; `run` does so itself."""
        self.batches.close()
        self._files.close()

    def _loop(self) -> None:
        try:
            if self._group.first and self.step == 0:
                self._files.save(self._good)
            while self._go_on():
                self.take_step()
        except KeyboardInterrupt:
            self._save()
            self._make_sheet()
            raise
        self._save()
        self._make_sheet()

    def _go_on(self) -> bool:
        """Sets the learning rate, and makes what is due. Returns whether there is another step to take. The first
        process decides for all, since only its time counts."""
        seconds = self.seconds
        progress = self._limits.progress(self.step, seconds)
        save = seconds - self._saved >= (_SAVED if self._saved else _FIRST_SAVED)
        show = seconds - self._sheeted >= (_EARLY_SHOWN if seconds < _EARLY else _SHOWN)
        progress, save_now, show_now = self._group.told([progress, float(save), float(show)])
        if progress >= 1.0:
            return False
        if save_now:
            self._save()
        if show_now:
            self._make_sheet()
        elif self._group.first and seconds - self._published >= self._apart:
            self._publish()
        self.method.set_rate(fades(progress) * 0.5**self._attempt)
        return True

    def take_step(self) -> None:
        """Takes one step; if its losses are no numbers, goes back instead. Raises as `run` does."""
        a, b = self.batches.at(self.step, self._attempt)
        random = StepRandom(self.method.settings.seed, self.step, self._group.rank, self._attempt)
        device = self.method.device
        losses = self._group.averaged(self.method.step(a.to(device), b.to(device), random))
        values = dict(zip(losses, _numbers(losses), strict=True))
        if not finite(list(values.values())):
            odd = ", ".join(name for name, value in values.items() if not finite([value]))
            self._go_back(f"the loss {odd} of step {self.step + 1} is not a number")
            return
        self.averages.follow(self.step)
        self.step += 1
        if self._group.first:
            self._files.record(self.step, self.seconds, self.method.factor, values)
            self._watch(self._report())

    def _go_back(self, reason: str) -> None:
        """Goes on from the last good state, with half the learning rate and in another order."""
        self._failures += 1
        self.notice = f"{reason}: went back to step {self._good.step}, with half the learning rate"
        if self._failures > _MOST_ATTEMPTS:
            raise TrainingFailed(
                f"{reason}, for the {self._failures}th time; the checkpoint of step {self._good.step} is whole"
            )
        attempt = self._attempt + 1
        checkpoint_state.restore(self._good, self.method, self.averages)
        self.step, self._attempt = self._good.step, attempt
        self._files.metrics.cut(self.step)

    def _taken(self) -> CheckpointState:
        return checkpoint_state.taken(self.method, self.averages, self.step, self.seconds, self._attempt)

    def _save(self) -> None:
        """Keeps this moment as the last good state, and begins to write its checkpoint; goes back if it isn't good."""
        state = self._taken()
        if not state.finite:
            self._go_back(f"the weights after step {self.step} are not numbers")
            return
        if state.step > self._good.step:
            self._failures = 0
        self._good, self._saved = state, max(self.seconds, 1e-6)
        if self._group.first:
            self._files.save(state)

    @torch.no_grad()
    def _make_sheet(self) -> None:
        """Makes a sample sheet from the averaged networks, measures them on it, and publishes them."""
        self._sheeted = max(self.seconds, 1e-6)
        if not self._group.first:
            return
        a, b = self._shown
        made = self.method.shown(self.averages.nets, a, b)
        if self.method.settings.paired:
            self._files.metrics.hold(float((made[1].clamp(-1, 1) - b).abs().mean()) / 2)
        columns = list(zip(self.method.columns, map(as_pixels, made), strict=True))
        self._files.show(self.step, columns)
        self._publish()

    def _publish(self) -> None:
        """Writes the model's files, for shows that play it."""
        began = self.seconds
        self._files.publish(self.method.settings, self.averages.nets)
        self._new_weights(self.averages.nets)
        self._published = self.seconds
        self._apart = max(_PUBLISHED, (self._published - began) / _WRITING)

    def _report(self) -> TrainingReport:
        notices = (self.notice, self.batches.notice, self._files.notice)
        return TrainingReport(
            self.step,
            self.seconds,
            self._limits.progress(self.step, self.seconds),
            self._files.metrics.recent(),
            "; ".join(filter(None, notices)),
        )


def _numbers(losses: Mapping[str, Tensor]) -> list[float]:
    """Returns the losses as numbers, read from a card all at once."""
    found: list[float] = torch.stack(list(losses.values())).tolist()
    return found
