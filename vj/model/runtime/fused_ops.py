"""What surrounds convolutions in picture networks, as two operations: by kernels of our own on a card, by torch's
plain formulas elsewhere."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

Border = tuple[int, int, int, int]
"""Reflected rows and columns around a picture: left, right, top, bottom."""
NO_BORDER: Border = (0, 0, 0, 0)
LINEAR = 1.0
"""The slope below zero of an activation that changes nothing; that of a relu is 0."""


def normed(
    x: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    eps: float,
    whole: bool,
    slope: float = LINEAR,
    added: Tensor | None = None,
    up: int = 1,
    border: Border = NO_BORDER,
) -> Tensor:
    """Returns ``x`` [1, c, h, w], normalised by channel or, with ``whole``, over the whole picture, then as `shaped`.

    ``weight`` and ``bias`` [c] are the norm's own scale and shift; either may be None. ``eps`` is added to variances.
    """
    if x.is_cuda:
        from vj.model.runtime import card_kernels

        x, added = _channels_last(x), None if added is None else _channels_last(added)
        weight, bias = _both(x, weight, bias)
        scale, shift = card_kernels.statistics(x, weight, bias, eps, whole)
        return card_kernels.shaped(x, scale, shift, slope, added, up, border)
    result = F.group_norm(x, 1, weight, bias, eps) if whole else F.instance_norm(x, None, None, weight, bias, eps=eps)
    return _plain(result, slope, added, up, border)


def shaped(
    x: Tensor,
    scale: Tensor | None = None,
    shift: Tensor | None = None,
    slope: float = LINEAR,
    added: Tensor | None = None,
    up: int = 1,
    border: Border = NO_BORDER,
) -> Tensor:
    """Returns ``x`` [1, c, h, w] times ``scale`` and plus ``shift`` [c] (None: as it is), then through an activation
    that multiplies numbers below zero by ``slope``, plus ``added`` [1, c, h, w], then enlarged ``up`` times by
    repeating places, with a reflected ``border`` around it: [1, c, h * up + top + bottom, w * up + left + right]."""
    if x.is_cuda:
        from vj.model.runtime import card_kernels

        added = None if added is None else _channels_last(added)
        return card_kernels.shaped(_channels_last(x), scale, shift, slope, added, up, border)
    if scale is not None:
        x = x * scale[:, None, None].to(x.dtype)
    if shift is not None:
        x = x + shift[:, None, None].to(x.dtype)
    return _plain(x, slope, added, up, border)


def _plain(x: Tensor, slope: float, added: Tensor | None, up: int, border: Border) -> Tensor:
    x = F.leaky_relu(x, slope) if slope != LINEAR else x
    x = x if added is None else x + added
    x = F.interpolate(x, scale_factor=float(up), mode="nearest") if up != 1 else x
    return F.pad(x, border, mode="reflect") if any(border) else x


def _channels_last(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last)


def _both(x: Tensor, weight: Tensor | None, bias: Tensor | None) -> tuple[Tensor | None, Tensor | None]:
    """Returns both or neither of a norm's own scale and shift, as the kernel has it."""
    if (weight is None) == (bias is None):
        return weight, bias
    ones = torch.ones(x.shape[1], device=x.device)
    return (ones if weight is None else weight), (torch.zeros_like(ones) if bias is None else bias)
