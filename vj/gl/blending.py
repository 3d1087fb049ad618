"""Puts pictures over the canvas in blend modes."""

import moderngl

from vj.base.frame import Size
from vj.gl.blend_modes import FAMILIES, NORMAL
from vj.gl.canvas import Canvas
from vj.gl.program import Pass

_LAYER, _BELOW = 0, 1
_A_CORNER = (0, 0, 4, 4)
"""Where the rehearsal draws."""


class Blending:
    """The programs of all blend modes.

    The picture is premultiplied, its bottom row comes first, and it has the canvas's size. What lies below counts as
    opaque. All methods leave blending switched off.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._over = Pass(ctx, "composite")
        self._over["layer"] = _LAYER
        self._modes: dict[str, tuple[Pass, int]] = {}
        for family in FAMILIES:
            cases = " ".join(f"case {number}: return {line};" for number, line in enumerate(family.values()))
            drawn = Pass(ctx, "composite", f"BLENDS {cases}")
            drawn["layer"], drawn["below"] = _LAYER, _BELOW
            self._modes |= {mode: (drawn, number) for number, mode in enumerate(family)}

    def put(self, canvas: Canvas, picture: moderngl.Texture, mode: str, opacity: float) -> None:
        """Put ``picture`` over ``canvas`` with ``opacity`` (0..1) in ``mode``, one of `vj.gl.blend_modes.BLENDS`.

        Makes the canvas the framebuffer in use. In all modes but ``normal`` its ``texture`` and its ``target`` are
        others afterwards.
        """
        if mode == NORMAL:
            canvas.begin()
            self._ctx.enable(moderngl.BLEND)
            self._ctx.blend_func = moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA
            self._draw(picture, opacity)
        else:
            drawn, number = self._modes[mode]
            canvas.turn_page().use(_BELOW)
            self._ctx.disable(moderngl.BLEND)
            drawn["mode"], drawn["opacity"] = number, opacity
            picture.use(_LAYER)
            drawn.draw()
        self._ctx.disable(moderngl.BLEND)

    def copy(self, picture: moderngl.Texture) -> None:
        """Draw ``picture`` upside down into the framebuffer in use, pixel for pixel, in place of what is there."""
        self._ctx.disable(moderngl.BLEND)
        self._draw(picture, 1.0)

    def rehearse(self, picture: moderngl.Texture) -> None:
        """Draw ``picture`` with every program once, into memory of its own, so that drivers finish compiling them.

        The caller must make another framebuffer the one in use then.
        """
        canvas = Canvas(self._ctx, Size(*picture.size))
        for _ in range(2):
            canvas.turn_page()
            canvas.target.viewport = _A_CORNER
        for mode in (NORMAL, *(next(iter(family)) for family in FAMILIES)):
            self.put(canvas, picture, mode, 0.0)
        self.copy(picture)
        canvas.release()

    def _draw(self, picture: moderngl.Texture, opacity: float) -> None:
        self._over["opacity"] = opacity
        picture.use(_LAYER)
        self._over.draw()
