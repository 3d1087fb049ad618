"""What a show counts, for the display and for the report."""

import pytest

from vj.base.stats import DisplayStats, Histogram, Rate, per_second


def readings(rate: Rate, every: float, seconds: float, begin: float = 0.0) -> list[float]:
    """What is read twice a second while a picture comes every so many seconds."""
    return [rate.read(int((begin + at / 2) / every), begin + at / 2) for at in range(1, int(seconds * 2) + 1)]


@pytest.mark.parametrize("every", [1 / 60, 1 / 30, 1 / 4, 0.7, 2.5, 12.0])
def test_the_rate_is_right_and_steady_however_slow(every: float) -> None:
    told = readings(Rate(), every, 120.0)[int(8 * every + 4) :]
    assert told == pytest.approx([1 / every] * len(told), rel=0.35)
    assert sum(told) / len(told) == pytest.approx(1 / every, rel=0.1)


def test_one_that_stops_goes_towards_nothing() -> None:
    rate = Rate()
    readings(rate, 1 / 30, 10.0)
    told = [rate.read(300, 10.5 + at / 2) for at in range(20)]
    assert told[0] <= 2.0
    assert told == sorted(told, reverse=True)
    assert told[-1] < 0.11


def test_one_that_starts_again_counts_from_its_new_beginning() -> None:
    rate = Rate()
    readings(rate, 1 / 30, 10.0)
    assert rate.read(0, 10.5) == 0.0
    assert rate.read(15, 11.0) == pytest.approx(30.0)
    assert rate.read(30, 11.5) == pytest.approx(30.0)


@pytest.mark.parametrize(
    ("rate", "told"), [(59.94, " 59.9/s"), (0.4, " 0.40/s"), (0.0417, " 0.04/s"), (0.0, "  0.0/s")]
)
def test_it_is_written_with_digits_that_say_something(rate: float, told: str) -> None:
    assert per_second(rate) == told


def test_a_histogram_tells_percentiles_within_a_few_per_cent() -> None:
    held = Histogram()
    for milliseconds in range(1, 1001):
        held.add(milliseconds / 1e3)
    assert held.percentile(50) == pytest.approx(0.5, rel=0.05)
    assert held.percentile(99) == pytest.approx(0.99, rel=0.05)


def test_a_refresh_is_missed_beyond_one_and_a_half_periods() -> None:
    stats = DisplayStats(0.02)
    for at in (0.0, 0.02, 0.049, 0.08, 0.14, 0.16):
        stats.present(at)
    assert stats.missed == 1 + 2, "31 ms is one too late, 60 ms two"
    assert stats.presented == 6
    assert stats.elapsed() == pytest.approx(0.16)
    assert stats.fps == pytest.approx(5 / 0.16)


def test_latency_is_counted_only_for_pictures_that_are_new() -> None:
    stats = DisplayStats(0.02)
    stats.present(1.0, captured=0.95)
    stats.present(1.02)
    stats.present(1.04, captured=0.94)
    assert sorted(stats.recent_latency.percentiles(0, 100)) == pytest.approx([0.05, 0.1])


def test_counting_begins_anew_and_remembers_when_a_picture_was_first_shown() -> None:
    stats = DisplayStats(0.02, first_shown=7.0)
    stats.present(9.0)
    stats.present(9.5)
    stats.start()
    assert (stats.presented, stats.missed, stats.elapsed(), stats.fps) == (0, 0, 0.0, 0.0)
    assert stats.first_shown == 7.0


def test_the_time_to_show_follows_what_frames_take() -> None:
    stats = DisplayStats(0.02)
    for _ in range(200):
        stats.spent(0.001, 0.002, 0.003, 0.004)
    assert stats.to_show == pytest.approx(0.01, rel=0.01)
    assert stats.parts.totals["draw"] == [200, pytest.approx(0.4)]
