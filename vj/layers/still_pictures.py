"""Pictures of the library on the GPU, for masks and effects. The loop never waits for a file."""

import threading
from collections.abc import Callable

import moderngl
import numpy as np
import numpy.typing as npt

from vj.base.errors import BadInput
from vj.base.frame import Size
from vj.base.paths import picture as picture_path
from vj.base.picture import load_picture

_MOST = 16
"""How many pictures are kept on the GPU."""


class StillPictures:
    """Textures of picture files by their names. Each is premultiplied and has its bottom row first."""

    def __init__(self, ctx: moderngl.Context, box: Size, *, waits: bool = False) -> None:
        """Pictures larger than ``box`` are scaled down. With ``waits``, `texture` waits for the file, as a renderer
        must; else the file is read in a thread."""
        self._ctx = ctx
        self._box = box
        self._waits = waits
        self._textures: dict[str, moderngl.Texture] = {}
        """By name, the one used last at the end."""
        self._read: dict[str, npt.NDArray[np.uint8] | None] = {}
        """Pictures that are read, or None while they are being read; a thread puts them here."""
        self._refused: dict[str, str] = {}

    def texture(self, name: str) -> moderngl.Texture | None:
        """Returns the texture of the picture ``name``, as `vj.base.paths.picture` finds it.

        None while it is being read, and if it can't be; `trouble` says why.
        """
        if name in self._textures:
            texture = self._textures[name] = self._textures.pop(name)
            return texture
        if name not in self._read and name not in self._refused:
            self._read[name] = None
            self._begin(lambda: self._load(name))
        pixels = self._read.get(name)
        if pixels is None:
            return None
        del self._read[name]
        return self._keep(name, pixels)

    def trouble(self, name: str) -> str:
        """Returns why the picture ``name`` can't be read; empty if it can, or nothing is known yet."""
        return self._refused.get(name, "")

    def _begin(self, load: Callable[[], None]) -> None:
        if self._waits:
            load()
        else:
            threading.Thread(target=load, name="pictures", daemon=True).start()

    def _load(self, name: str) -> None:
        try:
            picture = load_picture(picture_path(name), self._box)
            pixels = picture.pixels if picture.alpha is None else np.dstack([picture.pixels, picture.alpha])
            self._read[name] = np.ascontiguousarray(pixels[::-1])
        except BadInput as error:
            self._refused[name] = str(error)
            self._read.pop(name, None)

    def _keep(self, name: str, pixels: npt.NDArray[np.uint8]) -> moderngl.Texture:
        height, width, parts = pixels.shape
        made = self._textures[name] = self._ctx.texture((width, height), parts, pixels.tobytes(), alignment=1)
        made.repeat_x = made.repeat_y = False
        if len(self._textures) > _MOST:
            self._textures.pop(next(iter(self._textures))).release()
        return made
