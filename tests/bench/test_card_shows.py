"""How a bench's show settles, by a clock that the test moves."""

from types import SimpleNamespace

import pytest

from vj.base.clock import FakeClock
from vj.bench.card_shows import Settling


@pytest.fixture
def show() -> SimpleNamespace:
    child = SimpleNamespace(info={})
    return SimpleNamespace(clock=FakeClock(), layers=[SimpleNamespace(model=SimpleNamespace(child=child))], child=child)


def waited(show: SimpleNamespace, seconds: float, changes: dict[int, str]) -> int:
    """How many seconds a show settles in which the model's way of running changes at such seconds."""
    going, passed = Settling(show, seconds), 0  # type: ignore[arg-type]
    while True:
        show.child.info["runtime"] = changes.get(passed, show.child.info.get("runtime", ""))
        if not going():
            return passed
        show.clock.time += 1.0
        passed += 1


def test_a_show_settles_once_nothing_has_taken_over_for_a_while(show: SimpleNamespace) -> None:
    assert waited(show, 8.0, {0: "cuda"}) == 8


def test_a_faster_way_that_takes_over_is_waited_for(show: SimpleNamespace) -> None:
    assert waited(show, 8.0, {0: "cuda", 6: "cuda-compiled"}) == 14


def test_it_is_not_waited_for_ever(show: SimpleNamespace) -> None:
    assert waited(show, 8.0, {second: f"way {second}" for second in range(100)}) == 24
