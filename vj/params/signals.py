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
    """Features of the sound that is heard now, each 0..1; loudness is relative to the loudest of the last minute.

    ``level`` is the loudness of everything, ``sub``, ``low``, ``mid`` and ``high`` that of four bands from the deepest
    up. ``centroid`` is how bright the sound is: the middle of its partials, from 0 at 40 Hz to 1 at 16 kHz. ``onset``
    and ``kick`` jump up at the beginning of a note and at a bass drum, and then fall. ``onsets`` and ``kicks`` are how
    many of these there have been in all; they only ever grow.
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
"""What is heard before any sound came: every feature is 0."""
BANDS = ("level", "sub", "low", "mid", "high", "centroid", "onset", "kick")
"""The features of a `Sound` that parameters can be moved by."""
