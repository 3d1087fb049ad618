"""Framebuffers of one texture each, into which effects draw."""

from weakref import WeakKeyDictionary

import moderngl

from vj.base.frame import Size

_otherwise: WeakKeyDictionary[moderngl.Context, moderngl.Framebuffer] = WeakKeyDictionary()
"""What is in use, by context, after the framebuffer that was in use has been released."""


def make_target(ctx: moderngl.Context, size: Size, dtype: str = "f1") -> moderngl.Framebuffer:
    """Returns a new, transparent framebuffer of RGBA. Its texture is filtered, and ends at its edges.

    ``dtype`` is ``f1`` for 8 bits a channel, ``f4`` for 32-bit floats. The framebuffer in use stays the same.
    """
    texture = ctx.texture(size, 4, dtype=dtype)
    texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
    texture.repeat_x = texture.repeat_y = False
    made = ctx.framebuffer([texture])
    made.clear()
    return made


def texture_of(target: moderngl.Framebuffer) -> moderngl.Texture:
    """Returns the texture that ``target`` draws into."""
    texture = target.color_attachments[0]
    assert isinstance(texture, moderngl.Texture)
    return texture


def release_target(target: moderngl.Framebuffer) -> None:
    """Free ``target`` and its texture. If it is in use, another one is afterwards, as OpenGL can't go on with it."""
    ctx = target.ctx
    if ctx.fbo is target:
        if ctx not in _otherwise:
            _otherwise[ctx] = make_target(ctx, Size(1, 1))
        _otherwise[ctx].use()
    texture_of(target).release()
    target.release()
