"""Reads and writes PNG files as a data set has them: RGB, 8 bits, losslessly and fast."""

from pathlib import Path

import numpy as np

from vj.base.errors import BadInput
from vj.base.frame import Pixels


def read_png(path: Path) -> Pixels:
    """Returns the picture at ``path``, uint8 RGB [h, w, 3]. Raises BadInput if it can't be read."""
    try:
        return decoded_png(path.read_bytes(), str(path))
    except OSError as error:
        raise BadInput(f"can't read {path}: {error.strerror}") from None


def decoded_png(content: bytes, name: str) -> Pixels:
    """Returns the picture that ``content``, the bytes of a PNG file, is: uint8 RGB [h, w, 3]. Raises BadInput, with
    ``name``, if it can't be read."""
    import cv2

    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if content else None
    if picture is None:
        raise BadInput(f"{name} can't be read as a picture")
    read: Pixels = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
    return read


def write_png(path: Path, picture: Pixels) -> None:
    """Writes ``picture``, uint8 RGB [h, w, 3], to ``path``. Raises OSError."""
    import cv2

    # of repetitions only: as small as at level 4, in two thirds of the time
    how = (cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE)
    done, content = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), how)
    if not done:
        raise OSError(f"a picture of {picture.shape[1]}x{picture.shape[0]} can't be written as PNG")
    path.write_bytes(content.tobytes())
