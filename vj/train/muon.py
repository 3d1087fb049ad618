"""Muon: an optimiser for matrices, which takes steps that turn every direction by the same amount.

K. Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024. The momentum of a convolution's
kernel, as a matrix of its outputs by all that it takes, is replaced by the nearest matrix whose singular values are all
about 1. Here that is computed on the small matrices M M^T, all layers at once, which costs a tenth of a step. On a look
it is as good after two seconds as Adam after five.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional as F

MOMENTUM: Final = 0.9
"""How much of the momentum stays at each step."""
_POLYNOMIAL: Final = (3.4445, -4.7750, 2.0315)
"""Moves singular values between 0 and 1 towards 1, quickly rather than exactly."""
_ROUNDS: Final = 5
"""How often the polynomial is applied."""
_LEAST: Final = 1e-14
"""Below it the squared length of a momentum counts as nothing."""


class Muon:
    """Changes ``kernels``, convolutions' weights [out, in, h, w] with gradients, in place; ``step`` once for each new
    gradient."""

    def __init__(self, kernels: Sequence[Tensor]) -> None:
        self._kernels = list(kernels)
        self._momenta = [torch.zeros_like(kernel) for kernel in self._kernels]
        self._side = max(len(kernel) for kernel in self._kernels)

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Take a step: each kernel, as a matrix, changes by ``rate`` in every direction that its gradients had."""
        gradients = [kernel.grad for kernel in self._kernels if kernel.grad is not None]
        torch._foreach_lerp_(self._momenta, gradients, 1 - MOMENTUM)
        ahead = torch._foreach_lerp(gradients, self._momenta, MOMENTUM)
        matrices = [matrix.flatten(1) for matrix in ahead]
        for kernel, matrix, turn in zip(self._kernels, matrices, self._turns(matrices), strict=True):
            kernel.add_((turn @ matrix).reshape(kernel.shape), alpha=-rate)

    def _turns(self, matrices: Sequence[Tensor]) -> list[Tensor]:
        """Returns for each M of ``matrices`` about (M M^T)^(-1/2), a new [out, out]."""
        squares = []
        for matrix in matrices:
            square = matrix @ matrix.T
            free = self._side - len(square)
            squares.append(F.pad(square / (square.trace() + _LEAST), (0, free, 0, free)))
        square = torch.stack(squares)
        a, b, c = _POLYNOMIAL
        one = torch.eye(self._side, device=square.device)
        turn = one.expand_as(square)
        for _ in range(_ROUNDS):
            factor = a * one + b * square + c * (square @ square)
            turn = factor @ turn
            square = factor @ square @ factor
        return [
            part[: len(matrix), : len(matrix)] / (matrix.norm() + _LEAST**0.5)
            for part, matrix in zip(turn, matrices, strict=True)
        ]
