"""The ladder, second by second."""

import pytest

from vj.layers.fallback import HELD_FOR, HELD_RESULTS, LOST_AFTER, ArrivalTimer, Ladder


def played(ladder: Ladder, begin: float, seconds: float, source: bool, model: bool, fps: float = 30.0) -> float:
    """Feed it for ``seconds`` at ``fps``; the time then."""
    for frame in range(round(seconds * fps)):
        now = begin + frame / fps
        if source:
            ladder.source.came(now)
        if model:
            ladder.model.came(now)
    return begin + seconds


def test_nothing_has_ever_come() -> None:
    assert Ladder().rung(100.0) == "still"


def test_all_is_well() -> None:
    ladder = Ladder()
    now = played(ladder, 100.0, 2.0, source=True, model=True)
    assert ladder.rung(now) == "model"


def test_before_the_first_result_the_source_shows() -> None:
    ladder = Ladder()
    now = played(ladder, 100.0, 1.0, source=True, model=False)
    assert ladder.rung(now) == "raw"


def test_the_model_stops_its_last_result_is_held_then_the_source_shows() -> None:
    ladder = Ladder()
    now = played(ladder, 100.0, 2.0, source=True, model=True)
    now = played(ladder, now, HELD_FOR - 0.1, source=True, model=False)
    assert ladder.rung(now) == "hold"
    now = played(ladder, now, 0.2, source=True, model=False)
    assert ladder.rung(now) == "raw"


def test_a_slow_models_picture_is_held_until_its_next_one() -> None:
    """Its first one too, when nothing is known of its rate yet; and no longer than it may take while it is at work."""
    ladder = Ladder()
    now = played(ladder, 100.0, 2.0, source=True, model=False)
    ladder.model.came(now)
    ladder.pass_time = 12.0
    now = played(ladder, now, 4 * 12.0 - 0.1, source=True, model=False)
    assert ladder.rung(now) == "hold"
    now = played(ladder, now, 0.2, source=True, model=False)
    assert ladder.rung(now) == "raw"
    ladder.model.came(now)
    ladder.pass_time = 0.0  # its engine is gone
    now = played(ladder, now, HELD_RESULTS + 0.1, source=True, model=False)  # of a second each, as it is slow
    assert ladder.rung(now) == "raw"


def test_the_source_stops_the_last_result_is_held_and_says_so() -> None:
    ladder = Ladder()
    now = played(ladder, 100.0, 2.0, source=True, model=True)
    assert not ladder.source_lost(now + LOST_AFTER - 0.05)
    assert ladder.rung(now + LOST_AFTER) == "hold"
    assert ladder.rung(now + 60.0) == "hold"


def test_both_stop_the_model_first_the_last_source_picture_stays() -> None:
    ladder = Ladder()
    now = played(ladder, 100.0, 2.0, source=True, model=True)
    now = played(ladder, now, 3.0, source=True, model=False)
    assert ladder.rung(now + 1.0) == "still"


def test_a_slow_source_is_given_five_of_its_frames() -> None:
    ladder = Ladder()
    now = played(ladder, 100.0, 4.0, source=True, model=True, fps=5.0)
    assert not ladder.source_lost(now + 0.7)
    assert ladder.source_lost(now + 0.9)


def test_an_outage_does_not_make_it_slow_to_see_the_next() -> None:
    ladder = Ladder()
    now = played(ladder, 100.0, 2.0, source=True, model=True)
    now = played(ladder, now + 10.0, 0.5, source=True, model=True)
    assert ladder.source.period < 0.05
    assert ladder.rung(now + LOST_AFTER) == "hold"


def test_a_slower_rate_is_learnt() -> None:
    ladder = Ladder()
    now = played(ladder, 100.0, 2.0, source=True, model=True)
    now = played(ladder, now, 4.0, source=True, model=True, fps=2.0)
    assert not ladder.source_lost(now + 0.6)


def test_it_climbs_back() -> None:
    ladder = Ladder()
    now = played(ladder, 100.0, 2.0, source=True, model=True)
    now += 10.0
    assert ladder.rung(now) == "hold"
    now = played(ladder, now, 0.5, source=True, model=True)
    assert ladder.rung(now) == "model"


def timed(*arrivals: float) -> ArrivalTimer:
    timer = ArrivalTimer()
    for at in arrivals:
        timer.came(at)
    return timer


def test_the_period_is_the_gap_and_then_follows_it_slowly() -> None:
    assert timed(10.0).period == 0.0
    assert timed(10.0, 10.2).period == pytest.approx(0.2)
    assert timed(10.0, 10.2, 10.5).period == pytest.approx(0.2 + 0.1 * 0.1)
    steady = timed(*(10.0 + 0.2 * count for count in range(5)), *(10.8 + 0.1 * count for count in range(1, 80)))
    assert steady.period == pytest.approx(0.1, rel=0.01)
    assert timed(10.0, 14.0).period == 1.0, "no more than a second"


def test_one_long_gap_teaches_nothing_and_two_are_a_slower_rate() -> None:
    usual = [10.0 + 0.1 * count for count in range(30)]
    last = usual[-1]
    assert timed(*usual, last + 0.6).period == pytest.approx(0.1), "an outage"
    assert timed(*usual, last + 0.6, last + 0.7).period == pytest.approx(0.1), "it is over"
    assert timed(*usual, last + 0.6, last + 1.2).period == pytest.approx(0.6)
    assert timed(*usual, last + 0.4).period == pytest.approx(0.13), "five of its periods are no outage yet"


def test_of_a_slow_source_gaps_count_by_its_own_period() -> None:
    usual = [10.0 + 0.5 * count for count in range(10)]
    assert timed(*usual, usual[-1] + 2.0).period == pytest.approx(0.65), "four of its frames"
    assert timed(*usual, usual[-1] + 2.6).period == pytest.approx(0.5), "more than five"


@pytest.mark.parametrize(
    ("age", "seconds", "periods", "fresh"),
    [(0.3, 0.5, 1, True), (0.5, 0.5, 1, True), (0.6, 0.5, 1, False), (0.6, 0.5, 7, True), (0.75, 0.5, 7, False)],
)
def test_it_is_fresh_for_seconds_or_for_periods_whichever_are_longer(
    age: float, seconds: float, periods: int, fresh: bool
) -> None:
    timer = timed(10.0, 10.1)
    assert timer.fresh(10.1 + age, seconds, periods) is fresh
    assert not ArrivalTimer().fresh(0.0, 100.0, 100), "nothing ever came"
