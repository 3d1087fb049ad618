"""Has faster backends take over in networks that play already, where making them takes long."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import partial

from vj.base.frame import Size
from vj.base.paths import cache
from vj.model.network import Network
from vj.model.runtime import autotune
from vj.model.runtime.backend import Backends
from vj.model.runtime.background import BACKGROUND, Faster
from vj.model.runtime.compiled_network import CompiledNetwork, Runner
from vj.model.runtime.trial import NEAR_ON_CARD, run_of, verdict_key


def improve_later(compiled: CompiledNetwork, waiting: str, backends: Backends, network: Network, size: Size) -> None:
    """Have faster runners than that of ``compiled``, which runs on a card, made in the background: first by the backend
    called ``waiting``, if there is one, then by those that are made later anyway."""
    if not backends[compiled.runtime].card:
        return
    for name in (*filter(None, [waiting]), *(name for name, backend in backends.items() if backend.later)):
        make = partial(_faster, weakref.ref(compiled), name, backends, network, size)
        BACKGROUND.improve(compiled, make)


def _faster(
    playing: weakref.ref[CompiledNetwork], name: str, backends: Backends, network: Network, size: Size
) -> Faster | None:
    """Returns a runner of the backend called ``name`` if that is faster at ``size`` than what plays in ``playing``, by
    a verdict of its own; None if it isn't, or if nothing plays there any more."""
    compiled = playing()
    if compiled is None:
        return None
    before, runner = compiled.runtime, compiled.runner
    made: list[Runner] = []

    def prepared() -> Callable[[], object]:
        if not made:
            made.append(backends[name].make())
        return run_of(made[0], network, size)

    candidates = [
        autotune.Candidate(before, lambda: run_of(runner, network, size)),
        autotune.Candidate(name, prepared),
    ]
    names = [before, name]
    key = verdict_key({each: backends[each] for each in names}, network, size)
    verdict = autotune.settled(key, names, cache("runtime")) or autotune.choose(
        candidates, key=key, cache=cache("runtime"), near=NEAR_ON_CARD
    )
    if verdict.choice != name:
        return None
    return Faster(made[0] if made else backends[name].make(), name, f"{verdict}; made while {before} played")
