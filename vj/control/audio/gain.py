"""Automatic gain: what counts as loud follows what was loud of late."""

from math import exp, log10

SOFTEST = -30.0
"""dBFS: the loudest counts as at least so loud, so that silence isn't made to roar."""
_RISE = 0.4
"""Seconds (time constant) in which it follows what gets louder."""
_FALL, _SINK = 1.0, 6.0
"""dB a second by which it follows what gets softer; where that is far off, it goes the whole way in so many seconds."""
NOTHING = -200.0
"""dB of silence."""


class LoudestLevel:
    """The level (dB) that counts as 1."""

    def __init__(self) -> None:
        self.level = NOTHING

    def step(self, level: float, dt: float, floor: float = SOFTEST) -> float:
        """Heed ``level`` (dB), heard for ``dt`` seconds; never below ``floor``."""
        self.level = max(self.level, floor)
        if level > self.level:
            self.level += (level - self.level) * (1.0 - exp(-dt / _RISE))
        else:
            self.level = max(self.level - max(_FALL, (self.level - level) / _SINK) * dt, level)
        self.level = max(self.level, floor)
        return self.level


def decibels(amplitude: float) -> float:
    """dB of an amplitude (1: full scale)."""
    return 20.0 * log10(amplitude) if amplitude > 1e-10 else NOTHING


def part(level: float, loudest: float, span: float) -> float:
    """0..1: where ``level`` stands between ``loudest`` − ``span`` and ``loudest`` (all dB)."""
    return min(1.0, max(0.0, 1.0 + (level - loudest) / span))
