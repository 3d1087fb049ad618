"""The smallest change of a picture that makes a classifier see something else (Szegedy et al. 2014), amplified."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from vj.base.frame import Pixels, Size
from vj.model.dreams.dream_model import PACE, WHAT, DreamModel, DreamWish
from vj.model.dreams.dream_params import MASK, STEP
from vj.params.param import Param, Value

if TYPE_CHECKING:
    from vj.model.dreams.scores import Scores
    from vj.model.gradient.objective import Objective
    from vj.model.runtime.compiled_network import CompiledNetwork, Floats

_SHRINK: Final = 0.95
"""The part of a change that is left after each picture for which the change is more than enough."""
_LOOK_EVERY: Final = 0.25
"""Seconds between two classifications of the unchanged picture."""


class Adversarial(DreamModel):
    """Keeps one change from picture to picture: it grows until it fools the classifier, and shrinks while it does. What
    is shown is the picture plus ``amplify`` times the change."""

    name = "adversarial"
    help = "the smallest change that makes the classifier see something else"
    params = (
        *(param for param in WHAT if param.name == "toward"),
        Param("amplify", 0.0, 100.0, default=30.0, smooth=0.05, help="how many times the change is shown (1: as is)"),
        Param("enough", 0.05, 0.99, default=0.9, help="how sure the classifier is to be of what it isn't"),
        Param("push", 0.01, 4.0, default=0.2, help="how far each step goes (1: one of 255 greys)"),
        Param("stay", 0.1, 60.0, default=5.0, unit="s", help="how long the change stays when the picture moves on"),
        *(param for param in STEP if param.name in ("steps", "blur")),
        *MASK,
        PACE,
    )

    def begin(self) -> None:
        super().begin()
        self.begin_again()

    def begin_again(self) -> None:
        """Forget the change, and what the classifier saw."""
        self._change: Floats | None = None
        self._last = self._looked = -math.inf
        self._true: Floats | None = None
        """The probability of each class for the unchanged picture."""
        self._other = self._best = -1
        """The second likeliest class, while ``_best`` stays the likeliest one."""

    def variant(self, values: Mapping[str, Value]) -> str:
        """Returns an empty text: there is one network only."""
        return ""

    def ahead(self, values: Mapping[str, Value]) -> Sequence[str]:
        """Returns nothing: there is one network only."""
        return ()

    def objective(self, wish: DreamWish) -> Objective:
        """Returns a new objective, `Towards` on the layer of the class scores, whatever ``wish`` is; its one control
        are the probabilities to reach, [1, classes]. The first call reads the classifier. Raises BadInput if the
        classifier has no classes."""
        from vj.model.gradient.objective import Towards
        from vj.model.gradient.step import CLASSES

        return Towards(self.steps.layer(CLASSES))

    def prepare(self, size: Size, variant: str = "") -> Attack:
        """Compile the gradient and the classifier itself for pictures of ``size``, which may take minutes, and return
        both; ``variant`` doesn't matter. The change that was found so far goes on. Raises BadInput if the classifier
        has no classes or the runtime is unknown, Unavailable if nothing runs them here."""
        from vj.model.dreams.scores import Scores

        scores = Scores(self.steps, size, self.runtime, self.exact)
        return Attack(self, self.compiled(self.objective(DreamWish()), size), scores, size)

    def attack(self, attack: Attack, picture: Pixels, out: Pixels, values: Mapping[str, Value], now: float) -> float:
        """Write ``picture`` plus ``amplify`` times the change, clamped to 0..1, into ``out``, after the change has
        grown or shrunk; both are uint8 RGB [h, w, 3] of the size of ``attack``, which has the networks. ``values`` hold
        those of ``params``; ``now`` is the monotonic time (s).

        Sets `says`, such as ``tabby 83 % > goldfish 91 %``: the class of the unchanged picture, classified every 0.25
        s, and that of the changed one before the last step. Returns the mean of the result, 0..1; if a gradient isn't
        finite, returns its mean, leaves ``out`` as it was and forgets the change.
        """
        from vj.model.dreams.float_pictures import from_bytes, to_bytes

        seen = from_bytes(picture)
        change = self._changed(attack.size, math.exp(min(0.0, self._last - now) / float(values["stay"])))
        self._last = now
        true = self._look(attack.scores, seen, now)
        mask = self.masks.at(picture, attack.size, values, now)
        mean, sure = attack.walk(seen, change, self._wanted(values, true), values, mask)
        if not math.isfinite(mean):
            self._change = None
            return mean
        self.says = f"{attack.scores.said(true)} > {attack.scores.said(sure)}"
        seen += float(values["amplify"]) * change
        to_bytes(np.clip(seen, 0.0, 1.0, out=seen), out)
        return float(seen.mean())

    def _changed(self, size: Size, left: float) -> Floats:
        """Returns the kept change [h, w, 3] at ``size``, after multiplying it by ``left``."""
        from vj.model.dreams.float_pictures import at_size

        if self._change is None:
            self._change = np.zeros((size.height, size.width, 3), np.float32)
        self._change = at_size(self._change, size)
        self._change *= left
        return self._change

    def _look(self, scores: Scores, seen: Floats, now: float) -> Floats:
        """Returns the probability of each class for the unchanged picture, computed a few times a second."""
        if self._true is None or now - self._looked >= _LOOK_EVERY:
            self._true, self._looked = scores.of(seen), now
        return self._true

    def _wanted(self, values: Mapping[str, Value], true: Floats) -> Floats:
        """Returns the probabilities [classes] to reach, in sum 1: those asked for, else 1 for the second likeliest
        class."""
        asked = self.named_weights(str(values["toward"]), self.steps.classifier.labels)
        if (best := int(true.argmax())) != self._best:
            self._best, self._other = best, int(true.argsort()[-2:][0])
        wanted = np.zeros_like(true)
        for index, weight in asked.items():
            wanted[index] = max(0.0, weight)
        if not wanted.any():
            wanted[self._other] = 1.0
        wanted /= wanted.sum()
        return wanted


class Attack:
    """The attack compiled for pictures of ``size``: ``compiled`` gives the gradient towards other classes, ``scores``
    (also an attribute) are the probabilities that show its success. It is what `Adversarial.prepare` returns; ``why``
    says which backend runs the gradient and why. The change itself is kept in ``model``."""

    def __init__(self, model: Adversarial, compiled: CompiledNetwork, scores: Scores, size: Size) -> None:
        self._model = model
        self._compiled = compiled
        self.scores = scores
        self.size = size
        self.why = compiled.why
        self._seen, self._gradient = (np.zeros((size.height, size.width, 3), np.float32) for _ in range(2))

    def run(self, picture: Pixels, out: Pixels, values: Mapping[str, Value], now: float) -> float:
        """Have the model make one picture, as `Adversarial.attack` does: write ``picture`` with the amplified change
        into ``out``, both uint8 RGB [h, w, 3] of ``size``, at the monotonic time ``now`` (s). Returns the mean of the
        result, 0..1; a number that isn't finite if ``out`` was left as it was."""
        return self._model.attack(self, picture, out, values, now)

    def warm(self) -> float:
        """Run both networks once on a grey picture, without touching the change. Returns the seconds that this took."""
        started = time.perf_counter()
        self._seen[:] = 0.5
        sure = self.scores.of(self._seen)
        self._compiled.run(self._seen, [sure[None]], self._gradient)
        return time.perf_counter() - started

    def walk(
        self, seen: Floats, change: Floats, wanted: Floats, values: Mapping[str, Value], mask: Floats | None
    ) -> tuple[float, Floats]:
        """Let ``change``, float32 [h, w, 3], grow in place by up to the value ``steps`` (1 or more) steps, until what
        is ``wanted`` has at least the probability ``enough``; then shrink it by a twentieth and stop.

        ``seen`` is the unchanged picture, float32 [h, w, 3] in 0..1; ``wanted`` are probabilities [classes]; ``mask``,
        0..1 [h, w], says where it may grow (None: all). Other ``values`` are ``push`` and ``blur``. Returns 0, or the
        mean of the last gradient if that isn't finite; and the probability of each class, a new array [classes], before
        the last step or the shrinking.
        """
        for _ in range(int(values["steps"])):
            np.clip(np.add(seen, change, out=self._seen), 0.0, 1.0, out=self._seen)
            sure = self.scores.of(self._seen)
            if sure[wanted > 0.0].sum() >= float(values["enough"]):
                change *= _SHRINK
                break
            mean = self._compiled.run(self._seen, [wanted[None]], self._gradient)
            if not math.isfinite(mean):
                return mean, sure
            self._grow(change, values, mask)
        return 0.0, sure

    def _grow(self, change: Floats, values: Mapping[str, Value], mask: Floats | None) -> None:
        """Add one step along the gradient to ``change``, as far as ``mask`` [h, w] lets it."""
        from vj.model.dreams.ascent import smoothed

        step = smoothed(self._gradient, change, {**values, "frequencies": 0.0, "tv": 0.0})
        step *= float(values["push"]) / 255.0
        if mask is not None:
            step *= mask[..., None]
        change += step
