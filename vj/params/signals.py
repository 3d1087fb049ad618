"""Signals from outside: the beat of an external clock, and the sound. Receivers post the newest of each."""

from typing import NamedTuple


class Beat(NamedTuple):
    """An external clock's count: at ``at`` (monotonic seconds) it is beat ``beat`` (0, 1, 2 ...; fractions between
    two), and it goes on at ``bpm``. ``playing`` is false between a stop and the next start.
    """

    at: float
    beat: float
    bpm: float
    playing: bool = True


class Sound(NamedTuple):
    """What is heard now, each 0..1 after automatic gain; ``onsets`` and ``kicks`` only ever count up."""

    level: float = 0.0
    sub: float = 0.0
    low: float = 0.0
    mid: float = 0.0
    high: float = 0.0
    centroid: float = 0.0
    onset: float = 0.0
    kick: float = 0.0
    onsets: int = 0
    kicks: int = 0


SILENCE = Sound()
BANDS = ("level", "sub", "low", "mid", "high", "centroid", "onset", "kick")
"""The parts of a sound that parameters can be moved by."""
