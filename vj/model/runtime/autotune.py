"""Which of several ways to run a network is the fastest on this machine: measured once, kept with the reason.

No rule knows it: bfloat16 is four times as fast as float32 where the processor has tiles for it and slower where it has
not; 8-bit integers win on most machines of the last years and lose on older ones.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from vj.errors import Unavailable, unknown
from vj.model.runtime.memory import out_of_memory

WARM_UPS: Final = 2
RUNS: Final = 5
LONG_ENOUGH: Final = 1500.0
"""Milliseconds after which a candidate isn't run again: slow ones vary less."""
HOPELESS: Final = 3.0
"""How many times slower than the best so far isn't worth another run."""
NEAR: Final = 1.1
"""A candidate within this factor of the fastest counts as just as fast, and the more faithful one is taken."""


@dataclass(frozen=True)
class Candidate:
    """One way to run a network: `prepare` compiles it and returns a function that runs it once."""

    name: str
    prepare: Callable[[], Callable[[], object]]


@dataclass(frozen=True)
class Verdict:
    """What was chosen, why, and each candidate's milliseconds (empty when it was forced)."""

    choice: str
    reason: str
    milliseconds: dict[str, float]

    def __str__(self) -> str:
        return f"{self.choice}: {self.reason}"


def choose(
    candidates: Sequence[Candidate],
    *,
    key: Mapping[str, str],
    cache: Path,
    force: str | None = None,
    timer: Callable[[Candidate, float], float] | None = None,
) -> Verdict:
    """The fastest of `candidates`, which are in order of fidelity, the most faithful first.

    `key` says what the speed depends on: machine, versions, size. A verdict kept in the folder `cache` under the same
    key is returned without timing. `force` names a candidate to take untimed. `timer` gives the milliseconds of a
    candidate, told the best so far; one that raises RuntimeError, unless for want of memory, is left out. Raises
    BadInput when there is none of the name `force`, Unavailable when none can be run.
    """
    names = [candidate.name for candidate in candidates]
    if force is not None:
        if force not in names:
            raise unknown("runtime", force, names)
        return Verdict(force, "asked for", {})
    path = _path(cache, key, names)
    kept = _read(path, names)
    if kept is not None:
        return kept
    verdict = _judge(*_time_all(candidates, timer or milliseconds))
    _write(path, key, verdict)
    return verdict


def kept(cache: Path) -> list[tuple[dict[str, str], Verdict]]:
    """Every verdict in the folder `cache`, with the key that it was taken under."""
    found = []
    for path in sorted(cache.glob("autotune-*.json")):
        try:
            text = json.loads(path.read_text())
            found.append((dict(text["key"]), Verdict(**text["verdict"])))
        except (OSError, ValueError, TypeError, KeyError):
            continue  # a file that `choose` would take anew as well
    return found


def milliseconds(candidate: Candidate, best: float = math.inf, clock: Callable[[], float] = time.perf_counter) -> float:
    """The fastest of a few runs of `candidate`, after two that are not counted. `clock` is in seconds.

    The fastest and not the median: what else the machine does meanwhile can only add to a time, and the verdict stays.
    One that is `HOPELESS` beside the `best` so far (milliseconds) isn't run again.
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


def _time_all(
    candidates: Sequence[Candidate], timer: Callable[[Candidate, float], float]
) -> tuple[dict[str, float], dict[str, str]]:
    """Milliseconds of those that run, and the errors of those that do not."""
    times: dict[str, float] = {}
    errors: dict[str, str] = {}
    for candidate in candidates:
        try:
            times[candidate.name] = timer(candidate, min(times.values(), default=math.inf))
        except RuntimeError as error:
            if out_of_memory(error):
                raise
            errors[candidate.name] = str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
    return times, errors


def _judge(times: dict[str, float], errors: dict[str, str]) -> Verdict:
    if not times:
        listed = "; ".join(f"{name}: {why}" for name, why in errors.items())
        raise Unavailable(f"nothing runs this network here ({listed or 'no candidates'})")
    fastest = min(times, key=lambda name: times[name])
    choice = next(name for name in times if times[name] <= times[fastest] * NEAR)
    figures = ", ".join(f"{name} {time:.1f} ms" for name, time in times.items())
    failed = "".join(f"; left out: {name} ({error})" for name, error in errors.items())
    why = "fastest" if choice == fastest else f"as fast as {fastest} and more faithful"
    return Verdict(choice, f"{why} of {figures}{failed}", times)


def _path(cache: Path, key: Mapping[str, str], names: Sequence[str]) -> Path:
    text = json.dumps([sorted(key.items()), list(names)])
    return cache / f"autotune-{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"


def _read(path: Path, names: Sequence[str]) -> Verdict | None:
    """The verdict in the file, or None when there is none or it cannot be used: then it is simply taken again."""
    try:
        verdict = Verdict(**json.loads(path.read_text())["verdict"])
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return verdict if verdict.choice in names else None


def _write(path: Path, key: Mapping[str, str], verdict: Verdict) -> None:
    """In one step, so that no other engine reads half a file. A folder that cannot be written to costs time only."""
    part = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps({"key": dict(key), "verdict": asdict(verdict)}, indent=1) + "\n")
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
