"""Faster runners are made beside what plays, and take over between two pictures."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.waiting import until
from vj.model.runtime.background import QUIET, Background, Faster
from vj.model.runtime.compiled_network import CompiledNetwork


class Runner:
    note = ""

    def __init__(self, name: str) -> None:
        self.name = name

    def run(self, picture: Any, controls: Any, out: Any) -> float:
        return float(len(self.name))

    def release(self) -> None:
        pass


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def playing(name: str = "plain") -> CompiledNetwork:
    return CompiledNetwork(Runner(name), name, f"{name}: fastest")


def faster(name: str = "compiled") -> Callable[[], Faster]:
    return lambda: Faster(Runner(name), name, f"{name}: faster")


@pytest.fixture
def background(monkeypatch: pytest.MonkeyPatch) -> Background:
    monkeypatch.setattr(threading.Thread, "start", lambda thread: None)
    return Background(Clock())


def test_it_takes_over_between_two_pictures_and_says_so(background: Background) -> None:
    plays = playing()
    started = plays.run
    background.improve(plays, faster())
    assert plays.runtime == "plain", "nothing happens before its turn"
    assert background.work_once()
    assert started(None, (), None) == len("plain"), "a picture that was begun is ended by the runner that began it"
    assert plays.run(None, (), None) == len("compiled")
    assert (plays.runtime, plays.why) == ("compiled", "compiled: faster")
    assert not background.work_once(), "each is tried once"


def test_a_failure_leaves_what_plays(background: Background) -> None:
    plays = playing()

    def fail() -> Faster:
        raise RuntimeError("ptxas is broken")

    background.improve(plays, fail)
    background.improve(plays, lambda: None)
    assert background.work_once()
    assert background.work_once()
    assert plays.runtime == "plain"
    assert not background.busy


def test_the_one_that_was_used_last_comes_first(background: Background) -> None:
    done: list[str] = []
    all_of_them = [playing(name) for name in ("first", "second", "third")]
    for plays in all_of_them:
        background.improve(plays, lambda name=plays.runtime: done.append(name))
    assert all_of_them[1].run
    while background.work_once():
        pass
    assert done == ["second", "first", "third"]


def test_what_nothing_holds_any_more_is_left_out(background: Background) -> None:
    done: list[str] = []
    plays = playing()
    background.improve(plays, lambda: done.append("made"))
    del plays
    assert not background.work_once()
    assert not done


def test_it_waits_until_nothing_urgent_happens(background: Background) -> None:
    background.improve(kept := playing(), faster())
    with background.urgent():
        assert not background.work_once()
    assert not background.work_once(), "the next urgent thing may follow at once"
    background._clock.now += QUIET  # type: ignore[attr-defined]
    assert background.work_once()
    assert kept.runtime == "compiled"


def test_it_is_busy_while_it_works(background: Background) -> None:
    seen: list[bool] = []
    background.improve(kept := playing(), lambda: seen.append(background.busy))
    assert background.work_once()
    assert seen == [True]
    assert not background.busy
    assert kept.runtime == "plain"


def test_the_thread_does_it_by_itself() -> None:
    background, plays = Background(), playing()
    background.improve(plays, faster())
    until(lambda: plays.runtime == "compiled")
