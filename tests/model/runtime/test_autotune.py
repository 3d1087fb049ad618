"""Which way is the fastest: what is timed, kept, timed again, and left out for now or for good."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from vj.base.errors import BadInput, Unavailable
from vj.model.runtime import autotune
from vj.model.runtime.autotune import Candidate, Verdict
from vj.model.runtime.backend import Unsuitable

KEY = {"cpu": "this one", "size": "640x360"}


def candidates(*names: str) -> list[Candidate]:
    return [Candidate(name, lambda: lambda: None) for name in names]


class Timer:
    """Says what it is told to, round by round, and counts; an exception is raised."""

    def __init__(self, **times: float | Exception | list[float]) -> None:
        self.times, self.asked = times, []

    def __call__(self, candidate: Candidate, best: float) -> float:
        told = self.times[candidate.name]
        said = told[min(self.asked.count(candidate.name), len(told) - 1)] if isinstance(told, list) else told
        self.asked.append(candidate.name)
        if isinstance(said, Exception):
            raise said
        return said


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[..., Verdict]]:
    """Chooses as a process that has just been started does."""

    def choose(timer: Timer, *names: str, key: dict[str, str] = KEY) -> Verdict:
        monkeypatch.setattr(autotune, "_taken", {})
        return autotune.choose(candidates(*(names or timer.times)), key=key, cache=tmp_path, timer=timer)

    return choose


def test_the_fastest_is_taken_and_remembered(start: Callable[..., Verdict]) -> None:
    timer = Timer(float=50.0, int8=20.0)
    verdict = start(timer)
    assert str(verdict) == "int8: fastest of float 50.0 ms, int8 20.0 ms"
    assert timer.asked == ["float", "int8"] * 2
    assert start(timer) == verdict
    assert len(timer.asked) == 4, "the second choice was timed again"


def test_another_key_is_timed_anew(start: Callable[..., Verdict]) -> None:
    timer = Timer(float=50.0, int8=20.0)
    for size in ("640x360", "854x480"):
        start(timer, key=KEY | {"size": size})
    assert len(timer.asked) == 8


def test_the_more_faithful_is_taken_where_it_is_nearly_as_fast(start: Callable[..., Verdict]) -> None:
    verdict = start(Timer(a=20.9, b=20.0))
    assert (verdict.choice, verdict.reason[:35]) == ("a", "as fast as b and more faithful of a")


def test_what_is_hopeless_is_not_timed_twice(start: Callable[..., Verdict]) -> None:
    timer = Timer(slow=100.0, fast=20.0)
    start(timer)
    assert timer.asked == ["slow", "fast", "fast"]


def test_what_is_slow_is_not_timed_twice(start: Callable[..., Verdict]) -> None:
    timer = Timer(a=2000.0, b=1200.0)
    assert start(timer).choice == "b"
    assert timer.asked == ["a", "b"]


def test_the_better_round_counts(start: Callable[..., Verdict]) -> None:
    assert start(Timer(a=[60.0, 30.0], b=[40.0, 41.0])).milliseconds == {"a": 30.0, "b": 40.0}


def test_restless_times_are_taken_again_at_the_next_three_starts(start: Callable[..., Verdict]) -> None:
    timer = Timer(a=[30.0, 36.0] * 9, b=40.0)
    verdicts = [start(timer) for _ in range(5)]
    assert [verdict.again for verdict in verdicts] == [3, 2, 1, 0, 0]
    assert "timed again at the next start" in str(verdicts[0])
    assert timer.asked.count("a") == 8, "four starts have timed it, the fifth has not"
    assert verdicts[4].milliseconds == {"a": 30.0, "b": 40.0}


def test_times_that_have_become_steady_settle_it(start: Callable[..., Verdict]) -> None:
    timer = Timer(a=[90.0, 36.0, 30.0, 30.0], b=[40.0, 40.0, 40.0, 40.0])
    assert (start(timer).choice, start(timer).choice) == ("a", "a")
    assert start(timer).is_settled
    assert len(timer.asked) == 8


def test_a_busy_first_start_is_put_right(start: Callable[..., Verdict]) -> None:
    """What is the fastest looked slow while the machine was busy; at the next start it isn't."""
    timer = Timer(good=[90.0, 60.0, 20.0, 20.0], other=[40.0, 40.0, 40.0, 40.0])
    assert start(timer).choice == "other"
    assert start(timer).choice == "good"


def test_within_one_process_it_is_looked_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autotune, "_taken", {})
    timer = Timer(a=[30.0, 60.0], b=RuntimeError("no"))
    for _ in range(4):
        autotune.choose(candidates("a", "b"), key=KEY, cache=tmp_path, timer=timer)
    assert timer.asked == ["a", "b", "a"]


