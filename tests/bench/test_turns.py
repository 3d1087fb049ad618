"""Candidates that take turns, by a clock that moves only when they run or rest."""

from collections.abc import Callable

import pytest

from vj.base.clock import FakeClock
from vj.bench.turns import ENOUGH, REST, take_turns


class Bench:
    """Candidates that take so many seconds by the clock, and the order in which they ran."""

    def __init__(self) -> None:
        self.clock, self.order, self.rests = FakeClock(), [], []  # type: ignore[var-annotated]
        sleep = self.clock.sleep
        self.clock.sleep = lambda seconds: (self.rests.append(seconds), sleep(seconds))[1]  # type: ignore[method-assign]

    def taking(self, name: str, seconds: float, fails_at: int = -1) -> Callable[[], None]:
        def run() -> None:
            self.clock.time += seconds
            if self.order.count(name) == fails_at:
                raise RuntimeError("CUDA out of memory\nmore")
            self.order.append(name)

        return run


def test_turns_are_bounded_by_the_time_that_passes_rests_included() -> None:
    bench = Bench()
    began = bench.clock.now()
    turns = take_turns({"quick": bench.taking("quick", 0.001)}, 2.0, clock=bench.clock)
    assert bench.clock.now() - began == pytest.approx(2.0, abs=0.1)
    assert len(turns.seconds["quick"]) == pytest.approx(2.0 / (REST + 0.001), abs=1)


def test_what_leaves_no_threads_busy_needs_no_rest() -> None:
    bench = Bench()
    began = bench.clock.now()
    turns = take_turns({"card": bench.taking("card", 0.001)}, 2.0, ("card",), bench.clock)
    assert len(turns.seconds["card"]) == ENOUGH
    assert bench.clock.now() - began == pytest.approx((ENOUGH + 1) * 0.001)


def test_a_rest_is_taken_only_after_a_run_that_needs_it() -> None:
    bench = Bench()
    runs = {"card": bench.taking("card", 0.001), "processor": bench.taking("processor", 0.02)}
    take_turns(runs, 1e-3, ("card",), bench.clock)
    assert bench.order == ["card", "processor"] * 2
    assert bench.rests == [REST, 0.0]


def test_candidates_take_turns_and_the_slow_one_ends_first() -> None:
    bench = Bench()
    turns = take_turns({name: bench.taking(name, s) for name, s in (("a", 0.01), ("b", 0.5))}, 1.0, clock=bench.clock)
    assert bench.order[:6] == ["a", "b"] * 3
    assert turns.seconds["b"] == pytest.approx([0.5, 0.5])
    assert len(turns.seconds["a"]) > 10


@pytest.mark.parametrize("fails_at", [0, 3])
def test_a_candidate_that_fails_is_left_out_with_its_reason(fails_at: int) -> None:
    bench = Bench()
    runs = {"bad": bench.taking("bad", 0.01, fails_at), "good": bench.taking("good", 0.01)}
    turns = take_turns(runs, 1.0, clock=bench.clock)
    assert turns.failed == {"bad": "CUDA out of memory"}
    assert list(turns.seconds) == ["good"]
    assert len(turns.seconds["good"]) > 10


def test_nothing_to_time_is_no_error() -> None:
    assert take_turns({}, 1.0, clock=FakeClock()).seconds == {}
