"""Which of several backends runs a network the fastest on this machine: measured, and kept with the reason.

No rule predicts it: bfloat16 is four times as fast as float32 on processors with tiles for it, and slower on others;
8-bit integers win on most machines and lose on some.

A verdict is kept for as long as the machine and its libraries stay the same, with two exceptions. If the machine was
too busy for the times to agree, they are measured again at the next starts. A backend that failed is tried again at
every start, because the reason may have been a passing one. If the whole process ended during a backend's trial, that
backend is left out at the next start, so that the restarted process plays.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from vj.base.atomic_file import write_cached
from vj.base.errors import BadInput, Unavailable
from vj.model.runtime.backend import Unsuitable
from vj.model.runtime.memory import out_of_memory

WARM_UPS: Final = 2
"""Runs of a candidate that aren't counted."""
RUNS: Final = 5
"""Runs of a candidate that are counted."""
LONG_ENOUGH, LONG = 1500.0, 700.0
"""Milliseconds. A candidate whose runs add up to the first isn't run again; one whose fastest run takes more than the
second isn't in the second round. Slow candidates vary less, and people wait for this."""
HOPELESS: Final = 3.0
"""A candidate that takes this many times as long as the best one isn't run again."""
NEAR: Final = 1.1
"""A candidate within this factor of the fastest counts as just as fast; the most faithful of these is chosen."""
RESTLESS: Final = 1.15
"""If a candidate's two rounds differ by more than this factor, the machine was busy with something else."""
AGAIN: Final = 3
"""How many of the next starts measure the times again if the machine was busy."""

ENDED: Final = "the process ended while it was tried"
"""What `Verdict.failed` says of a candidate during whose trial an earlier process ended."""

Timer = Callable[["Candidate", float], float]
"""Returns a candidate's milliseconds; its second argument is the best time so far, in milliseconds, at first
infinite."""


@dataclass(frozen=True)
class Candidate:
    """One backend to time, by its name.

    `prepare` compiles the network and returns a function that runs it once. It may raise `Unsuitable`, if the backend
    must not be chosen, or any other error if it doesn't run here.
    """

    name: str
    prepare: Callable[[], Callable[[], object]]


@dataclass(frozen=True)
class Verdict:
    """Which candidate was chosen, and why. As text it is one line: choice, reason, and which candidates were left
    out."""

    choice: str
    """The name of the chosen candidate."""
    reason: str
    """Why it was chosen, with the times of all that ran, as text."""
    milliseconds: dict[str, float]
    """The time of one run by candidate, the least of all rounds; only those that ran are in it."""
    unsuitable: dict[str, str] = field(default_factory=dict)
    """Candidates that must not be chosen, with the reason, which lies in the network and stays."""
    failed: dict[str, str] = field(default_factory=dict)
    """Candidates that raised an error, with that error. They are tried again at the next start."""
    again: int = 0
    """How many of the next starts measure the times again."""

    def __str__(self) -> str:
        left_out = {**self.unsuitable, **self.failed}
        said = "".join(f"; left out: {name} ({reason})" for name, reason in left_out.items())
        return f"{self.choice}: {self.reason}{'; timed again at the next start' if self.again else ''}{said}"

    @property
    def is_settled(self) -> bool:
        """True if the next start has nothing to measure (`again` is 0) or to try again (`failed` is empty)."""
        return not self.again and not self.failed


@dataclass
class _Trials:
    """What timing the candidates has shown so far. ``place`` is the file for the verdict."""

    place: Path
    milliseconds: dict[str, float] = field(default_factory=dict)
    unsuitable: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    restless: bool = False


_taken: dict[Path, Verdict] = {}
"""The verdicts that this process has used. They stay as they are until the next start."""


