"""Analyses a stream of samples, hop by hop. Time is the number of samples; it needs no clock and no device."""

from collections.abc import Mapping
from math import log2, sqrt

import numpy as np

from vj.control.audio.beat import BeatTracker
from vj.control.audio.gain import NOTHING, SOFTEST, LoudestLevel, decibels, part
from vj.control.audio.onset import Flux, Numbers, Peaks
from vj.control.audio.params import PARAMS
from vj.control.audio.ring import Samples
from vj.control.audio.shared_features import POINTS, Curve
from vj.params.envelope_follower import EnvelopeFollower
from vj.params.param import Value
from vj.params.signals import BANDS, Sound

HOP = 512
"""Samples from one analysis to the next."""
_WINDOW, _SHORT = 2048, 1024
"""Samples that a spectrum is made of: the first number for bands and kicks, the second for onsets, which have to be
sharp in time.
"""
_FILTERS = ("sub", "low", "mid", "high")
_EDGES = ("sub_edge", "low_edge", "mid_edge", "high_edge", "top_edge")
_SOFTER = {"sub": 6.0, "low": 8.0, "mid": 16.0, "high": 26.0}
"""How many dB softer than the whole sound a band may be and still count as loud: about what it is in music."""
_SPECTRUM_SPAN = 60.0
"""The dB that the shown spectrum spans."""
_GROUPS, _KICK_GROUPS = 24, 1
_STEEP, _KICK_STEEP = 100.0, 0.3
"""How much soft partials count (see `Flux`): for onsets, which may be soft, and for kicks, which are louder than the
bass line beside them.
"""
_LOWEST, _HIGHEST = 40.0, 16000.0
"""The centroid and the onsets are searched between these frequencies (Hz)."""
_DULL = 1e-3
"""Partials softer than this share of the strongest don't count for the centroid: they may be nothing but noise."""
_OFFSET_PACE = 0.02
"""The share of a hop's mean that goes into the estimate of the input's constant offset, which is inaudible."""
_SHOWN = 1024
"""Samples of the shown waveform, of which every other one is shown."""

DEFAULTS: Mapping[str, Value] = {param.name: param.default for param in PARAMS}
"""The parameters' defaults, by name."""


