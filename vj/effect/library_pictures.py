"""The pictures of the library as textures, for the picture inputs of shaders."""

import moderngl
import numpy as np

from vj.base.errors import BadInput
from vj.base.frame import Size
from vj.base.paths import picture
from vj.base.picture import load_picture
from vj.gl.texture import PictureTexture


class LibraryPictures:
    """Loads pictures by their names, each once. It belongs to a context, which must be current in `find`."""

    def __init__(self, ctx: moderngl.Context, box: Size) -> None:
        """Pictures are scaled down to fit into ``box``."""
        self._ctx = ctx
        self._box = box
        self._loaded: dict[str, moderngl.Texture | None] = {}

    def find(self, name: str) -> moderngl.Texture | None:
        """Returns the picture ``name`` as a texture, bottom row first, filtered, premultiplied if parts of it are
        transparent; None if there is none in the library, or it can't be read. Waits for it the first time."""
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    def _load(self, name: str) -> moderngl.Texture | None:
        try:
            found = load_picture(picture(name), self._box)
        except BadInput:
            return None
        made = PictureTexture(self._ctx)
        alpha = None if found.alpha is None else np.ascontiguousarray(found.alpha[::-1])
        made.upload(np.ascontiguousarray(found.pixels[::-1]), 1, alpha)
        return made.texture
