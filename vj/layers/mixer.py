"""Draws one frame on the canvas: the layers from the bottom up, then the master's brightness."""

from collections.abc import Sequence

import moderngl

from vj.base.frame import Size
from vj.gl.canvas import Canvas
from vj.gl.context import is_software
from vj.gl.layer_pass import LayerPass
from vj.gl.program import Pass
from vj.layers.layer import Layer


class Mixer:
    """Draws the show on a canvas: changes neither layers nor values, and leaves blending switched off."""

    def __init__(self, canvas: Canvas, passes: LayerPass, sizes: Sequence[Size]) -> None:
        """``passes`` must draw on ``canvas``; ``sizes`` are some that models' pictures may have, for `rehearse`."""
        self._ctx = canvas.ctx
        self.canvas = canvas
        self._passes = passes
        self._sizes = sizes
        self._fade = Pass(canvas.ctx, "fade")

    def rehearse(self, layers: Sequence[Layer]) -> None:
        """Draw all that a show of ``layers`` may need once, as drivers compile shaders at their first use.

        Leaves the canvas black. In a software renderer, guided enlarging is left out unless a layer uses it now. The
        layers themselves aren't drawn.
        """
        self.canvas.begin()
        sharp = not is_software(self._ctx) or any(layer.look.sharp for layer in layers)
        self._passes.rehearse(self._sizes, sharp)
        if len(layers) > 1:  # drivers compile a program again for blending
            self._blending()
            self._passes.rehearse(self._sizes, sharp)
            self._ctx.disable(moderngl.BLEND)
        self._fade["dark"] = 1.0
        self._fade.draw()

    def draw(self, layers: Sequence[Layer], brightness: float) -> None:
        """Draw ``layers``, at least one, on the canvas, the first one at the bottom, and darken the whole picture.

        Colours are multiplied by ``brightness`` (0..1): at 1 nothing is darkened; at 0 or below the canvas is black,
        and no layer is drawn. The canvas is the framebuffer in use afterwards.
        """
        self.canvas.begin()
        if brightness <= 0.0:
            self.canvas.clear()
            return
        bottom, *others = layers
        bottom.draw()  # it writes every pixel, so there is nothing to clear and nothing to blend with
        dark = 1.0 - brightness
        if not others and dark <= 0.0:
            return
        self._blending()
        for layer in others:
            layer.draw()
        if dark > 0.0:
            self._fade["dark"] = dark
            self._fade.draw()
        self._ctx.disable(moderngl.BLEND)

    def _blending(self) -> None:
        self._ctx.enable(moderngl.BLEND)
        self._ctx.blend_func = moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA
