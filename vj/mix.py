"""The canvas of one frame: layers from the bottom up, then the master."""

from collections.abc import Sequence

import moderngl

from vj.gl.canvas import Canvas
from vj.gl.program import Pass
from vj.layer import Layer
from vj.store import Snapshot


class Mixer:
    """Draws the show; changes nothing but the canvas."""

    def __init__(self, ctx: moderngl.Context, canvas: Canvas) -> None:
        self._ctx, self.canvas = ctx, canvas
        self._fade = Pass(ctx, "fade")

    def rehearse(self, layers: Sequence[Layer]) -> None:
        """Draw everything that a show may need once, for nobody to see."""
        self.canvas.begin()
        for layer in layers:
            layer.rehearse(self.canvas)
        self._fade["dark"] = 1.0
        self._fade.draw()

    def draw(self, layers: Sequence[Layer], snapshot: Snapshot) -> None:
        """One picture of ``layers`` as ``snapshot`` wants it."""
        self.canvas.begin()
        if snapshot["/master/blackout"]:
            self.canvas.clear()
            return
        bottom, *others = layers
        bottom.draw(self.canvas)  # it writes every pixel, so there is nothing to clear and nothing to blend with
        dark = 1.0 - snapshot.number("/master/opacity")
        if not others and dark <= 0.0:
            return
        self._ctx.enable(moderngl.BLEND)
        self._ctx.blend_func = moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA
        for layer in others:
            layer.draw(self.canvas)
        if dark > 0.0:
            self._fade["dark"] = dark
            self._fade.draw()
        self._ctx.disable(moderngl.BLEND)
