"""The beat found in arrays: tempo, phase, and when to say nothing."""

from collections.abc import Sequence

import numpy as np
import pytest

from tests.control.audio.sounds import BACKBEAT, FOUR, RATE, Numbers, clicks, drums, hops, noise, sine
from vj.control.audio.analysis import DEFAULTS, HOP, Analyser

SETTLED = 9.0


def follow(sound: Numbers, rate: int = RATE, tempo: float = 124.0) -> list[tuple[float, float, float] | None]:
    """Time, beat and BPM after each hop once it has listened for a while."""
    analyser, told = Analyser(rate), []
    analyser.set({**DEFAULTS, "tempo": tempo})
    for place, hop in enumerate(hops(sound), start=1):
        analyser.step(hop)
        if (now := place * HOP / rate) > SETTLED and place % 16 == 0:
            beat = analyser.beats.beat()
            told.append((now, *beat) if beat else None)
    return told


def check(told: Sequence[tuple[float, float, float] | None], bpm: float, first: float) -> None:
    """The tempo within 1 %, and every beat within 20 ms of a true one, of which ``first`` (s) is one."""
    assert told
    for heard in told:
        assert heard is not None, "no beat"
        now, beat, tempo = heard
        assert tempo == pytest.approx(bpm, rel=0.01)
        late = (now - (beat - round(beat)) * 60 / tempo - first) * bpm / 60
        assert abs(late - round(late)) * 60 / bpm < 0.020


@pytest.mark.parametrize("bpm", [90, 128, 174])
def test_a_click_track(bpm: int) -> None:
    check(follow(clicks(bpm, 10.5, first=0.23)), bpm, 0.23)


def test_at_another_sample_rate() -> None:
    check(follow(clicks(128, 10.5, first=0.23, rate=44100), 44100), 128, 0.23)


@pytest.mark.parametrize("pattern", [FOUR, BACKBEAT], ids=["four to the floor", "backbeat"])
@pytest.mark.parametrize(("bpm", "expected"), [(90, 124), (128, 124), (174, 160)])
def test_a_band(pattern: dict[str, Sequence[int]], bpm: int, expected: int) -> None:
    """Drums at 174 can as well be felt at 87: there the performer says which is meant."""
    check(follow(drums(pattern, bpm, 10.5, first=0.31, seed=bpm), tempo=expected), bpm, 0.31)


def test_of_two_tempi_that_fit_the_one_that_is_expected_is_taken() -> None:
    sound = drums(BACKBEAT, 87, 10.5, first=0.31, seed=1, swing=0.0)
    for expected in (80, 200):
        heard = follow(sound, tempo=expected)[-1]
        assert heard
        assert heard[2] == pytest.approx(87 if expected == 80 else 174, rel=0.01)


@pytest.mark.parametrize(
    "sound", [0 * noise(10.0, 1.0), noise(10.0, 0.1), np.concatenate((noise(4.0, 1e-4), sine(440.0, 6.0)))]
)
def test_where_there_is_no_beat_none_is_told(sound: Numbers) -> None:
    assert set(follow(sound)) == {None}


def test_counting_goes_on_from_beat_to_beat() -> None:
    analyser, beats = Analyser(RATE), []
    for hop in hops(clicks(128, 10.0)):
        analyser.step(hop)
        if beat := analyser.beats.beat():
            beats.append(beat[0])
    steps = np.diff(beats)
    assert len(steps) > 500
    assert steps.min() > 0.0
    assert steps.max() < 0.1


def test_it_stops_with_the_music() -> None:
    analyser = Analyser(RATE)
    for hop in hops(np.concatenate((clicks(120, 6.0), np.zeros(RATE * 10)))):
        analyser.step(hop)
    assert analyser.beats.beat() is None