def choose(
    candidates: Sequence[Candidate],
    *,
    key: Mapping[str, str],
    cache: Path,
    timer: Timer | None = None,
    near: float = NEAR,
) -> Verdict:
    """Returns the verdict on `candidates`, which are in order of fidelity, the most faithful first.

    `key` holds everything that the speed depends on: machine, devices, versions, size. A verdict that this process has
    used under the same key, folder and candidates is returned again as it is; so is a settled one in a file of the
    folder `cache`, and one in which only failed candidates are to be tried again, if they fail again now. Otherwise all
    candidates are timed now, which runs them, and the verdict is written to that file if the folder can be written to.
    The choice is the first candidate whose time is at most ``near`` times that of the fastest.

    `timer` returns the milliseconds of a candidate, given the best time so far; by default that is `milliseconds`. If
    it raises, the candidate is left out; but BadInput, and errors that mean that memory ran out, are raised. Raises
    Unavailable if no candidate runs.
    """
    names = [candidate.name for candidate in candidates]
    path = _path(cache, key, names)
    if path in _taken:
        return _taken[path]
    kept = _read(path, names)
    verdict = kept if kept and kept.is_settled else _taken_anew(kept, candidates, timer or milliseconds, path, near)
    if verdict is not kept:
        _write(path, key, verdict)
    _taken[path] = verdict
    return verdict


def settled(key: Mapping[str, str], names: Sequence[str], cache: Path) -> Verdict | None:
    """Returns the verdict on the candidates ``names`` that `choose` would return without timing or trying anything;
    None if there is none. The arguments are as in `choose`."""
    path = _path(cache, key, names)
    kept = _taken.get(path) or _read(path, names)
    return kept if kept and (path in _taken or kept.is_settled) else None


def forget(key: Mapping[str, str], names: Sequence[str], cache: Path) -> None:
    """Deletes the verdict on the candidates `names`, its file and this process's copy, so that `choose` times them
    again.

    `key`, the order of `names` and `cache` are those that `choose` had. Where there is no verdict, nothing happens.
    """
    path = _path(cache, key, names)
    _taken.pop(path, None)
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def kept(cache: Path) -> list[tuple[dict[str, str], Verdict]]:
    """Returns every verdict that lies in a file of the folder `cache`, each with the key that `choose` had; in no
    particular order. Files that can't be read are left out; the list is empty if there is no such folder."""
    found = []
    for path in sorted(cache.glob("autotune-*.json")):
        try:
            text = json.loads(path.read_text(encoding="utf-8"))
            found.append((dict(text["key"]), Verdict(**text["verdict"])))
        except (OSError, ValueError, TypeError, KeyError):
            continue  # `choose` ignores such a file too
    return found


def milliseconds(candidate: Candidate, best: float = math.inf, clock: Callable[[], float] = time.perf_counter) -> float:
    """Prepares `candidate` and returns the milliseconds of the fastest of `RUNS` runs, after `WARM_UPS` uncounted ones.

    The fastest run counts, not the median, because other work on the machine can only add to a time. From the second
    run on, timing ends early if a run takes more than `HOPELESS` times the `best` so far (milliseconds), or all runs
    together more than `LONG_ENOUGH`; then all runs but the first count. With the default `best`, which is infinite,
    only the latter ends it. `clock` returns seconds. Raises what the candidate raises.
    """
    run = candidate.prepare()
    times = []
    for _ in range(WARM_UPS + RUNS):
        start = clock()
        run()
        times.append((clock() - start) * 1000)
        if len(times) > 1 and (times[-1] > HOPELESS * best or sum(times) > LONG_ENOUGH):
            return min(times[1:])
    return min(times[WARM_UPS:])


def _taken_anew(
    kept: Verdict | None, candidates: Sequence[Candidate], timer: Timer, place: Path, near: float
) -> Verdict:
    """Returns the first verdict; at a later start, the kept one or a new one.

    The kept one stays if its failures still fail and its times needn't be measured again.
    """
    if kept is None:
        return _judge(_time(candidates, timer, place), near)
    failed = [candidate for candidate in candidates if candidate.name in kept.failed]
    if not kept.again and not _round(failed, timer, _Trials(place), math.inf):
        return kept
    trials = _time(candidates, timer, place)
    for name, time_before in kept.milliseconds.items():
        if name in trials.milliseconds:
            trials.milliseconds[name] = min(time_before, trials.milliseconds[name])
    return _judge(trials, near, again=max(0, kept.again - 1))


