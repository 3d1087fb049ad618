"""MIDI clock: trembling, lost, late and paused ticks, for hours."""

import random
from collections.abc import Iterable

import pytest

from vj.control.midi.tempo_follower import TICKS, TempoFollower
from vj.params.signals import Beat

START = 100.0
SETTLED = 8 * TICKS


def ticks(bpm: float, count: int, start: float = START) -> list[float]:
    return [start + number * 60.0 / bpm / TICKS for number in range(count)]


def trembling(times: Iterable[float], jitter: float = 1e-3, seed: int = 1) -> list[float]:
    chance = random.Random(seed)
    return [at + chance.gauss(0.0, jitter) for at in times]


def follow(times: Iterable[float], follower: TempoFollower | None = None) -> list[Beat]:
    follower = follower or TempoFollower()
    return [beat for beat in map(follower.tick, times) if beat]


def test_eight_hours_of_trembling_ticks_drift_by_less_than_5_ms_and_the_tempo_is_steady() -> None:
    bpm, chance, follower = 60.0, random.Random(8), TempoFollower()
    period, off, slowest, fastest = 60.0 / bpm / TICKS, 0.0, bpm, bpm
    for number in range(int(8 * 3600 / period)):
        true = START + number * period
        beat = follower.tick(true + chance.gauss(0.0, 1e-3))
        if beat and number > SETTLED:
            off = max(off, abs(beat.beat - number / TICKS + (true - beat.at) * beat.bpm / 60.0))
            slowest, fastest = min(slowest, beat.bpm), max(fastest, beat.bpm)
    assert off * 60.0 / bpm < 0.005
    assert bpm - 0.1 < slowest < fastest < bpm + 0.1


@pytest.mark.parametrize("bpm", [40.0, 90.0, 128.0, 174.0, 240.0])
def test_the_tempo_is_steady_at_any_tempo(bpm: float) -> None:
    told = [beat.bpm for beat in follow(trembling(ticks(bpm, 5000)))][SETTLED:]
    assert bpm - 0.1 < min(told) < max(told) < bpm + 0.1


@pytest.mark.parametrize(
    ("before", "after"),
    [(120, 121), (120, 125), (120, 130), (128, 174), (174, 90), (60, 120), (120, 60), (120, 40), (40, 120)],
)
@pytest.mark.parametrize("seed", range(4))
def test_another_tempo_is_followed_within_two_beats(before: float, after: float, seed: int) -> None:
    first = ticks(before, 200)
    times = trembling(first + ticks(after, 48, first[-1] + 60.0 / after / TICKS), seed=seed)
    last = follow(times)[-1]
    assert last.bpm == pytest.approx(after, abs=0.5)
    assert last.beat == 247 / TICKS


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_lost_ticks_are_counted(lost: int) -> None:
    times = ticks(120, 400)
    told = follow(trembling(times[:200] + times[200 + lost :]))
    assert told[-1].beat == 399 / TICKS
    assert max(abs(beat.bpm - 120) for beat in told[SETTLED:]) < 0.1


def test_ticks_that_come_late_in_a_bunch_are_not_counted_twice() -> None:
    times = ticks(120, 400)
    times[200] = times[201] = times[202] = times[203] - 0.001
    told = follow(trembling(times))
    assert told[-1].beat == 399 / TICKS
    assert max(abs(beat.bpm - 120) for beat in told[SETTLED:]) < 0.1


def test_a_pause_throws_nothing() -> None:
    times = ticks(120, 400)
    told = follow(trembling(times[:300] + [at + 3.3 for at in times[300:]]))
    assert told[-1].beat == 399 / TICKS
    assert max(abs(beat.bpm - 120) for beat in told[SETTLED:]) < 0.3


def test_there_is_no_beat_before_there_is_a_tempo() -> None:
    follower = TempoFollower()
    assert follower.bpm == 0.0
    assert [follower.tick(at) for at in ticks(120, 5)] == [None] * 5
    assert follower.start(START) is None
    assert follower.position(3) is None


def test_start_stop_continue_and_position() -> None:
    follower, times = TempoFollower(), iter(ticks(120, 400))
    follow([next(times) for _ in range(100)], follower)
    at = next(times)
    begun = follower.start(at - 0.005)
    assert begun == pytest.approx(Beat(at, 0.0, 120.0))
    first = follower.tick(at)
    assert (first.beat, first.playing) == (0.0, True)
    follow([next(times) for _ in range(TICKS)], follower)
    at = next(times)
    stopped = follower.stop(at - 0.005)
    assert (stopped.beat, stopped.playing) == (25 / TICKS, False)
    still = follow([at, next(times)], follower)
    assert [(beat.beat, beat.playing) for beat in still] == [(25 / TICKS, False)] * 2
    at = next(times)
    assert follower.go_on(at - 0.005).playing
    assert follower.tick(at).beat == 25 / TICKS
    follower.stop(at)
    assert follower.position(9).beat == 9 / 4
    at = next(times)
    follower.go_on(at - 0.005)
    assert follower.tick(at).beat == 9 / 4


def test_a_master_that_is_silent_while_it_stands_still() -> None:
    follower, times = TempoFollower(), ticks(120, 100)
    follow(times, follower)
    follower.stop(times[-1] + 0.01)
    begun = follower.start(times[-1] + 60.0)
    assert begun.at == times[-1] + 60.0
    told = follow(ticks(120, 48, times[-1] + 60.02), follower)
    assert told[0].beat == 0.0
    assert told[-1] == pytest.approx(Beat(times[-1] + 60.02 + 47 / 48, 47 / TICKS, 120.0))


@pytest.mark.parametrize("times", [[START] * 50, [START, START - 1, START + 1e-9] * 20, [START + 1e9, START] * 9])
def test_impossible_times_are_survived(times: list[float]) -> None:
    follower = TempoFollower()
    follow(times, follower)
    assert follow(ticks(120, 400, START + 2e9), follower)[-1].bpm == pytest.approx(120.0, abs=0.1)
