"""The parameters of one modulator, declared below `/modulate/N`: what it is, and how much of it goes where."""

from vj.modulate.shapes import SHAPES
from vj.params.curves import CURVES
from vj.params.param import Param, choice, text, toggle, trigger
from vj.params.signals import BANDS

FEWEST, MOST = 8, 32
"""The least and the most modulators of a show. A preset that names fewer than the first number gets spare ones."""

KINDS = ("lfo", "envelope", "audio", "beat")
"""What can move a modulator."""
WAVES = (*SHAPES, "random", "hold", "steps")
MOMENTS = ("beat", "bar", "phrase", "onset", "kick", "hand")
"""What sets an envelope off; ``hand`` stands for its trigger alone."""

MODULATOR = (
    text("to", help="the address that it moves; empty: none"),
    choice("by", KINDS, "lfo", help="an oscillator, an envelope that something sets off, the sound, or the beat"),
    Param("depth", -1.0, 1.0, default=0.5, help="how far, as a part of the parameter's range; below 0 downwards"),
    Param("offset", -1.0, 1.0, default=0.0, help="added besides, as a part of the range"),
    choice("polarity", ("up", "both"), "up", help="from the parameter's own value upwards, or to both sides of it"),
    choice("curve", CURVES, "linear", help="how its level is bent"),
    choice("shape", WAVES, "sine", help="of the oscillator; hold is sample and hold, steps are drawn in steps"),
    Param("rate", 0.005, 30.0, default=0.5, unit="Hz", help="cycles a second of the oscillator, unless it is synced"),
    toggle("sync", help="count the oscillator's cycles in beats"),
    Param("beats", 0.0625, 128.0, default=4.0, unit="beats", help="the length of a cycle, where it is synced"),
    Param("phase", 0.0, 1.0, default=0.0, help="where in its cycle the oscillator is ahead"),
    Param("width", 0.0, 1.0, default=0.5, help="the part of its cycle that the square is up, or that a beat glows"),
    text("steps", "0 1", help="the levels of drawn steps, such as 0 0.5 1"),
    choice("band", BANDS, "low", help="which part of the sound"),
    choice("on", MOMENTS, "beat", help="what sets the envelope off, and which beats count"),
    Param("attack", 0.0, 30.0, default=0.01, unit="s", help="how fast the envelope, or the sound, rises"),
    Param("release", 0.0, 30.0, default=0.3, unit="s", help="how fast it falls"),
    Param("gate", 0.0, 1.0, default=0.0, help="sound below this is none"),
    trigger("fire", help="set the envelope off"),
)
