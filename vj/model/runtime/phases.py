"""Rewrites convolutions on single pixels as convolutions on blocks of pixels, whose pixels are channels.

The numbers are the same, in another order. A block has as many channels as a CPU's vector lanes need, where a picture
has three; and what follows an upsampling is computed at the low resolution (Shi et al. 2016, "Real-time single image
and video super-resolution using an efficient sub-pixel convolutional neural network").
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]


def phase_kernel(kernel: Array, inputs: int, outputs: int, up: int, pad: int) -> Array:
    """Returns the kernel of a square convolution after nearest upsampling by `up`, with phases as channels.

    `kernel` is [o, c, k, k], of stride 1, before which the upsampled picture gets a border of `pad` pixels. A block is
    `inputs`×`inputs` pixels of the input, which become `outputs`×`outputs` pixels of the result (outputs = inputs *
    up). Returns float32 [outputs * outputs * o, inputs * inputs * c, n, n], whose channels are ordered by the pixel's
    row in the block, its column, then its own channels. n is the number of blocks in a row that a block of the result
    depends on: 3, with a border of one block, if the kernel reaches no further than the neighbours.
    """
    out_channels, in_channels, size, _ = kernel.shape
    taps = [[divmod((phase + tap - pad) // up, inputs) for tap in range(size)] for phase in range(outputs)]
    blocks = [block for row in taps for block, _ in row]
    low, count = min(blocks), max(blocks) - min(blocks) + 1
    result = np.zeros((outputs, outputs, out_channels, inputs, inputs, in_channels, count, count), np.float32)
    for row, column, y, x in np.ndindex(outputs, outputs, size, size):
        (block_y, phase_y), (block_x, phase_x) = taps[row][y], taps[column][x]
        result[row, column, :, phase_y, phase_x, :, block_y - low, block_x - low] += kernel[:, :, y, x]
    return result.reshape(outputs * outputs * out_channels, inputs * inputs * in_channels, count, count)


def wide_kernel(kernel: Array, wide: int) -> Array:
    """Returns `kernel` [o, c, k, k] for runs of `wide` neighbouring pixels of a row, whose pixels are channels.

    The result is [wide * o, wide * c, k, n] with n = (k + 2 * wide - 2) // wide; channels are in the order of pixels,
    and within a pixel in the kernel's own order. Stride 1; the picture brings its border with it.
    """
    out_channels, in_channels, size, _ = kernel.shape
    runs = (size + wide - 1 + wide - 1) // wide
    result = np.zeros((wide, out_channels, wide, in_channels, size, runs), np.float32)
    for pixel, tap in np.ndindex(wide, size):
        run, phase = divmod(pixel + tap, wide)
        result[pixel, :, phase, :, :, run] = kernel[:, :, :, tap]
    return result.reshape(wide * out_channels, wide * in_channels, size, runs)


def border_sources(size: int, channels: int, axis: int, *, after: bool, mode: str) -> list[int]:
    """Returns, for a border of blocks of `size`×`size` pixels, the index of the channel that each of its channels
    repeats.

    There are size * size * channels indices, all pixels of the block with ``channels`` numbers each. They count through
    two blocks, the outermost one and then the next one inwards. `axis` 0 is a border of rows and 1 one of columns; with
    `after` it lies behind the picture. In `mode` "reflect" pixel -1 is pixel 1, in "edge" it is pixel 0.
    """
    places = np.arange(2 * size**2 * channels).reshape(2, size, size, channels)
    lines = np.moveaxis(places, 1 + axis, 1)
    pixels = np.concatenate(list(lines[:, ::-1] if after else lines))  # from the outermost line inwards
    away = np.arange(1, size + 1)  # how far outside a border pixel lies, the nearest first
    border = pixels[away] if mode == "reflect" else pixels[[0] * size]
    nearest_last = border if after else border[::-1]
    return [int(place) for place in np.moveaxis(nearest_last, 0, axis).ravel()]


def doubling_kernel(kernel: Array) -> Array:
    """Returns, for a kernel [o, c, 3, 3] that follows nearest upsampling by 2, the kernel [c, o, 4, 4] of a transposed
    convolution of stride 2 that does the same in one step.

    A pixel adds to the result what its two by two copies would add. The result is float32; with pads of 1 on all sides
    it stands for a border of zeros of 1 around the upsampled picture.
    """
    spread = np.pad(kernel[:, :, ::-1, ::-1], ((0, 0), (0, 0), (1, 1), (1, 1)))
    both = spread[:, :, 1:] + spread[:, :, :-1]
    result: Array = np.ascontiguousarray((both[..., 1:] + both[..., :-1]).swapaxes(0, 1), np.float32)
    return result
