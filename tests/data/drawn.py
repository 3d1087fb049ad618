"""Small pictures that are all different, for data sets."""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from vj.base.frame import Pixels


def drawn(number: int, width: int = 48, height: int = 48) -> Pixels:
    """A picture of soft spots, another one for each ``number``."""
    spots = np.random.default_rng(number).integers(0, 256, (6, 6, 3), np.uint8)
    picture: Pixels = cv2.resize(spots, (width, height), interpolation=cv2.INTER_CUBIC)
    return picture


def saved(folder: Path, names: list[str], start: int = 0, width: int = 48, height: int = 48) -> list[Pixels]:
    """Writes a picture under each of ``names`` into ``folder``; returns them."""
    folder.mkdir(parents=True, exist_ok=True)
    made = [drawn(start + number, width, height) for number in range(len(names))]
    for name, picture in zip(names, made, strict=True):
        Image.fromarray(picture).save(folder / name)
    return made


def silent(doing: str, part: float | None) -> None:
    """Progress that isn't looked at."""