def _time(candidates: Sequence[Candidate], timer: Timer, place: Path) -> _Trials:
    """Time all candidates in two rounds. The second leaves out those that were hopeless or slow in the first."""
    trials = _Trials(place)
    first = _round(candidates, timer, trials, math.inf)
    best = min(first.values(), default=math.inf)
    worth = min(HOPELESS * best, LONG)
    contenders = [candidate for candidate in candidates if first.get(candidate.name, math.inf) <= worth]
    second = _round(contenders, timer, trials, best)
    for name, later in second.items():
        trials.restless |= not 1 / RESTLESS <= later / first[name] <= RESTLESS
    ran = [name for name in first if name not in trials.failed]
    trials.milliseconds = {name: min(first[name], second.get(name, math.inf)) for name in ran}
    return trials


def _round(candidates: Sequence[Candidate], timer: Timer, trials: _Trials, best: float) -> dict[str, float]:
    """Returns the milliseconds of the candidates that run; why the others don't is noted in `trials`."""
    times: dict[str, float] = {}
    for candidate in candidates:
        try:
            with _marked(trials.place.with_suffix(f".{candidate.name}.trying")):
                times[candidate.name] = timer(candidate, min(times.values(), default=best))
        except Unsuitable as reason:
            trials.unsuitable[candidate.name] = str(reason)
        except BadInput:
            raise
        except Exception as error:
            if out_of_memory(error):
                raise
            trials.failed[candidate.name] = _last_line(error)
    return times


@contextlib.contextmanager
def _marked(marker: Path) -> Iterator[None]:
    """Leave the file ``marker`` behind if the process ends while this context is open. Raises RuntimeError, once, if an
    earlier process left it. In a folder that can't be written to, no file is made."""
    if marker.exists():
        marker.unlink(missing_ok=True)
        raise RuntimeError(ENDED)
    with contextlib.suppress(OSError):
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch()
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            marker.unlink(missing_ok=True)


def _judge(trials: _Trials, near: float, again: int = AGAIN) -> Verdict:
    """Returns the verdict on the trials. Raises Unavailable if no candidate ran."""
    times = trials.milliseconds
    if not times:
        listed = "; ".join(f"{name}: {why}" for name, why in {**trials.unsuitable, **trials.failed}.items())
        raise Unavailable(f"nothing runs this network here ({listed or 'no candidates'})")
    fastest = min(times, key=lambda name: times[name])
    choice = next(name for name in times if times[name] <= times[fastest] * near)
    figures = ", ".join(f"{name} {time:.1f} ms" for name, time in times.items())
    why = "fastest" if choice == fastest else f"as fast as {fastest} and more faithful"
    reason = f"{why} of {figures}" if len(times) > 1 else f"{figures}"
    return Verdict(choice, reason, times, trials.unsuitable, trials.failed, again if trials.restless else 0)


def _last_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[-1].strip() if lines else type(error).__name__


def _path(cache: Path, key: Mapping[str, str], names: Sequence[str]) -> Path:
    text = json.dumps([sorted(key.items()), list(names)])
    return cache / f"autotune-{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"


def _read(path: Path, names: Sequence[str]) -> Verdict | None:
    """Returns the verdict in the file; None if there is none or it can't be used, and so has to be taken again."""
    try:
        verdict = Verdict(**json.loads(path.read_text(encoding="utf-8"))["verdict"])
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return verdict if verdict.choice in names else None


def _write(path: Path, key: Mapping[str, str], verdict: Verdict) -> None:
    """Write the verdict. If the folder can't be written to, the next start only takes longer."""
    text = json.dumps({"key": dict(key), "verdict": asdict(verdict)}, indent=1)
    with contextlib.suppress(OSError):
        write_cached(path, f"{text}\n".encode())
