"""Finds the beat in the sound: a tempo and a phase that the onsets of the last eight seconds agree on.

Every quarter of a second the onset envelope is compared with pulse trains of every tempo and phase (`PulseTrains`). The
best one pulls a steady grid towards itself (a phase-locked loop), so that a fill or a break doesn't move the beat. The
grid jumps only when another tempo or phase has won for a while.
"""

from dataclasses import dataclass

import numpy as np

from vj.control.audio.onset import Numbers
from vj.control.audio.trains import SAME_TEMPO, BestTrain, PulseTrains

_MEMORY = 8.0
"""Seconds of onsets that are searched."""
_EVERY = 0.25
"""Seconds between two searches."""
_BASS, _BASS_WEIGHS = 160.0, 0.3
"""Growth below this frequency (Hz) is averaged by itself, with this weight: the spectrum has few bins there, which the
others would outvote.
"""
_EMPHASIS = 1.5
"""The power to which growth is raised, so that a loud drum counts for more than a few soft ones."""
_CLEAR = 5.5
"""Standard deviations by which the mean of the beats must stand out; chance gives four."""
_SAME_PHASE = 0.12
"""Beats that differ by less than this share of a beat are one."""
_PULL, _PULL_TEMPO = 0.25, 0.2
"""The share of the error in phase, and in tempo, that one search corrects."""
_SURE = 5
"""Searches in a row that have to agree before a beat is believed, or another one takes over."""
_PATIENCE = 12
"""Searches without a clear beat after which there is none any more."""


@dataclass
class Grid:
    """A steady grid of beats: beat number ``count`` was at ``at`` (seconds of sound), and each follows the last after
    ``period`` seconds.
    """

    at: float
    count: int
    period: float

    def pulled(self, now: float, found: BestTrain) -> None:
        """Count on to the beat nearest to ``now`` (seconds of sound), and move this grid a part of the way to
        ``found``.
        """
        self._count_on(now)
        error = self.error(now, found)
        self.at += _PULL * error * self.period
        self.period += _PULL_TEMPO * (found.period - self.period)

    def moved(self, now: float, found: BestTrain) -> None:
        """Count on to the beat nearest to ``now`` (seconds of sound), and take over phase and period of ``found`` at
        once.
        """
        self._count_on(now)
        self.at, self.period = now - found.ago, found.period

    def error(self, now: float, found: BestTrain) -> float:
        """Returns how much later than ours the beats of ``found``, a search at ``now`` (seconds of sound), are: −½..½
        of a beat.
        """
        beats = (now - found.ago - self.at) / self.period
        return beats - round(beats)

    def _count_on(self, now: float) -> None:
        passed = round((now - self.at) / self.period)
        self.at, self.count = self.at + passed * self.period, self.count + passed


class BeatTracker:
    """Finds the beat in the growth of the spectrum, hop by hop. Time is counted in hops that were taken."""

    def __init__(self, hop: float) -> None:
        """``hop`` is the length of one, in seconds."""
        self._hop = hop
        self._onsets: Numbers = np.zeros(round(_MEMORY / hop))
        self._steps = 0
        self._every = max(1, round(_EVERY / hop))
        self._trains = PulseTrains(len(self._onsets), hop)
        self._grid: Grid | None = None
        self._rival: BestTrain | None = None
        self._agreed = self._unclear = self._rivals = 0

    @property
    def now(self) -> float:
        """How many seconds of sound were taken."""
        return self._steps * self._hop

    def step(self, growth: Numbers, centres: Numbers, expected: float) -> None:
        """Take the next hop: ``growth`` (float64, 0..1) of the groups of the spectrum around ``centres`` (Hz, of the
        same length; see `Flux`), of which some must be below 160 Hz and some above. ``expected`` is the preferred tempo
        (BPM).

        Every quarter of a second this searches the last eight seconds for a beat.
        """
        bass = centres < _BASS
        strong = growth**_EMPHASIS
        self._onsets[self._steps % len(self._onsets)] = _BASS_WEIGHS * strong[bass].mean() + strong[~bass].mean()
        self._steps += 1
        if self._steps % self._every == 0:
            self._look(expected)

    def beat(self) -> tuple[float, float] | None:
        """Returns the present count of beats, a whole number at each beat and fractions between, and the BPM. None
        until several searches have agreed on one (more than a second), and again after three seconds without a clear
        one. The count is that at `now`, and goes on when the tempo changes.
        """
        grid = self._grid
        if grid is None or self._agreed < _SURE:
            return None
        return grid.count + (self.now - grid.at) / grid.period, 60.0 / grid.period

    def _look(self, expected: float) -> None:
        place = self._steps % len(self._onsets)
        onsets = np.concatenate((self._onsets[place:], self._onsets[:place]))
        found = self._trains.best(onsets, expected, self._grid.period if self._grid else None)
        if found.clear < _CLEAR:
            self._unclear += 1
            if self._unclear >= _PATIENCE:
                self._grid, self._rival, self._agreed = None, None, 0
            return
        self._unclear = 0
        if self._grid is None:
            self._grid = Grid(self.now - found.ago, 0, found.period)
        elif _agree(self._grid.period, found.period) and abs(self._grid.error(self.now, found)) < _SAME_PHASE:
            self._grid.pulled(self.now, found)
            self._agreed, self._rival = self._agreed + 1, None
        else:
            self._challenge(self._grid, found)

    def _challenge(self, grid: Grid, found: BestTrain) -> None:
        """Count another tempo or phase: it takes over when it has come often enough in a row."""
        rival = self._rival
        if rival is None or not _agree(rival.period, found.period):
            self._rival, self._rivals = found, 0
        self._rivals += 1
        if self._rivals >= _SURE or self._agreed < _SURE:
            grid.moved(self.now, found)
            self._rival, self._agreed = None, self._rivals


def _agree(one: float, other: float) -> bool:
    return abs(one - other) < SAME_TEMPO * one
