"""Chooses the backend that runs a network on this machine: a graphics card's, else the fastest."""

from __future__ import annotations

import platform
import weakref
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Final, NamedTuple

import numpy as np

from vj.base.errors import BadInput, Unavailable, unknown
from vj.base.frame import Size
from vj.base.packages import install_command
from vj.base.paths import cache
from vj.model.network import Network
from vj.model.runtime import autotune, processor
from vj.model.runtime.backend import Backend, Backends
from vj.model.runtime.background import BACKGROUND, Faster
from vj.model.runtime.compiled_network import CompiledNetwork, Repeating, Runner
from vj.model.runtime.memory import give_memory_back, out_of_memory

TRIAL, CARD_TRIAL = Size(640, 360), Size(1280, 720)
"""The sizes of the pictures with which backends are timed: processors', and those of cards with memory of their own,
which smaller pictures wouldn't fill."""
NEAR_ON_CARD: Final = 1.02
"""As `autotune.NEAR`, on a card: times vary less there, and all but the 32-bit floats are equally faithful."""
AUTO: Final = "auto"
"""The word that, in place of a backend's name, asks for the best backend here."""


def pick(at: Callable[[Size], Backends], network: Network, size: Size, runtime: str, exact: bool) -> CompiledNetwork:
    """Compiles the network for ``size`` by one of the backends that ``at`` returns for a size. The result is a new one.

    ``runtime`` is "auto" or a backend's name, such as ``openvino-f32``. A named backend is taken as it is, whatever
    ``exact`` says, and its own error is raised if it doesn't run. With "auto", backends on a graphics card with memory
    of their own are tried first, then all others, then those of last resort; ``exact`` leaves out those that compute in
    less than 32-bit floats. Several in a group are timed, at one of `trial_sizes` and unless the cache has a verdict.
    The fastest is taken (or a more faithful one within 10 % of it, on a card 2 %); one that doesn't run gives way to
    the next. On a card, backends that take long to make (`Backend.later`) are made in the background; one that turns
    out to be faster takes over in the result.

    Raises BadInput for an unknown ``runtime``, Unavailable if none runs, and a backend's own error if memory runs out.
    """
    backends = at(size)
    if not backends:
        raise Unavailable(f"nothing here runs {network.name}: {_missing(network)}")
    if runtime not in (AUTO, *backends):
        raise unknown("runtime", runtime, (AUTO, *backends))
    if runtime != AUTO:
        return _made(backends[runtime], runtime, f"{runtime}: asked for")
    trouble: list[str] = []
    allowed = {name: backend for name, backend in backends.items() if backend.exact or not exact}
    for group in _groups(allowed):
        try:
            compiled = _fastest(at, network, size, group, trouble)
            _improve_later(compiled, allowed, network, size)
            return compiled
        except Unavailable as error:
            trouble.append(str(error))
    raise Unavailable("; ".join(trouble))


def trial_sizes(network: Network, card: bool = False) -> list[Size]:
    """Returns the sizes at which backends are timed, the first of which is taken unless memory runs out. It is the
    network's fixed size if it has one, else 640x360, each side rounded to the nearest multiple that the network takes
    and raised to its least side; for those on a ``card`` with memory of its own, 1280x720 comes before it.

    They are the same whatever size is played, so that a change of size needs no timing.
    """
    return list(dict.fromkeys(map(network.nearest, (CARD_TRIAL, TRIAL) if card else (TRIAL,))))


def _groups(backends: Backends) -> Iterator[Backends]:
    """Yield groups of backends to time against each other, the preferred group first; without those made later."""
    for card, last in ((True, False), (False, False), (False, True)):
        at_once = {name: backend for name, backend in backends.items() if not backend.later}
        group = {name: backend for name, backend in at_once.items() if (backend.card, backend.last) == (card, last)}
        if group:
            yield group


def _fastest(
    at: Callable[[Size], Backends], network: Network, size: Size, group: Backends, trouble: list[str]
) -> CompiledNetwork:
    """Returns the network compiled by the fastest of ``group`` or, if that doesn't run any more, by the next one.

    ``trouble`` holds why earlier backends couldn't be taken, and is added to. Raises Unavailable if none runs.
    """
    remaining = dict(group)
    while remaining:
        name, why, forget = _best(at, network, remaining)
        try:
            return _made(remaining.pop(name), name, "; ".join([why, *trouble]))
        except BadInput:
            raise
        except Exception as error:  # runtimes, drivers and their bindings raise errors of every kind
            if out_of_memory(error):
                raise
            forget()
            trouble.append(f"{name} doesn't run here ({_first_line(error)})")
    raise Unavailable(trouble.pop())


def _best(at: Callable[[Size], Backends], network: Network, backends: Backends) -> tuple[str, str, Callable[[], None]]:
    """Time ``backends``, if there are several. Returns the fastest one's name, the reason, and a function that makes
    the next show time them again."""
    if len(backends) == 1:
        (name,) = backends
        return name, f"{name}: nothing else here that would be faster", lambda: None
    sizes = trial_sizes(network, _is_card(backends))
    while True:
        size = sizes.pop(0)
        try:
            return _judged(at, network, backends, size)
        except Exception as error:
            if not sizes or not out_of_memory(error):
                raise
        give_memory_back()


