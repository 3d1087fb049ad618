"""The parameters of the musical clock, declared below `/clock`."""

from vj.params.param import Param, choice, scoped, trigger
from vj.params.scope import MUSIC
from vj.tempo.tempo import FASTEST, SLOWEST

SOURCES = ("internal", "midi", "link", "audio")
"""The clocks that can be followed; ``internal`` follows none."""
QUANTA = ("none", "beat", "bar", "phrase")
"""What launched triggers may wait for; ``none`` launches them at once."""

CLOCK = scoped(
    MUSIC,
    Param("bpm", SLOWEST, FASTEST, default=120.0, unit="bpm", help="beats a minute"),
    trigger("tap", help="tap it in time, twice or more often"),
    trigger("nudge", -1.0, 1.0, unit="beats", help="all beats earlier (above 0) or later"),
    trigger("double", help="twice as fast"),
    trigger("half", help="half as fast"),
    trigger("resync", help="now is the first beat of a phrase"),
    choice("source", SOURCES, "internal", help="who counts: taps and the hand, MIDI clock, Ableton Link, the sound"),
    Param("bar", 1, 16, default=4, kind="int", unit="beats", help="beats in a bar"),
    Param("phrase", 1, 64, default=4, kind="int", unit="bars", help="bars in a phrase"),
    choice(
        "quantise", QUANTA, "none", help="what launched snapshots, models and random wait for; cues say it themselves"
    ),
    Param("trim", -200.0, 200.0, default=0.0, unit="ms", help="launch so much earlier than the measured latency asks"),
)