class Analyser:
    """Computes a `Sound` for each hop of one input, and keeps the ``spectrum`` and the ``waveform``: two float32 arrays
    of `POINTS`, written over by each `step`, as `vj.control.audio.shared_features.SharedFeatures` describes them.

    ``dt`` is the seconds of a hop, ``values`` are the parameters in use, and ``beats`` finds the beat. A sound shows in
    the bands after about 30 ms: half a window, and the hop in which it came.
    """

    def __init__(self, rate: float) -> None:
        """``rate`` is in samples per second. It begins with the parameters' defaults."""
        self.rate = rate
        self.dt = HOP / rate
        self.values: Mapping[str, Value] = DEFAULTS
        self.beats = BeatTracker(self.dt)
        self.spectrum: Curve = np.zeros(POINTS, np.float32)
        self.waveform: Curve = np.zeros(POINTS, np.float32)
        self._heard: Samples = np.zeros(_WINDOW, np.float32)
        self._long = _Magnitudes(_WINDOW, rate)
        self._short = _Magnitudes(_SHORT, rate)
        self._loudest = {name: LoudestLevel() for name in ("level", *_FILTERS)}
        self._envelopes = {name: EnvelopeFollower(0.0, 0.0) for name in BANDS}
        self._flux = Flux(self._short.frequencies, _LOWEST, min(_HIGHEST, rate / 2), _GROUPS, _STEEP)
        self._onsets = Peaks(self.dt, rest=0.05, share=0.125, least=0.006)
        self._kicks = Peaks(self.dt, rest=0.1, share=0.5, least=0.08)
        self._edges: tuple[float, ...] = ()
        self._offset = 0.0
        self.set(DEFAULTS)

    def set(self, values: Mapping[str, Value]) -> None:
        """Use ``values`` from now on: all parameters of `vj.control.audio.params.PARAMS`, by name. The mapping is kept,
        not copied. The edges of the bands are put in order.
        """
        self.values = values
        for name, envelope in self._envelopes.items():
            envelope.attack = 0.0 if name in ("onset", "kick") else float(values["attack"])
            envelope.release = float(values["release"])
        edges = tuple(sorted(float(values[edge]) for edge in _EDGES))
        self._bounds = np.searchsorted(self._long.frequencies, edges)
        low, top = edges[0], max(float(values["kick_edge"]), edges[0] + 30.0)
        if (low, top) != self._edges:
            self._edges = (low, top)
            self._kick_flux = Flux(self._long.frequencies, low, top, _KICK_GROUPS, _KICK_STEEP)

    def step(self, hop: Samples) -> Sound:
        """Returns what is heard with the next ``hop``: `HOP` samples, float32, mono, full scale ±1. NaN and infinity
        count as silence, and so does what is softer than ``gate``.

        The result is after gain, automatic gain, and the smoothing by ``attack`` and ``release``. ``beats``,
        ``spectrum`` and ``waveform`` move on by the same hop.
        """
        self._heard[:-HOP] = self._heard[HOP:]
        hop = np.nan_to_num(hop, posinf=0.0, neginf=0.0)
        self._offset += (float(hop.mean()) - self._offset) * _OFFSET_PACE
        np.multiply(hop - self._offset, 10.0 ** (float(self.values["gain"]) / 20.0), out=self._heard[-HOP:])
        level = decibels(sqrt(2.0 * float(np.mean(np.square(self._heard[-_SHORT:])))))
        if level < float(self.values["gate"]):
            self._heard[-HOP:] = 0.0
            level = NOTHING
        return self._measure(level, self._long.of(self._heard), self._short.of(self._heard[-_SHORT:]))

    def _measure(self, level: float, long: Samples, short: Samples) -> Sound:
        loudest = self._reference("level", level)
        full = 10.0 ** (loudest / 20.0)
        self._draw(long / full)
        growth = self._flux.step(np.minimum(short / full, 1.0))
        low_growth = self._kick_flux.step(np.minimum(long / full, 1.0))
        self.beats.step(growth, self._flux.centres, float(self.values["tempo"]))
        sensitivity = float(self.values["sensitivity"])
        measured = {
            "level": part(level, loudest, float(self.values["range"])),
            **{name: self._band(place, name, long, loudest) for place, name in enumerate(_FILTERS)},
            "centroid": self._centroid(long) if level > NOTHING else 0.0,
            "onset": self._onsets.step(float(growth.mean()), sensitivity),
            "kick": self._kicks.step(float(low_growth.mean()), sensitivity),
        }
        followed = {name: envelope.advance(measured[name], self.dt) for name, envelope in self._envelopes.items()}
        return Sound(onsets=self._onsets.count, kicks=self._kicks.count, **followed)

    def _reference(self, name: str, level: float, **floor: float) -> float:
        """Returns the level of ``name`` that counts as 1, in dB. Its present level is ``level``."""
        if not self.values["auto"]:
            return 0.0
        if level <= NOTHING:  # silence says nothing about how loud the music is
            return max(self._loudest[name].level, SOFTEST)
        return self._loudest[name].step(level, self.dt, **floor)

    def _band(self, place: int, name: str, magnitudes: Samples, loudest: float) -> float:
        """Returns how loud the band ``name`` is, 0..1."""
        start, end = self._bounds[place], self._bounds[place + 1]
        energy = float(np.sum(np.square(magnitudes[start:end]))) if end > start else 0.0
        level = decibels(sqrt(energy * _Magnitudes.SPREAD))
        return part(level, self._reference(name, level, floor=loudest - _SOFTER[name]), float(self.values["range"]))

    def _centroid(self, magnitudes: Samples) -> float:
        """Returns the middle of all partials on a scale of octaves: 0 at 40 Hz, 1 at 16 kHz."""
        weights: Samples = np.where(magnitudes > _DULL * float(magnitudes.max()), magnitudes, 0.0)
        total = float(weights.sum())
        middle = float(weights @ self._long.frequencies) / total if total > 0.0 else 0.0
        return min(1.0, max(0.0, log2(max(middle, 1.0) / _LOWEST) / log2(_HIGHEST / _LOWEST)))

    def _draw(self, magnitudes: Samples) -> None:
        """Compute the curves that are shown. Two bins are one point of the spectrum."""
        loud = magnitudes[: 2 * POINTS].reshape(POINTS, 2).max(axis=1)
        self.spectrum[:] = np.clip(1.0 + 20.0 * np.log10(np.maximum(loud, 1e-6)) / _SPECTRUM_SPAN, 0.0, 1.0)
        np.clip(self._heard[-_SHOWN :: _SHOWN // POINTS], -1.0, 1.0, out=self.waveform)


class _Magnitudes:
    """Computes spectra of one length, scaled so that a sine of amplitude 1 has the magnitude 1."""

    SPREAD = 2.0 / 3.0
    """The squared magnitudes of a sine, summed and multiplied by this, are its squared amplitude: Hann's window spreads
    it over three bins.
    """

    def __init__(self, length: int, rate: float) -> None:
        window = np.hanning(length + 1)[:-1]
        self._window = (window * 2.0 / window.sum()).astype(np.float32)
        self.frequencies: Numbers = np.asarray(np.arange(length // 2 + 1) * (rate / length), np.float64)

    def of(self, samples: Samples) -> Samples:
        """Returns the magnitude of each of ``frequencies`` in ``samples``."""
        return np.abs(np.fft.rfft(samples * self._window)).astype(np.float32)
