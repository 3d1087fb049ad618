"""Finds the pulse train, of all tempi and phases, that an onset envelope fits best.

A train scores by the onsets on its beats, less a share of those half-way between them: this distinguishes a tempo from
its half. How well the envelope repeats itself after one, two and four beats distinguishes it from two thirds of it.
"""

from math import ceil
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vj.control.audio.onset import Numbers

SLOWEST, FASTEST = 60.0, 200.0
"""The tempi that are searched, in beats per minute."""
_PACE = 1.01
"""The ratio of neighbouring tempi in the first, coarse search."""
_SHARP: Numbers = np.array((0.25, 0.5, 0.25))
"""Smooths the envelope for the fine search."""
_BROAD: Numbers = np.hanning(9)
"""Smooths the envelope for the coarse search: as wide as its neighbouring tempi are apart after eight seconds."""
_PHASES = 48
"""The phases of each tempo that are searched."""
_FINER = 4
"""The points per hop at which the envelope is read."""
_REPEATS: Numbers = np.array((1.0, 2.0, 4.0))
"""The numbers of beats after which music repeats itself."""
_REPEATS_WEIGH: Numbers = np.array((0.25, 0.25, 0.5))
"""How much each of `_REPEATS` counts."""
_BETWEEN = 0.4
"""How much an onset half-way between two beats counts against a tempo."""
_WIDTH = 0.9
"""The standard deviation, in octaves, of the preference for the expected tempo."""
_LOYALTY = 1.15
"""The factor by which another tempo has to be better than the one that is kept."""
_LATE = 0.007
"""Seconds by which the envelope lags behind the sound, beyond its hop; measured with clicks."""
_LATELY, _FEWEST, _HEARD = 4.0, 4, 0.5
"""Half of the latest beats must have an onset: those of the last four seconds, and at least the last four."""
SAME_TEMPO = 0.03
"""Tempi that differ by less than this share are one."""


class BestTrain(NamedTuple):
    """The result of one search: seconds since the last beat (``ago``), seconds from beat to beat (``period``), and by
    how many standard deviations its beats stand out (``clear``; 0 where there is no beat).
    """

    ago: float
    period: float
    clear: float


