"""Makes what learns a look: from the warm start that comes with the project, on one core."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from vj.base.errors import NotInstalled
from vj.base.packages import install_command
from vj.base.paths import PRESETS
from vj.train.keyframe import Keyframe
from vj.train.look_weights import net_of

if TYPE_CHECKING:
    from vj.model.nets.look import LookNet
    from vj.train.look_learner import LookLearner

_WARM_START = PRESETS / "models" / "look.safetensors"


def make_learner(keyframes: Sequence[Keyframe], start: LookNet | None, learned: float = 0.0) -> LookLearner:
    """Returns what learns from ``keyframes``: on from ``start``, which has learned them for ``learned`` seconds, or
    from the warm start. This thread computes on one core from now on."""
    import torch

    from vj.train.look_learner import LookLearner

    torch.set_num_threads(1)
    return LookLearner(keyframes, start or warm_start(), learned=learned)


def warm_up() -> None:
    """Load the libraries, and learn from noise for two steps: the first ones take seconds. Raises NotInstalled where
    torch is missing or broken."""
    try:
        import torch  # noqa: F401
    except (ImportError, OSError) as error:
        raise NotInstalled(f"looks are learned by torch: {error}; fix: {install_command('torch')}") from error
    noise = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), np.uint8)
    learner = make_learner([Keyframe(*noise)], None)
    learner.first()
    for _ in range(2):
        learner.step()


@functools.cache
def warm_start() -> LookNet | None:
    """Returns the network that was trained beforehand; None where it is missing. It is read once; don't change it."""
    from vj.model.files import tensors

    return net_of(_WARM_START, tensors.load(_WARM_START)) if _WARM_START.is_file() else None
