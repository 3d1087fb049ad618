"""What a show counts, for the display and for the report."""

import pytest

from vj.base.stats import Rate, per_second


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
