"""A texture that takes pictures of any size, and keeps its memory while the size stays the same."""

import moderngl

from vj.base.frame import Pixels


class PictureTexture:
    """An RGB texture (8 bits a channel), empty at first. ``seq`` is the number of the frame put in last, 0 before."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._texture: moderngl.Texture | None = None
        self.seq = 0

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture in pixels; (1, 1) while it is empty."""
        return self._texture.size if self._texture else (1, 1)

    def upload(self, pixels: Pixels, seq: int) -> None:
        """Copy ``pixels`` (H×W×3 uint8 RGB, top row first, contiguous), frame number ``seq``, to the GPU.

        Another size than before takes new memory on the GPU. ``seq`` becomes the attribute of that name. The array may
        be changed once this returns.
        """
        height, width = pixels.shape[:2]
        if self._texture is None or self._texture.size != (width, height):
            self.release()
            self._texture = self._ctx.texture((width, height), 3, alignment=1)
            self._texture.repeat_x = self._texture.repeat_y = False
        self._texture.write(pixels)
        self.seq = seq

    def bind(self, unit: int, target: tuple[int, int]) -> None:
        """Bind the texture, which must not be empty, to ``unit`` for drawing at ``target`` size (width, height).

        A picture of that very size isn't filtered (nearest), which takes a software renderer half the time; any other
        is filtered linearly.
        """
        assert self._texture is not None
        wanted = moderngl.NEAREST if self._texture.size == target else moderngl.LINEAR
        if self._texture.filter[0] != wanted:
            self._texture.filter = (wanted, wanted)
        self._texture.use(unit)

    def release(self) -> None:
        """Free the texture's memory, so that it is empty again; ``seq`` stays. Harmless while it is empty."""
        if self._texture:
            self._texture.release()
            self._texture = None
