"""Sounds to listen to, made from numbers: mono, full scale ±1."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from vj.control.audio.analysis import HOP
from vj.control.audio.ring import Samples

RATE = 48000
Numbers = npt.NDArray[np.float64]

BACKBEAT = {"kick": (0, 8, 10), "snare": (4, 12), "ghost": (7, 9), "hat": range(0, 16, 2)}
FOUR = {"kick": (0, 4, 8, 12), "snare": (4, 12), "ghost": (7, 10, 15), "hat": range(0, 16, 2)}
"""Drums by sixteenths of a bar."""


def hops(samples: npt.NDArray[np.float32] | Numbers) -> Iterator[Samples]:
    """The sound in pieces, as the analysis takes it."""
    for start in range(0, len(samples) - HOP + 1, HOP):
        yield samples[start : start + HOP].astype(np.float32)


def sine(hertz: float, seconds: float, loud: float = 0.5, rate: int = RATE) -> Numbers:
    return np.asarray(loud * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate))


def noise(seconds: float, loud: float, rate: int = RATE, seed: int = 1) -> Numbers:
    return np.random.default_rng(seed).normal(0.0, loud, int(seconds * rate))


def clicks(bpm: float, seconds: float, first: float = 0.1, rate: int = RATE) -> Numbers:
    """A click at ``first`` (s) and on every beat after it."""
    made = noise(seconds, 1e-4, rate)
    click = 0.7 * sine(1500.0, 0.01, 1.0, rate) * np.exp(-np.arange(int(0.01 * rate)) / (0.003 * rate))
    for at in np.arange(first, seconds - 0.02, 60.0 / bpm):
        _add(made, click, at, rate)
    return made


def drums(
    pattern: dict[str, Sequence[int]], bpm: float, seconds: float, first: float, seed: int, swing: float = 0.2
) -> Numbers:
    """A band at ``bpm`` whose bars begin at ``first`` (s): drums by ``pattern``, a bass line, hiss, human timing.

    Every other sixteenth comes ``swing`` of its length too late.
    """
    chance = np.random.default_rng(seed)
    made, step = noise(seconds, 0.01, seed=seed), 15.0 / bpm
    for place in range(-16, int(seconds / step) + 1):
        at = first + (place + swing * (place % 2)) * step
        for name, places in pattern.items():
            if place % 16 in places:
                _add(made, _struck(name, chance) * chance.uniform(0.8, 1.0), at + chance.normal(0.0, 0.004))
        if place % 2 == 0 and chance.random() < 0.6:
            _add(made, _bass(55.0 * 2.0 ** (chance.choice((0, 3, 5, 7, 10)) / 12), 1.8 * step), at)
    return 0.6 * made


def _struck(name: str, chance: np.random.Generator) -> Numbers:
    t = np.arange(RATE // 4) / RATE
    if name == "kick":
        return np.asarray(0.8 * np.sin(2 * np.pi * (50 * t + 1.8 * (1 - np.exp(-t / 0.03)))) * np.exp(-t / 0.09))
    if name == "hat":
        return np.asarray(0.15 * np.diff(chance.normal(0.0, 1.0, len(t) + 1)) * np.exp(-t / 0.02))
    skin = 0.3 * np.sin(2 * np.pi * 190 * t) * np.exp(-t / 0.05)
    snare = 0.35 * chance.normal(0.0, 1.0, len(t)) * np.exp(-t / 0.06) + skin
    return np.asarray(snare * (0.2 if name == "ghost" else 1.0))


def _bass(hertz: float, seconds: float) -> Numbers:
    t = np.arange(int(seconds * RATE)) / RATE
    return np.asarray(0.25 * np.sin(2 * np.pi * hertz * t) * np.minimum(1.0, t / 0.01) * np.exp(-t / 0.3))


def _add(made: Numbers, sound: Numbers, at: float, rate: int = RATE) -> None:
    start = round(at * rate)
    if 0 <= start < len(made):
        made[start : start + len(sound)] += sound[: len(made) - start]