def _judged(
    at: Callable[[Size], Backends], network: Network, backends: Backends, size: Size
) -> tuple[str, str, Callable[[], None]]:
    """Time ``backends`` at ``size``. Returns what `_best` does."""
    key, candidates = _key(backends, network, size), _candidates(at(size), list(backends), network, size)
    verdict = autotune.choose(candidates, key=key, cache=cache("runtime"), near=_near(_is_card(backends)))
    return verdict.choice, str(verdict), partial(autotune.forget, key, list(backends), cache("runtime"))


def _made(backend: Backend, name: str, why: str) -> CompiledNetwork:
    """Returns the network compiled by ``backend``, which is called ``name``."""
    runner = backend.make()
    return CompiledNetwork(runner, name, f"{why}; {runner.note}" if runner.note else why)


def _is_card(backends: Backends) -> bool:
    """Returns whether all of ``backends`` run on a card with memory of its own."""
    return all(backend.card for backend in backends.values())


def _near(card: bool) -> float:
    return NEAR_ON_CARD if card else autotune.NEAR


def _improve_later(compiled: CompiledNetwork, backends: Backends, network: Network, size: Size) -> None:
    """Have faster runners than that of ``compiled``, which runs on a card, made in the background."""
    if not backends[compiled.runtime].card:
        return
    for name, backend in backends.items():
        if backend.later:
            make = partial(_faster, weakref.ref(compiled), LateBackend(name, backend), backends, network, size)
            BACKGROUND.improve(compiled, make)


class LateBackend(NamedTuple):
    """A backend that may take over, with its name."""

    name: str
    backend: Backend


def _faster(
    playing: weakref.ref[CompiledNetwork], other: LateBackend, backends: Backends, network: Network, size: Size
) -> Faster | None:
    """Returns a runner of the ``other`` backend if that is faster at ``size`` than what plays in ``playing``, by a
    verdict of its own; None if it isn't, or if nothing plays there any more."""
    compiled = playing()
    if compiled is None:
        return None
    before, runner = compiled.runtime, compiled.runner
    made: list[Runner] = []

    def prepared() -> Callable[[], object]:
        if not made:
            made.append(other.backend.make())
        return _run_of(made[0], network, size)

    candidates = [
        autotune.Candidate(before, lambda: _run_of(runner, network, size)),
        autotune.Candidate(other.name, prepared),
    ]
    names = [before, other.name]
    key = _key({name: backends[name] for name in names}, network, size)
    verdict = autotune.settled(key, names, cache("runtime")) or autotune.choose(
        candidates, key=key, cache=cache("runtime"), near=NEAR_ON_CARD
    )
    if verdict.choice != other.name:
        return None
    return Faster(made[0] if made else other.backend.make(), other.name, f"{verdict}; made while {before} played")


def _key(backends: Backends, network: Network, size: Size) -> dict[str, str]:
    """Returns all that the speed of ``backends`` at ``size`` depends on: processor, system, libraries, devices,
    drivers, graph."""
    return {
        **processor.described(),
        "system": f"{platform.system()} {platform.machine()}",
        "name": network.name,
        "size": str(size),
        "graph": network.timed_as or network.key,
        "versions": "; ".join(sorted({backend.version for backend in backends.values()} - {""})),
    }


def _candidates(there: Backends, names: Iterable[str], network: Network, size: Size) -> list[autotune.Candidate]:
    """Returns the backends called ``names`` among ``there``, which are for ``size``, as candidates."""
    return [autotune.Candidate(name, partial(_trial, there[name], network, size)) for name in names]


def _trial(backend: Backend, network: Network, size: Size) -> Callable[[], object]:
    """Compile the network for a trial. Returns a function that runs it once; raises `Unsuitable`."""
    if backend.check:
        backend.check()
    return _run_of(backend.make(), network, size)


def _run_of(runner: Runner, network: Network, size: Size) -> Callable[[], object]:
    """Returns a function that runs the network once by ``runner``, made for ``size``; without copying the picture where
    the runner can do that, as those on a card do: the copies are the same for all."""
    if isinstance(runner, Repeating):
        return runner.repeat
    picture = network.sample(size)
    controls = [np.full(control.shape, control.sample, np.float32) for control in network.controls]
    out = np.empty((*picture.shape[:2], 3), picture.dtype)
    return lambda: runner.run(picture, controls, out)


def _missing(network: Network) -> str:
    """Returns what would have to be installed to run the network, as text."""
    runtimes = "openvino or onnxruntime" if network.onnx else "torch, and openvino or onnxruntime for speed"
    packages = ("openvino", "onnxruntime", *([] if network.onnx else ["torch"]))
    return f"it takes {runtimes}; fix: {install_command(*packages)}"


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), "") or type(error).__name__
