"""Draws one frame on the canvas: the layers from the bottom up, the buses, the master's effects and its brightness."""

from collections.abc import Sequence

import moderngl

from vj.base.frame import Size
from vj.effect.effect import EffectMoment
from vj.effect.loader import ShaderLoader
from vj.gl.canvas import Canvas
from vj.gl.context import is_software
from vj.gl.layer_pass import LayerPass
from vj.gl.program import Pass
from vj.gl.spectrum import AudioTextures
from vj.gl.target import DrawTarget
from vj.layers.layer import Layer
from vj.layers.layer_target import effect_handlers, open_effects
from vj.layers.still_pictures import StillPictures
from vj.params.control_queue import TriggerHandler
from vj.params.param import ParamTable
from vj.params.store import FrameValues
from vj.preset.chains import MASTER_CHAIN


class Mixer:
    """Draws the show on a canvas, and leaves blending switched off.

    ``effects`` change the whole picture, before it is darkened. ``moment`` is what effects know of the present; its
    ``picture`` finds the pictures of other layers and of the library.
    """

    def __init__(
        self,
        canvas: Canvas,
        passes: LayerPass,
        sizes: Sequence[Size],
        *,
        shaders: ShaderLoader | None = None,
        waits: bool = False,
    ) -> None:
        """``passes`` must draw on ``canvas``; ``sizes`` are some that models' pictures may have, for `rehearse`.

        ``shaders`` loads the shaders of its effects. With ``waits``, shaders and files of pictures are waited for, as
        in a renderer.
        """
        self._ctx = canvas.ctx
        self.canvas = canvas
        self.effects = open_effects(passes.compositor, MASTER_CHAIN, shaders, waits)
        self.sound = AudioTextures(self._ctx)
        """What effects hear; silent until it is uploaded."""
        self.moment = EffectMoment(sound=self.sound, picture=self._picture)
        self._passes = passes
        self._compositor = passes.compositor
        self._sizes = sizes
        self._fade = Pass(canvas.ctx, "fade")
        self._stills = StillPictures(self._ctx, canvas.size, waits=waits)
        self._layers: Sequence[Layer] = ()
        self._drawn: Layer | None = None
        """The layer that is drawn just now into its own target."""
        self._looked_at: set[str] = set()
        """Which layers' pictures were asked for in this frame (``layer/2``): they are drawn in the next one, too."""
        self._ready: set[str] = set()
        """Which layers were drawn into their own targets in this frame."""
        self._wanted: set[str] = set()
        """Which layers others look at, of this frame."""
        self._other_bus: Canvas | None = None
        self._turned: DrawTarget | None = None
        self._after_effects: moderngl.Texture | None = None

    def handlers(self, table: ParamTable) -> dict[str, TriggerHandler]:
        """Returns the handlers of the events of the master's effects in ``table``, by address."""
        return effect_handlers(self.effects, MASTER_CHAIN, table)

    def apply_values(self, values: FrameValues) -> None:
        """Take over the parameters of the master's effects. Call it once a frame, if there are any."""
        self.effects.apply_values(values)

    def has_effects(self, layers: Sequence[Layer]) -> bool:
        """Returns whether the master or any of ``layers`` has effects, which may want the sound and the date."""
        return bool(self.effects.effects) or any(layer.effects.effects for layer in layers)

    def rehearse(self, layers: Sequence[Layer]) -> None:
        """Draw all that a show of ``layers`` may need once, as drivers compile shaders at their first use.

        Leaves the canvas black. In a software renderer, guided enlarging is left out unless a layer uses it now. The
        layers themselves aren't drawn.
        """
        self._compositor.rehearse()
        self.canvas.begin()
        sharp = not is_software(self._ctx) or any(layer.look.sharp for layer in layers)
        self._passes.rehearse(self._sizes, sharp)
        if len(layers) > 1:  # drivers compile a program again for blending
            self._blending()
            self._passes.rehearse(self._sizes, sharp)
            self._ctx.disable(moderngl.BLEND)
        self._fade["dark"] = 1.0
        self._fade.draw()

    def draw(
        self, layers: Sequence[Layer], brightness: float, *, crossfader: float = 0.0, frozen: bool = False
    ) -> None:
        """Draw ``layers``, the first one at the bottom, on the canvas, and darken the whole picture.

        Layers that are bypassed are left out, and all that aren't solo if one is. ``crossfader`` mixes the picture of
        all layers but those on bus B (0) with the picture of all but those on bus A (1). Colours are multiplied by
        ``brightness`` (0..1): at 1 nothing is darkened; at 0 or below the canvas is black, and no layer is drawn.
        ``frozen`` holds what the effects made. The canvas is the framebuffer in use afterwards.
        """
        self.canvas.begin()
        if brightness <= 0.0:
            self.canvas.clear()
            return
        playing = self._playing(layers)
        self._draw_wanted(layers, playing)
        self._draw_buses(playing, crossfader)
        if self.effects.is_idle:
            self._after_effects = None
        else:
            self._draw_effects(frozen)
        dark = 1.0 - brightness
        if dark > 0.0:
            self._blending()
            self._fade["dark"] = dark
            self._fade.draw()
            self._ctx.disable(moderngl.BLEND)

    def _playing(self, layers: Sequence[Layer]) -> list[Layer]:
        """Returns the layers that take part in the picture: those that are solo, if any is; never a bypassed one."""
        playing = [layer for layer in layers if not (layer.composition.bypass or layer.is_awaited)]
        return [layer for layer in playing if layer.composition.solo] or playing

    def _draw_wanted(self, layers: Sequence[Layer], playing: Sequence[Layer]) -> None:
        """Draw the layers that others look at into their own targets.

        All others are drawn just before they are put on the canvas, while their pictures are still in the caches.
        """
        self._layers = layers
        self._ready.clear()
        self._wanted, self._looked_at = self._looked_at, self._wanted
        self._looked_at.clear()
        for layer in playing:
            if layer.mask_name:
                self._wanted.add(layer.mask_name)
            layer.mask_notice = self._stills.trouble(layer.mask_name)
        for layer in layers:
            if layer.name in self._wanted:
                self._draw_apart(layer)

    def _draw_apart(self, layer: Layer) -> None:
        """Draw ``layer`` into its own target, unless that was done in this frame already."""
        if layer.name not in self._ready:
            self._ready.add(layer.name)
            self._drawn = layer
            layer.draw_apart(self.moment)
            self._drawn = None

    def _draw_buses(self, playing: Sequence[Layer], crossfader: float) -> None:
        """Draw the layers on the canvas, those on the other bus mixed in."""
        on_b = any(layer.composition.bus == "B" for layer in playing)
        on_a = any(layer.composition.bus == "A" for layer in playing)
        if not (on_a or on_b):
            self._draw_stack(playing)
        elif crossfader <= 0.0 or crossfader >= 1.0:
            hidden = "B" if crossfader <= 0.0 else "A"
            self._draw_stack([layer for layer in playing if layer.composition.bus != hidden])
        else:
            other = self._other_bus = self._other_bus or Canvas(self._ctx, self.canvas.size)
            self.canvas, shown = other, self.canvas
            self._draw_stack([layer for layer in playing if layer.composition.bus != "A"])
            self.canvas = shown
            self._draw_stack([layer for layer in playing if layer.composition.bus != "B"])
            self._compositor.mixing.draw(self.canvas.turn_page(), other.texture, crossfader)

    def _draw_stack(self, layers: Sequence[Layer]) -> None:
        """Draw ``layers`` on the canvas, the first one at the bottom."""
        self.canvas.begin()
        is_bottom = bool(layers) and layers[0].is_plain
        if not is_bottom:
            self.canvas.clear()
        for layer in layers:
            if layer.is_plain:
                if not is_bottom:
                    self._blending()
                layer.draw()  # the bottom one writes every pixel: there is nothing to clear and nothing to blend with
            elif layer.composition.is_visible:
                self._draw_apart(layer)
                layer.put(self.canvas, self.moment)
            is_bottom = False
        self._ctx.disable(moderngl.BLEND)

    def _draw_effects(self, frozen: bool) -> None:
        turned = self._turned = self._turned or self._compositor.target()
        if not (frozen and self._after_effects):
            turned.begin()
            self._compositor.blending.copy(self.canvas.texture)
            self._after_effects = self.effects.draw(turned.texture, self.moment)
        self.canvas.begin()
        self._compositor.blending.copy(self._after_effects)

    def _picture(self, name: str) -> moderngl.Texture | None:
        """Returns the picture ``name`` for effects and masks; None if it isn't there (yet).

        ``layer/2`` is a layer's picture after its effects, for its own effects the one before them; any other name is
        that of a file in the library. A layer that lies higher, or that would not be drawn, is seen one frame later.
        """
        for layer in self._layers:
            if layer.name == name:
                self._looked_at.add(name)
                return layer.target.own if layer is self._drawn else layer.target.picture
        return self._stills.texture(name) if name else None

    def _blending(self) -> None:
        self._ctx.enable(moderngl.BLEND)
        self._ctx.blend_func = moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA
