"""How a layer takes part in the picture, taken from its parameters: blend mode, key, mask, place, bus, solo, bypass."""

from typing import Any, Final

from vj.gl.blend_modes import NORMAL
from vj.gl.compositor import Composition
from vj.layers.layer_mask import LayerMask
from vj.layers.transition import Transition
from vj.params.param import Value
from vj.preset.composition_params import COMPOSITION

NAMES: Final = ("opacity", "transition", *(param.name for param in COMPOSITION))
"""The parameters of a layer that `LayerComposition.take` takes, in order."""
_PLACE: Final = ("x", "y", "scale", "rotate", "crop_left", "crop_right", "crop_top", "crop_bottom", "flip_x", "flip_y")
_INVISIBLE: Final = 1e-3


class LayerComposition:
    """What the mixer asks about a layer. ``how`` is how its picture is put on the canvas.

    ``bus`` is ``A``, ``B`` or ``none``; ``solo`` and ``bypass`` are as the parameters of these names.
    """

    def __init__(self, mask: LayerMask, transition: Transition) -> None:
        """``mask`` and ``transition`` are the layer's; they get their settings here, too."""
        self.how = Composition()
        self.bus = "none"
        self.solo = self.bypass = False
        self.is_plain = True
        """Whether the layer may be drawn straight on the canvas, as far as its parameters go."""
        self.is_visible = True
        """Whether anything of the layer can be seen."""
        self._mask = mask
        self._transition = transition
        self._taken: list[Value] = []

    def take(self, values: list[Value]) -> None:
        """Take over the values of `NAMES`, in this order."""
        if values != self._taken:
            self._taken = values
            self._change(dict(zip(NAMES, values, strict=True)))

    def _change(self, named: dict[str, Any]) -> None:
        how, mask, transition = self.how, self._mask, self._transition
        how.blend, how.opacity = named["blend"], named["opacity"]
        self.bus, self.solo, self.bypass = named["bus"], named["solo"], named["bypass"]
        key = how.key
        key.kind, key.inverted = named["key"], named["key_invert"]
        key.colour = named["key_red"], named["key_green"], named["key_blue"]
        key.tolerance, key.soft, key.spill = named["key_tolerance"], named["key_soft"], named["key_spill"]
        for name in _PLACE:
            setattr(how.transform, name, named[name])
        mask.kind, mask.inverted = named["mask"], named["mask_invert"]
        mask.level, mask.soft = named["mask_level"], named["mask_soft"]
        mask.name = f"layer/{named['mask_layer']}" if mask.kind == "layer" else named["mask_picture"]
        transition.kind, transition.seconds = named["transition"], named["transition_time"]
        untouched = how.blend == NORMAL and key.kind == mask.kind == "none"
        self.is_plain = untouched and how.transform.is_identity
        self.is_visible = how.opacity > 0.0 and how.transform.scale > _INVISIBLE
