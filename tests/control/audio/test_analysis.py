"""Bands, level, centroid, onsets and kicks of sounds whose every part is known."""

import numpy as np
import pytest

from tests.control.audio.sounds import FOUR, RATE, Numbers, clicks, drums, hops, noise, sine
from vj.control.audio.analysis import DEFAULTS, HOP, Analyser
from vj.params.param import Value
from vj.params.signals import BANDS, SILENCE, Sound


def hear(sound: Numbers, analyser: Analyser | None = None, **values: Value) -> list[Sound]:
    """What is heard in each hop."""
    analyser = analyser or Analyser(RATE)
    analyser.set({**DEFAULTS, **values})
    return [analyser.step(hop) for hop in hops(sound)]


@pytest.mark.parametrize(("hertz", "band"), [(20, "sub"), (130, "low"), (440, "mid"), (1500, "mid"), (6000, "high")])
@pytest.mark.parametrize("loud", [0.9, 0.05])
def test_a_tone_shows_in_its_band_and_in_no_other(hertz: float, band: str, loud: float) -> None:
    heard = hear(sine(hertz, 1.5, loud))[-1]._asdict()
    assert heard[band] > 0.6
    assert heard["level"] > 0.6
    others = {name: heard[name] for name in ("sub", "low", "mid", "high") if name != band}
    assert max(others.values()) < 0.3, others


def test_bands_begin_where_they_are_told_to() -> None:
    assert hear(sine(440.0, 1.0))[-1].low < 0.1
    moved = hear(sine(440.0, 1.0), mid_edge=800.0)[-1]
    assert moved.low > 0.6
    assert moved.mid < 0.1


def test_edges_in_any_order_are_bands_all_the_same() -> None:
    heard = hear(sine(440.0, 0.5), sub_edge=200.0, low_edge=20.0, mid_edge=5000.0, high_edge=200.0, top_edge=1000.0)
    assert all(0.0 <= part <= 1.0 for part in heard[-1][: len(BANDS)])


def test_the_centroid_rises_by_the_octave() -> None:
    low, middle, high = (hear(sine(hertz, 0.5))[-1].centroid for hertz in (110.0, 440.0, 1760.0))
    assert 0.0 < low < middle < high < 1.0
    assert middle - low == pytest.approx(high - middle, abs=0.03)


def test_silence_and_what_is_below_the_gate_are_nothing() -> None:
    assert hear(np.zeros(RATE))[-1] == SILENCE
    assert hear(noise(1.0, 1e-4))[-1] == SILENCE
    assert hear(noise(1.0, 1e-4), gate=-90.0, gain=40.0)[-1].level > 0.0


def test_gain_lifts_what_is_soft_and_auto_does_so_by_itself() -> None:
    soft = sine(440.0, 1.0, 0.01)
    fixed = hear(soft, auto=False)[-1].mid
    assert fixed == pytest.approx(0.0, abs=0.01)
    assert hear(soft, auto=False, gain=20.0)[-1].mid == pytest.approx(1.0 - 20.0 / 30.0, abs=0.03)
    assert hear(soft, auto=True)[-1].mid > fixed + 0.2


def test_automatic_gain_does_not_make_noise_roar() -> None:
    """Half a minute of hiss 50 dB below full scale."""
    hiss = noise(1.0, 0.002)
    analyser = Analyser(RATE)
    for _ in range(30):
        heard = hear(hiss, analyser)
    assert heard[-1].level < 0.5


def test_release_says_how_slowly_it_falls() -> None:
    sound = np.concatenate((sine(440.0, 0.5), np.zeros(RATE // 2)))
    assert hear(sound, release=0.02)[-1].level < 0.01
    assert hear(sound, release=2.0)[-1].level > 0.5


@pytest.mark.parametrize("loud", [1.0, 0.05])
def test_every_click_is_one_onset(loud: float) -> None:
    heard = hear(loud * clicks(150, 4.0, first=0.2))
    assert heard[-1].onsets == 10
    assert max(sound.onset for sound in heard) > 0.7


def test_an_onset_is_known_two_hops_after_the_click() -> None:
    heard = hear(clicks(60, 1.5, first=0.5))
    first = next(place for place, sound in enumerate(heard, start=1) if sound.onsets)
    assert 0.5 < first * HOP / RATE < 0.5 + 2 * HOP / RATE


def test_a_steady_tone_has_one_onset_and_hiss_hardly_any() -> None:
    assert hear(sine(440.0, 3.0))[-1].onsets <= 1
    assert hear(noise(4.0, 0.1))[-1].onsets <= 3


def test_kicks_are_counted_between_snares_hats_and_a_bass_line() -> None:
    heard = hear(drums(FOUR, 128, 9.0, first=0.1, seed=1))
    counted = heard[-1].kicks - heard[RATE // HOP].kicks
    assert counted == pytest.approx(8 * 128 / 60, abs=2)


def test_treble_is_no_kick() -> None:
    heard = hear(clicks(150, 3.0) + sine(80.0, 3.0, 0.5))
    assert heard[-1].kicks - heard[RATE // HOP].kicks == 0
    assert heard[-1].onsets - heard[RATE // HOP].onsets == 5


def test_curves_show_the_tone_where_it_is() -> None:
    analyser = Analyser(RATE)
    hear(sine(3000.0, 1.0), analyser)
    assert int(analyser.spectrum.argmax()) == round(3000 / (RATE / 2 / 512))
    assert analyser.spectrum.max() > 0.9
    assert analyser.spectrum.min() == 0.0
    assert analyser.waveform.max() == pytest.approx(0.5, abs=0.02)
    assert analyser.waveform.min() == pytest.approx(-0.5, abs=0.02)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30])
def test_what_is_no_sound_never_comes_out(bad: float) -> None:
    sound = sine(440.0, 0.5)
    sound[5000:6000] = bad
    with np.errstate(over="ignore"):
        heard = hear(np.concatenate((sound, sine(440.0, 1.0))))
    assert all(0.0 <= part <= 1.0 for sound in heard for part in sound[: len(BANDS)])


def test_a_constant_offset_is_not_heard() -> None:
    heard = hear(np.full(4 * RATE, 0.3))[-1]
    assert max(heard[: len(BANDS)]) < 0.001
