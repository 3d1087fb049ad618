"""Groups of parameters of the dreaming families. Each group is read by one of the files beside this one."""

from typing import Final

from vj.params.param import Param, choice, toggle

STEP: Final = (
    Param("step", 0.0, 0.2, default=0.024, smooth=0.05, help="how far each step goes (1: black to white)"),
    Param("steps", 1, 8, default=1, kind="int", help="steps for each picture: more are slower and deeper"),
    Param(
        "jitter", 0, 64, default=12, kind="int", unit="px", help="random shift of each step, against a grid's pattern"
    ),
    Param("blur", 0.0, 4.0, default=0.7, unit="px", help="smooths each step: larger, softer shapes"),
    Param("tv", 0.0, 1.0, default=0.0, smooth=0.05, help="total variation held down: flat colours, sharp edges"),
    Param("frequencies", 0.0, 1.0, default=0.0, smooth=0.05, help="evens out coarse and fine in each step"),
)
"""Parameters of `vj.model.dreams.ascent`."""

OCTAVES: Final = (
    Param("octaves", 1, 5, default=1, kind="int", help="sizes that are dreamed at, from coarse to fine"),
    Param("octave_scale", 1.2, 2.0, default=1.4, help="each octave's length beside the next finer one"),
)
"""Parameters of `vj.model.dreams.ascent.sizes`."""

MASK: Final = (
    choice("mask", ("none", "dark", "bright", "moving", "person"), "none", help="where the picture is changed"),
    Param("mask_level", default=0.5, smooth=0.05, help="the grey that dark and bright part at"),
    Param("mask_soft", default=0.2, smooth=0.05, help="how gradually"),
    toggle("mask_invert", help="everywhere else instead"),
)
"""Parameters of `vj.model.dreams.masks`."""

PALETTE: Final = (
    Param("brightness", default=0.48, smooth=0.1, help="the mean that the dream is kept at"),
    Param(
        "contrast", 0.0, 0.5, default=0.2, smooth=0.1, help="the contrast that it is kept at (deviation of the grey)"
    ),
    Param("saturation", 0.0, 0.5, default=0.12, smooth=0.1, help="how colourful it is kept (deviation of the colours)"),
    Param("keep", 0.0, 20.0, default=2.0, unit="/s", help="how fast it is brought back to these (0: it may run away)"),
)
"""Parameters of `vj.model.dreams.palette`."""
