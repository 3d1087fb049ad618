"""Loads a picture file as an upright RGB picture, with what it covers. Pillow is imported only when one is loaded."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vj.base.errors import BadInput
from vj.base.frame import Picture, Pixels, Size
from vj.base.large_picture import read_reduced

if TYPE_CHECKING:
    from PIL import Image

_REFUSED = {"EPS"}
"""Formats that aren't read: PostScript is a program, and reading it starts an interpreter."""
_MOST_PIXELS = 89_478_485
"""The most pixels of a picture that is held in memory as a whole: what Pillow warns at."""


def load(path: Path, box: Size) -> Pixels:
    """Returns what `load_picture` does without its alpha (H×W×3 uint8, RGB): what is transparent is put over black."""
    return load_picture(path, box).pixels


def load_picture(path: Path, box: Size) -> Picture:
    """Returns the picture in ``path`` as new arrays, upright as its EXIF tag says.

    It gets the size that ``box.fitted`` returns for its own: scaled down to fit into ``box`` if it is larger, and
    stretched a little so that its sides are multiples of 4 (`vj.commands.apply_film.ANY_SIZE` keeps every size). Its
    alpha is None if nothing is transparent. Of an animation the first picture is read. Of a picture of very many pixels
    only a part is in memory at a time, if its kind allows that (see `vj.base.large_picture`). Raises BadInput with the
    reason for a file that can't be read, is no picture, is broken, is PostScript or is too large for its kind.
    """
    from PIL import Image

    try:
        with _opened(path) as image:
            if image.width * image.height <= _MOST_PIXELS:
                return _upright_rgb(image, box)
            with read_reduced(path, str(image.format), box) as small:
                if "exif" in image.info:
                    small.info["exif"] = image.info["exif"]
                return _upright_rgb(small, box)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadInput(f"{path} is too large a picture: {error}") from error
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, OverflowError) as error:
        # what Pillow's readers raise on files that were broken by accident or on purpose
        raise BadInput(f"{path} can't be read as a picture: {error}") from error


def _opened(path: Path) -> "Image.Image":
    """Returns the picture in ``path``, of which only the head was read, however large it claims to be."""
    from PIL import Image

    Image.init()
    formats = [name for name in Image.ID if name not in _REFUSED]
    most, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        return Image.open(path, formats=formats)
    finally:
        Image.MAX_IMAGE_PIXELS = most


def _upright_rgb(image: "Image.Image", box: Size) -> Picture:
    from PIL import ImageOps

    image.draft("RGB", (2 * box.width, 2 * box.height))  # a JPEG is decoded at a fraction of its size
    upright = ImageOps.exif_transpose(image)
    size = box.fitted(upright.width, upright.height)
    pixels = np.array(_sized(_over_black(upright), size))
    if not upright.has_transparency_data:
        return Picture(pixels)
    alpha = np.array(_sized(upright.convert("RGBA").getchannel("A"), size))
    return Picture(pixels, alpha if alpha.min() < 255 else None)


def _sized(image: "Image.Image", size: Size) -> "Image.Image":
    from PIL import Image

    return image if image.size == size else image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _over_black(image: "Image.Image") -> "Image.Image":
    """Returns ``image`` as RGB, put over black where it is transparent."""
    from PIL import Image

    if image.mode.startswith("I;16") or image.mode == "I":  # 16-bit greys; Pillow would clip them to white
        return Image.fromarray((np.asarray(image).clip(0, 65535) >> 8).astype(np.uint8)).convert("RGB")
    if image.mode == "F":
        return Image.fromarray(_greys(np.asarray(image))).convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, (0, 0, 0, 255)), layer).convert("RGB")


def _greys(numbers: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Returns floats as 8-bit greys. White is 1, 255 or 65535: the least of these that no value exceeds.

    NaN and infinity become black.
    """
    numbers = np.nan_to_num(numbers, nan=0.0, posinf=0.0, neginf=0.0)
    white = next((white for white in (1.0, 255.0) if numbers.max(initial=0.0) <= white), 65535.0)
    greys: npt.NDArray[np.uint8] = np.rint(np.clip(numbers / white, 0.0, 1.0) * 255.0).astype(np.uint8)
    return greys
