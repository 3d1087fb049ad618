"""Pictures with something to see everywhere, that move by a known way."""

import numpy as np
from PIL import Image

from vj.base.frame import Pixels, Size


def texture(size: Size, seed: int = 1, grain: int = 8) -> Pixels:
    """Soft random colours; details of about ``grain`` pixels."""
    shape = size.height // grain + 2, size.width // grain + 2, 3
    coarse = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    wide = Image.fromarray(coarse).resize((coarse.shape[1] * grain, coarse.shape[0] * grain), Image.Resampling.BICUBIC)
    return np.ascontiguousarray(np.asarray(wide)[: size.height, : size.width])


def film(size: Size, step: tuple[int, int], count: int, seed: int = 1) -> list[Pixels]:
    """A window that moves over a texture, so that what is seen moves by ``step`` (x, y) pixels a picture."""
    across, down = (abs(part) * (count - 1) for part in step)
    whole = texture(Size(size.width + across, size.height + down), seed)
    found = []
    for place in range(count):
        left = across - step[0] * place if step[0] > 0 else -step[0] * place
        top = down - step[1] * place if step[1] > 0 else -step[1] * place
        found.append(np.ascontiguousarray(whole[top : top + size.height, left : left + size.width]))
    return found
