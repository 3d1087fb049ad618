"""Signals from outside: the beat of an external clock, and the sound. Receivers queue the newest of each."""

from typing import NamedTuple


class Beat(NamedTuple):
    """An external clock's count: at the time ``at`` (monotonic seconds) it is at ``beat``, and goes on at ``bpm``.

    ``beat`` counts 0, 1, 2 ..., with fractions between two beats. ``playing`` is false between a stop and the next
    start.
    """

    at: float
    beat: float
    bpm: float
    playing: bool = True


class Sound(NamedTuple):
    """Features of the sound that is heard now, each 0..1 after automatic gain.

    ``onsets`` and ``kicks`` are how many there have been in all; they only ever grow.
    """

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
"""The features of a `Sound` that parameters can be moved by."""
