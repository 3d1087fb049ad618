from math import exp

import pytest

from vj.params.envelope_follower import EnvelopeFollower


def test_it_rises_and_falls_at_paces_of_their_own() -> None:
    envelope = EnvelopeFollower(attack=0.1, release=1.0)
    assert envelope.advance(1.0, 0.1) == pytest.approx(1.0 - exp(-1.0))
    envelope.value = 1.0
    assert envelope.advance(0.0, 1.0) == pytest.approx(exp(-1.0))


def test_without_times_it_is_there_at_once() -> None:
    envelope = EnvelopeFollower(0.0, 0.0)
    assert [envelope.advance(x, 0.01) for x in (0.7, 1.0, 0.2)] == [0.7, 1.0, 0.2]


@pytest.mark.parametrize("steps", [1, 7, 100])
def test_the_way_is_the_same_in_small_steps_and_in_large_ones(steps: int) -> None:
    envelope = EnvelopeFollower(0.2, 0.5)
    for _ in range(steps):
        envelope.advance(0.8, 0.3 / steps)
    assert envelope.value == pytest.approx(0.8 * (1.0 - exp(-1.5)))


def test_what_is_below_the_gate_counts_as_nothing() -> None:
    envelope = EnvelopeFollower(0.0, 0.0, gate=0.3)
    assert [envelope.advance(x, 0.01) for x in (0.29, 0.3, 0.1)] == [0.0, 0.3, 0.0]
