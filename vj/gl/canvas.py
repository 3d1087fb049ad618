"""The canvas, on which layers are mixed and which every output shows, and its reading back."""

import moderngl

from vj.base.frame import Size


class Canvas:
    """An RGBA framebuffer of fixed size, 8 bits a channel, row 0 at the top of the picture.

    ``texture`` holds what is drawn, ``target`` is the framebuffer around it; both are others after `turn_page`. Its
    first content is undefined. ``size`` and ``ctx`` are those of the constructor; ``ctx`` must be current when it is
    made or used.
    """

    def __init__(self, ctx: moderngl.Context, size: Size) -> None:
        self.ctx = ctx
        self.size = size
        self.texture, self.target = self._made()
        self._page: tuple[moderngl.Texture, moderngl.Framebuffer] | None = None
        """The texture and the framebuffer that are not in use; None until `turn_page` needs them."""

    def begin(self) -> None:
        """Make the canvas the framebuffer in use: all that is drawn from now on goes there. What is on it stays."""
        self.target.use()

    def clear(self) -> None:
        """Make the canvas black and opaque."""
        self.target.clear(0.0, 0.0, 0.0, 1.0)

    def turn_page(self) -> moderngl.Texture:
        """Returns the texture with all that was drawn so far, and makes another framebuffer the one in use.

        What is drawn now may so depend on what was drawn before. It must cover every pixel: what is there is undefined.
        """
        before = self.texture, self.target
        self.texture, self.target = self._page or self._made()
        self._page = before
        self.target.use()
        return before[0]

    def release(self) -> None:
        """Free the memory on the GPU. The canvas can't be used any more."""
        for texture, target in ((self.texture, self.target), *([self._page] if self._page else [])):
            target.release()
            texture.release()

    def read(self) -> bytes:
        """Returns a copy of the picture as bytes: 3 a pixel (RGB), width × height × 3 in all, top row first.

        Waits for the GPU, so the live loop uses `Readback` instead.
        """
        return self.target.read(components=3, alignment=1)

    def _made(self) -> tuple[moderngl.Texture, moderngl.Framebuffer]:
        texture = self.ctx.texture(self.size, 4)
        texture.repeat_x = texture.repeat_y = False
        return texture, self.ctx.framebuffer([texture])


class Readback:
    """Copies the canvas to memory without stalling: a copy that is asked for in one frame is taken in the next.

    Two pixel buffers take turns, so that the GPU has a whole refresh to fill one.
    """

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        size = canvas.size.width * canvas.size.height * 4
        self._buffers = [canvas.ctx.buffer(reserve=size) for _ in range(2)]
        self._asked = 0

    def ask_for_copy(self) -> None:
        """Start copying what is on the canvas now. Doesn't wait."""
        self._canvas.target.read_into(self._buffers[self._asked % 2], components=4)
        self._asked += 1

    @property
    def pending(self) -> bool:
        """Whether a copy was ever asked for, so that `copy_into` has one to give."""
        return self._asked > 0

    def copy_into(self, into: memoryview) -> None:
        """Write the picture of the last `ask_for_copy` into ``into``: width × height × 4 bytes, RGBA, top row first.

        Only if `pending`; before any copy was asked for, what comes is undefined. Waits if the GPU hasn't finished that
        copy. A second call writes the same picture again.
        """
        self._buffers[(self._asked - 1) % 2].read_into(into)
