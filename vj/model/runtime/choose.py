"""Chooses the backend that runs a network on this machine: a graphics card's, else the fastest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, NamedTuple

from vj.base.errors import BadInput, Unavailable, unknown
from vj.base.frame import Size
from vj.base.packages import install_command
from vj.base.paths import cache
from vj.model.network import Network
from vj.model.runtime import autotune
from vj.model.runtime.backend import Backend, Backends
from vj.model.runtime.background import BACKGROUND
from vj.model.runtime.compiled_network import CompiledNetwork
from vj.model.runtime.memory import give_memory_back, out_of_memory
from vj.model.runtime.take_over import improve_later
from vj.model.runtime.trial import candidates, near, trial_sizes, verdict_key

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
            return _fastest(at, network, size, group, allowed, trouble)
        except Unavailable as error:
            trouble.append(str(error))
    raise Unavailable("; ".join(trouble))


def _groups(backends: Backends) -> Iterator[Backends]:
    """Yield groups of backends to time against each other, the preferred group first; without those made later."""
    for card, last in ((True, False), (False, False), (False, True)):
        at_once = {name: backend for name, backend in backends.items() if not backend.later}
        group = {name: backend for name, backend in at_once.items() if (backend.card, backend.last) == (card, last)}
        if group:
            yield group


def _fastest(
    at: Callable[[Size], Backends],
    network: Network,
    size: Size,
    group: Backends,
    allowed: Backends,
    trouble: list[str],
) -> CompiledNetwork:
    """Returns the network compiled by the fastest of ``group`` or, if that doesn't run any more, by the next one. On a
    card, those of all that are ``allowed`` which may be faster are made in the background.

    ``trouble`` holds why earlier backends couldn't be taken, and is added to. Raises Unavailable if none runs.
    """
    remaining = dict(group)
    while remaining:
        name, why, forget, waiting = _best(at, network, remaining)
        try:
            compiled = _made(remaining.pop(name), name, "; ".join([why, *trouble]))
            improve_later(compiled, waiting, allowed, network, size)
            return compiled
        except BadInput:
            raise
        except Exception as error:  # runtimes, drivers and their bindings raise errors of every kind
            if out_of_memory(error):
                raise
            forget()
            trouble.append(f"{name} doesn't run here ({_first_line(error)})")
    raise Unavailable(trouble.pop())


class Choice(NamedTuple):
    """The ``name`` of the backend that is taken, and the reason; ``forget`` has the next show time all of them again.
    ``waiting`` is the name of a faster one, which would have to wait until another network is compiled; else empty."""

    name: str
    why: str
    forget: Callable[[], None]
    waiting: str = ""


def _best(at: Callable[[Size], Backends], network: Network, backends: Backends) -> Choice:
    """Time ``backends``, if there are several. Returns which is to be taken."""
    if len(backends) == 1:
        (name,) = backends
        return Choice(name, f"{name}: nothing else here that would be faster", lambda: None)
    sizes = trial_sizes(network, _is_card(backends))
    while True:
        size = sizes.pop(0)
        try:
            return _judged(at, network, backends, size)
        except Exception as error:
            if not sizes or not out_of_memory(error):
                raise
        give_memory_back()


def _judged(at: Callable[[Size], Backends], network: Network, backends: Backends, size: Size) -> Choice:
    """Time ``backends`` at ``size``. Returns which is to be taken."""
    key, tried = verdict_key(backends, network, size), candidates(at(size), list(backends), network, size)
    verdict = autotune.choose(tried, key=key, cache=cache("runtime"), near=near(_is_card(backends)))
    forget = partial(autotune.forget, key, list(backends), cache("runtime"))
    at_once = {name: took for name, took in verdict.milliseconds.items() if not backends[name].traces}
    if not (BACKGROUND.busy and at_once and verdict.choice not in at_once):
        return Choice(verdict.choice, str(verdict), forget)
    quickest = min(at_once, key=lambda name: at_once[name])
    return Choice(quickest, f"{quickest}: until there is time for {verdict}", forget, verdict.choice)


def _made(backend: Backend, name: str, why: str) -> CompiledNetwork:
    """Returns the network compiled by ``backend``, which is called ``name``."""
    runner = backend.make()
    return CompiledNetwork(runner, name, f"{why}; {runner.note}" if runner.note else why)


def _is_card(backends: Backends) -> bool:
    """Returns whether all of ``backends`` run on a card with memory of its own."""
    return all(backend.card for backend in backends.values())


def _missing(network: Network) -> str:
    """Returns what would have to be installed to run the network, as text."""
    runtimes = "openvino or onnxruntime" if network.onnx else "torch, and openvino or onnxruntime for speed"
    packages = ("openvino", "onnxruntime", *([] if network.onnx else ["torch"]))
    return f"it takes {runtimes}; fix: {install_command(*packages)}"


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), "") or type(error).__name__
