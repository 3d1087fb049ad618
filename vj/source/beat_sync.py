"""Keeps a film at the show's beat: the speed at which a part of it lasts a number of beats."""

import math
from collections.abc import Mapping

from vj.params.param import Value
from vj.params.tempo import BEAT_ZERO, TEMPO

_PULL = 1.0
"""Seconds in which a film that is beside the beat would come to it, if that takes no more than the next."""
_MOST = 0.25
"""The largest part by which the speed is changed for that."""
_NEAR = 0.15
"""Beats by which a round may begin beside a beat and is still meant to begin on it: launches arrive a little late."""
_FASTEST = 64.0
"""The highest speed."""


class BeatSync:
    """Gives the speed of a film whose rounds (once from the part's beginning to its end) last a number of beats.

    A new tempo or number of beats changes the speed, never the place. Where the beat's place is known, a film that is
    beside it is pulled there by a speed that differs by a quarter at most.
    """

    def __init__(self) -> None:
        self._beats = 0.0
        self._began = 0.0
        """The beat at which a round began, or would have begun."""

    def begin(self) -> None:
        """Makes the next `speed` take the place of the film at that moment as right."""
        self._beats = 0.0

    def speed(self, beats: float, played: float, length: float, now: float, values: Mapping[str, Value]) -> float:
        """Returns the speed (above 0, in seconds of film a second) for rounds of ``beats`` beats (above 0) that take
        ``length`` seconds of film. At the time ``now`` (monotonic s) the part ``played`` (0..1) of a round is over.
        ``values`` are those of the source."""
        tempo = float(values.get(TEMPO.name, TEMPO.default))
        zero = float(values.get(BEAT_ZERO.name, BEAT_ZERO.default))
        plain = length * tempo / 60.0 / beats
        if zero:
            beat = (now - zero) * tempo / 60.0
            if beats != self._beats:
                self._beats, self._began = beats, _on_the_beat(beat - played * beats)
            beside = (beat - self._began) / beats - played
            late = (beside - round(beside)) * beats * 60.0 / tempo
            plain *= 1.0 + max(-_MOST, min(_MOST, late / _PULL))
        return min(plain, _FASTEST)


def _on_the_beat(beat: float) -> float:
    """Returns the beat that is near, else ``beat``."""
    nearest = math.floor(beat + 0.5)
    return float(nearest) if abs(beat - nearest) < _NEAR else beat
