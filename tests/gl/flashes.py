"""Counts the flashes of a film with NumPy, by the definition alone (WCAG 2.3.1): not as the limiter does it."""

import numpy as np
import numpy.typing as npt

Film = npt.NDArray[np.uint8]
"""T×H×W×3, RGB."""
_BLOCK = 5
"""Pixels of a block's side; blocks are smaller than the limiter's cells, and not aligned to them."""


def flashes_a_second(film: Film, fps: float, area: float = 0.25) -> int:
    """The most flashes that at least the part ``area`` of the picture has within any one second."""
    light, red = _light(film)
    turns = np.maximum(_in_any_second(_turns(light, 0.1, 0.8), fps), _in_any_second(_turns(red, 20 / 320, 9.0), fps))
    flashes = np.sort((turns // 2).reshape(len(turns), -1), axis=1)[:, ::-1]
    return int(flashes[:, max(0, int(np.ceil(area * flashes.shape[1])) - 1)].max())


def _light(film: Film) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Relative luminance and saturated red of every block, 0..1."""
    c = film / 255.0
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    high, wide = (side // _BLOCK for side in film.shape[1:3])
    blocks = linear[:, : high * _BLOCK, : wide * _BLOCK].reshape(-1, high, _BLOCK, wide, _BLOCK, 3).mean(axis=(2, 4))
    r, g, b = np.moveaxis(blocks, -1, 0)
    saturated = r >= 0.8 * (r + g + b)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b, np.where(saturated, np.maximum(0.0, r - g - b), 0.0)


def _turns(series: npt.NDArray[np.float64], change: float, bright: float) -> npt.NDArray[np.bool_]:
    """In which frames (first axis) each block has completed a change, each against the one before it."""
    lowest, highest, falls, rises = series[0].copy(), series[0].copy(), np.True_, np.True_
    turned = np.zeros(series.shape, bool)
    for frame, value in enumerate(series):
        lowest, highest = np.minimum(lowest, value), np.maximum(highest, value)
        up = falls & (value - lowest >= change) & (lowest < bright)
        down = rises & (highest - value >= change) & (value < bright) & ~up
        rises, falls = np.where(up | down, up, rises), np.where(up | down, down, falls)
        lowest, highest = np.where(up | down, value, lowest), np.where(up | down, value, highest)
        turned[frame] = up | down
    return turned


def _in_any_second(turned: npt.NDArray[np.bool_], fps: float) -> npt.NDArray[np.int_]:
    """How many turns lie within the second that ends with each frame."""
    past = np.concatenate([np.zeros((1, *turned.shape[1:]), int), np.cumsum(turned, axis=0)])
    frames = np.arange(1, len(past))
    return past[frames] - past[np.maximum(0, frames - round(fps))]
