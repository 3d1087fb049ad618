"""Which of the ways to run a network is taken on this machine, and why: a graphics card's, else the fastest."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from vj.errors import Unavailable, unknown
from vj.frame.frame import Size
from vj.model.network import Network
from vj.model.runtime import autotune
from vj.model.runtime.memory import out_of_memory
from vj.model.runtime.running import Make, Running
from vj.paths import cache

TRIAL: Final = Size(640, 360)
CARDS: Final = {
    "cuda": "half precision on the graphics card",
    "cuda-f32": "32-bit floats on the graphics card",
    "mps": "on the graphics card",
}
"""What is taken unasked where it runs, in this order; the rest is timed."""


@dataclass(frozen=True)
class Way:
    """One way to run a network: ``make`` compiles it.

    ``check`` raises RuntimeError when it shouldn't be taken unasked; ``exact`` says that it computes in 32-bit floats,
    ``timed`` that it may be the fastest of a processor's; ``version`` names what else its speed depends on.
    """

    make: Make
    check: Callable[[], None] | None = None
    exact: bool = True
    timed: bool = False
    version: str = ""


Ways = Mapping[str, Way]


def pick(at: Callable[[Size], Ways], network: Network, size: Size, runtime: str, exact: bool) -> Running:
    """One of the ways that there are ``at`` a size, made.

    Raises BadInput when there is none called ``runtime``, Unavailable when none runs.
    """
    ways = at(size)
    if not ways:
        raise Unavailable(f"nothing here runs {network.name}; mend: pip install openvino torch")
    if runtime not in ("auto", *ways):
        raise unknown("runtime", runtime, ("auto", *ways))
    if runtime != "auto":
        return _made(ways[runtime], runtime, f"{runtime}: asked for")
    ways = {name: way for name, way in ways.items() if way.exact or not exact}
    trouble = ""
    for name in (name for name in CARDS if name in ways):
        try:
            return _made(ways[name], name, f"{name}: {CARDS[name]}{trouble}")
        except (RuntimeError, AssertionError, ImportError) as error:  # a driver, but no torch that can use it
            if out_of_memory(error):
                raise
            trouble += f"; {name} doesn't run here ({_first_line(error)})"
    timed = {name: way for name, way in ways.items() if way.timed}
    if not timed and "torch" in ways:
        none = "neither OpenVINO nor ONNX Runtime is here" if network.recordable else "nothing else can run it"
        return _made(ways["torch"], "torch", f"torch: {none}{trouble}")
    trial = trial_size(network)
    verdict = _verdict({name: at(trial)[name] for name in timed}, network, trial)
    return _made(ways[verdict.choice], verdict.choice, f"{verdict}{trouble}")


def has_cuda() -> bool:
    """Whether an NVIDIA driver is here; asked without importing torch, which takes seconds that a restart lacks."""
    for library in ("libcuda.so.1", "nvcuda.dll"):
        try:
            driver = ctypes.CDLL(library)
        except OSError:
            continue
        count = ctypes.c_int()
        return bool(driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0 and count.value > 0)
    return False


def trial_size(network: Network) -> Size:
    """What the ways are timed at, whatever size is asked for: a show that changes the size waits for no timing."""
    return network.nearest(TRIAL)


def _made(way: Way, name: str, why: str) -> Running:
    runner = way.make()
    return Running(runner, name, f"{why}; {runner.note}" if runner.note else why)


def _verdict(ways: Mapping[str, Way], network: Network, size: Size) -> autotune.Verdict:
    """Timed once on this machine, at a usual size; afterwards the verdict is read from the cache."""
    from vj.model.runtime.openvino import machine

    versions = " ".join(sorted({way.version for way in ways.values()} - {""}))
    key = {
        **machine(),
        "name": network.name,
        "size": str(size),
        "graph": network.timed_as or network.key,
        "versions": versions,
    }
    candidates = [autotune.Candidate(name, partial(_trial, way, network, size)) for name, way in ways.items()]
    return autotune.choose(candidates, key=key, cache=cache("runtime"))


def _trial(way: Way, network: Network, size: Size) -> Callable[[], object]:
    if way.check:
        way.check()
    runner = way.make()
    picture = network.sample(size)
    controls = [np.full(control.shape, control.sample, np.float32) for control in network.controls]
    out = np.empty((*picture.shape[:2], 3), picture.dtype)
    return lambda: runner.run(picture, controls, out)


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), "") or type(error).__name__
