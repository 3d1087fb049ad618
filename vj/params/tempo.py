"""What children are told of the show's clock, by the names of these parameters."""

from vj.params.param import Param

TEMPO = Param("tempo", 1.0, 1000.0, default=120.0, unit="bpm", help="the show's clock")
"""The show's tempo in beats a minute, for models and clips that move with the beat."""
BEAT_ZERO = Param("beat_zero", -1e9, 1e9, default=0.0, unit="s", help="when the show's clock was at beat 0")
"""The monotonic time (s) at which the show's clock would have been at beat 0 with its present tempo. It changes only
when the tempo changes or beats are moved. Exactly 0 means that it isn't known: clips then keep the tempo, but are not
pulled to the beat."""
