"""Reference pictures: what a shader drew when it was last looked at, as PNG files beside this one.

``VJ_NEW_REFERENCES=1 pytest tests/gl`` writes those that are missing; delete a file to have it drawn again, and look
at it.
"""

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

REFERENCES = Path(__file__).parent / "references"
NEAR = 2
"""Levels of 255 by which versions of a software renderer may differ."""


def check_reference(name: str, picture: npt.NDArray[np.integer]) -> None:
    """Fails unless ``picture``, H×W×3, is what ``references/NAME.png`` shows."""
    path = REFERENCES / f"{name}.png"
    if not path.exists() and os.environ.get("VJ_NEW_REFERENCES"):
        path.parent.mkdir(exist_ok=True)
        Pillow.fromarray(picture.astype(np.uint8)).save(path, optimize=True)
    with Pillow.open(path) as opened:
        expected = np.asarray(opened.convert("RGB"), np.int16)
    off = np.abs(picture.astype(np.int16) - expected)
    assert off.max() <= NEAR, f"{name}: {(off.max(axis=2) > NEAR).mean():.1%} of the pixels differ by up to {off.max()}"
