"""The composition: where layers are mixed, and what every output shows."""

import moderngl

from vj.base.frame import Size


class Canvas:
    """An RGBA framebuffer of fixed size, row 0 at the top of the picture."""

    def __init__(self, ctx: moderngl.Context, size: Size) -> None:
        self.ctx, self.size = ctx, size
        self.texture = ctx.texture(size, 4)
        self.texture.repeat_x = self.texture.repeat_y = False
        self.target = ctx.framebuffer([self.texture])

    def begin(self) -> None:
        """Draw into it from now on, over what is there."""
        self.target.use()

    def clear(self) -> None:
        """Black."""
        self.target.clear(0.0, 0.0, 0.0, 1.0)

    def read(self) -> bytes:
        """The picture as RGB bytes, top row first. Waits for the GPU: for stills and tests only."""
        return self.target.read(components=3, alignment=1)


class Readback:
    """Copies the canvas out without stalling: asked for now, there one frame later.

    Two pixel buffers take turns, so that the GPU has a whole refresh to fill one.
    """

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        size = canvas.size.width * canvas.size.height * 4
        self._buffers = [canvas.ctx.buffer(reserve=size) for _ in range(2)]
        self._asked = 0

    def ask_for_copy(self) -> None:
        """Start copying what the canvas shows now."""
        self._canvas.target.read_into(self._buffers[self._asked % 2], components=4)
        self._asked += 1

    @property
    def pending(self) -> bool:
        """Whether something was asked for that `copy_into` can give."""
        return self._asked > 0

    def copy_into(self, into: memoryview) -> None:
        """The picture of the last `ask_for_copy` as RGBA bytes."""
        self._buffers[(self._asked - 1) % 2].read_into(into)
