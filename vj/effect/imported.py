"""The pictures that shaders bring with them."""

from dataclasses import dataclass
from pathlib import Path

import moderngl
import numpy as np

from vj.base.errors import BadInput
from vj.base.frame import Pixels
from vj.effect.isf import Isf, IsfImage

_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "TGA")
_LARGEST = 2048
"""The most pixels that a side has; a larger picture is made smaller."""


@dataclass(frozen=True)
class Imported:
    """Pictures in memory: one, bottom row first, or the six sides of a cube map, each top row first. H×W×4 uint8."""

    sides: tuple[Pixels, ...]

    def texture(self, ctx: moderngl.Context) -> moderngl.Texture | moderngl.TextureCube:
        """Returns a new texture with it, filtered."""
        height, width = self.sides[0].shape[:2]
        if len(self.sides) == 6:
            cube = ctx.texture_cube((width, height), 4, np.concatenate(self.sides).tobytes())
            cube.filter = (moderngl.LINEAR, moderngl.LINEAR)
            return cube
        made = ctx.texture((width, height), 4, self.sides[0])
        made.filter = (moderngl.LINEAR, moderngl.LINEAR)
        made.repeat_x = made.repeat_y = False
        return made


def missing(isf: Isf) -> str:
    """Returns a line that names the pictures of ``isf`` that aren't there; empty if all are."""
    names = [path.name for image in isf.imported for path in image.paths if not path.is_file()]
    return f"{', '.join(names)} isn't there: transparent in its place" if names else ""


def load(image: IsfImage) -> Imported:
    """Returns the pictures of ``image`` from their files. Raises BadInput for one that can't be read.

    Shaders are passed on without their pictures: one that isn't there is a transparent pixel, and so are all sides of
    its cube map. The sides of a cube map all get the size of the first, and are squares.
    """
    if not all(path.is_file() for path in image.paths):
        return Imported((np.zeros((1, 1, 4), np.uint8),) * len(image.paths))
    if not image.is_cube:
        return Imported((np.ascontiguousarray(_picture(image.paths[0], None)[::-1]),))
    first = _picture(image.paths[0], None)
    side = min(first.shape[:2])
    return Imported(tuple(_picture(path, side) for path in image.paths))


def _picture(path: Path, side: int | None) -> Pixels:
    """Returns the picture in ``path`` as RGBA, top row first; a square of ``side`` pixels if that isn't None."""
    from PIL import Image

    try:
        with Image.open(path, formats=_FORMATS) as image:
            image.thumbnail((_LARGEST, _LARGEST))
            found = image.convert("RGBA")
            return np.array(found if side is None else found.resize((side, side)))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadInput(f"{path.name} is too large a picture: {error}") from None
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, OverflowError) as error:
        raise BadInput(f"{path.name} can't be read as a picture: {error}") from None
