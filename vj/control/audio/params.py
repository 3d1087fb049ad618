"""The parameters of listening to sound, declared below `/audio`."""

from vj.params.param import Param, scoped, text, toggle
from vj.params.scope import MUSIC

OFF = "none"
"""The value of ``device`` that stands for no input."""

PARAMS = scoped(
    MUSIC,
    text("device", help="part of an input's name, loopback, or none; empty: the system's default"),
    Param("channel", 0, 31, default=0, kind="int", help="the input's channel that is heard, from 1; 0: all of them"),
    Param("gain", -40.0, 40.0, default=0.0, unit="dB", help="makes the input louder or softer before anything else"),
    toggle("auto", True, help="automatic gain: the loudest of the last minute counts as 1"),
    Param("gate", -90.0, 0.0, default=-55.0, unit="dB", help="what is softer than this, after the gain, is silence"),
    Param("range", 6.0, 60.0, default=30.0, unit="dB", help="from what counts as 0 to what counts as 1"),
    Param("attack", 0.0, 1.0, default=0.005, unit="s", help="how fast level and bands rise"),
    Param("release", 0.0, 5.0, default=0.15, unit="s", help="how fast level, bands, onset and kick fall"),
    Param("sub_edge", 10.0, 200.0, default=20.0, unit="Hz", help="where the sub band begins"),
    Param("low_edge", 20.0, 1000.0, default=60.0, unit="Hz", help="where the low band begins"),
    Param("mid_edge", 50.0, 5000.0, default=250.0, unit="Hz", help="where the mid band begins"),
    Param("high_edge", 200.0, 16000.0, default=2000.0, unit="Hz", help="where the high band begins"),
    Param("top_edge", 1000.0, 20000.0, default=12000.0, unit="Hz", help="where the high band ends"),
    Param("kick_edge", 40.0, 300.0, default=110.0, unit="Hz", help="a kick is a sudden sound below this"),
    Param("sensitivity", default=0.5, help="how small a change is an onset or a kick"),
    Param("tempo", 60.0, 200.0, default=124.0, unit="BPM", help="about which tempo is expected, where two would fit"),
    Param("delay", -0.5, 0.5, default=0.0, unit="s", help="moves the beat that is heard: later, or earlier below 0"),
)
