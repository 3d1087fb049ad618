"""The parameters of how layers are put over each other: blend mode, key, mask, place, bus, transition."""

from collections.abc import Iterable

from vj.gl.blend_modes import BLENDS, NORMAL
from vj.model.common_params import WORKING
from vj.params.changing import MOST_LAYERS
from vj.params.param import Param, choice, picture, scoped, toggle

_SMOOTH = 0.05

KEYS = ("none", "luma", "chroma")
MASKS = ("none", "dark", "bright", "moving", "person", "still", "layer")
BUSES = ("none", "A", "B")
CUT, FADE, WIPE = "cut", "fade", "wipe"
TRANSITIONS = (CUT, FADE, WIPE)
"""The transitions that need no shader."""

_KEY = (
    choice("key", KEYS, "none", help="what of its own picture is transparent: the dark (luma) or a colour (chroma)"),
    Param("key_red", default=0.0, smooth=_SMOOTH, help="chroma key: red of the colour that becomes transparent"),
    Param("key_green", default=1.0, smooth=_SMOOTH, help="chroma key: its green"),
    Param("key_blue", default=0.0, smooth=_SMOOTH, help="chroma key: its blue"),
    Param("key_tolerance", default=0.3, smooth=_SMOOTH, help="luma: how bright, chroma: how near the colour, is out"),
    Param("key_soft", default=0.15, smooth=_SMOOTH, help="how far beyond the tolerance the layer is whole again"),
    Param("key_spill", default=0.5, smooth=_SMOOTH, help="chroma key: how much of the colour's tint is taken away"),
    toggle("key_invert", help="keep what the key takes out, and take out the rest"),
)
_MASK = (
    choice(
        "mask",
        MASKS,
        "none",
        help="where the layer shows: where its source is light, moves, has people; a still, a layer",
    ),
    Param("mask_level", default=0.5, smooth=_SMOOTH, help="dark, bright: the brightness of the source at the edge"),
    Param("mask_soft", default=0.25, smooth=_SMOOTH, help="dark, bright: how soft that edge is"),
    picture("mask_picture", help="still: the picture of which the light parts show the layer"),
    Param(
        "mask_layer", 1, MOST_LAYERS, default=1, kind="int", help="layer: the layer of which the light parts show it"
    ),
    toggle("mask_invert", help="hide what the mask shows, and show the rest"),
)
_PLACE = (
    Param("x", -1.0, 1.0, default=0.0, smooth=_SMOOTH, help="how far it is moved to the right, in widths"),
    Param("y", -1.0, 1.0, default=0.0, smooth=_SMOOTH, help="how far it is moved up, in heights"),
    Param("scale", 0.0, 4.0, default=1.0, smooth=_SMOOTH, help="how large it is"),
    Param("rotate", -180.0, 180.0, default=0.0, smooth=_SMOOTH, unit="°", help="how far it is turned, clockwise"),
    Param("crop_left", default=0.0, smooth=_SMOOTH, help="how much is cut from its left side"),
    Param("crop_right", default=0.0, smooth=_SMOOTH, help="how much is cut from its right side"),
    Param("crop_top", default=0.0, smooth=_SMOOTH, help="how much is cut from its top"),
    Param("crop_bottom", default=0.0, smooth=_SMOOTH, help="how much is cut from its bottom"),
    toggle("flip_x", help="left and right change sides"),
    toggle("flip_y", help="top and bottom change sides"),
)
COMPOSITION = scoped(
    WORKING,
    choice("blend", BLENDS, NORMAL, help="how its colours are mixed with those below"),
    toggle("solo", help="show only layers that are solo"),
    toggle("bypass", help="show what lies below, as if the layer weren't there"),
    choice("bus", BUSES, "none", help="on which side of the crossfader it shows; none: on both"),
    *_KEY,
    *_MASK,
    *_PLACE,
    Param("transition_time", 0.0, 30.0, default=1.0, unit="s", help="how long a transition takes"),
)
"""Parameters of every layer. None of them is ever drawn at random: most of them can hide the layer."""


def transition_param(shaders: Iterable[str]) -> Param:
    """Returns the parameter that chooses a layer's transition; ``shaders`` are the names of those that shaders make."""
    kinds = dict.fromkeys((*TRANSITIONS, *shaders))
    (made,) = scoped(
        WORKING,
        choice("transition", kinds, CUT, help="how another clip or model comes; with cut, models have their own fade"),
    )
    return made
