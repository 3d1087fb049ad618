"""A texture that takes pictures of any size and keeps its storage while the size stays."""

import moderngl

from vj.base.frame import Pixels


class PictureTexture:
    """An RGB texture; ``seq`` tells which frame it holds (0: none yet)."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._texture: moderngl.Texture | None = None
        self.seq = 0

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels; (1, 1) while it is empty."""
        return self._texture.size if self._texture else (1, 1)

    def upload(self, pixels: Pixels, seq: int) -> None:
        """Copy ``pixels`` (H×W×3 uint8, contiguous) to the GPU."""
        height, width = pixels.shape[:2]
        if self._texture is None or self._texture.size != (width, height):
            self.release()
            self._texture = self._ctx.texture((width, height), 3, alignment=1)
            self._texture.repeat_x = self._texture.repeat_y = False
        self._texture.write(pixels)
        self.seq = seq

    def bind(self, unit: int, target: tuple[int, int]) -> None:
        """Use it for drawing at ``target`` size. Pixel for pixel needs no filter (on software GL: half the time)."""
        assert self._texture is not None
        wanted = moderngl.NEAREST if self._texture.size == target else moderngl.LINEAR
        if self._texture.filter[0] != wanted:
            self._texture.filter = (wanted, wanted)
        self._texture.use(unit)

    def release(self) -> None:
        if self._texture:
            self._texture.release()
            self._texture = None
