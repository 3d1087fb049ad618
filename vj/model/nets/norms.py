"""The normalisations that picture-to-picture generators are trained with.

Papers: S. Ioffe, C. Szegedy, "Batch normalization", ICML 2015; D. Ulyanov, A. Vedaldi, V. Lempitsky, "Instance
normalization: the missing ingredient for fast stylization", 2016.
"""

from __future__ import annotations

from typing import Literal

from torch import nn

Norm = Literal["batch", "instance", "affine"]
"""Batch norm, instance norm, and instance norm with a learned scale and shift."""
Statistics = Literal["eval", "batch"]
"""Batch norm uses the statistics kept from training (eval), or those of the picture at hand (batch)."""


def norm(kind: Norm, channels: int, statistics: Statistics = "eval") -> nn.Module:
    """Returns a new norm of [1, channels, h, w]: a BatchNorm2d, or an InstanceNorm2d with or without scale and shift.

    ``kind`` "batch" is batch norm, "instance" has no scale and shift, "affine" has both. The norm is in training mode.
    ``statistics`` only matters for "batch": by the statistics of a batch of one, it is instance norm with batch norm's
    scale and shift.
    """
    if kind == "batch" and statistics == "eval":
        return nn.BatchNorm2d(channels)
    return nn.InstanceNorm2d(channels, affine=kind != "instance")
