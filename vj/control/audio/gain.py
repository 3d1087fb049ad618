"""Automatic gain: the level that counts as loud follows how loud the sound was lately."""

from math import exp, log10

SOFTEST = -30.0
"""dBFS: the lowest level that counts as loud, so that silence isn't made to roar."""
_RISE = 0.4
"""Seconds (time constant) in which the level follows a louder sound."""
_FALL, _SINK = 1.0, 6.0
"""dB per second by which the level follows a softer sound, at least; where the distance is large it goes faster, with
the second number (s) as its time constant.
"""
NOTHING = -200.0
"""The level of silence, in dB."""


class LoudestLevel:
    """Follows the ``level`` (dB) that counts as 1: quickly when the sound gets louder, slowly when it gets softer."""

    def __init__(self) -> None:
        self.level = NOTHING

    def step(self, level: float, dt: float, floor: float = SOFTEST) -> float:
        """Follow ``level`` (dB), which was heard for ``dt`` seconds, but never below ``floor`` (dB). Returns the level
        that counts as 1 from now on.
        """
        self.level = max(self.level, floor)
        if level > self.level:
            self.level += (level - self.level) * (1.0 - exp(-dt / _RISE))
        else:
            self.level = max(self.level - max(_FALL, (self.level - level) / _SINK) * dt, level)
        self.level = max(self.level, floor)
        return self.level


def decibels(amplitude: float) -> float:
    """Returns the dB of an amplitude, where 1 is full scale and 0 dB; `NOTHING` for silence."""
    return 20.0 * log10(amplitude) if amplitude > 1e-10 else NOTHING


def part(level: float, loudest: float, span: float) -> float:
    """Returns where ``level`` stands between ``loudest`` − ``span`` (0) and ``loudest`` (1), all in dB. What lies
    outside gives 0 or 1.
    """
    return min(1.0, max(0.0, 1.0 + (level - loudest) / span))
