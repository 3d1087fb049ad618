"""Trains the network from which every look starts, so that a look takes seconds.

A. Nichol, J. Achiam, J. Schulman, "On first-order meta-learning algorithms", 2018 (Reptile): again and again the
network learns one look for a few steps, and then moves a part of the way to what it became. Where that ends, few steps
lead to any look.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import torch

from vj.model.files.weights import Progress
from vj.model.nets.look import LookNet
from vj.train.keyframe import Keyframe
from vj.train.look_learner import LookLearner, rate_after
from vj.train.warm_looks import WarmLooks

KEYFRAMES: Final = 300
"""How many looks, each of a picture, are learned from."""
STEPS: Final = 12
"""How many steps each is learned at a time."""
_BATCH: Final = 16
"""Patches a step: fewer than on stage, for more looks in the same time."""
STEPS_A_SECOND: Final = 45.0
"""How many steps the learner is to think that a second has: what two cores reach, one for learning."""
_FIRST, _LAST = 0.6, 0.02
"""The part of the way that the network moves, at the beginning and at the end."""


def warm_start(seed: int, rounds: int, progress: Progress) -> LookNet:
    """Returns a new network that learned quickly in the last of so many ``rounds``, with one look each. The same
    arguments on the same machine give the same weights. What is missing is downloaded; raises Unavailable where it
    can't be."""
    torch.set_num_threads(1)
    random = np.random.default_rng(seed)
    looks = WarmLooks(random, progress)
    keyframes = []
    for number in range(KEYFRAMES):
        progress("making looks", number / KEYFRAMES)
        keyframes.append(looks.keyframe())
    torch.manual_seed(seed)
    net = LookNet()
    for number, error in enumerate(reptile(net, keyframes, rounds, random)):
        progress(
            f"learning to learn: error {error:.0f} of 255" if number % 500 == 0 else "learning to learn",
            number / rounds,
        )
    return net


def reptile(net: LookNet, keyframes: Sequence[Keyframe], rounds: int, random: np.random.Generator) -> Iterator[float]:
    """Change ``net`` in place so that it learns each of ``keyframes`` sooner. Yields the error, of 255, at the end of
    each round, averaged over the last hundred or so."""
    error = 0.0
    for number in range(rounds):
        keyframe = keyframes[int(random.integers(len(keyframes)))]
        learner = _learned(net, keyframe, int(random.integers(1 << 31)))
        move = _FIRST + (_LAST - _FIRST) * number / rounds
        with torch.no_grad():
            torch._foreach_lerp_(list(net.parameters()), list(learner.net.parameters()), move)
        error += (learner.error - error) * max(0.01, 1 / (number + 1))
        yield error


def _learned(net: LookNet, keyframe: Keyframe, seed: int) -> LookLearner:
    steps = 0
    learner = LookLearner([keyframe], net, seed, now=lambda: steps / STEPS_A_SECOND, batch=_BATCH, rate=_gentle)
    for steps in range(STEPS):  # noqa: B007 - the clock reads it
        learner.step()
    return learner


def _gentle(seconds: float) -> float:
    """Returns Muon's rate: networks that learned with smaller steps make better starts."""
    return rate_after(seconds, 0.03, 0.2, 15.0)
