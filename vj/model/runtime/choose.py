"""Which of the ways to run a network is taken on this machine, and why: a graphics card's, else the fastest."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import numpy as np

from vj.base.errors import BadInput, Unavailable, unknown
from vj.base.frame import Size
from vj.base.packages import install_command
from vj.base.paths import cache
from vj.model.network import Network
from vj.model.runtime import autotune, processor
from vj.model.runtime.backend import Backend, Backends
from vj.model.runtime.compiled_network import CompiledNetwork
from vj.model.runtime.memory import out_of_memory

TRIAL: Final = Size(640, 360)
AUTO: Final = "auto"
"""The name that stands for the fastest way."""


def pick(at: Callable[[Size], Backends], network: Network, size: Size, runtime: str, exact: bool) -> CompiledNetwork:
    """One of the ways that there are ``at`` a size, made.

    Backends on a graphics card with memory of its own come first, then all others that are timed, then those that are a
    last resort. Raises BadInput when there is none called ``runtime``, Unavailable when none runs.
    """
    backends = at(size)
    if not backends:
        raise Unavailable(f"nothing here runs {network.name}: {_missing(network)}")
    if runtime not in (AUTO, *backends):
        raise unknown("runtime", runtime, (AUTO, *backends))
    if runtime != AUTO:
        return _made(backends[runtime], runtime, f"{runtime}: asked for")
    trouble: list[str] = []
    for group in _groups({name: backend for name, backend in backends.items() if backend.exact or not exact}):
        try:
            return _fastest(at, network, size, group, trouble)
        except Unavailable as error:
            trouble.append(str(error))
    raise Unavailable("; ".join(trouble))


def trial_size(network: Network) -> Size:
    """What the ways are timed at, whatever size is asked for: a show that changes the size waits for no timing."""
    return network.nearest(TRIAL)


def _groups(backends: Backends) -> Iterator[Backends]:
    """Those that are timed against each other, the groups that are preferred first."""
    for card, last in ((True, False), (False, False), (False, True)):
        group = {name: backend for name, backend in backends.items() if (backend.card, backend.last) == (card, last)}
        if group:
            yield group


def _fastest(
    at: Callable[[Size], Backends], network: Network, size: Size, group: Backends, trouble: list[str]
) -> CompiledNetwork:
    """The fastest of ``group``. Where it doesn't run though it did when it was timed, the next one, and so on.

    ``trouble`` says why others before these couldn't be taken. Raises Unavailable when none runs.
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
    """Times ``backends``, if there are several. Returns the fastest one's name, the reason, and what makes the next
    show time them anew."""
    if len(backends) == 1:
        (name,) = backends
        return name, f"{name}: nothing else here that would be faster", lambda: None
    key, candidates = _key(backends, network), _candidates(at, network, backends)
    verdict = autotune.choose(candidates, key=key, cache=cache("runtime"))
    return verdict.choice, str(verdict), partial(autotune.forget, key, list(backends), cache("runtime"))


def _made(backend: Backend, name: str, why: str) -> CompiledNetwork:
    runner = backend.make()
    return CompiledNetwork(runner, name, f"{why}; {runner.note}" if runner.note else why)


def _key(backends: Backends, network: Network) -> dict[str, str]:
    """All that the speed of ``backends`` depends on: processor, system, libraries, devices, drivers, and network."""
    return {
        **processor.described(),
        "system": f"{platform.system()} {platform.machine()}",
        "name": network.name,
        "size": str(trial_size(network)),
        "graph": network.timed_as or network.key,
        "versions": "; ".join(sorted({backend.version for backend in backends.values()} - {""})),
    }


def _candidates(at: Callable[[Size], Backends], network: Network, backends: Backends) -> list[autotune.Candidate]:
    size = trial_size(network)
    there = at(size)
    return [autotune.Candidate(name, partial(_trial, there[name], network, size)) for name in backends]


def _trial(backend: Backend, network: Network, size: Size) -> Callable[[], object]:
    if backend.check:
        backend.check()
    runner = backend.make()
    picture = network.sample(size)
    controls = [np.full(control.shape, control.sample, np.float32) for control in network.controls]
    out = np.empty((*picture.shape[:2], 3), picture.dtype)
    return lambda: runner.run(picture, controls, out)


def _missing(network: Network) -> str:
    """What would run it, were it installed."""
    runtimes = "openvino or onnxruntime" if network.onnx else "torch, and openvino or onnxruntime for speed"
    packages = ("openvino", "onnxruntime", *([] if network.onnx else ["torch"]))
    return f"it takes {runtimes}; fix: {install_command(*packages)}"


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), "") or type(error).__name__