def test_what_fails_is_left_out_and_tried_again_at_every_start(start: Callable[..., Verdict]) -> None:
    broken = Timer(a=RuntimeError("where:\nno such instruction"), b=1.0)
    for _ in range(3):
        assert str(start(broken)) == "b: b 1.0 ms; left out: a (no such instruction)"
    assert broken.asked == ["a", "b", "b", "a", "a"], "the one that runs is not timed again for that"
    mended = Timer(a=0.5, b=1.0)
    assert str(start(mended)) == "a: fastest of a 0.5 ms, b 1.0 ms"
    assert start(mended).is_settled


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("x"),
        ImportError("DLL load failed"),
        OSError("no device"),
        AssertionError("no CUDA"),
        TypeError("x"),
    ],
)
def test_errors_of_every_kind_are_caught_and_named(start: Callable[..., Verdict], error: Exception) -> None:
    assert start(Timer(a=error, b=1.0)).failed == {"a": str(error)}


def test_what_is_unsuitable_is_left_out_for_good(start: Callable[..., Verdict]) -> None:
    timer = Timer(a=Unsuitable("its picture is 9.0% off"), b=1.0)
    verdict = start(timer)
    assert str(verdict) == "b: b 1.0 ms; left out: a (its picture is 9.0% off)"
    assert start(timer) == verdict
    assert timer.asked == ["a", "b", "b"]


def test_where_nothing_runs_every_reason_is_told_and_nothing_kept(
    start: Callable[..., Verdict], tmp_path: Path
) -> None:
    with pytest.raises(Unavailable, match=r"a: no driver; b: no memory bank"):
        start(Timer(a=RuntimeError("no driver"), b=RuntimeError("no memory bank")))
    assert not list(tmp_path.iterdir())


def test_want_of_memory_is_no_verdict(start: Callable[..., Verdict], tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="bad_alloc"):
        start(Timer(a=RuntimeError("std::bad_alloc"), b=1.0))
    assert not list(tmp_path.iterdir())


def test_bad_input_is_passed_on(start: Callable[..., Verdict]) -> None:
    with pytest.raises(BadInput, match="other inputs"):
        start(Timer(a=BadInput("it has other inputs"), b=1.0))


def test_a_damaged_verdict_is_taken_again(start: Callable[..., Verdict], tmp_path: Path) -> None:
    timer = Timer(a=1.0)
    start(timer)
    for damage in ("{", "[]", json.dumps({"verdict": {"choice": "a", "colour": "red"}})):
        next(tmp_path.glob("autotune-*.json")).write_text(damage)
        start(timer)
    assert len(timer.asked) == 8


def test_a_folder_that_cannot_be_written_to_costs_time_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autotune, "_taken", {})
    (tmp_path / "file").write_text("")
    timer = Timer(a=1.0)
    for _ in range(2):
        found = autotune.choose(candidates("a"), key=KEY, cache=tmp_path / "file" / "folder", timer=timer)
        assert found.choice == "a"
    assert timer.asked == ["a", "a"], "and only once in a process"


def test_a_process_that_ends_in_a_trial_plays_without_it_next_time(tmp_path: Path) -> None:
    """As when a driver crashes: started again, it must not crash again, and later it is tried again."""
    code = f"""
import os, sys
from pathlib import Path
from vj.model.runtime.autotune import Candidate, choose
def trial():
    if sys.argv[1] == "crashes":
        os._exit(9)
    return lambda: None
found = choose([Candidate("crashing", trial), Candidate("plain", lambda: lambda: None)],
               key={KEY!r}, cache=Path({str(tmp_path)!r}))
print(str(found))
"""

    def run(how: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-c", code, how], capture_output=True, text=True, env=os.environ)

    assert run("crashes").returncode == 9
    second = run("crashes")
    assert second.returncode == 0, second.stderr
    assert second.stdout.startswith("plain: ")
    assert "crashing (the process ended while it was tried)" in second.stdout
    assert "left out" not in run("runs").stdout, "the reason is over, and is tried again"
    assert [path.suffix for path in tmp_path.iterdir()] == [".json"]


def test_every_verdict_can_be_listed(start: Callable[..., Verdict], tmp_path: Path) -> None:
    verdict = start(Timer(a=1.0, b=RuntimeError("x")))
    assert autotune.kept(tmp_path) == [(KEY, verdict)]


def test_milliseconds_are_the_fastest_of_the_counted_runs() -> None:
    ticks = iter((np.cumsum([0, 1, 1, 1, 1, 9, 1, 2, 1, 3, 1, 4, 1, 5]) / 100).tolist())
    runs: list[int] = []
    candidate = Candidate("a", lambda: lambda: runs.append(1))
    assert autotune.milliseconds(candidate, clock=lambda: next(ticks)) == pytest.approx(20)
    assert len(runs) == autotune.WARM_UPS + autotune.RUNS


def test_a_hopeless_candidate_is_not_run_again() -> None:
    ticks = iter(np.arange(0, 10, 0.1).tolist())
    runs: list[int] = []
    candidate = Candidate("a", lambda: lambda: runs.append(1))
    assert autotune.milliseconds(candidate, best=10.0, clock=lambda: next(ticks)) == pytest.approx(100)
    assert len(runs) == 2
