"""One look that is learned: what learns it, its weights, and what may go wrong with either."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from vj.train.keyframe import Keyframe
from vj.train.keyframe_files import edge_likeness
from vj.train.look_file import Learned
from vj.train.look_weights import LookWeights

if TYPE_CHECKING:
    from vj.model.nets.look import LookNet

_OFTEN: Final = ((15.0, 0.25), (60.0, 0.5))
"""Up to so many seconds of learning, the seconds from one writing of the weights to the next."""
_SELDOM: Final = 1.0
"""The same afterwards."""
_LONGEST_STEP: Final = 1.0
"""The most seconds that a step counts: the machine may have been suspended."""
_PAUSES: Final = (2.0, 5.0, 10.0)
"""Seconds until learning is tried again after memory was full: the first, the second and every later time."""
_MOST_DIVERGED: Final = 3
_RECOVERS: Final = 100
"""How often numbers may run away, with fewer than so many steps in between, before learning ends."""
_JUDGED: Final = 5.0
"""Seconds of learning after which the error is judged."""
_UNRELATED: Final = 0.4
"""The error, as a part of that of a flat colour, from which on what is painted may not be of its frame."""
_UNLIKE: Final = 0.25
"""How alike the edges of the two are at most if it isn't."""
_LEAST_ERROR: Final = 10.0
"""An error, of 255, up to which nothing is wrong."""
_HURRIED: Final = 2.0
"""For how many seconds, at most, a look is said to have learned keyframes that are new."""
_ENOUGH: Final = 20.0
"""Seconds after which one keyframe has little more to teach."""


class StepLearner(Protocol):
    """What learns a look, step by step; see `vj.train.look_learner.LookLearner`."""

    average: LookNet
    """The network that is to be played: the moving average of the weights."""
    error: float
    """The mean absolute error of late, of 255, on what is painted."""

    def step(self) -> None:
        """Take one step. Raises `vj.train.look_learner.Diverged` if numbers weren't finite; it is back at its last good
        weights then."""

    def add(self, keyframe: Keyframe) -> int:
        """Learn from ``keyframe``, too. Returns its number among those that are learned from."""
        ...

    def replace(self, number: int, keyframe: Keyframe) -> None:
        """Learn from ``keyframe`` in place of the one of that ``number``."""

    def first(self) -> LookNet:
        """Returns a network that is found at once, to be played until the first steps are taken."""
        ...


MakeLearner = Callable[[Sequence[Keyframe], "LookNet | None", float], StepLearner]
"""Makes what learns from some keyframes: from a network on that has learned for so many seconds or, for None, from the
warm start."""


