"""The table of blend modes: how a layer's colours are mixed with those below it. One line is one mode."""

from collections.abc import Mapping

_ARITHMETIC = {
    "add": "b + s",
    "screen": "b + s - b * s",
    "multiply": "b * s",
    "darken": "min(b, s)",
    "lighten": "max(b, s)",
    "difference": "abs(b - s)",
    "exclusion": "b + s - 2.0 * b * s",
    "subtract": "max(b - s, 0.0)",
    "divide": "min(b / max(s, 1e-5), 1.0)",
    "linear-burn": "max(b + s - 1.0, 0.0)",
    "linear-light": "clamp(b + 2.0 * s - 1.0, 0.0, 1.0)",
}
_LIGHT = {
    "overlay": "hard_light(s, b)",
    "soft-light": "soft_light(b, s)",
    "hard-light": "hard_light(b, s)",
    "colour-dodge": "dodge(b, s)",
    "colour-burn": "burn(b, s)",
    "vivid-light": "mix(burn(b, 2.0 * s), dodge(b, 2.0 * s - 1.0), step(0.5, s))",
    "pin-light": "mix(min(b, 2.0 * s), max(b, 2.0 * s - 1.0), step(0.5, s))",
}
_TONE = {
    "hue": "with_lum(with_sat(s, sat(b)), lum(b))",
    "saturation": "with_lum(with_sat(b, sat(s)), lum(b))",
    "colour": "with_lum(s, lum(b))",
    "luminosity": "with_lum(b, lum(s))",
}
FAMILIES: tuple[Mapping[str, str], ...] = (_ARITHMETIC, _LIGHT, _TONE)
"""The formulas of all modes but ``normal``, in GLSL: ``b`` is the colour below, ``s`` that of the layer.

Each family is one program, which chooses the mode by a number: so a mode is never compiled in a show. They aren't all
one program because a software renderer calculates every formula in it for every pixel.
"""
NORMAL = "normal"
BLENDS = (NORMAL, *(mode for family in FAMILIES for mode in family))
"""The names of all blend modes: those of the W3C's compositing where it has them."""