class PulseTrains:
    """The pulse trains of every tempo (`SLOWEST`..`FASTEST`) and phase, laid out over an envelope of ``length`` hops,
    the newest last. A ``hop`` is given in seconds.
    """

    def __init__(self, length: int, hop: float) -> None:
        self._length = length
        self._hop = hop
        count = ceil(np.log(FASTEST / SLOWEST) / np.log(_PACE)) + 1
        self._bpm: Numbers = np.geomspace(SLOWEST, FASTEST, count)
        self._periods: Numbers = 60.0 / self._bpm / hop
        self._places, self._beats = self._lay_out(self._periods)

    def best(self, onsets: Numbers, expected: float, kept: float | None) -> BestTrain:
        """Returns the train that fits ``onsets`` best: a float64 array of ``length``, one strength for each hop, the
        newest last. It always returns one; its ``clear`` says whether to believe it, and is 0 where the onsets are all
        alike, or fewer than half of the latest beats have one.

        ``expected`` is the tempo (BPM) that is preferred where several would fit; ``kept`` is the period (s) of the
        present beat, if any, which is preferred a little, too.
        """
        if float(np.ptp(onsets)) <= 1e-9:
            return BestTrain(0.0, 0.5, 0.0)
        broad = _standing(onsets, _BROAD)
        scores = self._scores(broad, self._places, self._beats).max(axis=1)
        tempo = int((scores * np.square(self._metre(broad)) * self._prior(expected, kept)).argmax())
        return self._refined(_standing(onsets, _SHARP), float(self._periods[tempo]))

    def _refined(self, standing: Numbers, period: float) -> BestTrain:
        """Returns the best train around ``period`` (hops), searched in steps of a thousandth."""
        periods = period * np.linspace(0.988, 1.012, 25)
        places, beats = self._lay_out(periods)
        means = self._means(standing, places, beats)
        tempo, phase = np.unravel_index(int(means.argmax()), means.shape)
        period = float(periods[tempo])
        clear = float(means[tempo, phase]) * float(np.sqrt(beats[tempo]))
        if self._heard(standing, places[tempo, phase], period) < _HEARD:
            clear = 0.0
        around = means[tempo, (phase + np.arange(-1, 2)) % _PHASES]
        ago = (float(phase) + _summit(around)) / _PHASES * period
        return BestTrain(ago * self._hop + _LATE, period * self._hop, clear)

    def _heard(self, standing: Numbers, places: npt.NDArray[np.intp], period: float) -> float:
        """Returns the share of the latest beats on which there was an onset: one loud noise is no beat."""
        latest = places[: max(_FEWEST, int(_LATELY / self._hop / period))]
        near = np.pad(standing, 1)
        near = np.maximum(near[:-2], np.maximum(near[1:-1], near[2:]))
        return float((np.append(near, 0.0)[latest // _FINER] > 1.0).mean())

    def _scores(self, standing: Numbers, places: npt.NDArray[np.intp], beats: Numbers) -> Numbers:
        """Returns the score of each train: tempi×phases."""
        means = self._means(standing, places, beats)
        return np.asarray(np.maximum(0.0, means - _BETWEEN * np.maximum(0.0, np.roll(means, _PHASES // 2, axis=1))))

    def _metre(self, standing: Numbers) -> Numbers:
        """Returns how well the envelope repeats itself after one, two and four beats of each tempo, 0..1.

        This distinguishes a tempo from two thirds of it, as nearly all bars have four beats.
        """
        spectrum = np.fft.rfft(standing, 4 * self._length)
        repeats = np.fft.irfft(np.square(np.abs(spectrum)))[: self._length]
        repeats /= repeats[0] * (1.0 - np.arange(self._length) / self._length) + 1e-9
        lags = self._periods[:, None] * _REPEATS
        found = np.interp(lags, np.arange(self._length), repeats)
        return np.asarray(np.maximum(0.0, found @ _REPEATS_WEIGH))

    def _means(self, standing: Numbers, places: npt.NDArray[np.intp], beats: Numbers) -> Numbers:
        """Returns the mean of the envelope on the beats of each train: tempi×phases."""
        fine = np.interp(np.arange(self._length * _FINER) / _FINER, np.arange(self._length), standing)
        fine = np.append(fine, 0.0)  # read by beats that lie before the beginning of the envelope
        return np.asarray(fine[places].sum(axis=2) / beats[:, None])

    def _lay_out(self, periods: Numbers) -> tuple[npt.NDArray[np.intp], Numbers]:
        """Returns the places of beats in the envelope (tempi×phases×beats), and how many beats of each tempo
        there are.
        """
        most = int(self._length / periods.min()) + 1
        phases = np.arange(_PHASES) / _PHASES
        ago = (phases[None, :, None] + np.arange(most)[None, None, :]) * periods[:, None, None]
        places = np.rint((self._length - 1 - ago) * _FINER).astype(np.intp)
        places[places < 0] = self._length * _FINER
        return places, self._length / periods

    def _prior(self, expected: float, kept: float | None) -> Numbers:
        """Returns how much each tempo is preferred before any onset is looked at."""
        octaves = np.log2(self._bpm / expected)
        prior = np.exp(-0.5 * np.square(octaves / _WIDTH))
        if kept is not None:
            prior[np.abs(self._bpm * kept / 60.0 - 1.0) < SAME_TEMPO] *= _LOYALTY
        return np.asarray(prior)


def _standing(onsets: Numbers, kernel: Numbers) -> Numbers:
    """Returns the envelope, smoothed by ``kernel``, with the mean 0 and the standard deviation 1."""
    smooth = np.convolve(onsets, kernel, "same")
    return np.asarray((smooth - smooth.mean()) / smooth.std())


def _summit(three: Numbers) -> float:
    """Returns where, between −1 and 1, the parabola through three neighbouring values is highest."""
    left, middle, right = (float(value) for value in three)
    bend = left - 2.0 * middle + right
    return 0.5 * (left - right) / bend if bend < 0.0 else 0.0