class LookRun:
    """Learns the look ``name`` from its keyframes, and writes its weights several times a second."""

    def __init__(self, name: str, make: MakeLearner, anew: bool = False) -> None:
        """It goes on from the weights in the file of that name, if there is one and it isn't to begin ``anew``. Raises
        BadInput if they can't be read."""
        self.weights = LookWeights(name, anew)
        self.given_up = False
        """Whether it can't go on learning."""
        self.learned = self.weights.learned
        """How long it has learned; the weights on disk may have learned for less."""
        self.error = -1.0
        """The mean absolute error of late, of 255, on what is painted; -1 before it is known."""
        self._make = make
        self._learner: StepLearner | None = None
        self._frames: dict[int, Keyframe] = {}
        self._order: dict[int, int] = {}
        """The learner's numbers of the keyframes, by theirs."""
        self._flat_error = 0.0
        self._likeness: float | None = None
        """How alike the edges of the frames and of what is painted are; None until that matters."""
        self._is_unrelated = False
        self._own = 0.0
        """Seconds of this learner."""
        self._last, self._written = 0.0, 0.0
        self._full, self._due = 0, 0.0
        self._diverged, self._recovered = 0, 0
        self._trouble = ""

    @property
    def notice(self) -> str:
        """What is wrong, or what would help, in a line; usually empty."""
        if self.weights.fault:
            return f"{self.weights.fault}; the look is in memory only" + "; it goes on learning" * bool(self._learner)
        return self._trouble or (self._judged() if self._learner else "")

    def follow(self, changed: Mapping[int, Keyframe]) -> None:
        """Learn from the keyframes that are new, or were painted again, too; they are by number."""
        if self._learner is None or not changed:
            return
        for number, keyframe in changed.items():
            if number in self._order:
                self._learner.replace(self._order[number], keyframe)
            else:
                self._order[number] = self._learner.add(keyframe)
        self._own = 0.0
        self._note_frames({**self._frames, **changed})

    def step(self, keyframes: Mapping[int, Keyframe], now: float) -> bool:
        """Take one step, or begin if nothing is learned yet: then the first weights are written at once. ``now`` is the
        present time (s). Returns whether it did anything, which it doesn't while memory is full. Raises nothing for
        what can go wrong with learning: `notice` says it."""
        from vj.model.runtime.memory import out_of_memory

        if now < self._due or self.given_up:
            return False
        try:
            if self._learner is None:
                self._begin(keyframes, now)
            else:
                self._step(self._learner, now)
        except Exception as error:
            if not out_of_memory(error):
                raise
            self._make_room(now)
        return True

    def rest(self, undone: float = 0.0) -> None:
        """Learn no more for the moment, and write the newest weights for good, or those of ``undone`` seconds of
        learning ago."""
        if self._learner and self.learned.steps > self.weights.learned.steps:
            self.weights.put(self._learner.average, self.learned)
        self._learner = None
        if not (undone and self.weights.undo(undone)):
            self.weights.save()
        self.learned = self.weights.learned

    def _begin(self, keyframes: Mapping[int, Keyframe], now: float) -> None:
        are_known = not self._frames or self._frames.keys() == keyframes.keys()
        learned = self.learned.seconds if are_known else min(_HURRIED, self.learned.seconds)
        learner = self._make(list(keyframes.values()), self.weights.net, learned)
        if self.weights.net is None:
            self.weights.put(learner.first(), self.learned)
        self._learner, self._order = learner, {number: place for place, number in enumerate(keyframes)}
        self._note_frames(keyframes)
        self._own, self._last, self._written = 0.0, now, now
        if self._full:
            self._trouble = ""

    def _note_frames(self, keyframes: Mapping[int, Keyframe]) -> None:
        self._frames = dict(keyframes)
        self._likeness, self._is_unrelated = None, False
        self._flat_error = float(np.mean([flat_error(keyframe) for keyframe in keyframes.values()]))

    def _step(self, learner: StepLearner, now: float) -> None:
        from vj.train.look_learner import Diverged

        try:
            learner.step()
        except Diverged:
            self._note_diverged()
            return
        took, self._last = min(_LONGEST_STEP, max(0.0, now - self._last)), now
        self._own += took
        self.learned = Learned(self.learned.seconds + took, self.learned.steps + 1)
        self._note_step(learner.error)
        if now - self._written >= _apart(self.learned.seconds):
            self._written = now
            if not self.weights.put(learner.average, self.learned):
                self._learner = None
                self._note_diverged()

    def _note_step(self, error: float) -> None:
        """Note a step that went well."""
        self._full = 0
        self.error = float(error) if np.isfinite(error) else self.error
        self._recovered += 1
        if self._recovered >= _RECOVERS:
            self._trouble, self._diverged = "", 0

    def _make_room(self, now: float) -> None:
        """Let the learner go, whose memory may be missing elsewhere; learning begins again after a pause."""
        from vj.model.runtime.memory import give_memory_back

        self._learner = None
        pause = _PAUSES[min(self._full, len(_PAUSES) - 1)]
        self._full, self._due = self._full + 1, now + pause
        self.learned = self.weights.learned
        self._trouble = f"memory is full: the look rests as it is, and goes on learning in {pause:.0f} s"
        give_memory_back()

    def _note_diverged(self) -> None:
        self._diverged, self._recovered = self._diverged + 1, 0
        self.given_up = self._diverged > _MOST_DIVERGED
        again = "learning has ended" if self.given_up else "it goes on from the last good ones"
        self._trouble = f"the weights were no numbers any more: {again}"

    def _judged(self) -> str:
        """Returns what the error says of the keyframes."""
        if not self._is_unrelated and self._own >= _JUDGED:
            self._is_unrelated = self._looks_unrelated()
        if self._is_unrelated:
            return f"the error stays high, {self.error:.0f} of 255: what is painted doesn't seem to be of its frame"
        if len(self._frames) == 1 and self.learned.seconds >= _ENOUGH:
            return "one frame has little more to teach: keep and paint another one"
        return ""

    def _looks_unrelated(self) -> bool:
        if self.error <= max(_LEAST_ERROR, _UNRELATED * self._flat_error):
            return False
        if self._likeness is None:
            self._likeness = float(np.mean([edge_likeness(*keyframe) for keyframe in self._frames.values()]))
        return self._likeness < _UNLIKE


def flat_error(keyframe: Keyframe) -> float:
    """Returns the mean absolute error, of 255, of the flat colour that is nearest to what is painted."""
    painted = keyframe.painted.reshape(-1, 3) if keyframe.mask is None else keyframe.painted[keyframe.mask]
    colours = painted.astype(np.float32)
    return float(np.abs(colours - np.median(colours, axis=0)).mean())


def _apart(learned: float) -> float:
    return next((apart for until, apart in _OFTEN if learned < until), _SELDOM)
