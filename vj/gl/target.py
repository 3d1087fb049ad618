"""A picture that is drawn and then drawn with: what layers and effects hand on to each other."""

from typing import Literal

import moderngl

from vj.base.frame import Size


class DrawTarget:
    """A texture of ``size`` that can be drawn into: RGBA, 8 bits a channel, or 16-bit floats with ``dtype`` ``f2``.

    It is transparent until something is drawn, and the framebuffer in use once it is made. ``texture`` is filtered
    linearly and doesn't repeat; ``framebuffer`` is around it. ``ctx`` must be current when it is made or used.
    """

    def __init__(self, ctx: moderngl.Context, size: Size, dtype: Literal["f1", "f2"] = "f1") -> None:
        self.size = size
        self.texture = ctx.texture(size, 4, dtype=dtype)
        self.texture.repeat_x = self.texture.repeat_y = False
        self.framebuffer = ctx.framebuffer([self.texture])
        self.clear()

    def begin(self) -> None:
        """Make this the framebuffer in use: all that is drawn from now on goes here. What is in it stays."""
        self.framebuffer.use()

    def clear(self) -> None:
        """Make all of it transparent, and make it the framebuffer in use."""
        self.framebuffer.use()
        self.framebuffer.clear(0.0, 0.0, 0.0, 0.0)

    def release(self) -> None:
        """Free the memory on the GPU. It can't be used any more."""
        self.framebuffer.release()
        self.texture.release()
