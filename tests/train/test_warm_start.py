"""The warm start: a network that learned a few looks learns them sooner."""

import numpy as np
import torch

from tests.train.painted import frame, painted
from vj.model.nets.look import LookNet, flat
from vj.train.keyframe import Keyframe
from vj.train.warm_start import reptile

KEYFRAMES = [Keyframe(frame(seed), np.where(frame(seed) > 100, painted(frame(seed)), 40)) for seed in range(2)]


def trained(rounds: int) -> tuple[LookNet, list[float]]:
    torch.manual_seed(0)
    net = LookNet((8, 12))
    return net, list(reptile(net, KEYFRAMES, rounds, np.random.default_rng(0)))


def test_the_same_error_is_reached_sooner() -> None:
    _, errors = trained(8)
    assert len(errors) == 8
    last = 8 * errors[-1] - 7 * errors[-2]  # of the last round alone
    assert last < 0.9 * errors[0]


def test_the_same_seed_gives_the_same_network() -> None:
    assert (flat(trained(2)[0]) == flat(trained(2)[0])).all()
