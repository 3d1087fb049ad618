"""Onsets: the spectral flux, and the moments at which it stands out."""

from math import ceil

import numpy as np
import numpy.typing as npt

from vj.control.audio.ring import Samples

_MEMORY = 0.7
"""Seconds of past flux that the newest is compared with."""
_FORGOTTEN = 0.999
"""The factor by which the strongest onset fades with each hop."""

Numbers = npt.NDArray[np.float64]
"""An array of float64."""


class Flux:
    """Measures how much the spectrum has grown since the last hop, in groups of bins, so that no group outvotes the
    others.
    """

    def __init__(self, frequencies: Numbers, low: float, high: float, groups: int, steep: float) -> None:
        """Part the bins at ``frequencies`` (Hz, rising) from ``low`` to ``high`` (Hz) into at most ``groups``, by
        octaves; groups without a bin of their own are left out.

        The higher ``steep``, the more soft partials count beside loud ones: a magnitude m is taken as log(1 + steep m).
        """
        edges = np.searchsorted(frequencies, np.geomspace(low, high, groups + 1))
        edges = np.unique(np.clip(edges, 1, len(frequencies) - 1))
        self._starts = edges[:-1]
        self._end = int(edges[-1])
        self._before: Numbers = np.zeros(len(self._starts))
        self._steep = steep
        self.centres: Numbers = np.sqrt(frequencies[edges[:-1]] * frequencies[edges[1:]])
        """The middle of each group, in Hz."""

    def step(self, magnitudes: Samples) -> Numbers:
        """Returns the growth of each group since the last hop, 0..1, as a new float64 array as long as ``centres``; a
        group that shrank is 0. ``magnitudes`` are those of the next hop, one for each of the frequencies, 0..1, where 1
        is as loud as it gets.
        """
        loudest = np.maximum.reduceat(magnitudes[: self._end], self._starts)
        now = np.log1p(self._steep * loudest.astype(np.float64)) / np.log1p(self._steep)
        grown = np.maximum(0.0, now - self._before)
        self._before = now
        return np.asarray(grown)


class Peaks:
    """Finds the moments at which a flux stands out from its last 0.7 s. Each is found in the hop in which it happens.
    ``count`` only ever grows.
    """

    def __init__(self, hop: float, rest: float, share: float, least: float) -> None:
        """``hop`` is the seconds between two steps, ``rest`` the seconds after an onset in which there can't be
        another.

        ``share`` is the part of the strongest recent onset that one must have at medium sensitivity. A flux below
        ``least`` is no onset, whatever came before.
        """
        self._recent: Numbers = np.zeros(max(3, ceil(_MEMORY / hop)))
        self._least = least
        self._rest = ceil(rest / hop)
        self._share = share
        self._armed = True
        self._step = 0
        self._last = -self._rest
        self._strongest = 0.0
        self.count = 0
        """The number of onsets so far."""

    def step(self, flux: float, sensitivity: float) -> float:
        """Take the ``flux`` (0..1) of the next hop. Returns how strong an onset it is: 0 is none, 1 is as strong as the
        strongest recent one. ``sensitivity`` is 0..1; the higher, the smaller an onset may be.
        """
        middle, mean = float(np.median(self._recent)), float(self._recent.mean())
        threshold = self._least + middle + 3.0 * (1.0 - sensitivity) * mean
        self._recent[self._step % len(self._recent)] = flux
        self._step += 1
        self._strongest *= _FORGOTTEN
        if flux <= max(threshold, self._strongest * self._share * 2.0 * (1.0 - sensitivity)):
            self._armed = True
            return 0.0
        if not self._armed or self._step - self._last < self._rest:
            return 0.0
        self._armed, self._last = False, self._step
        self._strongest = max(self._strongest, flux)
        self.count += 1
        return min(1.0, flux / self._strongest)
