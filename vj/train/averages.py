"""Moving averages of networks' weights, which give calmer pictures than the weights of any one step."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy

import torch
from torch import nn

from vj.train.method import average_weight


class AveragedNets:
    """Averages of ``nets``, copies of which it holds by the same names, in eval mode and without gradients."""

    def __init__(self, nets: Mapping[str, nn.Module], most: float) -> None:
        """``most`` (0..1) is how much of an average stays at each step, later on."""
        self._most = most
        self.nets = {name: deepcopy(net).eval().requires_grad_(False) for name, net in nets.items()}
        both = [(self.nets[name], net) for name, net in nets.items()]
        # listed once: to find them takes as long as to average them
        self._weights = [pair for two in both for pair in zip(*(net.parameters() for net in two), strict=True)]
        self._statistics = [pair for two in both for pair in zip(*(net.buffers() for net in two), strict=True)]

    @torch.no_grad()
    def follow(self, step: int) -> None:
        """Moves the averages towards the networks, after ``step`` (from 0). Statistics of norms are copied."""
        new = 1.0 - average_weight(step, self._most)
        for own, other in self._weights:
            own.lerp_(other, new)
        for kept, newest in self._statistics:
            kept.copy_(newest)
