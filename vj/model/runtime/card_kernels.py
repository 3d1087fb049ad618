"""Kernels in Triton for what surrounds convolutions: norms, activations, sums and borders of channels-last pictures.

They work on one picture [1, c, h, w] whose channels lie together in memory, and compute in 32-bit floats. A norm reads
its picture twice: once for the statistics of every channel, once to apply them. The second time also does what follows
in the network (an activation, a sum, nearest upsampling, a reflected border), which would each read and write it again.

Triton (P. Tillet, H. Kung, D. Cox, "Triton: an intermediate language and compiler for tiled neural network
computations", 2019) must be installed before this module is imported; torch brings it where it is built for cards.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

_TILE = 2048
"""Numbers that one program of a kernel works on at a time."""
_PROGRAMS = 512
"""The most programs among which the places are shared out when statistics are taken."""
_FOLDED = 16
"""Channels whose partial sums one program adds up."""


@triton.jit
def sums(x, parts, places, step, C: tl.constexpr, CP: tl.constexpr, ROWS: tl.constexpr):
    """Writes the sums and the sums of squares of each channel over a part of the places into ``parts``: float32
    [programs, 2, CP], in which channels beyond C are 0. ``step`` is the number of programs times ROWS."""
    program = tl.program_id(0)
    channel = tl.arange(0, CP)
    total = tl.zeros([CP], tl.float32)
    squares = tl.zeros([CP], tl.float32)
    for first in range(program * ROWS, places, step):
        place = first + tl.arange(0, ROWS)
        there = (place[:, None] < places) & (channel[None, :] < C)
        number = tl.load(x + place[:, None].to(tl.int64) * C + channel[None, :], mask=there, other=0.0).to(tl.float32)
        total += tl.sum(number, 0)
        squares += tl.sum(number * number, 0)
    tl.store(parts + program * 2 * CP + channel, total)
    tl.store(parts + program * 2 * CP + CP + channel, squares)


@triton.jit
def fold(
    parts, weight, bias, scale, shift, places, eps,
    C: tl.constexpr, CP: tl.constexpr, COUNT: tl.constexpr, COUNTP: tl.constexpr, CB: tl.constexpr,
    WHOLE: tl.constexpr, AFFINE: tl.constexpr,
):  # fmt: skip
    """Turns the sums of all COUNT programs into a ``scale`` and a ``shift`` for each channel, float32 [C].

    With WHOLE, all channels have the mean and the deviation of the whole picture; CB is then CP. With AFFINE,
    ``weight`` and ``bias`` [C] are the norm's own scale and shift.
    """
    channel = tl.program_id(0) * CB + tl.arange(0, CB)
    part = tl.arange(0, COUNTP)
    there = (part[:, None] < COUNT) & (channel[None, :] < CP)
    at = parts + part[:, None] * 2 * CP + channel[None, :]
    mean = tl.sum(tl.load(at, mask=there, other=0.0), 0) / places
    square = tl.sum(tl.load(at + CP, mask=there, other=0.0), 0) / places
    if WHOLE:
        mean = tl.zeros_like(mean) + tl.sum(mean, 0) / C
        square = tl.zeros_like(square) + tl.sum(square, 0) / C
    factor = 1.0 / tl.sqrt(tl.maximum(square - mean * mean, 0.0) + eps)
    offset = -mean * factor
    if AFFINE:
        own = tl.load(weight + channel, mask=channel < C, other=1.0).to(tl.float32)
        factor = factor * own
        offset = offset * own + tl.load(bias + channel, mask=channel < C, other=0.0).to(tl.float32)
    tl.store(scale + channel, factor, mask=channel < C)
    tl.store(shift + channel, offset, mask=channel < C)


@triton.jit
def shape(
    x, y, scale, shift, added, height, width, wide, left, top,
    C: tl.constexpr, CP: tl.constexpr, PLACES: tl.constexpr, UP: tl.constexpr, MOVED: tl.constexpr,
    SCALED: tl.constexpr, SHIFTED: tl.constexpr, ADDED: tl.constexpr, SLOPE: tl.constexpr,
):  # fmt: skip
    """Writes each number of ``x``, times ``scale`` plus ``shift``, through the activation (numbers below 0 are
    multiplied by SLOPE), plus ``added``, into one row of ``y``, which is ``wide`` places.

    With MOVED, ``x`` [``height``, ``width``] is enlarged UP times by repeating places, and has a reflected border of
    ``left`` columns and ``top`` rows before it; ``added`` has the shape of ``x``.
    """
    row = tl.program_id(0)
    place = tl.program_id(1) * PLACES + tl.arange(0, PLACES)
    channel = tl.arange(0, CP)
    there = (place[:, None] < wide) & (channel[None, :] < C)
    down = row
    across = place
    if MOVED:
        last_row = height * UP - 1
        last_column = width * UP - 1
        down = (last_row - tl.abs(last_row - tl.abs(row - top))) // UP
        across = (last_column - tl.abs(last_column - tl.abs(place - left))) // UP
    at = (down.to(tl.int64) * width + across)[:, None] * C + channel[None, :]
    number = tl.load(x + at, mask=there, other=0.0).to(tl.float32)
    if SCALED:
        number = number * tl.load(scale + channel, mask=channel < C, other=0.0).to(tl.float32)[None, :]
    if SHIFTED:
        number = number + tl.load(shift + channel, mask=channel < C, other=0.0).to(tl.float32)[None, :]
    if SLOPE != 1.0:
        number = tl.where(number > 0.0, number, number * SLOPE)
    if ADDED:
        number = number + tl.load(added + at, mask=there, other=0.0).to(tl.float32)
    to = (row.to(tl.int64) * wide + place)[:, None] * C + channel[None, :]
    tl.store(y + to, number, mask=there)


def statistics(x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float, whole: bool) -> tuple[Tensor, Tensor]:
    """Returns the scale and the shift, float32 [c] each, that normalise ``x`` [1, c, h, w], channels-last: by channel
    or, with ``whole``, over the whole picture. ``weight`` and ``bias`` [c], both or neither, come after the norm."""
    channels, places = x.shape[1], x.shape[2] * x.shape[3]
    padded = triton.next_power_of_2(channels)
    rows = max(1, 4 * _TILE // padded)
    count = min(_PROGRAMS, triton.cdiv(places, rows))
    parts = torch.empty((count, 2, padded), device=x.device, dtype=torch.float32)
    found = torch.empty((2, channels), device=x.device, dtype=torch.float32)
    sums[(count,)](x, parts, places, count * rows, channels, padded, rows)
    block = padded if whole else min(padded, _FOLDED)
    fold[(triton.cdiv(padded, block),)](
        parts, parts if weight is None else weight, parts if bias is None else bias, found[0], found[1], places, eps,
        channels, padded, count, triton.next_power_of_2(count), block, whole, weight is not None,
    )  # fmt: skip
    return found[0], found[1]


def shaped(
    x: Tensor,
    scale: Tensor | None,
    shift: Tensor | None,
    slope: float,
    added: Tensor | None,
    up: int,
    border: tuple[int, int, int, int],
) -> Tensor:
    """Returns ``x`` [1, c, h, w] after all that `shape` does: times ``scale`` and plus ``shift`` [c] (None: as it is),
    the activation, plus ``added`` [1, c, h, w], enlarged ``up`` times, with a reflected ``border`` (left, right, top,
    bottom). ``x`` and ``added`` are channels-last, as is the new result."""
    channels, height, width = x.shape[1:]
    left, right, top, bottom = border
    high, wide = height * up + top + bottom, width * up + left + right
    result = torch.empty(
        (1, channels, high, wide), device=x.device, dtype=x.dtype, memory_format=torch.channels_last
    )  # fmt: skip
    padded = triton.next_power_of_2(channels)
    places = max(1, _TILE // padded)
    shape[(high, triton.cdiv(wide, places))](
        x, result, x if scale is None else scale, x if shift is None else shift, x if added is None else added,
        height, width, wide, left, top, channels, padded, places, up, up != 1 or any(border),
        scale is not None, shift is not None, added is not None, slope,
    )  # fmt: skip
    return result
